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
		ds.add(at, "type", join(d.Revision.Type.Slice(), " or "), join(d.Base.Type.Slice(), " or "), breaking)
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
			ds.add(at, "value "+show(value), declared, absent, additive)
		}
		for _, value := range e.Deleted {
			ds.add(at, "value "+show(value), absent, declared, breaking)
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
			ds.add(at.below("."+name), "", describe(d.Revision, name), absent, e)
		}
		for _, name := range p.Deleted {
			ds.add(at.below("."+name), "", absent, describe(d.Base, name), breaking)
		}
		for name, property := range p.Modified {
			at := at.below("." + name)
			at.optional = !slices.Contains(d.Base.Required, name)
			ds.schema(at, property)
		}
	}
	if d.RequiredDiff != nil {
		for _, name := range append(d.RequiredDiff.Added, d.RequiredDiff.Deleted...) {
			if d.Base.Properties[name] != nil && d.Revision.Properties[name] != nil {
				upstream := slices.Contains(d.Revision.Required, name)
				ds.add(at.below("."+name), "required", fmt.Sprint(upstream), fmt.Sprint(!upstream), breaking)
			}
		}
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
