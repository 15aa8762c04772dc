//go:build ogen

package bench

import (
	"context"
	"fmt"
	"testing"

	// The modules of the generated code, so that go.mod is the same with and without it.
	_ "github.com/go-faster/errors"
	_ "github.com/go-faster/jx"
	"github.com/google/uuid"
	"github.com/ogen-go/ogen/ogenerrors"
	_ "go.opentelemetry.io/otel"
	_ "go.opentelemetry.io/otel/metric"
	_ "go.opentelemetry.io/otel/trace"

	"github.com/qovery-alias/qovery-alias-go/internal/bench/testdata/ogen"
)

func init() { clients["ogen"] = newOgen }

// newOgen returns the client that ogen generates, with nothing but the token added.
func newOgen(t testing.TB, at endpoint) client {
	c, err := ogen.NewClient(at.url, apiToken(at.token), ogen.WithClient(at.http))
	must(t, err)
	return client{create: func(ctx context.Context, jobID, secretID uuid.UUID, key string) (string, error) {
		params := ogen.CreateJobSecretAliasParams{JobId: jobID, SecretId: secretID}
		resp, err := c.CreateJobSecretAlias(ctx, &ogen.SecretAliasRequest{Key: key}, params)
		if err != nil {
			return "", err
		}
		if alias, ok := resp.(*ogen.Secret); ok {
			return alias.Key, nil
		}
		return "", fmt.Errorf("response is a %T", resp)
	}}
}

// apiToken signs as a machine does.
type apiToken string

func (t apiToken) ApiKeyAuth(context.Context, ogen.OperationName) (ogen.ApiKeyAuth, error) {
	return ogen.ApiKeyAuth{APIKey: "Token " + string(t)}, nil
}

func (apiToken) BearerAuth(context.Context, ogen.OperationName) (ogen.BearerAuth, error) {
	return ogen.BearerAuth{}, ogenerrors.ErrSkipClientSecurity
}
