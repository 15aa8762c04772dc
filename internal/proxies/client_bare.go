package main

import (
	"context"
	"net/http"

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/generated"
)

var _ = register(contender{name: "bare generated", connect: newBare})

// newBare is what oapi-codegen writes, with the token added and the status looked at.
func newBare(at endpoint) (makeAlias, error) {
	client, err := at.generated(&http.Client{Transport: watched{http.DefaultTransport}})
	return func(ctx context.Context, jobID, secretID uuid.UUID, key string) outcome {
		resp, err := client.CreateJobSecretAliasWithResponse(ctx, jobID, secretID, generated.SecretAliasRequest{Key: key})
		return understood(resp, err)
	}, err
}

func (at endpoint) generated(through *http.Client) (*generated.ClientWithResponses, error) {
	return generated.NewClientWithResponses(at.url, generated.WithHTTPClient(through),
		generated.WithRequestEditorFn(func(_ context.Context, req *http.Request) error {
			req.Header.Set("Authorization", "Token "+at.token)
			return nil
		}))
}

// understood is what users of the generated client make of a response.
func understood(resp *generated.CreateJobSecretAliasResponse, err error) outcome {
	switch {
	case err != nil:
		return failed
	case resp.JSON201 != nil:
		return done
	case resp.StatusCode() == http.StatusConflict:
		return conflict
	}
	return failed
}
