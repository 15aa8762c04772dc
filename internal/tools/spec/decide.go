package main

// Edits that follow upstream where that takes a decision, once it is made.

import (
	"fmt"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"go.yaml.in/yaml/v3"
)

// decide adds to a difference what would follow upstream if a person wants it.
func (ds differences) decide(text string, e edit) {
	ds[text].person, ds[text].decided = true, e
}

// removeValue takes a value out of an enum, with its name.
type removeValue struct {
	node  nodePath
	value any
}

func (e *removeValue) apply(d *document, _ *renderer) error {
	n, err := d.find(e.node)
	if err != nil {
		return err
	}
	_, enum := child(n, "enum")
	if enum == nil {
		return fmt.Errorf("line %d: has no enum", n.Line)
	}
	index := slices.Index(values(enum), fmt.Sprint(e.value))
	if index < 0 {
		return fmt.Errorf("line %d: has no value %v", enum.Line, e.value)
	}
	if err := d.removeItem(enum, index); err != nil {
		return err
	}
	if n, err = d.find(e.node); err != nil {
		return err
	}
	_, names := child(n, "x-enum-varnames")
	if names == nil || index >= len(names.Content) {
		return nil
	}
	return d.removeItem(names, index)
}

func (e *removeValue) words(at string) (section, text string) {
	return "Removed", fmt.Sprintf("`%s` has lost the value `%v`", at, e.value)
}

// removeProperty takes a property out of a schema.
type removeProperty struct {
	node nodePath
	name string
}

func (e *removeProperty) apply(d *document, _ *renderer) error {
	n, err := d.find(e.node)
	if err != nil {
		return err
	}
	_, properties := child(n, "properties")
	if properties == nil {
		return fmt.Errorf("line %d: has no properties of its own", n.Line)
	}
	if err := d.removeKey(properties, e.name); err != nil {
		return err
	}
	return d.require(e.node, e.name, false)
}

func (e *removeProperty) words(at string) (section, text string) {
	return "Removed", fmt.Sprintf("`%s` is gone", at)
}

// setRequired makes a property required, or no longer.
type setRequired struct {
	node nodePath
	name string
	to   bool
}

func (e *setRequired) apply(d *document, _ *renderer) error { return d.require(e.node, e.name, e.to) }

func (e *setRequired) words(at string) (section, text string) {
	if e.to {
		return "Changed", fmt.Sprintf("`%s` is required", at)
	}
	return "Changed", fmt.Sprintf("`%s` is optional", at)
}

// require puts name on the list of required properties of the schema at p, or takes it
// off.
func (d *document) require(p nodePath, name string, to bool) error {
	n, err := d.find(p)
	if err != nil {
		return err
	}
	_, required := child(n, "required")
	index := -1
	if required != nil {
		index = slices.Index(values(required), name)
	}
	switch {
	case to == (index >= 0):
		return nil
	case !to && len(required.Content) == 1:
		return d.removeKey(n, "required")
	case !to:
		return d.removeItem(required, index)
	case required != nil:
		return d.insertItem(required, len(required.Content), scalar(name))
	}
	return d.insertKey(n, append(slices.Clone(shapeKeys), "description"), "required", list(scalar(name)))
}

// replaceProperty describes a property anew.
type replaceProperty struct {
	node   nodePath // of the property
	schema *openapi3.Schema
}

func (e *replaceProperty) apply(d *document, names *renderer) error {
	name, property := strings.CutPrefix(e.node[len(e.node)-1], ".")
	if !property {
		return fmt.Errorf("%s is no property", strings.Join(e.node, " "))
	}
	parent := e.node[:len(e.node)-1]
	schema, err := names.property(d, name, &openapi3.SchemaRef{Value: e.schema})
	if err != nil {
		return err
	}
	n, err := d.find(parent)
	if err != nil {
		return err
	}
	_, properties := child(n, "properties")
	if properties == nil {
		return fmt.Errorf("line %d: has no properties of its own", n.Line)
	}
	if err := d.removeKey(properties, name); err != nil {
		return err
	}
	if n, err = d.find(parent); err != nil {
		return err
	}
	_, properties = child(n, "properties")
	return d.insertKey(properties, nil, name, schema)
}

func (e *replaceProperty) words(at string) (section, text string) {
	return "Changed", fmt.Sprintf("`%s` is another type", at)
}

// removeResponse takes a status out of an operation.
type removeResponse struct {
	node   nodePath
	status string
}

func (e *removeResponse) apply(d *document, _ *renderer) error { return d.removeAt(e.node, e.status) }

func (e *removeResponse) words(at string) (section, text string) {
	return "Removed", fmt.Sprintf("`%s` documents status %s no longer", at, e.status)
}

// removeOperation takes out an operation, and its path where there is no other.
type removeOperation struct{ node nodePath }

func (e *removeOperation) apply(d *document, _ *renderer) error {
	item, err := d.find(e.node[:2])
	if err != nil {
		return err
	}
	others := slices.DeleteFunc(keys(item), func(key string) bool { return key == e.node[2] || key == "parameters" })
	if len(others) == 0 {
		return d.removeAt(e.node[:1], e.node[1])
	}
	return d.removeAt(e.node[:2], e.node[2])
}

func (e *removeOperation) words(at string) (section, text string) {
	return "Removed", fmt.Sprintf("`%s` is gone", strings.TrimSuffix(at, ":"))
}

// prune takes out the schemas that nothing refers to any more.
func (d *document) prune() error {
	for again := true; again; {
		again = false
		schemas, err := d.find(nodePath{"components", "schemas"})
		if err != nil {
			return nil // there are none
		}
		for _, name := range keys(schemas) {
			if d.references(name) == 0 {
				again = true
				if err := d.removeKey(schemas, name); err != nil {
					return err
				}
				break
			}
		}
	}
	return nil
}

// removeAt takes a key out of the mapping at p.
func (d *document) removeAt(p nodePath, key string) error {
	n, err := d.find(p)
	if err != nil {
		return err
	}
	return d.removeKey(n, key)
}

func keys(m *yaml.Node) []string {
	var all []string
	for i := 0; i < len(m.Content); i += 2 {
		all = append(all, m.Content[i].Value)
	}
	return all
}
