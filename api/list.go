package api

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/generated"
	"github.com/qovery-alias/qovery-alias-go/internal/chain"
	"github.com/qovery-alias/qovery-alias-go/internal/resolve"
)

// ListJobSecrets returns all secrets the job can see, those of higher scopes
// included, in the server's order. The answer may take up to 64 MiB. Passing
// faults are retried.
//
// Errors: ErrInvalidRequest, ErrUnauthorized, ErrForbidden, ErrNotFound (no such
// job), ErrRateLimited, ErrServer, ErrUnexpectedResponse, ErrNotSent, or the cause.
func (c *Client) ListJobSecrets(ctx context.Context, jobID uuid.UUID) ([]Secret, error) {
	secrets, e := c.list(ctx, jobID)
	if e != nil {
		return nil, e
	}
	return secrets, nil
}

// FindJobSecret returns the secret of this key, which is case sensitive. Of several
// the one with the narrowest scope wins: the job's own, then that of another
// service or of a scope this package does not know, ENVIRONMENT, PROJECT, BUILT_IN.
//
// Errors: those of ListJobSecrets; ErrNotFound also if there is no such key.
func (c *Client) FindJobSecret(ctx context.Context, jobID uuid.UUID, key string) (*Secret, error) {
	if key == "" {
		return nil, refuse(listJobSecrets, invalid("key: must not be empty"))
	}
	secrets, e := c.list(ctx, jobID)
	if e != nil {
		return nil, e
	}
	if found := resolve.Narrowest(secrets, key); found != nil {
		return found, nil
	}
	return nil, noSuchKey(listJobSecrets, secrets, key)
}

func (c *Client) list(ctx context.Context, jobID uuid.UUID) ([]Secret, *Error) {
	op := listJobSecrets
	if err := checkID("job id", jobID); err != nil {
		return nil, refuse(op, err)
	}
	resp, err := c.api.ListJobSecrets(ctx, jobID)
	list, e := decode(op, resp, err, holdsResults)
	if e != nil {
		return nil, e
	}
	return *list.Results, nil
}

func holdsResults(l *generated.SecretList) error {
	if l.Results == nil {
		return errors.New("the list holds no results")
	}
	return nil
}

func noSuchKey(op *chain.Operation, secrets []Secret, key string) *Error {
	return refuse(op, fmt.Errorf("%w: %s", ErrNotFound, resolve.Unknown(secrets, key)))
}
