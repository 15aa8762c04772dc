package apitest_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/api"
	"github.com/qovery-alias/qovery-alias-go/api/apitest"
)

// provision is the code under test: it gives DB_PASSWORD a second key.
func provision(ctx context.Context, client *api.Client, job uuid.UUID) error {
	secret, err := client.FindJobSecret(ctx, job, "DB_PASSWORD")
	if err != nil {
		return err
	}
	_, err = client.CreateJobSecretAlias(ctx, job, secret.ID, api.AliasRequest{Key: "PGPASSWORD"})
	return err
}

// What can go wrong with a create, in a table. A test has Start in place of NewServer
// and Close, and t.Run around the body of the loop.
func Example() {
	for _, tc := range []struct {
		name    string
		prepare func(srv *apitest.Server, job uuid.UUID)
		want    error
	}{
		{"lost response", func(srv *apitest.Server, job uuid.UUID) {
			// The alias is created, but the connection breaks before the response.
			srv.Inject(apitest.Fault{Method: http.MethodPost, Apply: true, Hangup: true})
		}, nil},
		{"conflict", func(srv *apitest.Server, job uuid.UUID) {
			srv.AddSecret(job, "PGPASSWORD", api.VariableScopeJob)
		}, api.ErrConflict},
		{"rate limit", func(srv *apitest.Server, job uuid.UUID) {
			// One 429 is retried.
			srv.Inject(apitest.Fault{Method: http.MethodPost, Status: http.StatusTooManyRequests})
		}, nil},
		{"slow server", func(srv *apitest.Server, job uuid.UUID) {
			// No attempt is that long. With Apply, the alias would be found by listing.
			srv.Inject(apitest.Fault{Method: http.MethodPost, Delay: time.Hour})
		}, api.ErrOutcomeUnknown},
	} {
		func() {
			srv := apitest.NewServer()
			defer srv.Close()
			job := srv.AddJob("nightly")
			srv.AddSecret(job, "DB_PASSWORD", api.VariableScopeEnvironment)
			tc.prepare(srv, job)
			client, err := api.NewClient(api.APIToken(srv.Token()), api.WithBaseURL(srv.URL()),
				api.WithAttemptTimeout(500*time.Millisecond),
				api.WithBackoff(func(int) time.Duration { return time.Millisecond }))
			if err != nil {
				panic(err)
			}
			defer client.CloseIdleConnections()

			if err := provision(context.Background(), client, job); !errors.Is(err, tc.want) {
				fmt.Printf("%s: got %v, want %v\n", tc.name, err, tc.want)
				return
			}
			fmt.Printf("%s: ok, %d secrets\n", tc.name, len(srv.Secrets(job)))
		}()
	}
	// Output:
	// lost response: ok, 2 secrets
	// conflict: ok, 2 secrets
	// rate limit: ok, 2 secrets
	// slow server: ok, 1 secrets
}
