package api_test

// How many connections the default transport opens, and that it keeps them.

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/qovery-alias/qovery-alias-go/api"
	"github.com/qovery-alias/qovery-alias-go/api/apitest"
)

// TestPool: whatever is under way at a time, no more than 8 connections are opened, and
// none is given up. Without a bound net/http opens more, since it dials for a request
// that is then served by a connection which another one gives back.
func TestPool(t *testing.T) {
	fake := apitest.Start(t)
	job := fake.AddJob("nightly")
	secret := fake.AddSecret(job, "DB_PASSWORD", api.VariableScopeEnvironment)
	var opened, closed atomic.Int64
	front := httptest.NewUnstartedServer(fake.Handler())
	front.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		switch state {
		case http.StateNew:
			opened.Add(1)
		case http.StateClosed:
			closed.Add(1)
		}
	}
	front.Start()
	defer front.Close()
	client, err := api.NewClient(api.APIToken(fake.Token()), api.WithBaseURL(front.URL))
	if err != nil {
		t.Fatal(err)
	}
	defer client.CloseIdleConnections()
	check := func(what string) {
		t.Helper()
		if o, c := opened.Load(), closed.Load(); o > 8 || c > 0 {
			t.Errorf("%s: %d connections opened, %d closed", what, o, c)
		}
	}

	for round := range 3 {
		specs := make([]api.AliasSpec, 200)
		for i := range specs {
			specs[i] = api.AliasSpec{SecretID: secret, Request: api.AliasRequest{Key: fmt.Sprintf("ALIAS_%d_%d", round, i)}}
		}
		if _, err := client.EnsureJobSecretAliases(t.Context(), job, specs); err != nil {
			t.Fatal(err)
		}
		check("EnsureJobSecretAliases")
	}
	var calls sync.WaitGroup
	for i := range 64 {
		calls.Go(func() {
			req := api.AliasRequest{Key: fmt.Sprint("SINGLE_", i)}
			if _, err := client.CreateJobSecretAlias(t.Context(), job, secret, req); err != nil {
				t.Error(err)
			}
		})
	}
	calls.Wait()
	check("64 creates at once")
	if n := len(fake.Secrets(job)); n != 1+3*200+64 {
		t.Errorf("the job has %d secrets", n)
	}
}

// TestHTTP2Pool: over HTTP/2 the same few connections serve any number of requests, and
// a server that allows few streams on each gets more, so that no request waits for good.
// The bound itself shows in TestHTTP2DefaultTransport, which runs this too.
func TestHTTP2Pool(t *testing.T) {
	t.Parallel()
	for name, settings := range map[string][]byte{
		"any number of streams": nil,
		"one stream at a time":  {0, 3, 0, 0, 0, 1}, // MAX_CONCURRENT_STREAMS 1
	} {
		t.Run(name, func(t *testing.T) {
			h := newLabH2(t, nil)
			h.settings = settings
			client := h.client(t)
			var calls sync.WaitGroup
			for range 100 {
				calls.Go(func() {
					if _, err := client.ListJobSecrets(t.Context(), h.job); err != nil {
						t.Error(err)
					}
				})
			}
			calls.Wait()
			h.mu.Lock()
			defer h.mu.Unlock()
			if os.Getenv(labDefault) != "" && settings == nil && h.accepted > 8 {
				t.Errorf("%d connections", h.accepted)
			}
		})
	}
}
