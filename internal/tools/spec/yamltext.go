package main

// A YAML document as text, and where its nodes stand in it. Edits change the text at
// the places of nodes, so that all else stays as it was written.

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

type document struct {
	text  []byte
	root  *yaml.Node
	lines []int // where each line starts, and the end of the text
}

func parse(text []byte) (*document, error) {
	d := &document{}
	return d, d.set(text)
}

// set replaces the text. Where it is no YAML any more, the document stays as it was.
func (d *document) set(text []byte) error {
	var root yaml.Node
	if err := yaml.Unmarshal(text, &root); err != nil {
		return err
	}
	if len(root.Content) != 1 {
		return errors.New("contains no YAML document")
	}
	d.text, d.root, d.lines = text, root.Content[0], []int{0}
	for i, b := range text {
		if b == '\n' {
			d.lines = append(d.lines, i+1)
		}
	}
	if d.lines[len(d.lines)-1] != len(text) {
		d.lines = append(d.lines, len(text))
	}
	return nil
}

// replace puts with in the place of the text between two offsets.
func (d *document) replace(from, to int, with string) error {
	return d.set([]byte(string(d.text[:from]) + with + string(d.text[to:])))
}

// insertLines puts lines, each with its line break, behind the given number of lines.
func (d *document) insertLines(after int, lines string) error {
	at := d.lines[after]
	if bytes.Contains(d.text, []byte("\r\n")) {
		lines = strings.ReplaceAll(lines, "\n", "\r\n")
	}
	if at > 0 && d.text[at-1] != '\n' {
		lines = "\n" + strings.TrimSuffix(lines, "\n")
	}
	return d.replace(at, at, lines)
}

// line returns the line of that number, from 1, without its break.
func (d *document) line(number int) string {
	return strings.TrimRight(string(d.text[d.lines[number-1]:d.lines[number]]), "\r\n")
}

// count returns the number of lines.
func (d *document) count() int { return len(d.lines) - 1 }

// start returns the offset at which n begins.
func (d *document) start(n *yaml.Node) int {
	at := d.lines[n.Line-1]
	for range n.Column - 1 { // columns count characters
		_, size := utf8.DecodeRune(d.text[at:])
		at += size
	}
	return at
}

// open returns the offset of the bracket that opens the flow collection n.
func (d *document) open(n *yaml.Node) int {
	at := d.start(n)
	return at + bytes.IndexAny(d.text[at:], "[{") // behind an anchor or a tag
}

// end returns the offset behind n, which stands inside a line or a flow collection.
func (d *document) end(n *yaml.Node) (int, error) {
	at := d.start(n)
	switch {
	case n.Kind == yaml.AliasNode:
		return at + 1 + len(n.Value), nil
	case n.Kind != yaml.ScalarNode:
		return d.closing(d.open(n))
	case n.Style&yaml.DoubleQuotedStyle != 0:
		return d.quoteEnd(at), nil
	case n.Style&yaml.SingleQuotedStyle != 0:
		return d.quoteEnd(at), nil
	case bytes.HasPrefix(d.text[at:], []byte(n.Value)) && n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) == 0:
		return at + len(n.Value), nil
	}
	return 0, fmt.Errorf("line %d: the value spans several lines", n.Line)
}

// quoteEnd returns the offset behind the quoted text that begins at at.
func (d *document) quoteEnd(at int) int {
	quote := d.text[at]
	for at++; at < len(d.text); at++ {
		switch {
		case quote == '"' && d.text[at] == '\\':
			at++
		case quote == '\'' && bytes.HasPrefix(d.text[at:], []byte("''")):
			at++
		case d.text[at] == quote:
			return at + 1
		}
	}
	return at
}

// closing returns the offset behind the bracket that closes the one at at.
func (d *document) closing(at int) (int, error) {
	depth := 0
	for ; at < len(d.text); at++ {
		begins := strings.IndexByte(" \t\n,:[{", d.text[max(at-1, 0)]) >= 0 // a token
		switch b := d.text[at]; {
		case (b == '"' || b == '\'') && begins:
			at = d.quoteEnd(at) - 1
		case b == '#' && begins:
			at += max(bytes.IndexByte(d.text[at:], '\n'), 0)
		case b == '[' || b == '{':
			depth++
		case b == ']' || b == '}':
			if depth--; depth == 0 {
				return at + 1, nil
			}
		}
	}
	return 0, errors.New("a bracket is not closed")
}

// lastLine returns the number of the last line of the value of key, which stands in a
// block mapping: those indented deeper belong to it, and lists beside the key.
func (d *document) lastLine(key, value *yaml.Node) int {
	last := max(key.Line, value.Line)
	if value.Kind == yaml.AliasNode {
		last = key.Line
	}
	list := value.Kind == yaml.SequenceNode && value.Style&yaml.FlowStyle == 0
	for number := key.Line + 1; number <= d.count(); number++ {
		text := d.line(number)
		content := strings.TrimLeft(text, " ")
		indent := len(text) - len(content)
		switch {
		case strings.TrimSpace(content) == "":
		case indent >= key.Column, list && indent == key.Column-1 && (content == "-" || strings.HasPrefix(content, "- ")):
			last = number
		case content[0] == '#':
		default:
			return last
		}
	}
	return last
}
