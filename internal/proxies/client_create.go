package main

import (
	"context"

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/api"
)

var _ = register(contender{name: "CreateJobSecretAlias", ours: true, connect: newCreate})

// newCreate is the client of this repository with its defaults: one that acts once.
func newCreate(at endpoint) (makeAlias, error) {
	client, err := at.client()
	return func(ctx context.Context, jobID, secretID uuid.UUID, key string) outcome {
		_, err := client.CreateJobSecretAlias(ctx, jobID, secretID, api.AliasRequest{Key: key})
		return told(err)
	}, err
}
