package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/speakeasy-api/openapi/openapi"
	"gopkg.in/yaml.v3"
)

// trim returns the operations of a document that are wanted, with the components that
// they refer to. An operation is wanted for its operationId or its place, so that one
// that has moved or has another name is still there to compare.
func trim(ctx context.Context, text []byte, wanted operations) (*yaml.Node, error) {
	doc, _, err := openapi.Unmarshal(ctx, bytes.NewReader(text), openapi.WithSkipValidation())
	if err != nil {
		return nil, err
	}
	if doc.GetPaths().Len() == 0 {
		return nil, errors.New("not an OpenAPI document with paths")
	}
	var others []openapi.OperationIdentifier
	found := false
	for path, item := range doc.GetPaths().All() {
		for method, op := range item.GetObject().All() {
			if wanted.has(op.GetOperationID(), string(method), path) {
				found = true
			} else {
				others = append(others, openapi.OperationIdentifier{Path: path, Method: string(method)})
			}
		}
	}
	if !found {
		return nil, errors.New("has none of the operations in overlay.yaml")
	}
	_, err = openapi.Snip(ctx, doc, others)
	if err == nil {
		err = openapi.Clean(ctx, doc) // which Snip leaves out where there are no others
	}
	var trimmed bytes.Buffer
	if err == nil {
		err = openapi.Marshal(ctx, doc, &trimmed)
	}
	if err != nil {
		return nil, err
	}
	file, err := parse(trimmed.Bytes())
	if err != nil {
		return nil, err
	}
	root := file.Content[0]
	remove(root, "info", "tags", "webhooks", "jsonSchemaDialect")
	strip(root, "")
	get(root, "openapi").Value = "3.0.3"
	return file, resolves(root)
}

// resolves returns an error that names the references to nothing, as a document that
// was cut off has them.
func resolves(root *yaml.Node) error {
	var errs []error
	for _, ref := range refs(root) {
		if lookup(root, target(ref)) == nil {
			errs = append(errs, fmt.Errorf("%s is referred to and missing", target(ref)))
		}
	}
	return errors.Join(errs...)
}

// The keys of OpenAPI whose values are sentences, examples or links.
var sentences = []string{"title", "summary", "description", "example", "examples", "externalDocs"}

// The keys of OpenAPI below which the keys are names.
var nameMaps = []string{"properties", "patternProperties", "schemas", "headers", "security", "securitySchemes"}

// strip removes sentences, extensions, comments and style, and writes what OpenAPI 3.1
// says in its own way as 3.0 does, so that a document that goes to and fro between the
// two stays the same. parent is the key whose value n is.
func strip(n *yaml.Node, parent string) {
	n.HeadComment, n.LineComment, n.FootComment, n.Style = "", "", "", 0
	if n.Kind != yaml.MappingNode {
		for _, child := range n.Content {
			strip(child, parent)
		}
		return
	}
	names := slices.Contains(nameMaps, parent)
	for i := len(n.Content) - 2; i >= 0; i -= 2 {
		key, value := n.Content[i], n.Content[i+1]
		if !names && (strings.HasPrefix(key.Value, "x-") || slices.Contains(sentences, key.Value)) {
			n.Content = slices.Delete(n.Content, i, i+2)
			continue
		}
		strip(key, "")
		if names {
			strip(value, "")
		} else {
			strip(value, key.Value)
		}
		if parent == "responses" && get(value, "$ref") == nil {
			code, _ := strconv.Atoi(key.Value)
			set(value, "description", scalar(cmp.Or(http.StatusText(code), "A response"))) // OpenAPI requires one
		}
	}
	if !names {
		downgrade(n)
	}
}

// downgrade writes as OpenAPI 3.0 does what allows null: in 3.1 that is a type, and in
// both it can be among the values of an enum, where the generator would make a constant
// of it.
func downgrade(n *yaml.Node) {
	for key, isNull := range map[string]func(*yaml.Node) bool{
		"type":  func(value *yaml.Node) bool { return value.Value == "null" },
		"enum":  func(value *yaml.Node) bool { return value.Tag == "!!null" },
		"anyOf": isNullSchema,
		"oneOf": isNullSchema,
	} {
		values := get(n, key)
		if values == nil || values.Kind != yaml.SequenceNode {
			continue
		}
		count := len(values.Content)
		values.Content = slices.DeleteFunc(values.Content, isNull)
		switch one := len(values.Content) == 1; {
		case one && key == "type":
			set(n, "type", values.Content[0])
		case one && key != "enum" && count > 1:
			remove(n, key)
			set(n, "allOf", values)
		}
		if len(values.Content) < count {
			set(n, "nullable", &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!bool", Value: "true"})
		}
	}
}

func isNullSchema(n *yaml.Node) bool {
	t := get(n, "type")
	return t != nil && t.Value == "null"
}
