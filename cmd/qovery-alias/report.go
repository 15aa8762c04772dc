package main

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/qovery-alias/qovery-alias-go/api"
)

// alias is one of those to be ensured, what is known of it, and what JSON says of it in the end.
type alias struct {
	spec     api.AliasSpec
	result   api.EnsureResult
	replaces *api.Secret // the alias of the job that is to be deleted first

	Key       string      `json:"key"`
	SecretKey string      `json:"secret_key"`
	Status    string      `json:"status"`
	Secret    *api.Secret `json:"secret,omitempty"`
	Error     *failure    `json:"error,omitempty"`
}

const green, yellow, red = "\x1b[32m", "\x1b[33m", "\x1b[31m"

// What an alias can come to, in the order of the counts; the first failure decides the whole. Symbols begin
// the lines, which on a terminal have colours.
var (
	statuses = strings.Fields("created missing replaced differs exists unknown conflict failed not_sent")
	symbols  = map[string]string{"created": "+", "missing": "+", "replaced": "~", "differs": "~", "exists": "=",
		"unknown": "?", "conflict": "!", "failed": "!", "not_sent": "-"}
	colours = map[string]string{"+": green, "~": yellow, "!": red, "?": red, "-": yellow}
)

// settle says what an alias has come to or, if planned, would.
func (c *call) settle(a *alias, planned bool) {
	a.Key, a.SecretKey, a.Secret, a.Status = a.spec.Request.Key, a.spec.SecretKey, a.result.Secret, "exists"
	switch {
	case a.result.Err != nil:
		f := c.failure(a.result.Err, subject{a.Key, a.SecretKey})
		ofKind := map[string]string{"outcome_unknown": "unknown", "conflict": "conflict", "not_sent": "not_sent"}
		a.Status, a.Secret, a.Error = cmp.Or(ofKind[f.Kind], "failed"), nil, &f
	case a.replaces != nil && planned:
		a.Status = "differs"
	case a.replaces != nil:
		a.Status = "replaced"
	case a.result.Created && planned:
		a.Status = "missing"
	case a.result.Created:
		a.Status = "created"
	}
}

func (c *call) line(a *alias) string {
	symbol := symbols[a.Status]
	line := symbol + " " + c.cell(a.Key) + " → " + c.cell(a.SecretKey)
	switch {
	case a.Status == "not_sent": // the reason is another line's, or that of the whole
		line += ": not sent"
	case a.Error != nil:
		line += ": " + a.Error.Error
	}
	if c.colour && colours[symbol] != "" {
		line = colours[symbol] + line + "\x1b[0m"
	}
	return line
}

// report shows what has become of the aliases or, if planned, what would. It returns an error if any failed.
func (c *call) report(ctx context.Context, aliases []alias, planned bool) error {
	byStatus := map[string][]*alias{}
	var lines, counts []string
	for i := range aliases {
		a := &aliases[i]
		c.settle(a, planned)
		byStatus[a.Status] = append(byStatus[a.Status], a)
		lines = append(lines, c.line(a))
	}
	var failed []*alias
	for _, status := range statuses {
		those := byStatus[status]
		if len(those) == 0 {
			continue
		}
		counts = append(counts, fmt.Sprintf("%d %s", len(those), strings.ReplaceAll(status, "_", " ")))
		if those[0].Error != nil {
			failed = append(failed, those...)
		}
	}
	c.show(aliases, strings.Join(lines, "\n")+"\n"+strings.Join(counts, ", ")+"\n")
	if failed == nil {
		return nil
	}
	text := fmt.Sprintf("%d of %d aliases not confirmed", len(failed), len(aliases))
	if planned {
		text = fmt.Sprintf("%d of %d aliases would fail", len(failed), len(aliases))
	}
	e := &summaryError{text, failed[0], c.cause(ctx)}
	if e.cause != nil {
		e.text = fmt.Sprintf("%v: %s", e.cause, e.text)
	} else if e.worst.Status == "not_sent" {
		e.text += ": " + e.worst.Error.Error
	}
	return e
}

// cause says what ended ctx. The client keeps a quarter of the time for looks, and may be done before.
func (c *call) cause(ctx context.Context) error {
	if deadline, ok := ctx.Deadline(); ok && ctx.Err() == nil && time.Until(deadline) < c.timeout/3 {
		return c.timeoutError()
	}
	return context.Cause(ctx)
}

// summaryError says how many aliases failed; it wraps the error that decides the exit code.
type summaryError struct {
	text  string
	worst *alias
	cause error // of the end of all; nil: it came to its end
}

func (e *summaryError) Error() string   { return e.text }
func (e *summaryError) Unwrap() []error { return []error{e.worst.result.Err, e.cause} }
