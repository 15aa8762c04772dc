package api

import (
	"context"

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/generated"
)

// ListJobSecrets returns all secrets that the job sees, those of higher scopes included, in the server's
// order. They come in one response: at most 16 MiB and 100,000 secrets. Transient failures are retried.
//
// Errors: ErrInvalidRequest, ErrUnauthorized, ErrForbidden, ErrNotFound (no such job), ErrRateLimited,
// ErrServer, ErrUnexpectedResponse, ErrNotSent, ErrNoResponse.
func (c *Client) ListJobSecrets(ctx context.Context, jobID uuid.UUID) (secrets []Secret, err error) {
	if err := validateID("job id", jobID); err != nil {
		return nil, listJobSecrets.invalid(err)
	}
	req, err := generated.NewListJobSecretsRequest(c.base.String(), jobID)
	if err != nil {
		return nil, listJobSecrets.invalid(err)
	}
	_, f := c.call(ctx, listJobSecrets, req, func(x *exchange) (err error) {
		secrets, err = decodeList(x)
		return err
	})
	if f != nil {
		return nil, f.Error
	}
	return secrets, nil
}

// FindJobSecret returns the secret of this key, which is case sensitive. Of several, the one with the
// narrowest scope wins: the job's own, then that of another service or of a scope that is not among the
// constants, ENVIRONMENT, PROJECT, BUILT_IN.
//
// Errors: those of ListJobSecrets; ErrNotFound also if there is no such key.
func (c *Client) FindJobSecret(ctx context.Context, jobID uuid.UUID, key string) (*Secret, error) {
	return c.find(ctx, jobID, key, (*jobSecrets).narrowest)
}

// FindAliasTarget returns the secret that an alias for this key points to, which is what
// AliasSpec.SecretKey means: the narrowest secret of the key that is not an alias, of a scope above the
// job's if there is one.
//
// Errors: those of ListJobSecrets; ErrNotFound also if there is no such secret.
func (c *Client) FindAliasTarget(ctx context.Context, jobID uuid.UUID, key string) (*Secret, error) {
	return c.find(ctx, jobID, key, (*jobSecrets).aliasTarget)
}

func (c *Client) find(
	ctx context.Context, jobID uuid.UUID, key string, pick func(*jobSecrets, string) *Secret,
) (*Secret, error) {
	if err := validateKey("key", key); err != nil {
		return nil, listJobSecrets.invalid(err)
	}
	all, err := c.ListJobSecrets(ctx, jobID)
	if err != nil {
		return nil, err
	}
	secrets := indexSecrets(all)
	found := pick(secrets, key)
	if found == nil {
		return nil, listJobSecrets.failed(secrets.notFound(key))
	}
	return Ptr(*found), nil
}
