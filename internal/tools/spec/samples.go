package main

// Samples: a JSON file for each of some schemas. All objects in them have every
// property of their schema; those that are missing are made from the spec.

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"go.yaml.in/yaml/v3"
)

const sampleSuffix = ".golden.json"

// Schemas that have a file of their own. The others are inside them.
var sampled = map[string]string{"secret": "Secret", "request": "SecretAliasRequest", "list": "SecretList"}

// sampler completes one file.
type sampler struct {
	own     string   // the schema of the file
	within  []string // the schemas around the one that is completed
	changes []string // what is missing or too much
}

// samples adds to the files in dir what they lack, takes out what the spec does not
// declare, and returns what that is. Without write, the files stay.
func samples(file, dir string, write bool) ([]string, error) {
	doc, err := load(file)
	if err != nil {
		return nil, err
	}
	if err := normalize(doc); err != nil {
		return nil, err
	}
	var changes []string
	for _, name := range slices.Sorted(maps.Keys(sampled)) {
		if doc.Components == nil || doc.Components.Schemas[sampled[name]] == nil {
			return nil, fmt.Errorf("%s has no schema %s, of which %s is a sample", file, sampled[name], name)
		}
		path := filepath.Join(dir, name+sampleSuffix)
		root, err := readSample(path)
		if err != nil {
			return nil, err
		}
		s := &sampler{own: sampled[name]}
		s.complete(s.own, doc.Components.Schemas[s.own].Value, root)
		for _, change := range s.changes {
			changes = append(changes, path+": "+change)
		}
		if len(s.changes) == 0 || !write {
			continue
		}
		var compact, indented bytes.Buffer
		writeJSON(&compact, root)
		if err := json.Indent(&indented, compact.Bytes(), "", "  "); err != nil {
			return nil, err
		}
		indented.WriteByte('\n')
		if err := os.WriteFile(path, indented.Bytes(), 0o666); err != nil {
			return nil, err
		}
	}
	return slices.Compact(slices.Sorted(slices.Values(changes))), nil
}

// readSample reads JSON, which is YAML too and keeps its order as such.
func readSample(file string) (*yaml.Node, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var root yaml.Node
	if !json.Valid(data) || yaml.Unmarshal(data, &root) != nil || len(root.Content) != 1 {
		return nil, fmt.Errorf("%s is no JSON", file)
	}
	return root.Content[0], nil
}

// complete makes n a sample of the schema called name. A schema that has a file of its
// own has there what it does not require; inside itself, a schema has no more either.
func (s *sampler) complete(name string, schema *openapi3.Schema, n *yaml.Node) {
	switch n.Kind {
	case yaml.SequenceNode:
		for _, item := range n.Content {
			if schema.Items != nil {
				s.complete(inside(name+"[]", schema.Items), schema.Items.Value, item)
			}
		}
	case yaml.MappingNode:
		elsewhere := name != s.own && slices.Contains(slices.Collect(maps.Values(sampled)), name) || slices.Contains(s.within, name)
		s.within = append(s.within, name)
		defer func() { s.within = s.within[:len(s.within)-1] }()
		for i := len(n.Content) - 2; i >= 0; i -= 2 {
			property := n.Content[i].Value
			if declared := schema.Properties[property]; declared != nil {
				s.complete(inside(name+"."+property, declared), declared.Value, n.Content[i+1])
			} else if schema.AdditionalProperties.Schema == nil {
				s.changes = append(s.changes, name+"."+property+" is not declared")
				n.Content = slices.Delete(n.Content, i, i+2)
			}
		}
		for _, property := range slices.Sorted(maps.Keys(schema.Properties)) {
			if key, _ := child(n, property); key != nil || elsewhere && !slices.Contains(schema.Required, property) {
				continue
			}
			s.changes = append(s.changes, name+"."+property+" is missing")
			n.Content = append(n.Content, quoted(property), sample(schema.Properties[property].Value, 0))
		}
	}
}

// inside returns the name of ref, or that of its place.
func inside(place string, ref *openapi3.SchemaRef) string {
	if name := componentName(ref); name != "" {
		return name
	}
	return place
}

func quoted(text string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: text}
}

// Values of strings by their format.
var formats = map[string]string{
	"uuid": "3c90c3cc-0d44-4b50-8888-8dd25736052a", "date-time": "2023-11-07T05:31:56Z", "date": "2023-11-07",
	"email": "name@example.com", "uri": "https://example.com", "byte": "c3RyaW5n",
}

// sample makes a value of a schema. Inside itself, or very deep, a schema is empty.
func sample(schema *openapi3.Schema, depth int) *yaml.Node {
	switch {
	case len(schema.Enum) > 0:
		return scalar(schema.Enum[0])
	case schema.Type.Is("object"):
		n := mapping()
		for _, name := range slices.Sorted(maps.Keys(schema.Properties)) {
			if depth < 4 || slices.Contains(schema.Required, name) && depth < 8 {
				n.Content = append(n.Content, quoted(name), sample(schema.Properties[name].Value, depth+1))
			}
		}
		return n
	case schema.Type.Is("array"):
		if schema.Items == nil || depth >= 4 {
			return list()
		}
		return list(sample(schema.Items.Value, depth+1))
	case schema.Type.Is("boolean"):
		return scalar(true)
	case schema.Type.Is("integer"), schema.Type.Is("number"):
		if schema.Min != nil {
			return scalar(*schema.Min)
		}
		return scalar(1)
	}
	text := formats[schema.Format]
	if text == "" {
		text = "<string>"
		text += strings.Repeat("x", max(int(schema.MinLength)-len(text), 0))
		if schema.MaxLength != nil && int(*schema.MaxLength) < len(text) {
			text = text[:*schema.MaxLength]
		}
	}
	return quoted(text)
}

// writeJSON writes n in the order in which it stands.
func writeJSON(w *bytes.Buffer, n *yaml.Node) {
	switch n.Kind {
	case yaml.MappingNode:
		w.WriteByte('{')
		for i := 0; i < len(n.Content); i += 2 {
			if i > 0 {
				w.WriteByte(',')
			}
			writeString(w, n.Content[i].Value)
			w.WriteByte(':')
			writeJSON(w, n.Content[i+1])
		}
		w.WriteByte('}')
	case yaml.SequenceNode:
		w.WriteByte('[')
		for i, item := range n.Content {
			if i > 0 {
				w.WriteByte(',')
			}
			writeJSON(w, item)
		}
		w.WriteByte(']')
	default:
		if n.Tag == "!!str" || n.Tag == "!!timestamp" {
			writeString(w, n.Value)
		} else {
			w.WriteString(n.Value)
		}
	}
}

func writeString(w *bytes.Buffer, text string) {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.Encode(text)
}
