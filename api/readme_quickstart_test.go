package api_test

import (
	"context"

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/api"
)

func newClient(opts ...api.Option) (*api.Client, error) {
	auth, err := api.AuthFromEnv() // QOVERY_API_TOKEN
	if err != nil {
		return nil, err
	}
	return api.NewClient(auth, opts...)
}

func provision(ctx context.Context, client *api.Client, jobID uuid.UUID) error {
	_, err := client.EnsureJobSecretAliases(ctx, jobID, []api.AliasSpec{
		{SecretKey: "QOVERY_POSTGRESQL_Z1234_PASSWORD", Request: api.AliasRequest{Key: "DB_PASSWORD"}},
	})
	return err
}
