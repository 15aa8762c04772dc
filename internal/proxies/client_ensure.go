package main

import (
	"context"

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/api"
)

var _ = register(contender{name: "EnsureJobSecretAlias", ours: true, connect: newEnsure})

// newEnsure is the client of this repository with its defaults: one that converges.
func newEnsure(at endpoint) (makeAlias, error) {
	client, err := at.client()
	return func(ctx context.Context, jobID, secretID uuid.UUID, key string) outcome {
		_, _, err := client.EnsureJobSecretAlias(ctx, jobID, secretID, api.AliasRequest{Key: key})
		return told(err)
	}, err
}
