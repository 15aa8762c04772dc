package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/urfave/cli/v3"

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

// What an alias can come to, in the order of the counts; the first failure decides the whole. Symbols begin
// the lines, which on a terminal have colours.
var (
	statuses = strings.Fields("created missing replaced differs exists unknown conflict failed not_sent")
	planned  = map[string]string{"created": "missing", "replaced": "differs"}
	blocked  = map[string]string{"created": "not_sent", "replaced": "not_sent"}
	failed   = map[string]string{"outcome_unknown": "unknown", "conflict": "conflict", "not_sent": "not_sent"}
	symbols  = map[string]string{"created": "+", "missing": "+", "replaced": "~", "differs": "~", "exists": "=",
		"unknown": "?", "conflict": "!", "failed": "!", "not_sent": "-"}
	colours = map[string]string{"+": "\x1b[32m", "~": "\x1b[33m", "?": "\x1b[31m", "!": "\x1b[31m"}
)

func (c *call) ensure(ctx context.Context, cmd *cli.Command) error {
	plan, err := c.client.PlanJobSecretAliases(ctx, c.job, c.specs)
	if err != nil && (plan == nil || plan[0].Err == err) {
		return err // of the input or the list: every line would say so
	}
	aliases := make([]*alias, len(plan))
	isOpen, isBlocked := false, false
	for i, result := range plan {
		a := &alias{Key: result.Key, SecretKey: c.specs[i].SecretKey, result: result}
		if e, _, hint := classify(result.Err); cmd.Bool("replace") && hint == "conflict of alias" {
			a.old, a.result.Err = e.Existing, nil
		}
		aliases[i] = a
		isOpen = isOpen || result.Created || a.old != nil
		isBlocked = isBlocked || a.result.Err != nil
	}
	switch {
	case cmd.Bool("dry-run"):
		return c.report(aliases, planned, "would fail")
	case isBlocked && !cmd.Bool("keep-going"):
		return c.report(aliases, blocked, "not confirmed")
	case isOpen:
		c.converge(ctx, aliases)
	}
	return c.report(aliases, nil, "not confirmed")
}

// converge does what is planned. It replaces one alias after the other, so that an interruption leaves at
// most one deleted, which the next run creates. Where progress is shown, one call ensures 200 aliases.
// Elsewhere it is all of them: each call has to find out anew how fast a server lets it be.
func (c *call) converge(ctx context.Context, aliases []*alias) {
	c.changed = true
	for i, a := range aliases {
		if a.old != nil {
			a.deleteErr = c.client.DeleteJobSecretAlias(ctx, c.job, a.old.ID)
			_, _ = c.client.EnsureJobSecretAliases(ctx, c.job, c.specs[i:i+1]) // what that misses is ensured below
		}
	}
	done, size, progress := 0, len(aliases), io.Discard
	if c.showsProgress {
		size, progress = 200, c.stderr
	}
	for specs := range slices.Chunk(c.specs, size) {
		fmt.Fprintf(progress, "\r\x1b[K%d of %d aliases", done, len(aliases))
		results, err := c.client.EnsureJobSecretAliases(ctx, c.job, specs)
		for _, result := range results {
			a := aliases[done]
			a.result = result
			_, _, hint := classify(a.deleteErr)
			if result.Err != nil && a.deleteErr != nil && hint != "not_found in list" {
				a.result.Err = a.deleteErr
			} else if result.Err != nil && result.Err == err { // the job's secrets cannot be listed
				a.result.Err = fmt.Errorf("%w: %w", api.ErrNotSent, err)
			}
			done++
		}
	}
	fmt.Fprint(progress, "\r\x1b[K")
}

// settle says what an alias has come to, in other words where there are any. It returns the line to show.
func (c *call) settle(a *alias, words map[string]string) string {
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
	a.Status = cmp.Or(words[a.Status], a.Status)
	if a.Status == "not_sent" { // for a reason that is another's, or that of the whole
		why = ": not sent"
	}
	symbol := symbols[a.Status]
	line := symbol + " " + c.safe(a.Key+" → "+a.SecretKey+why)
	if c.colour && colours[symbol] != "" {
		return colours[symbol] + line + "\x1b[0m"
	}
	return line
}

// report shows what has become of the aliases. It returns an error if any failed.
func (c *call) report(aliases []*alias, words map[string]string, verb string) error {
	byStatus := map[string][]*alias{}
	var lines, counts []string
	for _, a := range aliases {
		lines = append(lines, c.settle(a, words))
		byStatus[a.Status] = append(byStatus[a.Status], a)
	}
	var bad []*alias
	for _, status := range statuses {
		those := byStatus[status]
		if len(those) > 0 {
			counts = append(counts, fmt.Sprintf("%d %s", len(those), strings.ReplaceAll(status, "_", " ")))
		}
		if strings.Contains("?!-", symbols[status]) {
			bad = append(bad, those...)
		}
	}
	err := c.show(aliases, strings.Join(append(lines, strings.Join(counts, ", ")), "\n")+"\n")
	if bad == nil {
		return err
	}
	worst := bad[0]
	text := fmt.Sprintf("%d of %d aliases %s", len(bad), len(aliases), verb)
	if worst.Status == "not_sent" {
		text += ": " + worst.Error.Error
	}
	_, _, hint := classify(worst.result.Err)
	c.key = worst.Key
	return errors.Join(problem{text, hint, worst.result.Err}, err)
}
