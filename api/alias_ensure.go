package api

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
)

// EnsureJobSecretAlias makes sure that the job has the alias, and is safe to repeat and to run many times
// at once. An alias of this key for this secret, or for one that the list does not name, that is there
// already is returned as it is: nothing is written, its description stays. A request that may have been
// lost is sent again once a list shows that it had no effect. created is true only if this call saw the
// server confirm the creation.
//
// Errors: those of CreateJobSecretAlias and ListJobSecrets; ErrConflict if the key belongs to something
// else.
func (c *Client) EnsureJobSecretAlias(
	ctx context.Context, jobID, secretID uuid.UUID, req AliasRequest,
) (secret *Secret, created bool, err error) {
	results, err := c.EnsureJobSecretAliases(ctx, jobID, []AliasSpec{{SecretID: secretID, Request: req}})
	if results == nil {
		return nil, false, err
	}
	return results[0].Secret, results[0].Created, results[0].Err
}

// EnsureJobSecretAliases makes sure that the job has all these aliases, as EnsureJobSecretAlias does for
// one: with one list and one POST for each that is missing, at most 8 at a time. It slows down together
// for a server that limits it, by 429 or by 503, and speeds up again. It stops if every further request
// would fail alike: after a 401, without a token, without a connection, and if the server asks for a wait
// above 60 s.
//
// There is a result for each spec, in the same order, and the error joins those of the results, each
// behind the key of its alias. If the job's secrets cannot be listed to begin with, it is that error
// alone, which every result has too. What was not sent has ErrNotSent, joined with the reason. If specs
// are wrong in themselves, or two are for one key, nothing is sent: the results are nil, and the error is
// an ErrInvalidRequest that names all of them.
//
// Errors of a result: those of EnsureJobSecretAlias; ErrNotFound also if there is no secret with the
// SecretKey.
func (c *Client) EnsureJobSecretAliases(
	ctx context.Context, jobID uuid.UUID, aliases []AliasSpec,
) ([]EnsureResult, error) {
	return c.ensure(jobID, aliases, func(v *convergence) error { return v.converge(ctx) })
}

// PlanJobSecretAliases says what EnsureJobSecretAliases would do, from one list: Created is true, and
// Secret nil, for what would be created. It sends nothing else.
//
// Errors: as EnsureJobSecretAliases.
func (c *Client) PlanJobSecretAliases(
	ctx context.Context, jobID uuid.UUID, aliases []AliasSpec,
) ([]EnsureResult, error) {
	return c.ensure(jobID, aliases, func(v *convergence) error { return v.look(ctx) })
}

// ensure returns what becomes of the aliases of the specs. The error of pursue is why no list could be
// fetched.
func (c *Client) ensure(
	jobID uuid.UUID, specs []AliasSpec, pursue func(*convergence) error,
) ([]EnsureResult, error) {
	v, err := c.aliases(jobID, specs...)
	if err != nil || len(specs) == 0 {
		return nil, err
	}
	listErr := pursue(v)
	results := make([]EnsureResult, len(specs))
	errs := new(batchError)
	for i, g := range v.goals {
		key, created := specs[i].Request.Key, g.confirmed || g.isOpen() && listErr == nil
		results[i] = EnsureResult{Key: key, Secret: g.secret, Created: created, Err: cmp.Or(listErr, g.err)}
		if g.err != nil {
			errs.all = append(errs.all, fmt.Errorf("%s: %w", key, g.err))
		}
	}
	if listErr != nil || errs.all == nil {
		return results, listErr
	}
	return results, errs
}

// batchError joins the errors of a batch, each behind the key of its alias.
type batchError struct{ all []error }

// Error is one line for each alias, for the first 20 of them.
func (e *batchError) Error() string {
	const most = 20
	text := errors.Join(e.all[:min(len(e.all), most)]...).Error()
	if len(e.all) > most {
		text += fmt.Sprintf("\nand %d more", len(e.all)-most)
	}
	return text
}

// Unwrap returns all errors.
func (e *batchError) Unwrap() []error { return e.all }
