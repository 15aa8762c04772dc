package bench

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/api"
	"github.com/qovery-alias/qovery-alias-go/generated"
)

var _ = Register(bareGenerated, newBareGenerated)

// newBareGenerated is what oapi-codegen writes, with nothing but the token added.
func newBareGenerated(at Endpoint) (Create, error) {
	options := []generated.ClientOption{generated.WithRequestEditorFn(api.APIToken(at.Token).RequestEditor())}
	if at.HTTP != nil {
		options = append(options, generated.WithHTTPClient(at.HTTP))
	}
	client, err := generated.NewClientWithResponses(at.URL, options...)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, jobID, secretID uuid.UUID, key string) (Alias, error) {
		resp, err := client.CreateJobSecretAliasWithResponse(ctx, jobID, secretID, generated.SecretAliasRequest{Key: key})
		if err != nil {
			return Alias{}, err
		}
		if resp.JSON201 == nil {
			return Alias{}, fmt.Errorf("status %d", resp.StatusCode())
		}
		return aliasOf(resp.JSON201, nil)
	}, nil
}
