package apitest_test

// The harness: a server with one job that sees one secret, and a plain client.

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/api"
	"github.com/qovery-alias/qovery-alias-go/api/apitest"
)

type fixture struct {
	testing.TB
	*apitest.Server
	job, secret uuid.UUID // "nightly" and its DB, of scope ENVIRONMENT
	base        string    // where requests go
	client      *http.Client
}

func newFixture(t testing.TB) *fixture {
	f := furnish(t, apitest.Start(t), &http.Transport{})
	f.base = f.URL()
	return f
}

// furnish does without the listener of the server.
func furnish(t testing.TB, srv *apitest.Server, transport http.RoundTripper) *fixture {
	f := &fixture{TB: t, Server: srv, job: srv.AddJob("nightly"), base: "http://qovery"}
	f.secret = srv.AddSecret(f.job, "DB", api.VariableScopeEnvironment)
	f.client = &http.Client{Transport: transport}
	t.Cleanup(f.client.CloseIdleConnections)
	return f
}

// overTLS serves the same handler with TLS.
func (f *fixture) overTLS(http2 bool) *fixture {
	other := httptest.NewUnstartedServer(f.Handler())
	other.EnableHTTP2 = http2
	other.StartTLS()
	f.Cleanup(other.Close)
	moved := *f
	moved.base, moved.client = other.URL, other.Client()
	return &moved
}

func listPath(job uuid.UUID) string           { return "/job/" + job.String() + "/secret" }
func deletePath(job, secret uuid.UUID) string { return listPath(job) + "/" + secret.String() }
func aliasPath(job, secret uuid.UUID) string  { return deletePath(job, secret) + "/alias" }

// response is a response as far as it came.
type response struct {
	status int
	header http.Header
	body   string
	err    error
}

// send sends a request with the right Authorization and a Content-Type, or with a header instead.
func (f *fixture) send(ctx context.Context, method, path, body string, header ...string) response {
	r, _ := http.NewRequestWithContext(ctx, method, f.base+path, strings.NewReader(body))
	r.Header.Set("Authorization", "Token "+f.Token())
	r.Header.Set("Content-Type", "application/json")
	if len(header) > 0 {
		r.Header[header[0]] = header[1:]
	}
	resp, err := f.client.Do(r)
	if err != nil {
		return response{err: err}
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	return response{resp.StatusCode, resp.Header, string(data), err}
}

func (f *fixture) list() response { return f.send(f.Context(), "GET", listPath(f.job), "") }

func (f *fixture) create(ctx context.Context, key string) response {
	return f.send(ctx, "POST", aliasPath(f.job, f.secret), `{"key":"`+key+`"}`)
}

// want also checks the body of an error, whose detail contains part.
func (got response) want(t testing.TB, status int, part string) {
	t.Helper()
	isJSON := got.header.Get("Content-Type") == "application/json"
	if got.status != status || got.header.Get("X-Request-Id") == "" || isJSON == (status == 204) {
		t.Errorf("%+v; want %d", got, status)
	}
	body := fmt.Sprintf(`{"status":%d,"detail":"`, status)
	if status >= 400 && (!strings.HasPrefix(got.body, body) || !strings.Contains(got.body, part)) {
		t.Errorf("body %s; want status %d and %q", got.body, status, part)
	}
}

// wantKeys checks the keys of the job's secrets.
func (f *fixture) wantKeys(want string) {
	f.Helper()
	var keys []string
	for _, s := range f.Secrets(f.job) {
		keys = append(keys, s.Key)
	}
	if got := strings.Join(keys, " "); got != want {
		f.Errorf("keys %q, want %q", got, want)
	}
}
