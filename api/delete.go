package api

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/internal/resolve"
)

// DeleteJobSecretAlias deletes an alias of the job, and nothing else: deleting a
// secret would delete its aliases with it, so the job's secrets are listed first
// and whatever is not an alias at job level is refused. Passing faults are retried;
// an alias that a retry finds gone counts as deleted.
//
// Errors: those of ListJobSecrets; ErrInvalidRequest if the id is not that of an
// alias at job level, ErrNotFound if the job has no such secret, ErrConflict.
func (c *Client) DeleteJobSecretAlias(ctx context.Context, jobID, aliasID uuid.UUID) error {
	op := deleteJobSecret
	if err := checkID("alias id", aliasID); err != nil {
		return refuse(op, err)
	}
	secrets, e := c.list(ctx, jobID)
	if e != nil {
		return e
	}
	i := slices.IndexFunc(secrets, func(s Secret) bool { return s.ID == aliasID })
	if i < 0 {
		return refuse(op, fmt.Errorf("%w: the job has no secret with id %s", ErrNotFound, aliasID))
	}
	if s := &secrets[i]; s.Scope != VariableScopeJob || !resolve.IsAlias(s) {
		return refuse(op, invalid("alias id: %q is no alias at job level but a secret of scope %s and type %s",
			s.Key, s.Scope, typeOf(s)))
	}
	resp, err := c.api.DeleteJobSecret(ctx, jobID, aliasID)
	if err != nil {
		return asError(op, err)
	}
	return resp.Body.Close()
}

func typeOf(s *Secret) VariableType {
	if s.VariableType == nil {
		return "unknown"
	}
	return *s.VariableType
}
