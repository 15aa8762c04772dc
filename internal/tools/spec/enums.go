package main

// The constants of enums: their names in the document, and in the generated code.

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"regexp"
	"slices"

	"github.com/getkin/kin-openapi/openapi3"
)

// enumConstants returns the names of the constants in a generated Go file, by their
// type. The generator spells some otherwise than x-enum-varnames, such as initialisms.
func enumConstants(file string) (map[string][]string, error) {
	source, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
	if err != nil {
		return nil, fmt.Errorf("%w; -generated names the file with the types that the generator makes", err)
	}
	found := map[string][]string{}
	for _, decl := range source.Decls {
		group, ok := decl.(*ast.GenDecl)
		if !ok || group.Tok != token.CONST {
			continue
		}
		for _, spec := range group.Specs {
			constant := spec.(*ast.ValueSpec)
			if of, ok := constant.Type.(*ast.Ident); ok && of.IsExported() {
				found[of.Name] = append(found[of.Name], constant.Names[0].Name)
			}
		}
	}
	return found, nil
}

// writeEnums repeats the constants, by their type.
func writeEnums(w *bytes.Buffer, constants map[string][]string) {
	for _, of := range slices.Sorted(maps.Keys(constants)) {
		fmt.Fprintf(w, "// The values of %s that are known. The server may send others.\nconst (\n", of)
		for _, name := range slices.Sorted(slices.Values(constants[of])) {
			fmt.Fprintf(w, "%[1]s = generated.%[1]s\n", name)
		}
		w.WriteString(")\n\n")
	}
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
