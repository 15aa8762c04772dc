package main

// Nullability, which for a reference is a matter of both ends.

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
)

// setNullable makes a schema nullable, or no longer.
type setNullable struct {
	node  nodePath
	sites []nodePath // of a schema with a name: the properties that refer to it
	to    bool
}

func (e *setNullable) apply(d *document, _ *renderer) error {
	if e.sites[0] == nil {
		return d.setNull(e.node, e.to)
	}
	different := map[string]nodePath{}
	for _, site := range e.sites {
		different[strings.Join(site, " ")] = site
	}
	// Where nobody else refers to it, null is for the schema to allow.
	if d.references(e.node[len(e.node)-1]) == len(different) {
		return d.setNull(e.node, e.to)
	}
	for _, site := range different {
		n, err := d.site(site)
		if err != nil {
			return err
		}
		if _, parts := child(n, "allOf"); parts == nil {
			return fmt.Errorf("line %d: a bare reference cannot be nullable", n.Line)
		}
		if e.to {
			err = d.setKey(n, []string{"description"}, "nullable", true)
		} else {
			err = d.removeKey(n, "nullable")
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// setNull makes the schema at p nullable or not. A null among the values of its enum goes
// with that, and none is added: validators differ on it, and Prism checks nothing of a
// response where null stands beside nullable.
func (d *document) setNull(p nodePath, to bool) error {
	n, err := d.find(p)
	if err != nil {
		return err
	}
	if to {
		err = d.setKey(n, []string{"type", "format", "readOnly"}, "nullable", true)
	} else {
		err = d.removeKey(n, "nullable")
	}
	if err != nil {
		return err
	}
	n, err = d.find(p)
	if err != nil {
		return err
	}
	_, enum := child(n, "enum")
	if enum == nil {
		return nil
	}
	for i, value := range enum.Content {
		if value.Tag == "!!null" {
			return d.removeItem(enum, i)
		}
	}
	return nil
}

// site returns the node at p itself, not what it refers to.
func (d *document) site(p nodePath) (*yaml.Node, error) {
	parent, err := d.find(p[:len(p)-1])
	if err != nil {
		return nil, err
	}
	last := p[len(p)-1]
	var n *yaml.Node
	if name, property := strings.CutPrefix(last, "."); property {
		n = d.property(parent, name)
	}
	if n == nil {
		return nil, fmt.Errorf("%s is not found in the document", strings.Join(p, " "))
	}
	return n, nil
}

// references returns how often the document refers to the schema name.
func (d *document) references(name string) int {
	count := 0
	var visit func(*yaml.Node)
	visit = func(n *yaml.Node) {
		if _, ref := child(n, "$ref"); ref != nil && ref.Value == "#/components/schemas/"+name {
			count++
		}
		for _, part := range n.Content {
			visit(part)
		}
	}
	visit(d.root)
	return count
}
