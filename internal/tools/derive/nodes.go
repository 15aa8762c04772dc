package main

import (
	"bytes"
	"errors"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// parse returns the document node of a YAML text whose root is a mapping.
func parse(text []byte) (*yaml.Node, error) {
	file := new(yaml.Node)
	if err := yaml.Unmarshal(text, file); err != nil {
		return nil, err
	}
	if len(file.Content) == 0 || file.Content[0].Kind != yaml.MappingNode {
		return nil, errors.New("not a YAML mapping")
	}
	return file, nil
}

// encode returns the text of a document, with a comment at its head.
func encode(file *yaml.Node, comment string) ([]byte, error) {
	text := bytes.NewBufferString(comment + "\n")
	encoder := yaml.NewEncoder(text)
	encoder.SetIndent(2)
	err := encoder.Encode(file)
	return text.Bytes(), err
}

func scalar(text string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: text}
}

func list(style yaml.Style, content ...*yaml.Node) *yaml.Node {
	return &yaml.Node{Kind: yaml.SequenceNode, Style: style, Content: content}
}

// index returns the index of a key's value in n.Content, or 0.
func index(n *yaml.Node, key string) int {
	if n != nil && n.Kind == yaml.MappingNode {
		for i := 0; i < len(n.Content); i += 2 {
			if n.Content[i].Value == key {
				return i + 1
			}
		}
	}
	return 0
}

// get returns the value of a key, or nil.
func get(n *yaml.Node, path ...string) *yaml.Node {
	for _, key := range path {
		i := index(n, key)
		if i == 0 {
			return nil
		}
		n = n.Content[i]
	}
	return n
}

func set(n *yaml.Node, key string, value *yaml.Node) {
	if i := index(n, key); i > 0 {
		n.Content[i] = value
		return
	}
	n.Content = append(n.Content, scalar(key), value)
}

func remove(n *yaml.Node, keys ...string) {
	for _, key := range keys {
		if i := index(n, key); i > 0 {
			n.Content = slices.Delete(n.Content, i-1, i+1)
		}
	}
}

// order moves keys to the front.
func order(n *yaml.Node, keys ...string) {
	for _, key := range slices.Backward(keys) {
		if value := get(n, key); value != nil {
			remove(n, key)
			n.Content = append([]*yaml.Node{scalar(key), value}, n.Content...)
		}
	}
}

func clone(n *yaml.Node) *yaml.Node {
	c := *n
	c.Content = nil
	for _, child := range n.Content {
		c.Content = append(c.Content, clone(child))
	}
	return &c
}

// refs returns the mappings below n that are references.
func refs(n *yaml.Node) []*yaml.Node {
	var found []*yaml.Node
	if target(n) != "" {
		found = append(found, n)
	}
	for _, child := range n.Content {
		found = append(found, refs(child)...)
	}
	return found
}

// target returns what n refers to, or "".
func target(n *yaml.Node) string {
	if ref := get(n, "$ref"); ref != nil && ref.Kind == yaml.ScalarNode {
		return ref.Value
	}
	return ""
}

// lookup returns what a reference such as #/components/schemas/Secret points to, or nil.
func lookup(root *yaml.Node, ref string) *yaml.Node {
	pointer, ok := strings.CutPrefix(ref, "#/")
	if !ok {
		return nil
	}
	keys := strings.Split(pointer, "/")
	for i, key := range keys {
		keys[i] = strings.NewReplacer("~1", "/", "~0", "~").Replace(key)
	}
	return get(root, keys...)
}

// text returns the text of a node; that of nil is empty.
func text(n *yaml.Node) string {
	if n == nil {
		return ""
	}
	encoded, err := yaml.Marshal(n)
	if err != nil {
		return err.Error()
	}
	return string(encoded)
}
