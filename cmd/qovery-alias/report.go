package main

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/qovery-alias/qovery-alias-go/api"
)

// report is what is said of one alias.
type report struct {
	Key       string      `json:"key"`
	SecretKey string      `json:"secret_key"`
	Status    string      `json:"status"`
	Secret    *api.Secret `json:"secret,omitempty"`
	Error     *failure    `json:"error,omitempty"`
}

// statuses are what an alias can come to, in the order of the counts; the first failure decides the whole.
var statuses = []struct{ name, count, symbol, colour string }{
	{"created", "created", "+", "\x1b[32m"},
	{"missing", "to create", "+", "\x1b[32m"},
	{"replaced", "replaced", "~", "\x1b[33m"},
	{"differs", "to replace", "~", "\x1b[33m"},
	{"exists", "there already", "=", "\x1b[0m"},
	{"unknown", "unknown", "?", "\x1b[31m"},
	{"conflict", "in conflict", "!", "\x1b[31m"},
	{"failed", "failed", "!", "\x1b[31m"},
	{"not_sent", "not sent", "-", "\x1b[33m"},
}

func (a *alias) status(planned bool) string {
	ofKind := map[string]string{"outcome_unknown": "unknown", "conflict": "conflict", "not_sent": "not_sent"}
	switch {
	case a.result.Err != nil:
		return cmp.Or(ofKind[kindOf(a.result.Err)], "failed")
	case a.replaces != nil && planned:
		return "differs"
	case a.replaces != nil:
		return "replaced"
	case a.result.Created && planned:
		return "missing"
	case a.result.Created:
		return "created"
	}
	return "exists"
}

// report shows what has become of the aliases or, if planned, what would. It returns an error if any failed.
func (c *call) report(ctx context.Context, aliases []alias, planned bool) error {
	reports, lines := make([]report, len(aliases)), make([]string, len(aliases))
	var failed []*alias
	var counts []string
	for _, s := range statuses {
		n := 0
		for i := range aliases {
			a := &aliases[i]
			if a.status(planned) != s.name {
				continue
			}
			n++
			reports[i] = c.reportOf(a, s.name)
			lines[i] = c.paint(s.colour, s.symbol+" "+c.line(reports[i]))
			if a.result.Err != nil {
				failed = append(failed, a)
			}
		}
		if n > 0 {
			counts = append(counts, fmt.Sprintf("%d %s", n, s.count))
		}
	}
	c.show(reports, strings.Join(lines, "\n")+"\n"+strings.Join(counts, ", ")+"\n")
	if failed == nil {
		return nil
	}
	text := fmt.Sprintf("%d of %d aliases not confirmed", len(failed), len(aliases))
	cause := c.cause(ctx)
	if cause != nil {
		text = fmt.Sprintf("%v: %s", cause, text)
	} else if failed[0].status(planned) == "not_sent" {
		text = fmt.Sprintf("%s: %v", text, failed[0].result.Err)
	}
	return &summaryError{text, failed[0], cause}
}

// cause says what ended ctx. The client keeps a quarter of the time for looks, and may be done before.
func (c *call) cause(ctx context.Context) error {
	if deadline, ok := ctx.Deadline(); ok && ctx.Err() == nil && time.Until(deadline) < c.timeout/3 {
		return c.timeoutError()
	}
	return context.Cause(ctx)
}

func (c *call) reportOf(a *alias, status string) report {
	r := report{a.spec.Request.Key, a.spec.SecretKey, status, a.result.Secret, nil}
	if a.result.Err != nil {
		f := c.failure(a.result.Err, subject{r.Key, r.SecretKey})
		r.Secret, r.Error = nil, &f
	}
	return r
}

func (c *call) line(r report) string {
	line := c.cell(r.Key) + " → " + c.cell(r.SecretKey)
	switch {
	case r.Error == nil:
		return line
	case r.Status == "not_sent": // the reason is another line's, or that of the whole
		return line + ": not sent"
	}
	return line + ": " + r.Error.Error
}

// summaryError says how many aliases failed; it wraps the error that decides the exit code.
type summaryError struct {
	text  string
	worst *alias
	cause error // of the end of all; nil: it came to its end
}

func (e *summaryError) Error() string   { return e.text }
func (e *summaryError) Unwrap() []error { return []error{e.worst.result.Err, e.cause} }
