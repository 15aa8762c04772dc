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

// placeholder is a part of a path that each request fills in.
var placeholder = regexp.MustCompile(`\{[^}]*\}`)

// constants returns the source of a file of package api: the limits of requests,
// the enum constants of the file generated, repeated, and the operations.
func constants(file, generated string, withOperations bool) ([]byte, error) {
	doc, err := load(file)
	if err != nil {
		return nil, err
	}
	enums, err := enumConstants(generated)
	if err != nil {
		return nil, err
	}
	var source bytes.Buffer
	source.WriteString(constantsHeader)
	if len(enums) > 0 {
		source.WriteString("import \"github.com/qovery-alias/qovery-alias-go/generated\"\n\n")
	}
	if err := writeLimits(&source, doc); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	writeEnums(&source, enums)
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
		fmt.Fprintf(&vars, "%s = &operation{id: %q, method: %q, path: %q, success: %d}\n", id, id, op.method, placeholder.ReplaceAllString(op.path, "*"), status)
		fmt.Fprintf(&list, "%s,", id)
	}
	fmt.Fprintf(w, "// The operations of the spec.\nvar (\n%s)\n\n// operations are all of them.\nvar operations = []*operation{%s}\n",
		vars.String(), strings.TrimSuffix(list.String(), ","))
	return nil
}
