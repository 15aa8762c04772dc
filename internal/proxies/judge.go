package main

import (
	"errors"

	"github.com/qovery-alias/qovery-alias-go/api"
)

type verb string

const (
	create verb = "create"
	ensure verb = "ensure"
	batch  verb = "batch"
	remove verb = "delete"
	list   verb = "list"
)

// state is what the server knows of a key, as seen by one call.
type state int

const (
	free  state = iota // nothing has the key; the alias to delete is not there
	asked              // the alias that the call asks for, or is to delete
	taken              // something else
)

// report is what one call said of one alias, and what the server knows of it.
type report struct {
	verb          verb
	key           string
	err           error
	created       bool
	shared        bool // other calls ask for the same alias
	before, after state
	effects       int // POSTs for the key that took effect
}

func (r *report) unknown() bool { return errors.Is(r.err, api.ErrOutcomeUnknown) }

// wrong returns what is wrong with a report; empty: nothing.
func (r *report) wrong() string {
	switch {
	case r.err != nil && sentinel(r.err) == "":
		return "an error without a sentinel"
	case r.unknown():
		return ""
	case r.verb == remove:
		return r.wrongDeletion()
	case r.verb == list:
		if r.err == nil && r.after != asked {
			return "an incomplete list"
		}
		return ""
	}
	return r.wrongCreation()
}

func (r *report) wrongDeletion() string {
	switch {
	case r.err == nil && r.after != free:
		return "reported as deleted, but the alias is there"
	case r.err != nil && r.before == asked && r.after == free:
		return "reported as not deleted, but the alias is gone"
	}
	return ""
}

func (r *report) wrongCreation() string {
	switch {
	case r.err == nil && r.after != asked:
		return "success, but the alias is not there"
	case r.created && r.before != free:
		return "reported as created, but it was there before"
	case r.created && r.effects == 0:
		return "reported as created, but no request did that"
	case r.err == nil:
		return ""
	case errors.Is(r.err, api.ErrConflict):
		if r.after != taken && !(r.verb == create && r.before == asked) {
			return "conflict, but nothing else has the key"
		}
		return ""
	case r.after == asked && r.before == free && !r.shared:
		return "reported as not created, but the alias is there"
	}
	return ""
}

// sentinels in the order in which they count: an error can match more than one.
var sentinels = []struct {
	name string
	err  error
}{
	{"unknown", api.ErrOutcomeUnknown},
	{"notsent", api.ErrNotSent},
	{"invalid", api.ErrInvalidRequest},
	{"unauth", api.ErrUnauthorized},
	{"forbid", api.ErrForbidden},
	{"notfound", api.ErrNotFound},
	{"conflict", api.ErrConflict},
	{"limited", api.ErrRateLimited},
	{"unexp", api.ErrUnexpectedResponse},
	{"server", api.ErrServer},
	{"noresp", api.ErrNoResponse},
}

// sentinel returns the name of the first sentinel that an error matches; empty: none.
func sentinel(err error) string {
	for _, s := range sentinels {
		if errors.Is(err, s.err) {
			return s.name
		}
	}
	return ""
}
