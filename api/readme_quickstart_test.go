package api_test

import (
	"context"

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/api"
)

// quickStart is the first blocks of the README, but for the options.
func quickStart(ctx context.Context, jobID uuid.UUID, opts ...api.Option) error {
	auth, err := api.AuthFromEnv() // QOVERY_API_TOKEN
	if err != nil {
		return err
	}
	client, err := api.NewClient(auth, opts...)
	if err != nil {
		return err
	}
	_, err = client.EnsureJobSecretAliases(ctx, jobID, []api.AliasSpec{
		{SecretKey: "QOVERY_POSTGRESQL_Z1234_PASSWORD", Request: api.AliasRequest{Key: "DB_PASSWORD"}},
	})
	return err
}
