package main

// What makes two documents comparable: only the operations of ours, no matter how
// they are composed.

import (
	"path"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/oasdiff/oasdiff/flatten/allof"
	"github.com/oasdiff/oasdiff/flatten/commonparams"
)

// trim removes from theirs what ours does not describe.
func trim(theirs, ours *openapi3.T) {
	for path, item := range theirs.Paths.Map() {
		kept := ours.Paths.Find(path)
		if kept == nil {
			theirs.Paths.Delete(path)
			continue
		}
		for method := range item.Operations() {
			if kept.GetOperation(method) == nil {
				item.SetOperation(method, nil)
			}
		}
	}
	if theirs.Components != nil {
		theirs.Components = &openapi3.Components{SecuritySchemes: theirs.Components.SecuritySchemes}
	}
}

// Marks that outlive the merging of an allOf.
const (
	wraps    = "x-spec-wraps"    // the name of the one schema that stands in the allOf
	nullable = "x-spec-nullable" // the allOf is nullable
)

// normalize merges every allOf into the schema that holds it and gives each
// operation the parameters of its path. An allOf that is declared nullable stays
// so: strictly it is not, unless all of its parts are, but nobody writes it for
// nothing, and the generator takes it at its word. One around a single schema is
// as nullable as that.
func normalize(doc *openapi3.T) error {
	err := doc.WalkSchemas(func(_ string, ref *openapi3.SchemaRef) error {
		schema := ref.Value
		if len(schema.AllOf) == 0 {
			return nil
		}
		if schema.Extensions == nil {
			schema.Extensions = map[string]any{}
		}
		only := schema.AllOf[0]
		single := len(schema.AllOf) == 1
		if single && only.Ref != "" {
			schema.Extensions[wraps] = path.Base(only.Ref)
		}
		schema.Extensions[nullable] = schema.Nullable || single && only.Value.Nullable
		return nil
	})
	if err != nil {
		return err
	}
	if _, err := allof.MergeSpec(doc); err != nil {
		return err
	}
	commonparams.Move(doc)
	return doc.WalkSchemas(func(_ string, ref *openapi3.SchemaRef) error {
		ref.Value.Nullable = ref.Value.Nullable || ref.Value.Extensions[nullable] == true
		return nil
	})
}

// servers returns the addresses at which op is reached.
func servers(doc *openapi3.T, item *openapi3.PathItem, op *openapi3.Operation) string {
	list := doc.Servers
	if item.Servers != nil {
		list = item.Servers
	}
	if op.Servers != nil {
		list = *op.Servers
	}
	var urls []string
	for _, server := range list {
		urls = append(urls, server.URL)
	}
	return join(urls, ", ")
}

// security returns the ways in which a request for op may be signed.
func security(doc *openapi3.T, op *openapi3.Operation) string {
	requirements := doc.Security
	if op.Security != nil {
		requirements = *op.Security
	}
	var ways []string
	for _, requirement := range requirements {
		var schemes []string
		for name, scopes := range requirement {
			if doc.Components != nil && doc.Components.SecuritySchemes[name] != nil {
				s := doc.Components.SecuritySchemes[name].Value
				name += " (" + strings.Join(strings.Fields(strings.Join([]string{s.Type, s.Scheme, s.In, s.Name}, " ")), " ") + ")"
			}
			schemes = append(schemes, strings.Join(append([]string{name}, scopes...), " "))
		}
		ways = append(ways, join(schemes, " and "))
	}
	return join(ways, " or ")
}

// join joins the values in the order of the alphabet.
func join(values []string, separator string) string {
	if len(values) == 0 {
		return "none"
	}
	slices.Sort(values)
	return strings.Join(values, separator)
}
