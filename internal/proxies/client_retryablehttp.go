package main

import (
	"context"

	"github.com/google/uuid"
	"github.com/hashicorp/go-retryablehttp"

	"github.com/qovery-alias/qovery-alias-go/generated"
)

var _ = register(contender{name: "bare generated, go-retryablehttp", connect: newRetryable})

// newRetryable is the bare generated client over go-retryablehttp with its defaults.
func newRetryable(at endpoint) (makeAlias, error) {
	retrying := retryablehttp.NewClient()
	retrying.Logger = nil
	retrying.HTTPClient.Transport = watched{retrying.HTTPClient.Transport}
	client, err := at.generated(retrying.StandardClient())
	return func(ctx context.Context, jobID, secretID uuid.UUID, key string) outcome {
		resp, err := client.CreateJobSecretAliasWithResponse(ctx, jobID, secretID, generated.SecretAliasRequest{Key: key})
		return understood(resp, err)
	}, err
}
