package main

import (
	"context"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/generated"
)

var _ = register(contender{name: "bare generated, retried", connect: newRetried})

// newRetried is the bare generated client in a loop of four attempts, as it is often
// written: again after an error of the transport and after a 5xx.
func newRetried(at endpoint) (makeAlias, error) {
	client, err := at.generated(&http.Client{Transport: watched{http.DefaultTransport}})
	return func(ctx context.Context, jobID, secretID uuid.UUID, key string) outcome {
		for pause := 250 * time.Millisecond; ; pause *= 2 {
			resp, err := client.CreateJobSecretAliasWithResponse(ctx, jobID, secretID, generated.SecretAliasRequest{Key: key})
			passing := err != nil || resp.StatusCode() >= 500
			if !passing || pause > time.Second || !sleep(ctx, pause) {
				return understood(resp, err)
			}
		}
	}, err
}
