package api

import (
	"context"
	"fmt"
	"strings"

	"github.com/google/uuid"
)

// EnsureJobSecretAlias makes sure that the job has the alias, and is safe to repeat and to
// run many times at once. An alias of this key for this secret, or for one that the list
// does not name, that is there already is returned as it is: nothing is written, its
// description stays. A request that may have been lost is sent again once a list shows that
// it had no effect. created is true only if this call saw the server confirm the creation.
//
// Errors: those of CreateJobSecretAlias and ListJobSecrets; ErrConflict if the key
// belongs to something else.
func (c *Client) EnsureJobSecretAlias(ctx context.Context, jobID, secretID uuid.UUID, req AliasRequest) (secret *Secret, created bool, err error) {
	params := aliasParams{jobID, secretID, req}
	if err := params.validate(); err != nil {
		return nil, false, failure(createJobSecretAlias, err)
	}
	results, _ := c.ensure(ctx, jobID, []AliasSpec{{SecretID: secretID, Request: req}}, false)
	return results[0].Secret, results[0].Created, results[0].Err
}

// EnsureJobSecretAliases makes sure that the job has all these aliases, as
// EnsureJobSecretAlias does for one: with one list and one POST for each that is missing,
// at most 8 at a time. It slows down together for a server that limits it, by 429 or by
// 503, and speeds up again. It stops where every further request must fail alike: after a
// 401, where no connection can be had, and where the server asks for a wait above 60 s.
//
// There is a result for each spec, in the same order, and the error joins those of the
// results, each behind the key of its alias. Where the job's secrets cannot be listed to
// begin with, it is that error alone, which every result has too. What was not sent has
// ErrNotSent, joined with the reason. Specs that are wrong in themselves, or two for one
// key, are refused before anything is sent: the results are nil, the error is
// ErrInvalidRequest.
//
// Errors of a result: those of EnsureJobSecretAlias; ErrNotFound also if there is no
// secret with the SecretKey.
func (c *Client) EnsureJobSecretAliases(ctx context.Context, jobID uuid.UUID, aliases []AliasSpec) ([]EnsureResult, error) {
	return c.ensure(ctx, jobID, aliases, false)
}

// PlanJobSecretAliases says what EnsureJobSecretAliases would do, from one list: Created is
// true, and Secret nil, for what would be created. It sends nothing else.
//
// Errors: as EnsureJobSecretAliases.
func (c *Client) PlanJobSecretAliases(ctx context.Context, jobID uuid.UUID, aliases []AliasSpec) ([]EnsureResult, error) {
	return c.ensure(ctx, jobID, aliases, true)
}

// ensure creates the aliases that are missing or, in a dry run, says which it would.
func (c *Client) ensure(ctx context.Context, jobID uuid.UUID, specs []AliasSpec, dryRun bool) ([]EnsureResult, error) {
	if err := validateSpecs(jobID, specs); err != nil {
		return nil, failure(createJobSecretAlias, err)
	}
	results := make([]EnsureResult, len(specs))
	if len(specs) == 0 {
		return results, nil
	}
	work, cancel, reserved := reserve(ctx)
	defer cancel()
	tasks, e := c.plan(ctx, jobID, specs)
	if e != nil {
		for i := range results {
			results[i] = EnsureResult{Key: specs[i].Request.Key, Err: e}
		}
		return results, e
	}
	if !dryRun {
		c.converge(ctx, work, reserved, jobID, tasks)
	}
	for i, t := range tasks {
		results[i] = EnsureResult{specs[i].Request.Key, t.secret, t.created || !t.done, t.err.orNil()}
	}
	return results, joinResults(specs, results)
}

// plan lists the job's secrets and ends the tasks that the list alone decides.
func (c *Client) plan(ctx context.Context, jobID uuid.UUID, specs []AliasSpec) ([]*aliasTask, *Error) {
	all, e := c.list(ctx, jobID, request[[]Secret]{retries: c.retries})
	if e != nil {
		return nil, e
	}
	secrets, tasks := indexSecrets(all), make([]*aliasTask, len(specs))
	for i, spec := range specs {
		t := &aliasTask{op: createJobSecretAlias, aliasParams: aliasParams{jobID, spec.SecretID, spec.Request}}
		tasks[i] = t
		if spec.SecretKey != "" {
			target := secrets.aliasTarget(spec.SecretKey)
			if target == nil {
				t.end(nil, secrets.notFound(createJobSecretAlias, spec.SecretKey))
				continue
			}
			t.secretID = target.ID
		}
		switch holder, is := secrets.holder(&t.aliasParams); {
		case is >= keyPossible:
			t.end(alone(holder), nil)
		case is == keyTaken:
			t.end(nil, t.conflict(holder, is))
		}
	}
	return tasks, nil
}

// maxNamed is how many errors of a batch its text names.
const maxNamed = 20

// batchError joins the errors of a batch, each behind the key of its alias.
type batchError []error

func joinResults(specs []AliasSpec, results []EnsureResult) error {
	var errs batchError
	for i, r := range results {
		if r.Err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", specs[i].Request.Key, r.Err))
		}
	}
	if errs == nil {
		return nil
	}
	return errs
}

// Error is one line an alias, for the first 20 of them.
func (errs batchError) Error() string {
	lines := make([]string, 0, maxNamed+1)
	for _, err := range errs[:min(len(errs), maxNamed)] {
		lines = append(lines, err.Error())
	}
	if more := len(errs) - len(lines); more > 0 {
		lines = append(lines, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(lines, "\n")
}

// Unwrap returns all errors.
func (errs batchError) Unwrap() []error { return errs }
