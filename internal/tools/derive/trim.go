package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/speakeasy-api/openapi/openapi"
	"gopkg.in/yaml.v3"
)

// trim returns the wanted operations of a document, and what they refer to. It takes what has
// the operationId or the place of one, so that one that has moved can still be compared.
func trim(text []byte, wanted map[string]string) ([]byte, error) {
	ctx := context.Background()
	doc, _, err := openapi.Unmarshal(ctx, bytes.NewReader(text), openapi.WithSkipValidation())
	if err != nil {
		return nil, err
	}
	var others []openapi.OperationIdentifier
	for path, item := range doc.GetPaths().All() {
		for method, op := range item.GetObject().All() {
			place := strings.ToUpper(string(method)) + " " + path
			if wanted[op.GetOperationID()] == "" && !slices.Contains(slices.Collect(maps.Values(wanted)), place) {
				others = append(others, openapi.OperationIdentifier{Path: path, Method: string(method)})
			}
		}
	}
	_, snip := openapi.Snip(ctx, doc, others)
	if doc.GetPaths().Len() == 0 {
		return nil, errors.New("not a document with the operations of overlay.yaml")
	}
	clean := openapi.Clean(ctx, doc) // also where there are no others
	_, cutOff := doc.ResolveAllReferences(ctx, openapi.ResolveAllOptions{DisableExternalRefs: true})
	if err := errors.Join(snip, clean, cutOff, openapi.Sync(ctx, doc)); err != nil {
		return nil, err
	}
	root := doc.GetCore().GetRootNode()
	for _, key := range []string{"info", "tags", "webhooks", "jsonSchemaDialect"} {
		remove(root, key)
	}
	strip(root, "")
	get(root, "openapi").Value = "3.0.3"
	return encode(root, "Taken from Qovery's document by internal/tools/derive. DO NOT EDIT.")
}

// sentences are the keys of OpenAPI whose values are sentences, examples or links.
var sentences = []string{"title", "summary", "description", "example", "examples", "externalDocs"}

// nameMaps are the keys of OpenAPI below which the keys are names.
var nameMaps = []string{"properties", "schemas", "headers", "security", "securitySchemes"}

// strip removes sentences, extensions, comments and style from the value of key, and
// writes what OpenAPI 3.1 says in its own way as 3.0 does: Qovery goes to and fro.
func strip(n *yaml.Node, key string) {
	n.HeadComment, n.LineComment, n.FootComment, n.Style = "", "", "", 0
	if n.Kind != yaml.MappingNode {
		for _, child := range n.Content {
			strip(child, key)
		}
		return
	}
	names := slices.Contains(nameMaps, key)
	for i := len(n.Content) - 2; i >= 0; i -= 2 {
		name, value := n.Content[i], n.Content[i+1]
		strip(name, "")
		switch {
		case names:
			strip(value, "")
		case strings.HasPrefix(name.Value, "x-"), slices.Contains(sentences, name.Value):
			n.Content = slices.Delete(n.Content, i, i+2)
		default:
			strip(value, name.Value)
		}
		if key == "responses" && get(value, "$ref") == nil { // it has to have a description
			set(value, "description", scalar("Status "+name.Value))
		}
	}
	if !names {
		downgrade(n)
	}
}

// downgrade writes the null that a schema allows as OpenAPI 3.0 does. In 3.1 it is a type;
// of one among the values of an enum the generator would make a constant.
func downgrade(n *yaml.Node) {
	for _, key := range []string{"type", "enum", "anyOf", "oneOf"} {
		values := get(n, key)
		if values == nil || values.Kind != yaml.SequenceNode {
			continue
		}
		count := len(values.Content)
		values.Content = slices.DeleteFunc(values.Content, func(value *yaml.Node) bool {
			t := cmp.Or(get(value, "type"), value)
			return value.Tag == "!!null" || key != "enum" && t.Value == "null"
		})
		if len(values.Content) < count {
			set(n, "nullable", &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!bool", Value: "true"})
		}
		switch one := len(values.Content) == 1; {
		case one && key == "type":
			set(n, key, values.Content[0])
		case one && key != "enum":
			remove(n, key)
			set(n, "allOf", values)
		}
	}
}
