package apitest_test

// The harness: a server with one job that sees one secret, and a plain client.

import (
	"encoding/json"
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
	f := furnish(t, apitest.Start(t))
	f.base = f.URL()
	return f
}

// furnish does without the listener of the server.
func furnish(t testing.TB, srv *apitest.Server) *fixture {
	f := &fixture{TB: t, Server: srv, job: srv.AddJob("nightly")}
	f.secret = srv.AddSecret(f.job, "DB", api.VariableScopeEnvironment)
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	f.client = &http.Client{Transport: transport}
	return f
}

// elsewhere serves the same handler with TLS.
func (f *fixture) elsewhere(http2 bool) *fixture {
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

func (f *fixture) request(method, path, body string) *http.Request {
	f.Helper()
	r, err := http.NewRequestWithContext(f.Context(), method, f.base+path, strings.NewReader(body))
	if err != nil {
		f.Fatal(err)
	}
	r.Header.Set("Authorization", "Token "+f.Token())
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	return r
}

func (f *fixture) listRequest() *http.Request { return f.request("GET", listPath(f.job), "") }

func (f *fixture) createRequest(key string) *http.Request {
	return f.request("POST", aliasPath(f.job, f.secret), `{"key":"`+key+`"}`)
}

type response struct {
	status int
	header http.Header
	body   string
}

// do returns the response as far as it came.
func (f *fixture) do(r *http.Request) (response, error) {
	resp, err := f.client.Do(r)
	if err != nil {
		return response{}, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return response{resp.StatusCode, resp.Header, string(body)}, err
}

func (f *fixture) send(r *http.Request) response {
	f.Helper()
	got, err := f.do(r)
	if err != nil {
		f.Fatal(err)
	}
	return got
}

// wantStatus also checks the body of an error, whose detail contains part.
func wantStatus(t testing.TB, got response, status int, part string) {
	t.Helper()
	if got.status != status || got.header.Get("X-Request-Id") == "" {
		t.Errorf("%d %v %s; want %d", got.status, got.header, got.body, status)
	}
	if status != http.StatusNoContent && got.header.Get("Content-Type") != "application/json" {
		t.Errorf("Content-Type %q", got.header.Get("Content-Type"))
	}
	if status < 400 {
		return
	}
	var fields map[string]any
	if err := json.Unmarshal([]byte(got.body), &fields); err != nil {
		t.Errorf("body %q: %v", got.body, err)
	}
	detail, _ := fields["detail"].(string)
	if fields["status"] != float64(status) || len(fields) != 2 || detail == "" || !strings.Contains(detail, part) {
		t.Errorf("body %s; want status %d and %q", got.body, status, part)
	}
	for _, internal := range []string{"invalid", "uuid.", "json:", "unmarshal", "parse"} {
		if strings.Contains(detail, internal) {
			t.Errorf("%q shows Go internals", detail)
		}
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
