package main

// The differences found so far, and how they read.

import (
	"fmt"
	"slices"
	"strings"
)

// place is where in the document something stands.
type place struct {
	where    string // an operation or schema of ours and what of it
	via      string // of a schema with a name: where it is used
	request  bool   // part of what is sent
	optional bool   // a property that need not be there
}

// below returns the place of a part of p.
func (p place) below(part string) place {
	p.where = strings.TrimSpace(p.where + part)
	p.optional = false
	return p
}

// named returns the place of the schema name, used at p.
func (p place) named(name string) place {
	p.where, p.via = name, p.where
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
}

func (d *difference) String() string {
	text := d.effect.String()
	if len(d.places) > 0 {
		slices.Sort(d.places)
		text += "; " + strings.Join(slices.Compact(d.places), ", ")
	}
	return "[" + text + "]"
}

func (ds differences) add(at place, what, upstream, here string, e effect) {
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
}

// differ adds a difference where the values differ.
func (ds differences) differ(at place, what, upstream, here string, e effect) {
	if upstream != here {
		ds.add(at, what, upstream, here, e)
	}
}
