package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/urfave/cli/v3"

	"github.com/qovery-alias/qovery-alias-go/api"
)

func (c *call) ensure(ctx context.Context, cmd *cli.Command) error {
	plan, err := c.client.PlanJobSecretAliases(ctx, c.job, c.specs)
	if err != nil && (plan == nil || plan[0].Err == err) {
		return err // of the input or the list: every line would say so
	}
	aliases := make([]*alias, len(plan))
	isOpen, isBlocked, isPlan := false, false, cmd.Bool("dry-run")
	for i, result := range plan {
		a := &alias{Key: result.Key, SecretKey: c.specs[i].SecretKey, result: result}
		if e, _, hint := classify(result.Err); cmd.Bool("replace") && hint == "conflict of alias" {
			a.old, a.result.Err = e.Existing, nil
		}
		aliases[i] = a
		isOpen = isOpen || a.isOpen()
		isBlocked = isBlocked || a.result.Err != nil
	}
	switch {
	case isPlan || !isOpen:
	case isBlocked && !cmd.Bool("keep-going"):
		for _, a := range aliases {
			if a.isOpen() {
				a.result.Err = fmt.Errorf("%w: another alias cannot be created", api.ErrNotSent)
			}
		}
	default:
		c.converge(ctx, aliases)
	}
	return c.report(aliases, isPlan)
}

// isOpen reports whether something is to be done.
func (a *alias) isOpen() bool { return a.result.Created || a.old != nil }

// batchSize is how many aliases are created by one call where progress is shown, between two counts of it.
// Elsewhere one call creates all: each call has to find out anew how fast a server lets it be.
const batchSize = 200

// converge does what is planned. It replaces one alias after the other, so that an interruption leaves at most
// one deleted, which the next run creates.
func (c *call) converge(ctx context.Context, aliases []*alias) {
	c.changed = true
	for i, a := range aliases {
		if a.old != nil {
			if err := c.client.DeleteJobSecretAlias(ctx, c.job, a.old.ID); !isAbsent(err) {
				a.deleteErr = err
			}
			_, _ = c.client.EnsureJobSecretAliases(ctx, c.job, c.specs[i:i+1]) // what is missing is ensured below
		}
	}
	done, size := 0, len(aliases)
	if c.showsProgress {
		size = batchSize
	}
	for specs := range slices.Chunk(c.specs, size) {
		c.progress(fmt.Sprintf("%d of %d aliases", done, len(aliases)))
		results, err := c.client.EnsureJobSecretAliases(ctx, c.job, specs)
		for _, result := range results {
			a := aliases[done]
			a.result = result
			switch {
			case result.Err == nil:
			case a.deleteErr != nil:
				a.result.Err = a.deleteErr
			case result.Err == err: // the job's secrets cannot be listed
				a.result.Err = fmt.Errorf("%w: %w", api.ErrNotSent, err)
			}
			done++
		}
	}
	c.progress("")
}
