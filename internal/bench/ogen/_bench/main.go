// Command bench measures the client that ogen generates beside the others.
package main

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/ogen-go/ogen/ogenerrors"

	"github.com/qovery-alias/qovery-alias-go/internal/bench"
	"github.com/qovery-alias/qovery-alias-go/internal/bench/ogen/_bench/client"
)

func main() {
	bench.Register("ogen", newOgen)
	bench.Main()
}

// newOgen is what ogen writes by default, with nothing but the token added.
func newOgen(at bench.Endpoint) (bench.Create, error) {
	var options []client.ClientOption
	if at.HTTP != nil {
		options = append(options, client.WithClient(at.HTTP))
	}
	c, err := client.NewClient(at.URL, token(at.Token), options...)
	return func(ctx context.Context, jobID, secretID uuid.UUID, key string) (bench.Alias, error) {
		resp, err := c.CreateJobSecretAlias(ctx, &client.SecretAliasRequest{Key: key},
			client.CreateJobSecretAliasParams{JobId: jobID, SecretId: secretID})
		if err != nil {
			return bench.Alias{}, err
		}
		secret, ok := resp.(*client.Secret)
		if !ok {
			return bench.Alias{}, fmt.Errorf("the response is a %T", resp)
		}
		return bench.Alias{Key: secret.Key, Target: secret.AliasedSecret.Value.ID}, nil
	}, err
}

// token is an API token.
type token string

func (t token) ApiKeyAuth(context.Context, client.OperationName) (client.ApiKeyAuth, error) {
	return client.ApiKeyAuth{APIKey: "Token " + string(t)}, nil
}

func (token) BearerAuth(context.Context, client.OperationName) (client.BearerAuth, error) {
	return client.BearerAuth{}, ogenerrors.ErrSkipClientSecurity
}
