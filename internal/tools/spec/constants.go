package main

// The Go code made from the document beside what the generator makes: limits,
// enum constants and the table of operations.

import (
	"bytes"
	"fmt"
	"go/format"
	"go/token"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

const constantsHeader = `// Code generated from openapi.yaml by internal/tools/spec. DO NOT EDIT.

package api

`

// constants returns the source of a file of package api: the limits of requests,
// the enum constants of the package generated, repeated, and the operations.
func constants(file string, withOperations bool) ([]byte, error) {
	doc, err := load(file)
	if err != nil {
		return nil, err
	}
	var source bytes.Buffer
	source.WriteString(constantsHeader)
	if doc.Components != nil && slices.ContainsFunc(slices.Collect(maps.Values(doc.Components.Schemas)), isEnum) {
		source.WriteString("import \"github.com/qovery-alias/qovery-alias-go/generated\"\n\n")
	}
	if err := writeLimits(&source, doc); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if err := writeEnums(&source, doc); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if withOperations {
		if err := writeOperations(&source, doc); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
	}
	formatted, err := format.Source(source.Bytes())
	if err != nil {
		return nil, fmt.Errorf("%s: the names in it make no Go code: %w", file, err)
	}
	return formatted, nil
}

// writeLimits writes a constant for each maxLength of a property that is sent.
func writeLimits(w *bytes.Buffer, doc *openapi3.T) error {
	limits := map[string]uint64{}
	for _, op := range operations(doc) {
		for _, property := range requestProperties(op.Operation) {
			if property.schema.MaxLength == nil {
				continue
			}
			length := *property.schema.MaxLength
			if other, found := limits[property.name]; found && other != length {
				return fmt.Errorf("%s may be %d characters long in one request and %d in another; package api has one limit for both", property.name, other, length)
			}
			limits[property.name] = length
		}
	}
	for _, name := range slices.Sorted(maps.Keys(limits)) {
		goName := "Max" + camel(name) + "Length"
		fmt.Fprintf(w, "// %s is the most characters that the %s of a request may have.\nconst %s = %d\n\n", goName, camel(name), goName, limits[name])
	}
	return nil
}

// requestProperty is a property of what an operation sends.
type requestProperty struct {
	name   string
	schema *openapi3.Schema
}

// requestProperties returns the properties of the JSON body that op sends, those
// inside allOf included, in the order of their names.
func requestProperties(op *openapi3.Operation) []requestProperty {
	if op.RequestBody == nil || op.RequestBody.Value.Content.Get("application/json") == nil {
		return nil
	}
	var found []requestProperty
	var collect func(ref *openapi3.SchemaRef)
	collect = func(ref *openapi3.SchemaRef) {
		if ref == nil || ref.Value == nil {
			return
		}
		for name, property := range ref.Value.Properties {
			found = append(found, requestProperty{name, property.Value})
		}
		for _, part := range ref.Value.AllOf {
			collect(part)
		}
	}
	collect(op.RequestBody.Value.Content.Get("application/json").Schema)
	slices.SortFunc(found, func(a, b requestProperty) int { return strings.Compare(a.name, b.name) })
	return found
}

// isEnum reports whether the generator makes constants from ref.
func isEnum(ref *openapi3.SchemaRef) bool { return ref.Value != nil && len(ref.Value.Enum) > 0 }

// writeEnums repeats the constants of each enum that has a name.
func writeEnums(w *bytes.Buffer, doc *openapi3.T) error {
	if doc.Components == nil {
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(doc.Components.Schemas)) {
		if !isEnum(doc.Components.Schemas[name]) {
			continue
		}
		suffixes, err := varNames(doc.Components.Schemas[name].Value)
		if err != nil {
			return fmt.Errorf("schema %s: %w", name, err)
		}
		fmt.Fprintf(w, "// The values of %s that are known. The server may send others.\nconst (\n", name)
		for _, suffix := range slices.Sorted(slices.Values(suffixes)) {
			fmt.Fprintf(w, "%[1]s%[2]s = generated.%[1]s%[2]s\n", name, suffix)
		}
		w.WriteString(")\n\n")
	}
	return nil
}

var varName = regexp.MustCompile(`^[A-Z][A-Za-z0-9]*$`)

// varNames returns the names that x-enum-varnames gives to the values of schema. A
// null among them stands for a missing value and has no name.
func varNames(schema *openapi3.Schema) ([]string, error) {
	list, _ := schema.Extensions["x-enum-varnames"].([]any)
	var names []string
	for _, item := range list {
		if name, ok := item.(string); ok && varName.MatchString(name) && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	values := 0
	for _, value := range schema.Enum {
		if value != nil {
			values++
		}
	}
	if len(names) != values || len(list) != values {
		return nil, fmt.Errorf("has %d enum values and %d different names in x-enum-varnames", values, len(names))
	}
	return names, nil
}

// writeOperations writes a variable for each operation, of a type that package api
// declares, and the list of them.
func writeOperations(w *bytes.Buffer, doc *openapi3.T) error {
	var vars, list strings.Builder
	for _, op := range operations(doc) {
		id := op.OperationID
		if !token.IsIdentifier(id) || token.IsExported(id) {
			return fmt.Errorf("%s %s: operationId %q is no name for an unexported Go variable", op.method, op.path, id)
		}
		status, err := success(op.Operation)
		if err != nil {
			return fmt.Errorf("%s: %w", id, err)
		}
		fmt.Fprintf(&vars, "%s = &operation{id: %q, method: %q, path: %q, success: %d}\n", id, id, op.method, op.path, status)
		fmt.Fprintf(&list, "%s,", id)
	}
	fmt.Fprintf(w, "// The operations of the spec.\nvar (\n%s)\n\n// operations are all of them.\nvar operations = []*operation{%s}\n",
		vars.String(), strings.TrimSuffix(list.String(), ","))
	return nil
}
