package main

import (
	"bytes"
	"slices"

	"gopkg.in/yaml.v3"
)

// encode returns the text of a document, with a comment at its head.
func encode(root *yaml.Node, comment string) ([]byte, error) {
	text := bytes.NewBufferString("# " + comment + "\n")
	encoder := yaml.NewEncoder(text)
	encoder.SetIndent(2)
	err := encoder.Encode(root)
	return text.Bytes(), err
}

func scalar(text string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: text}
}

// get returns the value of a key, or nil.
func get(n *yaml.Node, key string) *yaml.Node {
	for i := 1; n != nil && n.Kind == yaml.MappingNode && i < len(n.Content); i += 2 {
		if n.Content[i-1].Value == key {
			return n.Content[i]
		}
	}
	return nil
}

func remove(n *yaml.Node, key string) {
	for i := 0; i < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			n.Content = slices.Delete(n.Content, i, i+2)
			return
		}
	}
}

func set(n *yaml.Node, key string, value *yaml.Node) {
	if old := get(n, key); old != nil {
		*old = *value
		return
	}
	n.Content = append(n.Content, scalar(key), value)
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

// refs returns the mappings at and below n that have a $ref.
func refs(n *yaml.Node) (found []*yaml.Node) {
	if ref := get(n, "$ref"); ref != nil && ref.Kind == yaml.ScalarNode {
		found = append(found, n)
	}
	for _, child := range n.Content {
		found = append(found, refs(child)...)
	}
	return found
}
