package bench

import (
	"context"

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/api"
)

var _ = Register(thisClient, newThisClient)

// newThisClient is the client of this repository with its defaults.
func newThisClient(at Endpoint) (Create, error) {
	client, err := at.client()
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, jobID, secretID uuid.UUID, key string) (Alias, error) {
		return aliasOf(client.CreateJobSecretAlias(ctx, jobID, secretID, api.AliasRequest{Key: key}))
	}, nil
}

func (at Endpoint) client() (*api.Client, error) {
	return api.NewClient(api.APIToken(at.Token), api.WithBaseURL(at.URL), api.WithHTTPClient(at.HTTP))
}
