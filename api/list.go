package api

import (
	"context"

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/generated"
)

// ListJobSecrets returns all secrets that the job sees, those of higher scopes included,
// in the server's order. They come in one response: at most 16 MiB and 100,000 secrets,
// each of at most 1 MiB. Transient failures are retried.
//
// Errors: ErrInvalidRequest, ErrUnauthorized, ErrForbidden, ErrNotFound (no such job),
// ErrRateLimited, ErrServer, ErrUnexpectedResponse, ErrNotSent, ErrNoResponse.
func (c *Client) ListJobSecrets(ctx context.Context, jobID uuid.UUID) ([]Secret, error) {
	secrets, e := c.list(ctx, jobID, request[[]Secret]{retries: c.retries})
	return secrets, e.orNil()
}

// FindJobSecret returns the secret of this key, which is case sensitive. Of several the
// one with the narrowest scope wins: the job's own, then that of another service or of a
// scope that is not among the constants, ENVIRONMENT, PROJECT, BUILT_IN.
//
// Errors: those of ListJobSecrets; ErrNotFound also if there is no such key.
func (c *Client) FindJobSecret(ctx context.Context, jobID uuid.UUID, key string) (*Secret, error) {
	return c.find(ctx, jobID, key, (*jobSecrets).narrowest)
}

// FindAliasTarget returns the secret that an alias for this key is to point to, which is
// what AliasSpec.SecretKey means: the narrowest secret of the key that is not an alias, of
// a scope above the job's where there is one.
//
// Errors: those of ListJobSecrets; ErrNotFound also if there is no such secret.
func (c *Client) FindAliasTarget(ctx context.Context, jobID uuid.UUID, key string) (*Secret, error) {
	return c.find(ctx, jobID, key, (*jobSecrets).aliasTarget)
}

func (c *Client) find(ctx context.Context, jobID uuid.UUID, key string, pick func(*jobSecrets, string) *Secret) (*Secret, error) {
	if key == "" {
		return nil, failure(listJobSecrets, invalid("key: must not be empty"))
	}
	all, e := c.list(ctx, jobID, request[[]Secret]{retries: c.retries})
	if e != nil {
		return nil, e
	}
	secrets := indexSecrets(all)
	if found := pick(secrets, key); found != nil {
		return alone(found), nil
	}
	return nil, secrets.notFound(listJobSecrets, key)
}

// list sends one list request; r says how.
func (c *Client) list(ctx context.Context, jobID uuid.UUID, r request[[]Secret]) ([]Secret, *Error) {
	if err := validateID("job id", jobID); err != nil {
		return nil, failure(listJobSecrets, err)
	}
	r.op, r.decode = listJobSecrets, decodeList
	r.http, r.buildErr = generated.NewListJobSecretsRequest(c.server, jobID)
	return send(ctx, c, r)
}

// alone returns a copy of a secret that does not keep the list it stood in.
func alone(s *Secret) *Secret {
	if s == nil {
		return nil
	}
	secret := *s
	return &secret
}
