package main

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/qovery-alias/qovery-alias-go/api"
)

// statuses are what an alias can come to: the name in JSON, that in the counts, how its line begins and the
// colour of that. They are in the order of the counts, failures in that of what they say of the whole.
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
	case a.Err != nil:
		return cmp.Or(ofKind[kindOf(a.Err)], "failed")
	case a.replaces != nil && planned:
		return "differs"
	case a.replaces != nil:
		return "replaced"
	case a.Created && planned:
		return "missing"
	case a.Created:
		return "created"
	}
	return "exists"
}

// report is what JSON says of one alias.
type report struct {
	Key       string      `json:"key"`
	SecretKey string      `json:"secret_key"`
	Status    string      `json:"status"`
	Secret    *api.Secret `json:"secret,omitempty"`
	Error     *failure    `json:"error,omitempty"`
}

// report shows what has become of the aliases or, if planned, what would. It returns an error if any failed.
func (c *call) report(ctx context.Context, aliases []alias, planned bool) error {
	reports, lines, counts := make([]report, len(aliases)), make([]string, len(aliases)), []string(nil)
	var worst *alias
	failed := 0
	for _, s := range statuses {
		n := 0
		for i := range aliases {
			a := &aliases[i]
			if a.status(planned) != s.name {
				continue
			}
			n++
			reports[i] = c.reportOn(a, s.name)
			lines[i] = c.line(s.symbol, s.colour, reports[i])
			if a.Err != nil {
				worst = cmp.Or(worst, a)
				failed++
			}
		}
		if n > 0 {
			counts = append(counts, fmt.Sprintf("%d %s", n, s.count))
		}
	}
	c.show(reports, strings.Join(lines, "\n")+"\n"+strings.Join(counts, ", ")+"\n")
	if worst == nil {
		return nil
	}
	summary := fmt.Sprintf("%d of %d aliases not confirmed", failed, len(aliases))
	if cause := context.Cause(ctx); cause != nil {
		summary = fmt.Sprintf("%v: %s", cause, summary)
	} else if worst.status(planned) == "not_sent" {
		summary = fmt.Sprintf("%s: %v", summary, worst.Err)
	}
	return &summaryError{summary, worst}
}

func (c *call) reportOn(a *alias, status string) report {
	r := report{a.spec.Request.Key, a.spec.SecretKey, status, a.Secret, nil}
	if a.Err != nil {
		f := c.failure(a.Err, subject{r.Key, r.SecretKey})
		r.Secret, r.Error = nil, &f
	}
	return r
}

func (c *call) line(symbol, colour string, r report) string {
	line := fmt.Sprintf("%s %s → %s", symbol, c.cell(r.Key), c.cell(r.SecretKey))
	switch {
	case r.Status == "not_sent": // for the reason of another line or of the whole
		line += ": not sent"
	case r.Error != nil:
		line += ": " + r.Error.Error
	}
	if c.colour {
		return colour + line + "\x1b[0m"
	}
	return line
}

// summaryError says how many aliases failed; it wraps the error that decides the exit code.
type summaryError struct {
	text  string
	worst *alias
}

func (e *summaryError) Error() string { return e.text }
func (e *summaryError) Unwrap() error { return e.worst.Err }
