package main

// The update of our document: everything upstream has changed that takes no decision.

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// sources are the documents and lists that an update works with. With all, it follows
// upstream also where that takes a decision, as far as there is an edit for it.
type sources struct {
	base, exceptions, upstream string
	all                        bool
	names                      map[string]string // for schemas that are new, by those of upstream
}

// outcome is what an update comes to.
type outcome struct {
	text    []byte   // the new document
	applied []string // differences that are none any more
	news    news     // the same for people
	left    []string // those that take a decision
	stale   []string // exceptions that are no difference any more
	effect  effect   // of all this on Go code
}

// update returns what follows upstream, without writing it.
func update(from sources) (*outcome, error) {
	text, err := read(from.base)
	if err != nil {
		return nil, err
	}
	upstream, err := read(from.upstream)
	if err != nil {
		return nil, err
	}
	list, err := os.ReadFile(from.exceptions)
	if err != nil {
		return nil, fmt.Errorf("%w; -exceptions names the list of deliberate differences", err)
	}
	if _, err := parse(text); err != nil {
		return nil, fmt.Errorf("%s: %w", from.base, err)
	}
	u := &updater{sources: from, theirs: upstream, list: string(list), failed: map[string]string{}}
	return u.run(text)
}

type updater struct {
	sources
	theirs []byte
	list   string
	failed map[string]string // differences that an edit could not follow, and why

	careful bool // apply one edit at a time
}

// run applies edits until none is left. An edit that leaves its difference in place, or
// makes another one that takes a decision, is not made; then all is done again without
// it, edit by edit.
func (u *updater) run(text []byte) (*outcome, error) {
	for start := text; ; u.careful = true {
		result := &outcome{text: start, news: news{}}
		var last differences
		for {
			ds, known, err := u.compare(result.text)
			if err != nil {
				return nil, err
			}
			result.stale = ds.except(u.exceptions, u.list)
			if u.refused(result.applied, last, ds) {
				break
			}
			last = ds
			before := len(result.applied)
			if err := u.step(ds, known, result); err != nil {
				return nil, err
			}
			if len(result.applied) == before {
				for _, text := range ds.sorted() {
					result.effect = max(result.effect, ds[text].effect)
					line := text + " " + ds[text].String()
					if reason := u.failed[text]; reason != "" {
						line += " (" + reason + ")"
					}
					result.left = append(result.left, line)
				}
				return result, u.valid(result.text, text)
			}
		}
	}
}

// refused notes an edit among those applied that did not do what it should, and reports
// whether there is one.
func (u *updater) refused(applied []string, before, after differences) bool {
	for _, text := range applied {
		if after[text] != nil {
			u.failed[text] = "the edit had no effect"
			return true
		}
	}
	for text, d := range after {
		if before == nil || before[text] != nil || d.edit != nil && !d.person || u.all {
			continue
		}
		if u.careful {
			u.failed[applied[len(applied)-1]] = "that would make another difference: " + text
		}
		return true
	}
	return false
}

// step applies the edits of ds to the text of result.
func (u *updater) step(ds differences, known map[string]string, result *outcome) error {
	d, err := parse(result.text)
	if err != nil {
		return err
	}
	for _, text := range ds.sorted() {
		e := ds[text].edit
		if ds[text].person {
			e = nil
			if u.all {
				e = ds[text].decided
			}
		}
		if e == nil || u.failed[text] != "" {
			continue
		}
		names := &renderer{maps.Clone(known), u.names}
		before := d.text
		err := e.apply(d, names)
		if err == nil && u.all {
			err = d.prune()
		}
		if err != nil {
			u.failed[text] = err.Error()
			if err := d.set(before); err != nil {
				return err
			}
			continue
		}
		known = names.known
		result.applied = append(result.applied, text)
		result.news.add(text, e)
		result.effect = max(result.effect, ds[text].effect)
		if u.careful {
			break
		}
	}
	result.text = d.text
	return nil
}

// compare returns the differences of a text from upstream, and our names for the
// schemas of upstream.
func (u *updater) compare(text []byte) (differences, map[string]string, error) {
	ours, err := loadData(u.base, text)
	if err != nil {
		return nil, nil, err
	}
	theirs, err := loadData(u.upstream, u.theirs)
	if err != nil {
		return nil, nil, err
	}
	ds, err := compare(ours, theirs)
	if err != nil {
		return nil, nil, fmt.Errorf("comparing %s with %s: %w", u.base, u.upstream, err)
	}
	return ds, pairs(ours, theirs), nil
}

// valid reports what is wrong with text that was not wrong before.
func (u *updater) valid(text, before []byte) error {
	old, err := check(u.base, before)
	if err != nil {
		return err
	}
	findings, err := check(u.base, text)
	for _, line := range findings {
		if !slices.Contains(old, line) {
			err = errors.Join(err, errors.New(line))
		}
	}
	if err != nil {
		return fmt.Errorf("the updated document would not be valid, nothing is written: %w", err)
	}
	return nil
}

// pairs maps the names of schemas in theirs to those of the schemas in ours that stand
// in the same places.
func pairs(ours, theirs *openapi3.T) map[string]string {
	found := map[string]string{}
	var walk func(here, there *openapi3.SchemaRef)
	walk = func(here, there *openapi3.SchemaRef) {
		if here == nil || there == nil {
			return
		}
		name, upstream := componentName(here), componentName(there)
		if name != "" && upstream != "" {
			if found[upstream] != "" {
				return
			}
			found[upstream] = name
		}
		walk(here.Value.Items, there.Value.Items)
		for _, property := range slices.Sorted(maps.Keys(here.Value.Properties)) {
			walk(here.Value.Properties[property], there.Value.Properties[property])
		}
	}
	content := func(here, there openapi3.Content) {
		for media := range here {
			if there[media] != nil {
				walk(here[media].Schema, there[media].Schema)
			}
		}
	}
	for _, op := range operations(ours) {
		item := theirs.Paths.Find(op.path)
		if item == nil || item.GetOperation(op.method) == nil {
			continue
		}
		other := item.GetOperation(op.method)
		if op.RequestBody != nil && other.RequestBody != nil {
			content(op.RequestBody.Value.Content, other.RequestBody.Value.Content)
		}
		for status, response := range op.Responses.Map() {
			if there := other.Responses.Value(status); there != nil {
				content(response.Value.Content, there.Value.Content)
			}
		}
	}
	return found
}

// report returns the lines that are printed.
func (o *outcome) report() []string {
	var lines []string
	for _, text := range o.applied {
		lines = append(lines, "applied: "+text)
	}
	for _, text := range o.left {
		lines = append(lines, "needs a person: "+text)
	}
	for _, text := range o.stale {
		lines = append(lines, "needs a person: "+strings.TrimSpace(text))
	}
	return lines
}

// write writes the document, and what has changed into the changelog, if one is named.
func (o *outcome) write(base, changelog string) error {
	if changelog != "" {
		text, err := os.ReadFile(changelog)
		if err != nil {
			return err
		}
		after, err := o.news.write(string(text))
		if err != nil {
			return err
		}
		if err := os.WriteFile(changelog, []byte(after), 0o666); err != nil {
			return err
		}
	}
	return os.WriteFile(base, o.text, 0o666)
}
