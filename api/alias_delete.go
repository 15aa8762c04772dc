package api

import (
	"cmp"
	"context"
	"fmt"
	"net/http"

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/generated"
)

// DeleteJobSecretAlias deletes an alias of the job, and nothing else: deleting a secret would
// delete its aliases with it, so the job's secrets are listed first and whatever is not an
// alias at job level is refused. It converges: where a DELETE may have taken effect, the list
// decides, and the request is sent again while the alias is still there.
//
// Errors: those of ListJobSecrets; ErrInvalidRequest if the id is not that of an alias at job
// level; ErrNotFound if the job has no such secret, found before anything was sent;
// ErrConflict; ErrOutcomeUnknown if the alias may or may not be gone, which also matches what
// went wrong.
func (c *Client) DeleteJobSecretAlias(ctx context.Context, jobID, aliasID uuid.UUID) error {
	if err := validateID("alias id", aliasID); err != nil {
		return deleteJobSecret.invalid(err)
	}
	g := &goal{
		op: deleteJobSecret,
		act: func(ctx context.Context, t tries) (*Secret, *failure) {
			req, err := generated.NewDeleteJobSecretRequest(c.base.String(), jobID, aliasID)
			return nil, c.call(ctx, deleteJobSecret, req, err, t, func(*exchange) error { return nil })
		},
		// Always but after a 401, since net/http may have repeated a DELETE that it could not finish.
		needsList: func(f *failure) bool { return f.StatusCode != http.StatusUnauthorized },
		decide:    func(g *goal, secrets *jobSecrets) { g.decideDeletion(aliasID, secrets.byID(aliasID)) },
	}
	if err := c.converge(ctx, jobID, g); err != nil {
		return err
	}
	return g.err
}

// decideDeletion ends the goal if the alias of this id is gone, if it is not one to delete, or
// if the server has refused to. s is what has the id, nil if nothing has.
func (g *goal) decideDeletion(id uuid.UUID, s *Secret) {
	switch {
	case s == nil && g.last == nil:
		g.fail(g.op.failed(fmt.Errorf("%w: the job has no secret with id %s", ErrNotFound, id)))
	case s == nil:
		g.reach(nil)
	case g.last == nil && (s.Scope != VariableScopeJob || !IsAlias(*s)):
		kind := cmp.Or(orZero(s.VariableType), "unknown")
		g.fail(g.op.invalid(fmt.Errorf("alias id: %q is not an alias at job level but a secret of scope %s and type %s",
			s.Key, s.Scope, kind)))
	case g.last == nil:
	case g.last.sentinel() == ErrNotFound:
		g.over = false // something else than the API does not know the alias
	case g.over && !g.undecided:
		g.fail(g.last.Error)
	}
}
