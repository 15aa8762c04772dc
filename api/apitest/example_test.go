package apitest_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/qovery-alias/qovery-alias-go/api"
	"github.com/qovery-alias/qovery-alias-go/api/apitest"
)

// What can go wrong with a create, in a table. A test has Start in place of NewServer and Close.
func Example() {
	for _, tc := range []struct {
		name  string
		fault apitest.Fault
		want  error
	}{
		// The alias is created, but the connection breaks before the response.
		{"lost response", apitest.Fault{Method: http.MethodPost, Apply: true, Hangup: true}, nil},
		// One 429 is retried, so it takes as many as there are attempts.
		{"busy", apitest.Fault{Status: http.StatusTooManyRequests, Times: 4}, api.ErrRateLimited},
		// No attempt is that long. With Apply, the alias would be found by listing.
		{"slow", apitest.Fault{Method: http.MethodPost, Delay: time.Hour}, api.ErrOutcomeUnknown},
	} {
		srv := apitest.NewServer()
		job := srv.AddJob("nightly")
		secret := srv.AddSecret(job, "DB_PASSWORD", api.VariableScopeEnvironment)
		srv.Inject(tc.fault)
		client, err := api.NewClient(api.APIToken(srv.Token()), api.WithBaseURL(srv.URL()),
			api.WithAttemptTimeout(500*time.Millisecond),
			api.WithBackoff(func(int) time.Duration { return time.Millisecond })) // instead of seconds
		if err != nil {
			panic(err)
		}
		_, err = client.CreateJobSecretAlias(context.Background(), job, secret, api.AliasRequest{Key: "PGPASSWORD"})
		fmt.Printf("%s: as expected: %t, %d secrets\n", tc.name, errors.Is(err, tc.want), len(srv.Secrets(job)))
		srv.Close()
	}
	// Output:
	// lost response: as expected: true, 2 secrets
	// busy: as expected: true, 1 secrets
	// slow: as expected: true, 1 secrets
}
