package main

// Schemas and responses of upstream as they are written here: their shape, in our own
// words.

import (
	"cmp"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"go.yaml.in/yaml/v3"
)

// renderer knows the names of schemas here by those of upstream, and names for those
// that are not here yet.
type renderer struct{ known, wanted map[string]string }

func mapping(pairs ...any) *yaml.Node {
	n := &yaml.Node{Kind: yaml.MappingNode}
	for i := 0; i < len(pairs); i += 2 {
		value, ok := pairs[i+1].(*yaml.Node)
		if !ok {
			value = scalar(pairs[i+1])
		}
		n.Content = append(n.Content, scalar(pairs[i]), value)
	}
	return n
}

func list(items ...*yaml.Node) *yaml.Node {
	return &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle, Content: items}
}

// property returns a described schema. A nullable reference is to a schema that allows
// null itself, where nothing else refers to that.
func (r *renderer) property(d *document, name string, ref *openapi3.SchemaRef) (*yaml.Node, error) {
	known := len(r.known)
	n, err := r.schema(d, name, ref, false)
	if err != nil {
		return nil, err
	}
	_, reference := child(n, "$ref")
	if reference == nil {
		return n, nil
	}
	wrapper := mapping("description", described(name))
	if ours := path.Base(reference.Value); ref.Value.Nullable && len(r.known) > known && d.references(ours) == 0 {
		if err := d.setNull(nodePath{"components", "schemas", ours}, true); err != nil {
			return nil, err
		}
	} else if ref.Value.Nullable {
		wrapper.Content = append(wrapper.Content, mapping("nullable", true).Content...)
	}
	wrapper.Content = append(wrapper.Content, mapping("allOf", &yaml.Node{Kind: yaml.SequenceNode, Content: []*yaml.Node{n}}).Content...)
	return wrapper, nil
}

// schema returns ref as it is written here. What has a name upstream becomes a
// component, unless it is one.
func (r *renderer) schema(d *document, name string, ref *openapi3.SchemaRef, component bool) (*yaml.Node, error) {
	if upstream := componentName(ref); upstream != "" && !component {
		ours, err := r.component(d, upstream, ref)
		return mapping("$ref", "#/components/schemas/"+ours), err
	}
	s := ref.Value
	if len(s.OneOf)+len(s.AnyOf)+len(s.AllOf) > 0 || s.Not != nil || s.AdditionalProperties.Schema != nil || len(s.Type.Slice()) != 1 {
		return nil, fmt.Errorf("%s is put together in a way that takes a decision", name)
	}
	n := mapping("type", s.Type.Slice()[0])
	add := func(key string, value any, there bool) {
		if there {
			n.Content = append(n.Content, mapping(key, value).Content...)
		}
	}
	add("format", s.Format, s.Format != "")
	add("readOnly", true, s.ReadOnly)
	add("writeOnly", true, s.WriteOnly)
	add("deprecated", true, s.Deprecated)
	nullable := s.Nullable && (ref.Ref != "" || !component) // not what the wrapper says
	add("nullable", true, nullable)
	add("default", s.Default, s.Default != nil)
	add("minLength", s.MinLength, s.MinLength > 0)
	add("maxLength", s.MaxLength, s.MaxLength != nil)
	add("pattern", s.Pattern, s.Pattern != "")
	add("minimum", s.Min, s.Min != nil)
	add("maximum", s.Max, s.Max != nil)
	add("multipleOf", s.MultipleOf, s.MultipleOf != nil)
	add("minItems", s.MinItems, s.MinItems > 0)
	add("maxItems", s.MaxItems, s.MaxItems != nil)
	add("uniqueItems", true, s.UniqueItems)
	add("description", described(name), true)
	if has := s.AdditionalProperties.Has; has != nil {
		add("additionalProperties", *has, true)
	}
	if len(s.Enum) > 0 {
		values, names := list(), list()
		var taken []string
		for _, value := range s.Enum {
			values.Content = append(values.Content, scalar(value))
			taken = append(taken, valueName(value, taken))
			names.Content = append(names.Content, scalar(taken[len(taken)-1]))
		}
		if nullable {
			values.Content = append(values.Content, scalar(nil))
		}
		add("enum", values, true)
		add("x-enum-varnames", names, true)
	}
	if s.Items != nil {
		items, err := r.schema(d, name, s.Items, false)
		if err != nil {
			return nil, err
		}
		add("items", items, true)
	}
	if len(s.Required) > 0 {
		required := list()
		for _, name := range s.Required {
			required.Content = append(required.Content, scalar(name))
		}
		add("required", required, true)
	}
	if len(s.Properties) > 0 {
		properties := mapping()
		for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
			property, err := r.property(d, name, s.Properties[name])
			if err != nil {
				return nil, err
			}
			properties.Content = append(properties.Content, scalar(name), property)
		}
		add("properties", properties, true)
	}
	return n, nil
}

// component returns our name for a schema of upstream, which it adds if need be.
func (r *renderer) component(d *document, upstream string, ref *openapi3.SchemaRef) (string, error) {
	if ours := r.known[upstream]; ours != "" {
		return ours, nil
	}
	schemas, err := d.find(nodePath{"components", "schemas"})
	if err != nil {
		return "", err
	}
	ours := cmp.Or(r.wanted[upstream], upstream)
	if _, taken := child(schemas, ours); taken != nil {
		return "", fmt.Errorf("the name %s means something else here", ours)
	}
	r.known[upstream] = ours // it may refer to itself
	n, err := r.schema(d, ours, ref, true)
	if err != nil {
		delete(r.known, upstream)
		return "", err
	}
	schemas, err = d.find(nodePath{"components", "schemas"})
	if err != nil {
		return "", err
	}
	return ours, d.insertKey(schemas, nil, ours, n)
}

// response returns one as it is written here: as a reference where the same status
// has one already.
func (r *renderer) response(d *document, status string, response *openapi3.Response) (*yaml.Node, error) {
	if len(response.Content) == 0 {
		if ref := d.responseOf(status); ref != "" {
			return mapping("$ref", ref), nil
		}
		return mapping("description", describedStatus(status)), nil
	}
	content := mapping()
	for _, media := range slices.Sorted(maps.Keys(response.Content)) {
		if response.Content[media].Schema == nil {
			return nil, fmt.Errorf("status %s has a body without a schema", status)
		}
		schema, err := r.schema(d, "body", response.Content[media].Schema, false)
		if err != nil {
			return nil, err
		}
		content.Content = append(content.Content, mapping(media, mapping("schema", schema)).Content...)
	}
	return mapping("description", describedStatus(status), "content", content), nil
}

// responseOf returns the reference that other operations have for a status, if it has
// no body.
func (d *document) responseOf(status string) string {
	_, paths := child(d.root, "paths")
	for i := 1; i < len(paths.Content); i += 2 {
		item := d.resolve(paths.Content[i])
		for j := 1; j < len(item.Content); j += 2 {
			_, responses := child(item.Content[j], "responses")
			_, response := child(responses, status)
			_, ref := child(response, "$ref")
			if ref == nil {
				continue
			}
			if _, content := child(d.resolve(response), "content"); content == nil {
				return ref.Value
			}
		}
	}
	return ""
}

// componentName returns the name of the schema that ref is, or is wrapped around.
func componentName(ref *openapi3.SchemaRef) string {
	if ref.Ref != "" {
		return path.Base(ref.Ref)
	}
	name, _ := ref.Value.Extensions[wraps].(string)
	return strings.TrimSpace(name)
}
