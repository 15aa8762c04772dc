package main

// What follows upstream without a decision, as edits of our document.

import (
	"fmt"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"go.yaml.in/yaml/v3"
)

// edit follows upstream in one difference.
type edit interface {
	apply(d *document, names *renderer) error
	// words says what has changed at a schema, property or operation, and under which
	// heading of the changelog.
	words(at string) (section, text string)
}

// The order of keys in a schema, as far as something is put between them.
var shapeKeys = []string{"type", "format", "readOnly", "writeOnly", "deprecated", "nullable", "required", "default",
	"minLength", "maxLength", "pattern", "minimum", "maximum", "multipleOf", "minItems", "maxItems", "uniqueItems"}

// Keywords by the names that oasdiff gives to them.
var keywords = map[string]string{
	"maxLength": "maxLength", "max": "maximum", "maxItems": "maxItems", "maxProps": "maxProperties",
	"minLength": "minLength", "min": "minimum", "minItems": "minItems", "minProps": "minProperties",
	"pattern": "pattern", "multipleOf": "multipleOf", "uniqueItems": "uniqueItems",
	"readOnly": "readOnly", "writeOnly": "writeOnly", "deprecated": "deprecated", "default": "default",
}

// keywordEdit gives a keyword the value to, or returns nil where that is a decision:
// where it changes a Go type, or takes away a bound that package api keeps.
func keywordEdit(at place, keyword string, to any) edit {
	name, known := keywords[keyword]
	gone := to == nil || to == "" || to == false
	switch {
	case at.node == nil:
	case keyword == "nullable" && at.optional:
		return &setNullable{at.node, []nodePath{at.site}, to == true}
	case known && gone && keyword == "maxLength" && at.request:
	case known && gone:
		return &setKeyword{at.node, name, nil}
	case known:
		return &setKeyword{at.node, name, to}
	}
	return nil
}

type setKeyword struct {
	node nodePath
	name string
	to   any // nil: none
}

func (e *setKeyword) apply(d *document, _ *renderer) error {
	n, err := d.find(e.node)
	if err != nil {
		return err
	}
	if e.to == nil {
		return d.removeKey(n, e.name)
	}
	return d.setKey(n, shapeKeys, e.name, e.to)
}

// addValue adds a value to an enum, with its name.
type addValue struct {
	node  nodePath
	value any
}

func (e *addValue) apply(d *document, _ *renderer) error {
	n, err := d.find(e.node)
	if err != nil {
		return err
	}
	_, list := child(n, "enum")
	_, names := child(n, "x-enum-varnames")
	if list == nil || names == nil {
		return fmt.Errorf("line %d: has no enum with x-enum-varnames", n.Line)
	}
	name := valueName(e.value, values(names))
	// The names go by the position, and a null has none.
	behind := len(list.Content)
	for behind > 0 && list.Content[behind-1].Tag == "!!null" {
		behind--
	}
	if behind != len(names.Content) {
		return fmt.Errorf("line %d: null stands among the values, or a name is missing", list.Line)
	}
	if err := d.insertItem(list, behind, scalar(e.value)); err != nil {
		return err
	}
	n, err = d.find(e.node)
	if err != nil {
		return err
	}
	_, names = child(n, "x-enum-varnames")
	return d.insertItem(names, behind, scalar(name))
}

func values(list *yaml.Node) []string {
	var all []string
	for _, n := range list.Content {
		all = append(all, n.Value)
	}
	return all
}

// addProperty adds a property to a schema.
type addProperty struct {
	node     nodePath
	name     string
	schema   *openapi3.SchemaRef
	required bool
}

func (e *addProperty) apply(d *document, names *renderer) error {
	property, err := names.property(d, e.name, e.schema)
	if err != nil {
		return err
	}
	n, err := d.find(e.node)
	if err != nil {
		return err
	}
	if _, properties := child(n, "properties"); properties != nil {
		err = d.insertKey(properties, nil, e.name, property)
	} else if _, parts := child(n, "allOf"); parts != nil {
		return fmt.Errorf("line %d: the schema is put together from others", n.Line)
	} else {
		err = d.insertKey(n, nil, "properties", mapping(e.name, property))
	}
	if err != nil || !e.required {
		return err
	}
	n, err = d.find(e.node)
	if err != nil {
		return err
	}
	if _, required := child(n, "required"); required != nil {
		return d.insertItem(required, len(required.Content), scalar(e.name))
	}
	return d.insertKey(n, append(slices.Clone(shapeKeys), "description"), "required", list(scalar(e.name)))
}

// addResponse adds a status to an operation.
type addResponse struct {
	node     nodePath
	status   string
	response *openapi3.Response
}

func (e *addResponse) apply(d *document, names *renderer) error {
	response, err := names.response(d, e.status, e.response)
	if err != nil {
		return err
	}
	n, err := d.find(e.node)
	if err != nil {
		return err
	}
	var before []string
	for i := 0; i < len(n.Content); i += 2 {
		if n.Content[i].Value < e.status {
			before = append(before, n.Content[i].Value)
		}
	}
	return d.insertKey(n, before, e.status, response)
}

// find returns the node that p leads to, through references.
func (d *document) find(p nodePath) (*yaml.Node, error) {
	n := d.root
	for i, step := range p {
		n = d.resolve(n)
		var next *yaml.Node
		switch name, property := strings.CutPrefix(step, "."); {
		case property:
			next = d.property(n, name)
		case step == "[]":
			_, next = child(n, "items")
		default:
			_, next = child(n, step)
		}
		if next == nil {
			return nil, fmt.Errorf("%s is not found in the document", strings.Join(p[:i+1], " "))
		}
		n = next
	}
	return d.resolve(n), nil
}

// property finds one of a schema, also inside allOf.
func (d *document) property(schema *yaml.Node, name string) *yaml.Node {
	_, properties := child(schema, "properties")
	if _, found := child(properties, name); found != nil {
		return found
	}
	if _, parts := child(schema, "allOf"); parts != nil {
		for _, part := range parts.Content {
			if found := d.property(d.resolve(part), name); found != nil {
				return found
			}
		}
	}
	return nil
}

// resolve follows YAML aliases and references inside the document.
func (d *document) resolve(n *yaml.Node) *yaml.Node {
	for range 100 { // a circle ends too
		if n.Kind == yaml.AliasNode {
			n = n.Alias
		}
		_, ref := child(n, "$ref")
		if ref == nil {
			break
		}
		target := d.root
		for step := range strings.SplitSeq(strings.TrimPrefix(ref.Value, "#/"), "/") {
			_, target = child(target, strings.NewReplacer("~1", "/", "~0", "~").Replace(step))
		}
		if target == nil {
			break
		}
		n = target
	}
	return n
}
