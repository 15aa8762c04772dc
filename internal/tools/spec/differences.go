package main

// The differences found so far, and how they read.

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// place is where in the document something stands.
type place struct {
	where    string   // an operation or schema of ours and what of it
	via      string   // of a schema with a name: where it is used
	request  bool     // part of what is sent
	optional bool     // a property that need not be there
	node     nodePath // what stands there in our document
	site     nodePath // of a schema with a name: the node that refers to it
}

// nodePath leads to a node of our document: keys, and for what is inside a schema
// ".name" for a property and "[]" for the items.
type nodePath []string

func (p nodePath) to(keys ...string) nodePath { return append(slices.Clone(p), keys...) }

// below returns the place of a part of p. The part of a schema is its path too.
func (p place) below(part string) place {
	p.where = strings.TrimSpace(p.where + part)
	p.optional = false
	p.site = nil
	if p.node != nil {
		p.node = p.node.to(part)
	}
	return p
}

// named returns the place of the schema name, used at p.
func (p place) named(name string) place {
	p.where, p.via = name, p.where
	p.site, p.node = p.node, nodePath{"components", "schemas", name}
	return p
}

const (
	declared = "declared"
	absent   = "absent"
)

// differences maps the text of each difference, which is also what stands in the
// list of exceptions, to the rest of what is known. The same difference in several
// places is one.
type differences map[string]*difference

type difference struct {
	effect effect
	places []string
	gone   bool // an operation, and all differences inside it
	edit   edit // follows upstream
	person bool // it takes a decision to follow upstream

	decided edit // follows upstream after that decision
}

func (d *difference) String() string {
	text := d.effect.String()
	if len(d.places) > 0 {
		slices.Sort(d.places)
		text += "; " + strings.Join(slices.Compact(d.places), ", ")
	}
	return "[" + text + "]"
}

// add adds a difference, or a place to one, and returns its text.
func (ds differences) add(at place, what, upstream, here string, e effect) string {
	text := fmt.Sprintf("%s: upstream %s, here %s", strings.TrimSpace(at.where+" "+what), upstream, here)
	d := ds[text]
	if d == nil {
		d = &difference{}
		ds[text] = d
	}
	d.effect = max(d.effect, e)
	if at.via != "" {
		d.places = append(d.places, at.via)
	}
	return text
}

// fix adds to a difference what would follow upstream; nil where that is a decision.
func (ds differences) fix(text string, e edit) {
	d := ds[text]
	d.person = d.person || e == nil
	if known, ok := d.edit.(*setNullable); ok && e != nil {
		known.sites = append(known.sites, e.(*setNullable).sites...)
		return
	}
	d.edit = e
}

// sorted returns the texts of ds, the gravest first.
func (ds differences) sorted() []string {
	return slices.SortedFunc(maps.Keys(ds), func(a, b string) int {
		return cmp.Or(-cmp.Compare(ds[a].effect, ds[b].effect), strings.Compare(a, b))
	})
}

// differ adds a difference where the values differ.
func (ds differences) differ(at place, what, upstream, here string, e effect) {
	if upstream != here {
		ds.add(at, what, upstream, here, e)
	}
}

// gone adds that an operation is not at its address, but at another one or nowhere.
func (ds differences) gone(at place, upstream, here string) {
	if upstream == "" {
		upstream = absent
	}
	text := ds.add(at, "", upstream, here, breaking)
	ds[text].gone = true
	ds.decide(text, &removeOperation{at.node})
}
