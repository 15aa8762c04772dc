package api

import (
	"context"
	"net/http"

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/internal/resolve"
)

// EnsureJobSecretAlias makes sure that the job has the alias, and is safe to repeat
// and to run many times at once. An alias of this key for this secret that is there
// already is returned as it is: nothing is written, its description stays. created
// is true only if this call saw the server confirm the creation.
//
// Errors: those of CreateJobSecretAlias and ListJobSecrets; ErrConflict if the key
// belongs to something else.
func (c *Client) EnsureJobSecretAlias(ctx context.Context, jobID, secretID uuid.UUID, req AliasRequest) (secret *Secret, created bool, err error) {
	w := wanted{jobID, secretID, req}
	if err := w.check(); err != nil {
		return nil, false, refuse(createJobSecretAlias, err)
	}
	budget := settlingTime(ctx)
	secrets, e := c.list(ctx, jobID)
	if e != nil {
		return nil, false, e
	}
	if held := resolve.Own(secrets)[req.Key]; w.isMetBy(held) {
		return held, false, nil
	} else if held != nil {
		return nil, false, w.conflict(held)
	}
	secret, e = c.post(ctx, w)
	switch {
	case e == nil:
		return secret, true, nil
	case e.StatusCode == http.StatusConflict, e.unclear:
		secret, e = w.settle(ctx, c.look(ctx, budget, settlingLooks, w), e)
	}
	if e != nil {
		return nil, false, e
	}
	return secret, false, nil
}
