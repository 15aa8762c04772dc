package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/qovery-alias/qovery-alias-go/api"
	"github.com/qovery-alias/qovery-alias-go/internal/safetext"
)

// problem is an error of this program, with the key of its hint.
type problem struct {
	text, hint string
	err        error // what it wraps
}

func (p problem) Error() string { return p.text }
func (p problem) Unwrap() error { return p.err }

// failure is an error as users and programs see it.
type failure struct {
	Error      string  `json:"error"`
	Kind       string  `json:"kind"`        // that of api.Error; empty: none
	Status     int     `json:"status"`      // of the response; 0: none
	RequestID  string  `json:"request_id"`  // of the response
	RetryAfter float64 `json:"retry_after"` // seconds; 0: the server did not ask for a wait
	Next       string  `json:"next"`        // what to do
}

// classify returns the *api.Error in err, or an empty one, its kind, and the key of its hint: the kind, unless
// something more special is known. An error that is neither the client's nor a problem is of wrong usage.
func classify(err error) (e *api.Error, kind, hint string) {
	e, p := &api.Error{}, problem{}
	errors.As(err, &e)
	kind = (&api.Error{Err: err}).Kind()
	switch isProblem := errors.As(err, &p); {
	case kind == "outcome_unknown":
		return e, kind, kind
	case isProblem:
		return e, kind, p.hint
	case kind == "", kind == "invalid_request" && e.StatusCode == 0 && e.Operation != "deleteJobSecret": // which lists first
		return e, "invalid_request", "usage"
	case kind == "not_found" && e.StatusCode == 0:
		return e, kind, "not_found in list"
	case e.Existing != nil && e.Existing.Scope == api.VariableScopeJob && api.IsAlias(*e.Existing):
		return e, kind, kind + " of alias"
	}
	return e, kind, kind
}

// isAbsent reports whether the job's secrets were listed and have no such key or id.
func isAbsent(err error) bool {
	_, _, hint := classify(err)
	return hint == "not_found in list"
}

// exitCodes are those of the hints; of all others it is 1. With 2 nothing was changed.
var exitCodes = map[string]int{"usage": 2, "token": 2, "url": 2, "outcome_unknown": 3, "interrupted": 130}

// failure says what to do next by that line of hints.txt that fits best.
func (c *call) failure(err error, alias string) failure {
	e, kind, key := classify(err)
	text := strings.TrimPrefix(err.Error(), e.Operation+": ")
	if holder := e.Existing; holder != nil && kind == "conflict" && err.Error() == e.Error() {
		text = "conflict: the key is in use, by a secret of scope " + string(holder.Scope)
		if holder.AliasedSecret != nil {
			text += ", an alias of " + holder.AliasedSecret.Key
		}
	}
	hints, hint := "\n"+helpText("hints")+"\n", ""
	for _, key := range []string{"other", key, c.command + " " + key} {
		if _, after, ok := strings.Cut(hints, "\n"+key+": "); ok {
			hint, _, _ = strings.Cut(after, "\n")
		}
	}
	next := strings.NewReplacer("{command}", c.command, "{job}", c.job.String(), "{url}", c.url, "{alias}", alias,
		"{wait}", max(e.RetryAfter, time.Minute).String()).Replace(hint)
	return failure{text, kind, e.StatusCode, e.RequestID, e.RetryAfter.Seconds(), next}
}

// explain writes a failure to standard error: what happened, each of several mistakes in a line of its own,
// and what to do next; or as one line of JSON.
func (c *call) explain(err error) {
	f := c.failure(err, c.key)
	if c.json {
		fmt.Fprint(c.stderr, safetext.JSON(f, "", c.tokens...))
		return
	}
	prefix := strings.TrimSpace("qovery-alias " + c.command)
	for _, line := range strings.Split(f.Error, "\n") {
		fmt.Fprintf(c.stderr, "%s: %s\n", prefix, c.safe(line))
	}
	fmt.Fprintf(c.stderr, "hint: %s\n", c.safe(f.Next))
}
