package api

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
)

// EnsureJobSecretAlias makes sure that the job has the alias, and is safe to repeat and to run
// many times at once. An alias of this key for this secret, or for one that the list does not
// name, that is there already is returned as it is: nothing is written, its description stays.
// A request that may have been lost is sent again once a list shows that it had no effect.
// created is true only if this call saw the server confirm the creation.
//
// Errors: those of CreateJobSecretAlias and ListJobSecrets; ErrConflict if the key belongs to
// something else.
func (c *Client) EnsureJobSecretAlias(
	ctx context.Context, jobID, secretID uuid.UUID, req AliasRequest,
) (secret *Secret, created bool, err error) {
	goals, err := c.aliasGoals(jobID, AliasSpec{SecretID: secretID, Request: req})
	if err == nil {
		err = c.converge(ctx, jobID, goals...)
	}
	if err != nil {
		return nil, false, err
	}
	return goals[0].secret, goals[0].acted, goals[0].err
}

// EnsureJobSecretAliases makes sure that the job has all these aliases, as EnsureJobSecretAlias
// does for one: with one list and one POST for each that is missing, at most 8 at a time. It
// slows down together for a server that limits it, by 429 or by 503, and speeds up again. It
// stops where every further request would fail alike: after a 401, where no connection can be
// had, and where the server asks for a wait above 60 s.
//
// There is a result for each spec, in the same order, and the error joins those of the
// results, each behind the key of its alias. Where the job's secrets cannot be listed to begin
// with, it is that error alone, which every result has too. What was not sent has ErrNotSent,
// joined with the reason. Where specs are wrong in themselves, or two are for one key, nothing
// is sent: the results are nil, and the error is an ErrInvalidRequest that names all of them.
//
// Errors of a result: those of EnsureJobSecretAlias; ErrNotFound also if there is no secret
// with the SecretKey.
func (c *Client) EnsureJobSecretAliases(
	ctx context.Context, jobID uuid.UUID, aliases []AliasSpec,
) ([]EnsureResult, error) {
	goals, err := c.aliasGoals(jobID, aliases...)
	if err != nil || len(goals) == 0 {
		return nil, err
	}
	return results(aliases, goals, c.converge(ctx, jobID, goals...))
}

// PlanJobSecretAliases says what EnsureJobSecretAliases would do, from one list: Created is
// true, and Secret nil, for what would be created. It sends nothing else.
//
// Errors: as EnsureJobSecretAliases.
func (c *Client) PlanJobSecretAliases(
	ctx context.Context, jobID uuid.UUID, aliases []AliasSpec,
) ([]EnsureResult, error) {
	goals, err := c.aliasGoals(jobID, aliases...)
	if err != nil || len(goals) == 0 {
		return nil, err
	}
	v := &convergence{client: c, jobID: jobID, goals: goals}
	return results(aliases, goals, v.look(ctx).error())
}

// results says what has become of goals. unlisted is why no list could be fetched.
func results(specs []AliasSpec, goals []*goal, unlisted error) ([]EnsureResult, error) {
	all := make([]EnsureResult, len(goals))
	var errs batchError
	for i, g := range goals {
		key, created := specs[i].Request.Key, g.acted || g.isOpen() && unlisted == nil
		all[i] = EnsureResult{Key: key, Secret: g.secret, Created: created, Err: cmp.Or(unlisted, g.err)}
		if g.err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", key, g.err))
		}
	}
	if unlisted != nil || errs == nil {
		return all, unlisted
	}
	return all, errs
}

// batchError joins the errors of a batch, each behind the key of its alias.
type batchError []error

// Error is one line for each alias, for the first 20 of them.
func (errs batchError) Error() string {
	const most = 20
	text := errors.Join(errs[:min(len(errs), most)]...).Error()
	if len(errs) > most {
		text += fmt.Sprintf("\nand %d more", len(errs)-most)
	}
	return text
}

// Unwrap returns all errors.
func (errs batchError) Unwrap() []error { return errs }
