package api

import (
	"context"
	"fmt"

	"github.com/google/uuid"
)

// DeleteJobSecretAlias deletes an alias of the job, and nothing else: deleting a secret
// would delete its aliases with it, so the job's secrets are listed first and whatever is
// not an alias at job level is refused. It converges: where a DELETE may have taken
// effect, the list decides, and the request is sent again while the alias is still there.
//
// Errors: those of ListJobSecrets; ErrInvalidRequest if the id is not that of an alias at
// job level; ErrNotFound if the job has no such secret, found before anything was sent;
// ErrConflict; ErrOutcomeUnknown if the alias may or may not be gone, which also matches
// what went wrong last.
func (c *Client) DeleteJobSecretAlias(ctx context.Context, jobID, aliasID uuid.UUID) error {
	work, cancel, reserved := reserve(ctx)
	defer cancel()
	if e := c.validateDeletion(ctx, jobID, aliasID); e != nil {
		return e
	}
	t := &aliasTask{op: deleteJobSecret, aliasParams: aliasParams{jobID: jobID, secretID: aliasID}}
	c.converge(ctx, work, reserved, jobID, []*aliasTask{t})
	if t.err == nil || t.latest == nil || t.undecided || t.listed {
		return t.err.orNil()
	}
	// A wrapping transport may have sent it all the same, and net/http repeated it.
	if secrets, e := c.freshList(ctx, jobID, 0, false); e == nil && secrets.byID(aliasID) == nil {
		return nil
	}
	return t.err.withContext(ctx)
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
