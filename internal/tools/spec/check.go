package main

// The check of one document.

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// check returns what is wrong with the document in file: where it is no valid
// OpenAPI 3.0, an operation without an operationId, a property without a
// description, and an enum without a name for each of its values, from which the
// generator makes the names of the constants.
func check(file string) ([]string, error) {
	doc, err := load(file)
	if err != nil {
		return nil, err
	}
	var findings []string
	report := func(format string, args ...any) { findings = append(findings, fmt.Sprintf(format, args...)) }

	if !doc.IsOpenAPI30() {
		report("openapi: is %s, has to be 3.0.x", doc.OpenAPI)
	}
	if err := doc.Validate(context.Background()); err != nil {
		report("%v", err)
	}
	for _, path := range slices.Sorted(maps.Keys(doc.Paths.Map())) {
		operations := doc.Paths.Value(path).Operations()
		for _, method := range slices.Sorted(maps.Keys(operations)) {
			if operations[method].OperationID == "" {
				report("%s %s: has no operationId", method, path)
			}
		}
	}
	err = doc.WalkSchemas(func(pointer string, ref *openapi3.SchemaRef) error {
		schema := ref.Value
		if ref.Ref != "" {
			pointer = strings.TrimPrefix(ref.Ref, "#")
		}
		for _, name := range slices.Sorted(maps.Keys(schema.Properties)) {
			if schema.Properties[name].Value.Description == "" {
				report("%s/properties/%s: has no description", pointer, name)
			}
		}
		if len(schema.Enum) > 0 {
			list, _ := schema.Extensions["x-enum-varnames"].([]any)
			names := map[string]bool{}
			for _, name := range list {
				if name, ok := name.(string); ok && name != "" {
					names[name] = true
				}
			}
			if len(names) != len(schema.Enum) || len(list) != len(schema.Enum) {
				report("%s: has %d enum values and %d different names in x-enum-varnames", pointer, len(schema.Enum), len(names))
			}
		}
		return nil
	})
	return findings, err
}
