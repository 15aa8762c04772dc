package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
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

// asError returns the *api.Error in err, or an empty one.
func asError(err error) *api.Error {
	e := &api.Error{}
	errors.As(err, &e)
	return e
}

// kindOf is api.Error.Kind for any error.
func kindOf(err error) string { return (&api.Error{Err: err}).Kind() }

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

// next says what to do about an error: the text of hints.txt for its situation, else for its kind, of this
// command or of any.
func (c *call) next(err error, about subject) string {
	if summary := (*summaryError)(nil); errors.As(err, &summary) {
		about = subject{summary.worst.spec.Request.Key, summary.worst.spec.SecretKey}
	}
	kind, detail := c.situation(err, about)
	if advice := (advised{}); errors.As(err, &advice) && kind != "outcome_unknown" {
		return advice.next
	}
	hint, hints := "", "\n"+helpText("hints")+"\n"
	for _, key := range []string{"other", kind, c.command + " " + kind, kind + detail, c.command + " " + kind + detail} {
		if _, text, ok := strings.Cut(hints, "\n"+key+": "); ok {
			hint, _, _ = strings.Cut(text, "\n")
		}
	}
	i := slices.IndexFunc(tokenVariables, func(name string) bool { return os.Getenv(name) != "" })
	job, wait := " --job "+c.job.String(), "a few minutes"
	if after := asError(err).RetryAfter; after > 0 {
		wait = after.String()
	}
	return strings.NewReplacer(
		"{list}", "qovery-alias list"+job,
		"{ensure}", "qovery-alias ensure"+job+" "+shellQuote(about.alias+"="+about.secretKey),
		"{delete}", "qovery-alias delete"+job+" --key "+shellQuote(about.alias),
		"{help}", strings.TrimSpace("qovery-alias help "+c.command),
		"{job}", c.job.String(), "{url}", c.url, "{token}", tokenVariables[max(i, 0)], "{wait}", wait,
		"{alias}", c.cell(about.alias), "{secret key}", c.cell(about.secretKey),
	).Replace(hint)
}

// situation returns the kind of an error, for hints, and a detail of it.
func (c *call) situation(err error, about subject) (kind, detail string) {
	kind, e := kindOf(err), asError(err)
	switch {
	case kind == "outcome_unknown" && about.secretKey == "":
		return kind, " by id"
	case kind == "outcome_unknown":
		return kind, ""
	case isWrongInput(err):
		return "usage", ""
	case errors.Is(err, context.Canceled):
		return "interrupted", ""
	case c.timeout > 0 && (errors.Is(err, context.DeadlineExceeded) || e.Timeout()):
		return "timeout", ""
	case kind == "not_found" && e.StatusCode == 0:
		return kind, " in list"
	case isOwnAlias(e.Existing):
		return kind, " of alias"
	}
	return kind, ""
}

// shellQuote returns a word as a shell reads it.
func shellQuote(word string) string {
	if regexp.MustCompile(`^[A-Za-z0-9_./:,@%+=-]+$`).MatchString(word) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// usageError is wrong usage of the program.
type usageError struct{ error }

func (e usageError) Unwrap() error        { return e.error }
func (e usageError) Is(target error) bool { return target == api.ErrInvalidRequest }

func wrong(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// isWrongInput reports whether err was found before anything was sent. What cannot be deleted is found from
// the job's secrets, and is refused.
func isWrongInput(err error) bool {
	e := asError(err)
	return kindOf(err) == "invalid_request" && e.StatusCode == 0 && e.Operation != "deleteJobSecret"
}

// advised is an error that knows what to do next.
type advised struct {
	error
	next string
}

func (a advised) Unwrap() error { return a.error }
