package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	diff "github.com/google/go-cmp/cmp"
	"github.com/speakeasy-api/openapi/openapi"
	"github.com/speakeasy-api/openapi/overlay"
	"gopkg.in/yaml.v3"
)

// rules are an OpenAPI Overlay, and what an overlay cannot say.
type rules struct {
	overlay.Overlay `yaml:",inline"`
	Operations      map[string]string `yaml:"x-operations"` // by operationId: GET /job/{jobId}/secret
	Schemas         []naming          `yaml:"x-schemas"`
}

func loadRules(file string) (*rules, error) {
	r := new(rules)
	text, err := os.ReadFile(file)
	if err == nil {
		err = yaml.Unmarshal(text, r)
	}
	return r, cmp.Or(err, r.Validate())
}

// derive makes our document of a trimmed one. Its errors name what takes a person.
func derive(trimmed []byte, r *rules) ([]byte, error) {
	file := new(yaml.Node)
	if err := yaml.Unmarshal(trimmed, file); err != nil || len(file.Content) == 0 {
		return nil, cmp.Or(err, errors.New("upstream.yaml is empty"))
	}
	root := file.Content[0]
	for _, id := range slices.Sorted(maps.Keys(r.Operations)) {
		method, path, _ := strings.Cut(r.Operations[id], " ")
		name := get(get(get(get(root, "paths"), path), strings.ToLower(method)), "operationId")
		if name == nil || name.Value != id {
			return nil, fmt.Errorf("upstream has moved, renamed or removed %s, %s", id, r.Operations[id])
		}
	}
	for _, schema := range r.Schemas {
		places, err := r.NewPath(schema.Of, nil)
		if err == nil {
			err = schema.apply(root, places.Query(root))
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %s %w", schema.Name, schema.Of, err)
		}
	}
	warnings, err := r.ApplyToStrict(file)
	if err != nil || len(warnings) > 0 {
		return nil, cmp.Or(err, errors.New(strings.Join(warnings, "\n")))
	}
	finish(root)
	parameters := get(get(root, "components"), "parameters")
	for _, ref := range refs(root) { // the generator would make a type of each that is referred to
		if name, ok := strings.CutPrefix(get(ref, "$ref").Value, "#/components/parameters/"); ok {
			*ref = *get(parameters, name)
		}
	}
	remove(get(root, "components"), "parameters")
	order(root, "openapi", "info", "servers", "security", "tags")
	text, err := encode(root, "Derived from Qovery's document by internal/tools/derive. DO NOT EDIT.")
	if err != nil {
		return nil, err
	}
	_, invalid, err := openapi.Unmarshal(context.Background(), bytes.NewReader(text))
	return text, errors.Join(append(invalid, err)...)
}

// naming gives a name of ours to the schema that is used in some places, whatever Qovery's is.
type naming struct {
	Name string
	Of   string // JSONPath of the places
}

// apply renames the schema. Where several are used, they must be equal, and become one.
func (s naming) apply(root *yaml.Node, places []*yaml.Node) error {
	const prefix = "#/components/schemas/"
	schemas := get(get(root, "components"), "schemas")
	first, used := "", map[string]bool{}
	for _, place := range places {
		if all := get(place, "allOf"); all != nil && len(all.Content) == 1 {
			place = all.Content[0]
		}
		ref := get(place, "$ref")
		if ref == nil || !strings.HasPrefix(ref.Value, prefix) {
			return errors.New("no longer refers to a schema")
		}
		if used[ref.Value] {
			continue
		}
		used[ref.Value] = true
		name := strings.TrimPrefix(ref.Value, prefix)
		first = cmp.Or(first, name)
		var a, b any
		if err := errors.Join(get(schemas, first).Decode(&a), get(schemas, name).Decode(&b)); err != nil {
			return err
		}
		if differ := diff.Diff(a, b); differ != "" {
			return fmt.Errorf("are no longer the same, upstream's %s (-) and %s (+) differ:\n%s", first, name, differ)
		}
		if name != first {
			remove(schemas, name)
		}
	}
	schema := get(schemas, first)
	remove(schemas, first)
	if schema == nil || get(schemas, s.Name) != nil {
		return errors.New("is no longer there, or upstream has another schema of our name")
	}
	set(schemas, s.Name, schema) // at the end, so that ours are in our order
	for _, n := range refs(root) {
		if ref := get(n, "$ref"); used[ref.Value] {
			ref.Value = prefix + s.Name
		}
	}
	return nil
}

// finish makes one for readers and generators of a document to which the overlay was applied.
// Descriptions in it may continue a Go comment after a name: "is the key of the secret."
func finish(n *yaml.Node) {
	n.Style = 0
	for _, child := range n.Content {
		finish(child)
	}
	if ref := get(n, "$ref"); ref != nil && len(n.Content) > 2 { // OpenAPI 3.0 ignores what is beside it
		remove(n, "$ref")
		only := &yaml.Node{Kind: yaml.MappingNode, Content: []*yaml.Node{scalar("$ref"), ref}}
		set(n, "allOf", &yaml.Node{Kind: yaml.SequenceNode, Content: []*yaml.Node{only}})
	}
	if values := get(n, "enum"); values != nil && values.Kind == yaml.SequenceNode {
		values.Style = yaml.FlowStyle
		names := &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle}
		for _, value := range values.Content {
			names.Content = append(names.Content, scalar(goName(value.Value)))
		}
		set(n, "x-enum-varnames", names)
	}
	if text := get(n, "description"); text != nil && text.Value != "" {
		text.Value = capitalize(strings.TrimPrefix(strings.TrimPrefix(text.Value, "is "), "are "))
		order(n, "operationId", "tags", "summary", "title", "url", "name", "in", "type", "format", "description")
	}
}

// goName returns the value of an enum as a part of a Go name: BuiltIn for BUILT_IN.
func goName(value string) string {
	name := ""
	separates := func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }
	for _, word := range strings.FieldsFunc(strings.ToLower(value), separates) {
		name += capitalize(word)
	}
	return cmp.Or(name, "Empty")
}

func capitalize(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(first)) + s[size:]
}
