package api

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/generated"
)

// DeleteJobSecretAlias deletes an alias of the job, and nothing else: deleting a secret
// would delete its aliases with it, so the job's secrets are listed first and whatever is
// not an alias at job level is refused. It converges: where a response leaves open whether
// the alias is gone, the list decides, and the request is sent again while the alias is
// still there.
//
// Errors: those of ListJobSecrets; ErrInvalidRequest if the id is not that of an alias at
// job level; ErrNotFound if the job has no such secret, found before anything was sent;
// ErrConflict; ErrOutcomeUnknown if the alias may or may not be gone, which also matches
// what went wrong last.
func (c *Client) DeleteJobSecretAlias(ctx context.Context, jobID, aliasID uuid.UUID) error {
	work, cancel, reserved := reserve(ctx)
	defer cancel()
	if e := c.validateDeletion(work, jobID, aliasID); e != nil {
		return e
	}
	d := deletion{Client: c, jobID: jobID, aliasID: aliasID}
	if d.run(work) {
		return nil
	}
	if d.needsList() {
		d.settle(ctx, reserved)
	}
	if d.gone {
		return nil
	}
	if d.latest.retryable {
		return d.latest.also(contextError(ctx))
	}
	return d.latest
}

// validateDeletion refuses whatever is not an alias at job level.
func (c *Client) validateDeletion(ctx context.Context, jobID, aliasID uuid.UUID) *Error {
	if err := validateID("alias id", aliasID); err != nil {
		return failure(deleteJobSecret, err)
	}
	all, e := c.list(ctx, jobID, request[[]Secret]{retries: c.retries})
	if e != nil {
		return e
	}
	switch s := (&jobSecrets{all: all}).byID(aliasID); {
	case s == nil:
		return failure(deleteJobSecret, fmt.Errorf("%w: the job has no secret with id %s", ErrNotFound, aliasID))
	case s.Scope != VariableScopeJob || !isAlias(s):
		kind := VariableType("unknown")
		if s.VariableType != nil {
			kind = *s.VariableType
		}
		return failure(deleteJobSecret, invalid("alias id: %q is not an alias at job level but a secret of scope %s and type %s", s.Key, s.Scope, kind))
	}
	return nil
}

// deletion is an alias to delete, and what has become of it.
type deletion struct {
	*Client
	jobID, aliasID uuid.UUID
	latest         *Error // of the latest DELETE
	undecided      bool   // a DELETE may have taken effect
	gone           bool
}

// run deletes the alias, again while the list shows it, and reports whether it is gone.
func (d *deletion) run(ctx context.Context) bool {
	for sends := 1; ; sends++ {
		d.send(ctx, sends)
		if d.gone || sends > d.retries || !d.repeatable() || !d.pause(ctx, d.latest, sends) {
			return d.gone
		}
		for blind := 1; d.needsList(); blind++ {
			secrets, e := d.look(ctx, d.jobID, d.retries, true)
			if e == nil && d.isGone(secrets) || e != nil && (blind > d.retries || !d.pause(ctx, e, blind)) {
				return d.gone
			}
			if e == nil {
				break
			}
		}
	}
}

func (d *deletion) send(ctx context.Context, sends int) {
	r := request[struct{}]{op: deleteJobSecret, decode: decodeNothing, resent: sends <= d.retries,
		fresh: sends > 1 && d.latest.Timeout()}
	r.http, r.buildErr = generated.NewDeleteJobSecretRequest(d.server, d.jobID, d.aliasID)
	_, e := send(ctx, d.Client, r)
	if d.gone = e == nil; e != nil {
		d.latest, d.undecided = merge(d.latest, e), d.undecided || e.mayHaveTakenEffect
	}
}

// needsList reports whether the job's secrets tell what became of the DELETEs: a proxy may
// have repeated one that took effect.
func (d *deletion) needsList() bool {
	switch d.latest.sentinel() {
	case ErrInvalidRequest, ErrForbidden, ErrNotFound:
		return true
	}
	return d.undecided
}

func (d *deletion) repeatable() bool {
	return d.latest.mayHaveTakenEffect || d.latest.retryable || d.latest.sentinel() == ErrNotFound
}

func (d *deletion) isGone(secrets *jobSecrets) bool {
	d.gone = secrets.byID(d.aliasID) == nil
	return d.gone
}

// settle ends with what the list says. Where a DELETE is undecided, it may show its effect
// late; else the first list tells.
func (d *deletion) settle(ctx context.Context, reserved time.Duration) {
	listed := d.Client.settle(ctx, reserved, d.jobID, func(secrets *jobSecrets) bool {
		return d.isGone(secrets) || !d.undecided
	})
	if d.undecided || !listed {
		d.latest = d.latest.undecided().also(contextError(ctx))
	}
}
