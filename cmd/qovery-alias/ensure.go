package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/qovery-alias/qovery-alias-go/api"
)

func (c *call) ensure(f *flags) runner {
	from, dryRun := "", false
	c.jobFlag(f)
	f.value("from", "`FILE` with further aliases; - is standard input", func(s string) error {
		c.terminal = c.terminal && s != "-"
		return text(&from)(s)
	})
	f.toggle("dry-run", "change nothing, and show what would be done", func(b bool) { dryRun = b })
	c.commonFlags(f)
	f.maxArgs = math.MaxInt
	return func(ctx context.Context, args []string) error {
		specs, err := c.specs(ctx, args, from)
		if err != nil {
			return err
		}
		var results []api.EnsureResult
		if dryRun {
			results, err = c.client.PlanJobSecretAliases(ctx, c.job, specs)
		} else {
			c.total.Store(int64(len(specs)))
			c.state.Store(stateChanging)
			results, err = c.client.EnsureJobSecretAliases(ctx, c.job, specs)
			c.decided(err)
		}
		if err != nil && (results == nil || results[0].Err == err && !c.json) {
			return err // of the input or the list: every line would say so
		}
		reports := make([]report, len(results))
		for i, r := range results {
			reports[i] = c.report(specs[i], r, dryRun)
		}
		return errors.Join(summarize(reports), c.show(reports, reportsText(reports)))
	}
}

// report is what became of one alias.
type report struct {
	Key    string      `json:"key"`
	Status string      `json:"status"`
	Secret *api.Secret `json:"secret,omitempty"`
	Error  *failure    `json:"error,omitempty"`

	target string
	err    error
}

func (c *call) report(spec api.AliasSpec, result api.EnsureResult, dryRun bool) report {
	r := report{Key: spec.Request.Key, Secret: result.Secret, target: spec.SecretKey, err: result.Err}
	switch {
	case errors.Is(r.err, api.ErrOutcomeUnknown):
		r.Status = "unknown"
	case errors.Is(r.err, api.ErrConflict):
		r.Status = "conflict"
	case r.err != nil:
		r.Status = "failed"
	case !result.Created:
		r.Status = "exists"
	case dryRun:
		r.Status = "missing"
	default:
		r.Status = "created"
	}
	if r.Secret != nil && r.Secret.AliasedSecret != nil {
		r.target = r.Secret.AliasedSecret.Key
	}
	if r.err != nil {
		failed := c.failure(r.err, subject{r.Key, spec.SecretKey})
		r.Secret, r.Error = nil, &failed
	}
	return r
}

// summaryError says how many aliases failed, and why the one did that decides the exit
// code: an unknown outcome before an interruption before the first of the others.
type summaryError struct {
	error
	worst report
}

func (e *summaryError) Unwrap() error { return e.worst.err }

// summarize returns nil if no alias failed.
func summarize(reports []report) error {
	failed := slices.DeleteFunc(slices.Clone(reports), func(r report) bool { return r.err == nil })
	if len(failed) == 0 {
		return nil
	}
	severity := map[int]int{exitUnknown: 2, exitInterrupted: 1}
	worst := slices.MaxFunc(failed, func(a, b report) int {
		return cmp.Compare(severity[exitCode(a.err)], severity[exitCode(b.err)])
	})
	text := fmt.Errorf("%d of %d aliases not confirmed: %s: %s", len(failed), len(reports), cell(worst.Key), worst.Error.Error)
	return &summaryError{text, worst}
}

// reportsText is a table; the reasons of failures have a column where there are any.
func reportsText(reports []report) string {
	rows := [][]string{{"KEY", "STATUS", "ID", "ALIAS OF"}}
	for _, r := range reports {
		row := []string{cell(r.Key), r.Status, "-", cell(cmp.Or(r.target, "-"))}
		if r.Secret != nil {
			row[2] = r.Secret.ID.String()
		}
		if r.Error != nil {
			rows[0] = append(rows[0][:4], "REASON")
			row = append(row, r.Error.Error)
		}
		rows = append(rows, row)
	}
	return grid(rows)
}

// maxInput is the most bytes that a file of aliases may have.
const maxInput = 1 << 20

// specs reads the aliases from the arguments and from a file, and reports all
// mistakes in them.
func (c *call) specs(ctx context.Context, args []string, from string) ([]api.AliasSpec, error) {
	p := specParser{first: map[string]string{}}
	for _, arg := range args {
		p.add(fmt.Sprintf("argument %q", arg), arg)
	}
	if from != "" {
		name, data, err := c.readInput(ctx, from)
		if err != nil {
			return nil, err
		}
		for n, line := range strings.Split(strings.TrimPrefix(data, "\ufeff"), "\n") {
			if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
				p.add(fmt.Sprintf("%s:%d", name, n+1), line)
			}
		}
	}
	switch {
	case p.mistakes != nil:
		return nil, usageError{errors.Join(p.mistakes...)}
	case len(p.specs) == 0:
		return nil, wrong("at least one ALIAS=SECRET_KEY is required")
	}
	return p.specs, nil
}

// readInput reads a file or standard input, and stops waiting when ctx is over.
func (c *call) readInput(ctx context.Context, from string) (name, data string, err error) {
	name, source := "standard input", c.stdin
	if from != "-" {
		file, err := os.Open(from)
		if err != nil {
			return "", "", wrong("--from: %w", err)
		}
		defer file.Close()
		name, source = from, file
	}
	var text []byte
	read := make(chan error, 1)
	go func() {
		var err error
		text, err = io.ReadAll(io.LimitReader(source, maxInput+1))
		read <- err
	}()
	select {
	case <-ctx.Done():
		return "", "", fmt.Errorf("nothing was sent: %w", context.Cause(ctx))
	case err = <-read:
	}
	if err == nil && len(text) > maxInput {
		err = errors.New("more than 1 MiB")
	}
	if err != nil {
		return "", "", wrong("--from: %s: %w", name, err)
	}
	return name, string(text), nil
}

// specParser collects aliases and the mistakes in them.
type specParser struct {
	specs    []api.AliasSpec
	mistakes []error
	first    map[string]string // where a key of an alias is first
}

// add takes ALIAS=SECRET_KEY; a SECRET_KEY may contain further equals signs. The text
// is not repeated: a file may be the wrong one, and contain secrets.
func (p *specParser) add(where, pair string) {
	alias, key, _ := strings.Cut(pair, "=")
	mistake := ""
	switch {
	case alias == "" || key == "":
		mistake = "must have the form ALIAS=SECRET_KEY"
	case !utf8.ValidString(pair):
		mistake = "is not valid UTF-8"
	case strings.ContainsFunc(pair, unicode.IsControl):
		mistake = "contains a control character"
	case strings.TrimSpace(alias) != alias || strings.TrimSpace(key) != key:
		mistake = "has white space around a key"
	case p.first[alias] != "":
		mistake = fmt.Sprintf("the key %q is asked for twice, first by %s", alias, p.first[alias])
	}
	if mistake != "" {
		p.mistakes = append(p.mistakes, fmt.Errorf("%s: %s", where, mistake))
		return
	}
	p.first[alias] = where
	p.specs = append(p.specs, api.AliasSpec{SecretKey: key, Request: api.AliasRequest{Key: alias}})
}
