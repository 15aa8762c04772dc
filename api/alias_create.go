package api

import (
	"context"

	"github.com/google/uuid"
)

// CreateJobSecretAlias gives a secret a second key at job level and returns the new
// alias. It acts once: the request is never sent again once it may have been processed. If
// the response is lost or breaks the API's promise, the job's secrets are listed: the alias
// that was asked for is returned if it is there with the description and the interpolation
// that were set, even if it may be older.
//
// Errors: ErrInvalidRequest, ErrUnauthorized, ErrForbidden, ErrNotFound (no such job or
// secret), ErrConflict (the key is in use; see Error.Existing), ErrRateLimited,
// ErrUnexpectedResponse, ErrNotSent; ErrOutcomeUnknown if the alias may or may not have
// been created, which also matches what went wrong last.
func (c *Client) CreateJobSecretAlias(ctx context.Context, jobID, secretID uuid.UUID, req AliasRequest) (*Secret, error) {
	t := &aliasTask{op: createJobSecretAlias, aliasParams: aliasParams{jobID, secretID, req}, exact: true}
	if err := t.validate(); err != nil {
		return nil, failure(createJobSecretAlias, err)
	}
	work, cancel, reserved := reserve(ctx)
	defer cancel()
	if t.send(work, c, c.retries, false) != nil {
		c.settle(ctx, reserved, jobID, []*aliasTask{t})
	}
	return t.secret, t.err.orNil()
}
