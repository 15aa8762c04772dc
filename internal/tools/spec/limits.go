package main

// The Go code that checks a request against the lengths in the document.

import (
	"bytes"
	"fmt"
	"go/format"
	"math"
	"slices"
)

const limitsHeader = `// Code generated from openapi.yaml by internal/tools/spec. DO NOT EDIT.

package limits

import (
	"cmp"

	"github.com/qovery-alias/qovery-alias-go/generated"
)
`

// limits returns the source of the package limits: a function for each schema that an
// operation sends.
func limits(file string) ([]byte, error) {
	doc, err := load(file)
	if err != nil {
		return nil, err
	}
	var source bytes.Buffer
	source.WriteString(limitsHeader)
	var done []string
	for _, op := range operations(doc) {
		properties := requestProperties(op.Operation)
		if len(properties) == 0 {
			continue
		}
		body := op.RequestBody.Value.Content.Get("application/json").Schema
		name := camel(componentName(body))
		if name == "" || slices.Contains(done, name) {
			continue
		}
		done = append(done, name)
		fmt.Fprintf(&source, "\n// Check%[1]s returns an error where a string is shorter or longer than the spec allows.\nfunc Check%[1]s(r generated.%[1]s) error {\nreturn cmp.Or[error](\n", name)
		for _, p := range properties {
			if !p.schema.Type.Is("string") || p.schema.Format != "" || len(p.schema.Enum) > 0 {
				continue
			}
			address := "" // of a field that is a pointer already
			if slices.Contains(body.Value.Required, p.name) && !p.schema.Nullable {
				address = "&"
			}
			most := uint64(math.MaxInt32)
			if p.schema.MaxLength != nil {
				most = *p.schema.MaxLength
			}
			if p.schema.MinLength > 0 || p.schema.MaxLength != nil {
				fmt.Fprintf(&source, "checkLength(%q, %sr.%s, %d, %d),\n", p.name, address, camel(p.name), p.schema.MinLength, most)
			}
		}
		source.WriteString(")\n}\n")
	}
	return format.Source(source.Bytes())
}
