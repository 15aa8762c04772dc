package main

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/api"
	"github.com/qovery-alias/qovery-alias-go/generated"
)

var _ = register(bareGenerated, newBareGenerated)

// newBareGenerated is what oapi-codegen writes, with nothing but the token added.
func newBareGenerated(at endpoint) (create, error) {
	options := []generated.ClientOption{generated.WithRequestEditorFn(api.APIToken(at.token).RequestEditor())}
	if at.http != nil {
		options = append(options, generated.WithHTTPClient(at.http))
	}
	client, err := generated.NewClientWithResponses(at.url, options...)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, jobID, secretID uuid.UUID, alias generated.SecretAliasRequest) (*generated.Secret, error) {
		resp, err := client.CreateJobSecretAliasWithResponse(ctx, jobID, secretID, alias)
		if err != nil {
			return nil, err
		}
		if resp.JSON201 == nil {
			return nil, fmt.Errorf("status %d", resp.StatusCode())
		}
		return resp.JSON201, nil
	}, nil
}
