package main

// The edits that the text of a YAML document takes: to lists, mappings and scalars, in
// the style in which they are written.

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// child returns key and value of name in the mapping m.
func child(m *yaml.Node, name string) (key, value *yaml.Node) {
	if m == nil || m.Kind != yaml.MappingNode {
		return nil, nil
	}
	for i := 0; i < len(m.Content); i += 2 {
		if m.Content[i].Value == name {
			return m.Content[i], m.Content[i+1]
		}
	}
	return nil, nil
}

// scalar returns a node for a value.
func scalar(value any) *yaml.Node {
	var n yaml.Node
	if n.Encode(value) != nil {
		n.SetString(fmt.Sprint(value))
	}
	return &n
}

// encode renders n in one line or as a block, without a line break at the end.
func encode(n *yaml.Node, flow bool) string {
	styled := *n
	if flow { // in brackets, so that what has a meaning there is quoted
		styled = yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle, Content: []*yaml.Node{n}}
	}
	var out bytes.Buffer
	encoder := yaml.NewEncoder(&out)
	encoder.SetIndent(2)
	if err := encoder.Encode(&styled); err != nil {
		panic(err) // nothing made here cannot be encoded
	}
	text := strings.TrimSuffix(out.String(), "\n")
	if flow {
		text = text[1 : len(text)-1]
	}
	return text
}

// insertItem puts item into the list, behind the number of items given.
func (d *document) insertItem(list *yaml.Node, behind int, item *yaml.Node) error {
	if list.Style&yaml.FlowStyle == 0 {
		if behind == 0 {
			return fmt.Errorf("line %d: the list is empty", list.Line)
		}
		before := list.Content[behind-1]
		line := d.line(before.Line)
		dash := strings.LastIndex(line[:before.Column-1], "-")
		if dash < 0 || strings.TrimSpace(line[:dash]) != "" {
			return fmt.Errorf("line %d: the item does not stand behind a dash of its own", before.Line)
		}
		return d.insertLines(before.Line, line[:dash]+"- "+encode(item, true)+"\n")
	}
	if behind == 0 {
		at, separator := d.open(list)+1, ""
		if len(list.Content) > 0 {
			separator = ", "
		}
		return d.replace(at, at, encode(item, true)+separator)
	}
	at, err := d.end(list.Content[behind-1])
	if err != nil {
		return err
	}
	return d.replace(at, at, ", "+encode(item, true))
}

// removeItem takes an item out of a list.
func (d *document) removeItem(list *yaml.Node, index int) error {
	item := list.Content[index]
	if list.Style&yaml.FlowStyle == 0 && item.Kind == yaml.ScalarNode {
		return d.replace(d.lines[item.Line-1], d.lines[item.Line], "")
	}
	end, err := d.end(item)
	switch {
	case err != nil:
		return err
	case len(list.Content) == 1:
		return fmt.Errorf("line %d: the list has nothing else", list.Line)
	case index == 0:
		return d.replace(d.start(list.Content[0]), d.start(list.Content[1]), "")
	}
	start, err := d.end(list.Content[index-1])
	if err != nil {
		return err
	}
	return d.replace(start, end, "")
}

// insertKey puts a key into the mapping m, behind the last there of those named, or
// at the end where none is.
func (d *document) insertKey(m *yaml.Node, behind []string, key string, value *yaml.Node) error {
	last := len(m.Content) - 2
	for i := 0; i < len(m.Content); i += 2 {
		if slices.Contains(behind, m.Content[i].Value) {
			last = i
		}
	}
	name := scalar(key)
	if strings.Trim(key, "0123456789") == "" {
		name.Style = yaml.SingleQuotedStyle // as all statuses are
	}
	entry := &yaml.Node{Kind: yaml.MappingNode, Content: []*yaml.Node{name, value}}
	switch {
	case m.Style&yaml.FlowStyle != 0:
		text := strings.TrimSuffix(strings.TrimPrefix(encode(entry, true), "{"), "}")
		if last < 0 {
			return d.replace(d.open(m)+1, d.open(m)+1, text)
		}
		at, err := d.end(m.Content[last+1])
		if err != nil {
			return err
		}
		return d.replace(at, at, ", "+text)
	case last < 0:
		return fmt.Errorf("line %d: there is nothing to stand behind", m.Line)
	}
	indent := strings.Repeat(" ", m.Content[last].Column-1)
	var lines strings.Builder
	for line := range strings.SplitSeq(encode(entry, false), "\n") {
		lines.WriteString(indent + line + "\n")
	}
	return d.insertLines(d.lastLine(m.Content[last], m.Content[last+1]), lines.String())
}

// removeKey takes the key out of the mapping m.
func (d *document) removeKey(m *yaml.Node, name string) error {
	key, value := child(m, name)
	if key == nil {
		return fmt.Errorf("line %d: there is no %s", m.Line, name)
	}
	index := slices.Index(m.Content, key)
	if len(m.Content) == 2 {
		return fmt.Errorf("line %d: there is nothing but %s", m.Line, name)
	}
	if m.Style&yaml.FlowStyle == 0 {
		if strings.TrimSpace(d.line(key.Line)[:key.Column-1]) != "" {
			return fmt.Errorf("line %d: %s does not begin its line", key.Line, name)
		}
		return d.replace(d.lines[key.Line-1], d.lines[d.lastLine(key, value)], "")
	}
	if index == 0 {
		return d.replace(d.start(key), d.start(m.Content[2]), "")
	}
	start, err := d.end(m.Content[index-1])
	if err != nil {
		return err
	}
	end, err := d.end(value)
	if err != nil {
		return err
	}
	return d.replace(start, end, "")
}

// setKey gives the key of the mapping m a scalar, in its place or as insertKey does.
func (d *document) setKey(m *yaml.Node, behind []string, key string, value any) error {
	_, old := child(m, key)
	if old == nil {
		return d.insertKey(m, behind, key, scalar(value))
	}
	end, err := d.end(old)
	if err != nil {
		return err
	}
	return d.replace(d.start(old), end, encode(scalar(value), true))
}
