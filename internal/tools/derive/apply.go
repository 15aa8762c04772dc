package main

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"unicode"

	"github.com/speakeasy-api/openapi/overlay"
	"gopkg.in/yaml.v3"
)

// rules are an OpenAPI Overlay, and what an overlay cannot say.
type rules struct {
	Operations operations `yaml:"x-operations"`
	Schemas    []naming   `yaml:"x-schemas"`
	overlay    *overlay.Overlay
}

// operations are the places of operations, such as GET /job/{jobId}/secret, by operationId.
type operations map[string]string

func loadRules(file string) (*rules, error) {
	r := new(rules)
	data, err := os.ReadFile(file)
	if err == nil {
		err = yaml.Unmarshal(data, r)
	}
	if err == nil {
		r.overlay, err = overlay.Parse(file)
	}
	if err == nil {
		err = r.overlay.Validate()
	}
	for _, schema := range r.Schemas {
		for _, path := range schema.From {
			_, invalid := r.overlay.NewPath(path, nil)
			err = cmp.Or(err, invalid)
		}
	}
	return r, err
}

// has reports whether an operation is one of these, by its operationId or its place.
func (o operations) has(id, method, path string) bool {
	place := strings.ToUpper(method) + " " + path
	return o[id] != "" || slices.Contains(slices.Collect(maps.Values(o)), place)
}

// check returns an error that names the operations that are not in their place.
func (o operations) check(root *yaml.Node) error {
	var errs []error
	for _, id := range slices.Sorted(maps.Keys(o)) {
		method, path, _ := strings.Cut(o[id], " ")
		switch now := get(root, "paths", path, strings.ToLower(method), "operationId"); {
		case now == nil:
			errs = append(errs, fmt.Errorf("%s: upstream no longer has %s", id, o[id]))
		case now.Value != id:
			errs = append(errs, fmt.Errorf("%s: upstream calls %s %s", id, o[id], now.Value))
		}
	}
	return errors.Join(errs...)
}

// apply makes our document of a trimmed one. Its errors name what takes a person.
func apply(file *yaml.Node, r *rules) error {
	root := file.Content[0]
	if err := r.Operations.check(root); err != nil {
		return err
	}
	find := func(path string) []*yaml.Node {
		at, _ := r.overlay.NewPath(path, nil) // loadRules has tried it
		return at.Query(file)
	}
	for _, schema := range r.Schemas {
		if err := schema.apply(root, find); err != nil {
			return err
		}
	}
	inlineParameters(root)
	warnings, err := r.overlay.ApplyToStrict(file)
	if err != nil || len(warnings) > 0 {
		return cmp.Or(err, errors.New(strings.Join(warnings, "\n")))
	}
	finish(root)
	order(root, "openapi", "info", "servers", "security", "tags")
	order(get(root, "components"), "securitySchemes", "responses")
	for _, schema := range slices.Backward(r.Schemas) {
		order(get(root, "components", "schemas"), schema.Name)
	}
	return nil
}

// inlineParameters puts parameters where they are used, since the generator makes a type
// of each that has a name.
func inlineParameters(root *yaml.Node) {
	for _, ref := range refs(root) {
		if strings.HasPrefix(target(ref), "#/components/parameters/") {
			*ref = *clone(lookup(root, target(ref)))
		}
	}
	remove(get(root, "components"), "parameters")
}

// finish makes a document that the overlay was applied to one for readers and generators.
func finish(n *yaml.Node) {
	n.Style = 0
	for _, child := range n.Content {
		finish(child)
	}
	if target(n) != "" && len(n.Content) > 2 { // OpenAPI 3.0 ignores what is beside a $ref
		ref := &yaml.Node{Kind: yaml.MappingNode}
		set(ref, "$ref", scalar(target(n)))
		remove(n, "$ref")
		set(n, "allOf", list(0, ref))
	}
	if values := get(n, "enum"); values != nil && values.Kind == yaml.SequenceNode {
		values.Style = yaml.FlowStyle
		names := list(yaml.FlowStyle)
		for _, value := range values.Content {
			names.Content = append(names.Content, scalar(goName(value.Value)))
		}
		set(n, "x-enum-varnames", names)
	}
	if text := get(n, "description"); text != nil && text.Kind == yaml.ScalarNode {
		text.Value = sentence(text.Value)
		order(n, "operationId", "tags", "summary", "title", "url", "name", "in", "type", "format", "description")
	}
}

// goName returns the value of an enum as a part of a Go name: BuiltIn for BUILT_IN.
func goName(value string) string {
	if value == strings.ToUpper(value) {
		value = strings.ToLower(value)
	}
	words := strings.FieldsFunc(value, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	for i, word := range words {
		words[i] = capitalize(word)
	}
	return cmp.Or(strings.Join(words, ""), "Empty")
}

// sentence returns a description as a reader of the document wants it. The overlay has
// some as Go comments go on after a name: "is the key of the secret."
func sentence(text string) string {
	if !strings.HasPrefix(text, "is ") && !strings.HasPrefix(text, "are ") {
		return capitalize(text)
	}
	_, text, _ = strings.Cut(text, " ")
	return capitalize(text)
}

func capitalize(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
