package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/qovery-alias/qovery-alias-go/api"
)

// failure is an error as users and programs see it.
type failure struct {
	Error      string  `json:"error"`
	Kind       string  `json:"kind"`        // that of api.Error; empty: none
	Status     int     `json:"status"`      // of the response; 0: none
	RequestID  string  `json:"request_id"`  // of the response
	RetryAfter float64 `json:"retry_after"` // seconds; 0: the server did not ask for a wait
	Next       string  `json:"next"`        // what to do
}

func (c *call) failure(err error, about subject) failure {
	e, kind, text := asError(err), kindOf(err), err.Error()
	if e.Operation != "" {
		text = strings.ReplaceAll(text, e.Operation+": ", "")
	}
	if e.Existing != nil && kind == "conflict" && !errors.As(err, new(*summaryError)) {
		text = "conflict: the key is in use, by " + c.describe(e.Existing)
	}
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = c.safe(line)
	}
	return failure{strings.Join(lines, "\n"), kind, e.StatusCode, c.safe(e.RequestID), e.RetryAfter.Seconds(),
		c.safe(c.next(err, about))}
}

func (c *call) describe(s *api.Secret) string {
	switch {
	case s.Scope != api.VariableScopeJob:
		return "a secret of scope " + c.cell(string(s.Scope)) + " that the job inherits"
	case s.AliasedSecret != nil:
		return "an alias of " + c.cell(s.AliasedSecret.Key)
	}
	return "a secret of the job itself"
}

// explain writes a failure to standard error: as two lines, what happened and what to do next, or as one of
// JSON. Each of several mistakes in the input has its own line.
func (c *call) explain(err error) {
	f := c.failure(err, c.about)
	text := c.jsonText(f, "")
	if !c.json {
		prefix := "qovery-alias: "
		if c.command != "" {
			prefix += strings.TrimSpace(c.command+" "+c.cell(c.about.alias)) + ": "
		}
		text = prefix + strings.ReplaceAll(f.Error, "\n", "\n"+prefix) + "\nhint: " + f.Next + "\n"
	}
	io.WriteString(c.stderr, text)
}

// asError returns the *api.Error in err, or an empty one.
func asError(err error) *api.Error {
	e := &api.Error{}
	errors.As(err, &e)
	return e
}

// kindOf is api.Error.Kind for any error.
func kindOf(err error) string { return (&api.Error{Err: err}).Kind() }

// hinted is an error of this program, with the key of its hint. Wrong usage is an api.ErrInvalidRequest.
type hinted struct {
	error
	key string
}

func (h hinted) Unwrap() error        { return h.error }
func (h hinted) Is(target error) bool { return h.key == "usage" && target == api.ErrInvalidRequest }

func wrong(format string, args ...any) error { return hinted{fmt.Errorf(format, args...), "usage"} }

// isWrongInput reports whether err was found before anything was sent. What cannot be deleted is found from
// the job's secrets, and is refused.
func isWrongInput(err error) bool {
	e := asError(err)
	return kindOf(err) == "invalid_request" && e.StatusCode == 0 && e.Operation != "deleteJobSecret"
}

// ended is the cause of a context that a signal or --timeout ended.
type ended struct {
	by string
	error
}

func (e ended) Error() string { return e.by }
func (e ended) Unwrap() error { return e.error }

// The exit codes.
const (
	exitFailed      = 1 // or refused
	exitWrong       = 2 // usage or input: nothing was changed
	exitUnknown     = 3
	exitInterrupted = 130
)

func exitCode(err error) int {
	switch {
	case err == nil:
		return 0
	case errors.Is(err, api.ErrOutcomeUnknown):
		return exitUnknown
	case errors.Is(err, context.Canceled):
		return exitInterrupted
	case isWrongInput(err):
		return exitWrong
	}
	return exitFailed
}
