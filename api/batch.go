package api

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/internal/chain"
	"github.com/qovery-alias/qovery-alias-go/internal/resolve"
)

// AliasSpec asks for one alias: Request.Key becomes another key of a secret, which
// is named by exactly one of SecretID and SecretKey. A SecretKey means the narrowest
// secret of that key that is no alias, of a scope above the job's where there is one.
type AliasSpec struct {
	SecretID  uuid.UUID
	SecretKey string
	Request   AliasRequest
}

// EnsureResult is what became of one AliasSpec: as EnsureJobSecretAlias returns it.
type EnsureResult struct {
	Secret  *Secret
	Created bool
	Err     error // nil or an *Error
}

// EnsureJobSecretAliases makes sure that the job has all these aliases, with one
// list request and one create for each that is missing, at most 8 at a time. Lost
// answers are settled together at the end, for which a quarter of the time left to
// the context is kept. When the server says that there are too many requests, all
// wait together.
//
// There is a result for each spec, in the same order, and the error joins those of
// the results. If the context ends, what was not sent has ErrNotSent, what was under
// way ErrOutcomeUnknown, both with the context's error. Specs that are wrong in
// themselves, or two for one key, are refused before anything is sent: the results
// are nil, the error is ErrInvalidRequest.
//
// Errors of a result: those of EnsureJobSecretAlias; ErrNotFound also if there is
// no secret with the SecretKey.
func (c *Client) EnsureJobSecretAliases(ctx context.Context, jobID uuid.UUID, aliases []AliasSpec) ([]EnsureResult, error) {
	if err := checkSpecs(jobID, aliases); err != nil {
		return nil, refuse(createJobSecretAlias, err)
	}
	results := make([]EnsureResult, len(aliases))
	if len(aliases) == 0 {
		return results, nil
	}
	budget := settlingTime(ctx)
	secrets, e := c.list(ctx, jobID)
	if e != nil {
		for i := range results {
			results[i].Err = e
		}
		return results, e
	}
	missing := plan(jobID, aliases, results, secrets)
	c.createAll(ctx, budget, missing)
	c.settleAll(ctx, budget, jobID, slices.DeleteFunc(missing, func(t *task) bool { return t.open == nil }))
	var errs []error
	for _, r := range results {
		errs = append(errs, r.Err)
	}
	return results, errors.Join(errs...)
}

func checkSpecs(jobID uuid.UUID, aliases []AliasSpec) error {
	if err := checkID("job id", jobID); err != nil {
		return err
	}
	seen := make(map[string]bool, len(aliases))
	for i, a := range aliases {
		if (a.SecretID == uuid.Nil) == (a.SecretKey == "") {
			return invalid("aliases[%d] (%q): name the secret by either SecretID or SecretKey", i, a.Request.Key)
		}
		if err := checkRequest(a.Request); err != nil {
			return fmt.Errorf("aliases[%d] (%q): %w", i, a.Request.Key, err)
		}
		if seen[a.Request.Key] {
			return invalid("the key %q is asked for twice", a.Request.Key)
		}
		seen[a.Request.Key] = true
	}
	return nil
}

// task is an alias that has to be created, and what has come of it so far.
type task struct {
	wanted
	result *EnsureResult
	open   *Error  // the create has failed with this and has to be settled
	held   *Secret // the secret that holds the key now
}

// plan fills in the results that the list alone decides and returns the others.
func plan(jobID uuid.UUID, specs []AliasSpec, results []EnsureResult, secrets []Secret) (missing []*task) {
	own, targets := resolve.Own(secrets), resolve.Targets(secrets)
	tasks := make([]task, len(specs))
	for i, spec := range specs {
		t := &tasks[i]
		*t = task{wanted: wanted{jobID, spec.SecretID, spec.Request}, result: &results[i]}
		if spec.SecretKey != "" {
			target := targets[spec.SecretKey]
			if target == nil {
				t.result.Err = noSuchKey(createJobSecretAlias, secrets, spec.SecretKey)
				continue
			}
			t.secretID = target.ID
		}
		switch held := own[t.req.Key]; {
		case t.isMetBy(held):
			t.result.Secret = held
		case held != nil:
			t.result.Err = t.conflict(held)
		default:
			missing = append(missing, t)
		}
	}
	return missing
}

// createAll posts what is missing and notes what has to be settled.
func (c *Client) createAll(ctx context.Context, budget time.Duration, missing []*task) {
	ctx = chain.WithTurns(ctx)
	deadline, bounded := ctx.Deadline()
	var next atomic.Int64
	var workers sync.WaitGroup
	for range min(parallel, len(missing)) {
		workers.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(missing)); i = next.Add(1) - 1 {
				t := missing[i]
				if bounded && time.Until(deadline) < budget {
					t.result.Err = refuse(createJobSecretAlias, fmt.Errorf("%w: %w", ErrNotSent, context.DeadlineExceeded))
					continue
				}
				secret, e := c.post(ctx, t.wanted)
				switch {
				case e == nil:
					t.result.Secret, t.result.Created = secret, true
				case e.unclear || e.StatusCode == http.StatusConflict:
					t.open = e
				default:
					t.result.Err = e
				}
			}
		})
	}
	workers.Wait()
}

// settleAll tells what became of the open creates, all from the same looks.
func (c *Client) settleAll(ctx context.Context, budget time.Duration, jobID uuid.UUID, open []*task) {
	if len(open) == 0 {
		return
	}
	c.lookTogether(ctx, budget, settlingLooks, jobID, func(own map[string]*Secret) bool {
		seen := 0
		for _, t := range open {
			if t.held = cmp.Or(t.held, own[t.req.Key]); t.held != nil {
				seen++
			}
		}
		return seen == len(open)
	})
	for _, t := range open {
		secret, e := t.settle(ctx, t.held, t.open)
		if t.result.Secret = secret; e != nil {
			t.result.Err = e
		}
	}
}
