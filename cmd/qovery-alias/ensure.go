package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/urfave/cli/v3"

	"github.com/qovery-alias/qovery-alias-go/api"
)

func (c *call) ensure(ctx context.Context, cmd *cli.Command) error {
	specs, err := c.specs(ctx, cmd.Args().Slice(), cmd.String("from"))
	if err != nil {
		return err
	}
	plan, err := c.client.PlanJobSecretAliases(ctx, c.job, specs)
	if err != nil && (plan == nil || plan[0].Err == err) {
		return err // of the input or the list: every line would say so
	}
	aliases, blocked, dryRun := make([]alias, len(specs)), false, cmd.Bool("dry-run")
	for i := range aliases {
		a := alias{spec: specs[i], result: plan[i]}
		if existing := asError(a.result.Err).Existing; cmd.Bool("replace") && isOwnAlias(existing) {
			a.replaces, a.result.Err = existing, nil
		}
		aliases[i], blocked = a, blocked || a.result.Err != nil
	}
	if blocked && !dryRun && !cmd.Bool("keep-going") {
		for i := range aliases {
			if a := &aliases[i]; a.result.Created || a.replaces != nil {
				a.result.Err = fmt.Errorf("%w: another alias cannot be created", api.ErrNotSent)
			}
		}
	} else if !dryRun {
		c.converge(ctx, aliases)
	}
	return c.report(ctx, aliases, dryRun)
}

// isOwnAlias reports whether s is an alias at job level. Nothing else is ever deleted.
func isOwnAlias(s *api.Secret) bool {
	return s != nil && s.Scope == api.VariableScopeJob && api.IsAlias(*s)
}

// batchSize is how many aliases are created by one call where progress is shown, between two counts of it.
// Elsewhere one call creates all: each call has to find out anew how fast a server lets it be.
const batchSize = 200

// converge does what is planned. It replaces one alias after the other, so that an interruption leaves at
// most one deleted, which the next run creates.
func (c *call) converge(ctx context.Context, aliases []alias) {
	var batches [][]*alias
	var missing []*alias
	for i := range aliases {
		if a := &aliases[i]; a.replaces != nil {
			batches = append(batches, []*alias{a})
		} else if a.result.Created {
			missing = append(missing, a)
		}
	}
	done, total, size := 0, len(batches)+len(missing), max(1, len(missing))
	if c.showsProgress {
		size = batchSize
	}
	var stopped error
	for _, batch := range slices.AppendSeq(batches, slices.Chunk(missing, size)) {
		c.changing.Store(true)
		c.progress(fmt.Sprintf("%d of %d aliases", done, total))
		if stopped == nil {
			stopped = c.ensureBatch(ctx, batch)
		} else {
			for _, a := range batch {
				a.result.Err = stopped
			}
		}
		done += len(batch)
	}
	c.progress("")
}

// ensureBatch returns an error that matches ErrNotSent if every further request must fail alike.
func (c *call) ensureBatch(ctx context.Context, batch []*alias) (err error) {
	specs := make([]api.AliasSpec, len(batch))
	for i, a := range batch {
		specs[i] = a.spec
	}
	if first := batch[0]; first.replaces != nil {
		err = c.client.DeleteJobSecretAlias(ctx, c.job, first.replaces.ID)
	}
	results := []api.EnsureResult{{Err: err}} // what replaces is a batch of its own
	if err == nil || isAbsent(err) {
		results, err = c.client.EnsureJobSecretAliases(ctx, c.job, specs)
	}
	for i, a := range batch {
		a.result = results[i]
	}
	isList := err != nil && err == results[0].Err
	if isList || errors.Is(err, api.ErrNotSent) || errors.Is(err, api.ErrUnauthorized) {
		return fmt.Errorf("%w: %w", api.ErrNotSent, results[len(results)-1].Err)
	}
	return nil
}
