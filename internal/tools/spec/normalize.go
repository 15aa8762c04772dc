package main

// What makes two documents comparable, no matter how they are written: the many ways
// to say one thing become one.

import (
	"mime"
	"slices"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/oasdiff/oasdiff/flatten/allof"
	"github.com/oasdiff/oasdiff/flatten/commonparams"
)

// Marks that outlive the merging of an allOf.
const (
	wraps    = "x-spec-wraps"    // the name of the one schema that stands in the allOf
	nullable = "x-spec-nullable" // the allOf is nullable
)

// normalize merges every allOf into the schema that contains it and gives each
// operation the parameters of its path. An allOf that is declared nullable stays
// so: strictly it is not, unless all of its parts are, but nobody writes it for
// nothing, and the generator takes it at its word. One around a single schema is
// as nullable as that.
func normalize(doc *openapi3.T) error {
	// An allOf is as nullable as its parts, which have to be plain before.
	err := doc.WalkSchemas(func(_ string, ref *openapi3.SchemaRef) error {
		plainNull(ref.Value)
		plainAlternatives(ref.Value)
		return nil
	})
	if err != nil {
		return err
	}
	err = doc.WalkSchemas(func(_ string, ref *openapi3.SchemaRef) error {
		schema := ref.Value
		if has := schema.AdditionalProperties; has.Has != nil && *has.Has || has.Schema != nil && isEmpty(has.Schema) {
			schema.AdditionalProperties = openapi3.BoolSchema{}
		}
		if len(schema.AllOf) == 0 {
			return nil
		}
		if schema.Extensions == nil {
			schema.Extensions = map[string]any{}
		}
		only := schema.AllOf[0]
		single := len(schema.AllOf) == 1
		if single && only.Ref != "" {
			schema.Extensions[wraps] = componentName(only)
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
	for _, op := range operations(doc) {
		plainOperation(op.Operation)
	}
	return doc.WalkSchemas(func(_ string, ref *openapi3.SchemaRef) error {
		ref.Value.Nullable = ref.Value.Nullable || ref.Value.Extensions[nullable] == true
		return nil
	})
}

// plainNull writes the null of a list of types, as in OpenAPI 3.1, and of an enum as
// nullable, the one way of OpenAPI 3.0.
func plainNull(schema *openapi3.Schema) {
	if schema.Type.Includes(openapi3.TypeNull) && len(schema.Type.Slice()) > 1 {
		types := slices.DeleteFunc(slices.Clone(schema.Type.Slice()), func(name string) bool { return name == openapi3.TypeNull })
		schema.Type = (*openapi3.Types)(&types)
		schema.Nullable = true
	}
	if len(schema.Enum) > 1 && slices.Contains(schema.Enum, nil) {
		schema.Enum = slices.DeleteFunc(slices.Clone(schema.Enum), func(value any) bool { return value == nil })
		schema.Nullable = true
	}
}

// plainAlternatives writes alternatives of which there is but one, beside null, as an
// allOf.
func plainAlternatives(schema *openapi3.Schema) {
	for _, list := range []*openapi3.SchemaRefs{&schema.OneOf, &schema.AnyOf} {
		if schema.Discriminator != nil || len(*list) == 0 {
			continue
		}
		left := slices.DeleteFunc(slices.Clone(*list), func(ref *openapi3.SchemaRef) bool { return onlyNull(ref.Value) })
		if len(left) == 1 {
			schema.Nullable = schema.Nullable || len(left) < len(*list)
			schema.AllOf = append(slices.Clone(schema.AllOf), left...)
			*list = nil
		}
	}
}

// onlyNull reports whether null is all that schema allows.
func onlyNull(schema *openapi3.Schema) bool {
	return schema.Type.Is(openapi3.TypeNull) || len(schema.Enum) == 1 && schema.Enum[0] == nil
}

// isEmpty reports whether ref allows everything.
func isEmpty(ref *openapi3.SchemaRef) bool {
	plain := *ref.Value
	plain.Description, plain.Title, plain.Extensions, plain.Origin = "", "", nil, nil
	return ref.Ref == "" && plain.IsEmpty()
}

// plainOperation spells out what holds for the parameters of op by default, and
// writes its media types in lower case.
func plainOperation(op *openapi3.Operation) {
	for _, parameter := range op.Parameters {
		p := parameter.Value
		if p.Style == "" {
			p.Style = openapi3.SerializationSimple
			if p.In == openapi3.ParameterInQuery || p.In == openapi3.ParameterInCookie {
				p.Style = openapi3.SerializationForm
			}
		}
		if p.Explode == nil {
			explode := p.Style == openapi3.SerializationForm
			p.Explode = &explode
		}
	}
	if op.RequestBody != nil {
		plainContent(op.RequestBody.Value.Content)
	}
	for _, response := range op.Responses.Map() {
		plainContent(response.Value.Content)
	}
}

func plainContent(content openapi3.Content) {
	for name, media := range content {
		kind, parameters, err := mime.ParseMediaType(name)
		if plain := mime.FormatMediaType(kind, parameters); err == nil && plain != name && content[plain] == nil {
			delete(content, name)
			content[plain] = media
		}
	}
}
