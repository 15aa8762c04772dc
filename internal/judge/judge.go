// Package judge compares what calls of package api report with what the server did.
package judge

import (
	"cmp"
	"errors"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/api"
)

// Misreport says what is wrong with what a call reported; empty: nothing. "Unknown" is never
// wrong here, where the responses are not known.
func (h *History) Misreport(c *Call) string {
	h.mu.Lock()
	defer h.mu.Unlock()
	rules := h.aliasRules
	if c.Verb == "delete" || c.Verb == "list" {
		rules = h.otherRules
	}
	var wrong []string
	for says, broken := range rules(c, c.Err == nil, c.Err != nil && c.Kind() != "outcome_unknown") {
		if broken {
			wrong = append(wrong, says)
		}
	}
	slices.Sort(wrong)
	return strings.Join(wrong, "; ")
}

// aliasRules are those of create and ensure. A success and a conflict say what has the key.
func (h *History) aliasRules(c *Call, success, failure bool) map[string]bool {
	named, e := c.Secret, &api.Error{}
	if errors.As(c.Err, &e) {
		named = e.Existing
	}
	own := func(e *entry) bool { return e.madeBy == c.ID && e.Key == c.Request.Key }
	hadKey := func(e *entry) bool { return e.Key == c.Request.Key && e.during(c.Start, c.End) }
	holder := h.find(c, func(e *entry) bool { return named != nil && e.ID == named.ID && hadKey(e) })
	other := h.find(c, func(e *entry) bool {
		return hadKey(e) && !own(e) && (c.Verb == "create" || c.Blind || e.target() != c.Target)
	})
	asked, conflict := holder.target() == c.Target, c.Kind() == "conflict"
	foreign := !own(holder) && !AsAsked(&holder.Secret, c.Request)
	hidden := named != nil && named.AliasedSecret == nil && holder.target() != uuid.Nil
	return map[string]bool{
		// "Every error is an *Error and matches a sentinel"; "no success that did not happen".
		"an error that matches no sentinel":  !success && (c.Kind() == "" || e.Operation == ""),
		"a success and an error, or neither": success != (c.Secret != nil) || c.Created && !success,
		"what it names did not have the key": (success || conflict) && named != nil && holder.Key == "",
		// "An alias of the secret asked for is returned", by create only if it may be its own.
		"a success, though something else has the key":  success && !asked && !hidden,
		"created, though by another call":               c.Created && !own(holder),
		"a success, though the alias is another call's": success && c.Verb == "create" && foreign,
		// "Anything else that has the key is ErrConflict"; "no error without a reason".
		"a conflict with the alias that was asked for": conflict && c.Verb == "ensure" && asked,
		"a conflict with the alias that it created":    conflict && own(holder) && !c.Repeated,
		"a conflict, though nothing else had the key":  conflict && named == nil && other.Key == "" && !c.unseen(),
		"an error, though the alias was created":       failure && !conflict && h.find(c, own).Key != "",
	}
}

// otherRules are those of delete and list. "A deletion deletes only what was meant", and a list
// shows all that the job had from start to end, and nothing else.
func (h *History) otherRules(c *Call, success, failure bool) map[string]bool {
	own := h.find(c, func(e *entry) bool { return e.goneBy == c.ID })
	gone := h.find(c, func(e *entry) bool { return e.ID == c.Target && !e.during(c.End, c.End) })
	wrong := h.find(c, func(e *entry) bool {
		if slices.ContainsFunc(c.Listed, func(s api.Secret) bool { return s.ID == e.ID }) {
			return !e.during(c.Start, c.End)
		}
		return success && e.ID != uuid.Nil && e.during(c.Start, c.Start) && e.during(c.End, c.End)
	})
	deleted, asked := own.goneBy > 0, own.ID == c.Target && own.AliasedSecret != nil
	return map[string]bool{
		"an error that matches no sentinel":                      !success && c.Kind() == "",
		"something else was deleted":                             deleted && !asked,
		"a success, though the alias is there":                   success && c.Verb == "delete" && gone.Key == "",
		"an error, though the alias was deleted":                 failure && deleted && !c.unseen(),
		"a list that is incomplete, or shows what there was not": c.Verb == "list" && wrong.Key != "",
	}
}

// find returns an entry of the call's job that fits; an empty one if there is none.
func (h *History) find(c *Call, fits func(*entry) bool) *entry {
	if i := slices.IndexFunc(h.jobs[c.Job], fits); i >= 0 {
		return h.jobs[c.Job][i]
	}
	return &entry{}
}

// AsAsked reports whether an alias has the description and the interpolation that were set.
func AsAsked(s *api.Secret, asked api.AliasRequest) bool {
	want, got := asked.EnableInterpolationInFile, s.EnableInterpolationInFile
	return *cmp.Or(asked.Description, new(string)) == *cmp.Or(s.Description, new(string)) &&
		(want == nil || got != nil && *got == *want)
}
