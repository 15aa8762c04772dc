package main

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"github.com/qovery-alias/qovery-alias-go/api"
)

// alias is one of those to be ensured, what is known of it, and what is shown of it in the end.
type alias struct {
	Key       string      `json:"key"`
	SecretKey string      `json:"secret_key"`
	Status    string      `json:"status"`
	Secret    *api.Secret `json:"secret,omitempty"`
	Error     *failure    `json:"error,omitempty"`

	result    api.EnsureResult
	old       *api.Secret // the alias of the job that --replace deletes first
	deleteErr error
}

const green, yellow, red = "\x1b[32m", "\x1b[33m", "\x1b[31m"

// What an alias can come to, in the order of the counts; the first failure decides the whole. Symbols begin
// the lines, which on a terminal have colours.
var (
	statuses = strings.Fields("created missing replaced differs exists unknown conflict failed not_sent")
	planned  = map[string]string{"created": "missing", "replaced": "differs"}
	failed   = map[string]string{"outcome_unknown": "unknown", "conflict": "conflict", "not_sent": "not_sent"}
	symbols  = map[string]string{"created": "+", "missing": "+", "replaced": "~", "differs": "~", "exists": "=",
		"unknown": "?", "not_sent": "-"}
	colours = map[string]string{"+": green, "~": yellow, "!": red, "?": red, "-": yellow}
)

// settle says what an alias has come to or, of a plan, would. It returns the line that shows it. Why one is not
// sent is said of another one or of the whole.
func (c *call) settle(a *alias, isPlan bool) string {
	why := ""
	a.Status, a.Secret = "exists", a.result.Secret
	switch {
	case a.result.Err != nil:
		f := c.failure(a.result.Err, a.Key)
		a.Status, a.Error, why = cmp.Or(failed[f.Kind], "failed"), &f, ": "+f.Error
	case a.old != nil:
		a.Status = "replaced"
	case a.result.Created:
		a.Status = "created"
	}
	if a.Status == "not_sent" {
		why = ": not sent"
	}
	if isPlan {
		a.Status = cmp.Or(planned[a.Status], a.Status)
	}
	symbol := cmp.Or(symbols[a.Status], "!")
	line := symbol + " " + c.safe(a.Key+" → "+a.SecretKey+why)
	if c.colour && colours[symbol] != "" {
		return colours[symbol] + line + "\x1b[0m"
	}
	return line
}

// report shows what has become of the aliases or, of a plan, what would. It returns an error if any failed.
func (c *call) report(aliases []*alias, isPlan bool) error {
	byStatus := map[string][]*alias{}
	var lines, counts []string
	for _, a := range aliases {
		lines = append(lines, c.settle(a, isPlan))
		byStatus[a.Status] = append(byStatus[a.Status], a)
	}
	var bad []*alias
	for _, status := range statuses {
		those := byStatus[status]
		if len(those) > 0 {
			counts = append(counts, fmt.Sprintf("%d %s", len(those), strings.ReplaceAll(status, "_", " ")))
		}
		if len(those) > 0 && those[0].Error != nil {
			bad = append(bad, those...)
		}
	}
	err := c.show(aliases, strings.Join(append(lines, strings.Join(counts, ", ")), "\n")+"\n")
	if bad == nil {
		return err
	}
	worst, verb := bad[0], "not confirmed"
	if isPlan {
		verb = "would fail"
	}
	text := fmt.Sprintf("%d of %d aliases %s", len(bad), len(aliases), verb)
	if worst.Status == "not_sent" {
		text += ": " + worst.Error.Error
	}
	_, _, hint := classify(worst.result.Err)
	c.key = worst.Key
	return errors.Join(problem{text, hint, worst.result.Err}, err)
}
