package main

// The part of the walk that goes through schemas.

import (
	"fmt"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/oasdiff/oasdiff/diff"
)

func (ds differences) schema(at place, d *diff.SchemaDiff) {
	if d == nil {
		return
	}
	if d.SchemaAdded || d.SchemaDeleted {
		ds.add(at, "schema", state(d.SchemaAdded), state(d.SchemaDeleted), breaking)
		return
	}
	if d.BaseComponent != "" {
		at = at.named(d.BaseComponent)
	} else if name, ok := d.Base.Extensions[wraps].(string); ok {
		at = at.named(name)
	}
	if d.TypeDiff != nil {
		// All else that differs follows from this.
		text := ds.add(at, "type", join(d.Revision.Type.Slice(), " or "), join(d.Base.Type.Slice(), " or "), breaking)
		if at.node != nil {
			ds.decide(text, &replaceProperty{at.node, d.Revision})
		}
		return
	}
	ds.enum(at, d)
	ds.properties(at, d)
	ds.schema(at.below("[]"), d.ItemsDiff)
	ds.schema(at.below("{}"), d.AdditionalPropertiesDiff)
	ds.rest(at, d, "type", "enum", "properties", "required", "items", "additionalProperties")
}

func (ds differences) enum(at place, d *diff.SchemaDiff) {
	switch e := d.EnumDiff; {
	case e == nil:
	case e.EnumAdded || e.EnumDeleted:
		ds.add(at, "enum", state(e.EnumAdded), state(e.EnumDeleted), breaking)
	default:
		for _, value := range e.Added {
			ds.fix(ds.add(at, "value "+show(value), declared, absent, additive), &addValue{at.node, value})
		}
		for _, value := range e.Deleted {
			ds.decide(ds.add(at, "value "+show(value), absent, declared, breaking), &removeValue{at.node, value})
		}
	}
}

func (ds differences) properties(at place, d *diff.SchemaDiff) {
	if p := d.PropertiesDiff; p != nil {
		for _, name := range p.Added {
			e := additive
			if at.request && slices.Contains(d.Revision.Required, name) {
				e = breaking
			}
			text := ds.add(at.below("."+name), "", describe(d.Revision, name), absent, e)
			if e == additive && !renamed(d, name) {
				ds.fix(text, &addProperty{at.node, name, d.Revision.Properties[name], slices.Contains(d.Revision.Required, name)})
			} else {
				ds.decide(text, &addProperty{at.node, name, d.Revision.Properties[name], slices.Contains(d.Revision.Required, name)})
			}
		}
		for _, name := range p.Deleted {
			ds.decide(ds.add(at.below("."+name), "", absent, describe(d.Base, name), breaking), &removeProperty{at.node, name})
		}
		for name, property := range p.Modified {
			at := at.below("." + name)
			at.optional = !slices.Contains(d.Base.Required, name)
			ds.schema(at, property)
		}
	}
	if d.RequiredDiff != nil {
		for _, name := range append(d.RequiredDiff.Added, d.RequiredDiff.Deleted...) {
			ds.required(at, d, name)
		}
	}
}

// renamed reports whether the added property name may be one that is gone.
func renamed(d *diff.SchemaDiff, name string) bool {
	for _, gone := range d.PropertiesDiff.Deleted {
		if describe(d.Revision, name) == describe(d.Base, gone) {
			return true
		}
	}
	return false
}

// required adds that only one of the documents requires the property name. Where it
// is declared in one of them only, that says so already; but it may be declared in
// none, or not in the one that requires it.
func (ds differences) required(at place, d *diff.SchemaDiff, name string) {
	theirs := slices.Contains(d.Revision.Required, name)
	requires, here, upstream := d.Base, d.Base.Properties[name] != nil, d.Revision.Properties[name] != nil
	if theirs {
		requires = d.Revision
	}
	schema := at.node
	at = at.below("." + name)
	switch {
	case here && upstream:
		ds.decide(ds.add(at, "required", fmt.Sprint(theirs), fmt.Sprint(!theirs), breaking), &setRequired{schema, name, theirs})
	case requires.Properties[name] == nil:
		e := none // what a response contains but nobody describes
		if at.request {
			e = breaking
		}
		ds.decide(ds.add(at, "required", requirement(theirs, upstream), requirement(!theirs, here), e), &setRequired{schema, name, theirs})
	}
}

func requirement(required, declared bool) string {
	switch {
	case required && !declared:
		return "true but not declared"
	case required:
		return "true"
	default:
		return "false"
	}
}

// describe says in a few words what the property name of schema is.
func describe(schema *openapi3.Schema, name string) string {
	property := schema.Properties[name].Value
	words := []string{join(property.Type.Slice(), " or ")}
	if property.Format != "" {
		words = append(words, property.Format)
	}
	if len(property.Enum) > 0 {
		words = append(words, "enum")
	}
	if property.Nullable {
		words = append(words, "nullable")
	}
	if slices.Contains(schema.Required, name) {
		words = append(words, "required")
	}
	return strings.Join(words, " ")
}

func state(there bool) string {
	if there {
		return declared
	}
	return absent
}
