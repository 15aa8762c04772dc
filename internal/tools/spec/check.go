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

// check returns what is wrong with the document read from file: where it is no valid
// OpenAPI 3.0, an operation without an operationId, a property without a
// description, and an enum without a name for each of its values, from which the
// generator makes the names of the constants.
func check(file string, data []byte) ([]string, error) {
	doc, err := loadData(file, data)
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
			if _, err := varNames(schema); err != nil {
				report("%s: %v", pointer, err)
			}
		}
		return nil
	})
	return findings, err
}
