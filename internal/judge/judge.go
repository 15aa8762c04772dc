// Package judge holds what calls of package api report against what the server did.
package judge

import (
	"errors"

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/api"
)

// Call is what one call asked for, what it could know and what it reported. Each alias of a
// batch counts as a call.
type Call struct {
	ID         int
	Verb       string // create, ensure, delete or list
	Job        uuid.UUID
	Target     uuid.UUID // the secret to alias, or the alias to delete
	TargetKey  string    // by which a batch names the secret; empty: by its id
	Request    api.AliasRequest
	Start, End int  // Now of the History when the call began and ended
	Repeated   bool // its requests may have been repeated on the way
	Blind      bool // its lists may not have shown who has the key
	Open       Open

	Secret  *api.Secret
	Listed  []api.Secret
	Created bool
	Err     error
}

// Open says what the responses to a call leave open: whether a request took effect.
type Open int

const (
	Maybe Open = iota // not known to the judge
	No                // the call can be certain
	Yes               // it can not
)

// Kind returns the kind of the call's error: empty for a success, "none" if it matches no sentinel.
func (c *Call) Kind() string {
	e := (*api.Error)(nil)
	switch {
	case c.Err == nil:
		return ""
	case errors.As(c.Err, &e) && e.Kind() != "":
		return e.Kind()
	}
	return "none"
}

// Misreport says what is wrong with what a call reported; empty: nothing.
func (h *History) Misreport(c *Call) string {
	h.mu.Lock()
	defer h.mu.Unlock()
	kind := c.Kind()
	switch {
	case kind == "none":
		return "an error that matches no sentinel"
	case kind != "" && (c.Created || c.Secret != nil):
		return "a success and an error"
	case kind == "outcome_unknown" && c.Open == No:
		return "unknown, though nothing is open"
	case kind == "outcome_unknown":
		return ""
	case c.Open == Yes:
		return "certain, though a request may have taken effect"
	case c.Verb == "list":
		return h.wrongList(c)
	case c.Verb == "delete":
		return h.wrongDeletion(c)
	case kind == "" || kind == "conflict":
		return h.wrongHolder(c)
	case h.find(c, c.made) != nil:
		return "an error, though the alias was created"
	}
	return ""
}

// wrongHolder judges a success and a conflict: both say who has the key.
func (h *History) wrongHolder(c *Call) string {
	holder, conflict := c.Secret, (*api.Error)(nil)
	if errors.As(c.Err, &conflict) {
		holder = conflict.Existing
	}
	if holder == nil {
		return h.wrongAnonymous(c)
	}
	e := h.find(c, func(e *entry) bool { return e.ID == holder.ID && e.during(c) })
	if e == nil || e.Key != c.Request.Key {
		return "the secret that it names did not have the key"
	}
	matches := e.target() == c.Target || e.target() != uuid.Nil && holder.AliasedSecret == nil // not shown
	switch {
	case c.Err == nil && !matches:
		return "a success, though something else has the key"
	case c.Err == nil && c.Created && !c.made(e):
		return "created, though by another call"
	case c.Err == nil && c.Verb == "create" && !c.made(e) && !AsAsked(&e.Secret, c.Request):
		return "a success, though the alias is another call's"
	case c.Err != nil && c.Verb == "ensure" && e.target() == c.Target:
		return "a conflict with the alias that was asked for"
	case c.Err != nil && c.made(e) && !c.Repeated:
		return "a conflict with the alias that the call created"
	}
	return ""
}

// wrongAnonymous judges a conflict that does not say who has the key.
func (h *History) wrongAnonymous(c *Call) string {
	other := h.find(c, func(e *entry) bool {
		return e.Key == c.Request.Key && e.during(c) && !c.made(e) &&
			(c.Blind || c.Verb == "create" || e.target() != c.Target)
	})
	switch {
	case c.Err == nil:
		return "a success without a secret"
	case other == nil && !(c.Repeated && c.Blind):
		return "a conflict, though nothing else had the key"
	}
	return ""
}

func (h *History) wrongDeletion(c *Call) string {
	own := h.find(c, func(e *entry) bool { return e.gone == c.ID })
	gone := h.find(c, func(e *entry) bool { return e.ID == c.Target && e.to > 0 && e.to <= c.End })
	switch {
	case own != nil && (own.ID != c.Target || own.AliasedSecret == nil):
		return "something else was deleted"
	case c.Err == nil && gone == nil:
		return "deleted, though the alias is there"
	case c.Err != nil && own != nil && !(c.Repeated && c.Blind):
		return "an error, though the alias was deleted"
	}
	return ""
}

func (h *History) wrongList(c *Call) string {
	listed := map[uuid.UUID]bool{}
	for _, s := range c.Listed {
		listed[s.ID] = true
		if h.find(c, func(e *entry) bool { return e.ID == s.ID && e.during(c) }) == nil {
			return "a secret that the job does not have"
		}
	}
	missing := func(e *entry) bool {
		return e.ID != uuid.Nil && !listed[e.ID] && e.from <= c.Start && (e.to == 0 || e.to > c.End)
	}
	if c.Err == nil && h.find(c, missing) != nil {
		return "an incomplete list"
	}
	return ""
}
