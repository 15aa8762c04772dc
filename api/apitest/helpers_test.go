package apitest_test

// What the tests here share: a client of plain net/http.

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/api/apitest"
	"github.com/qovery-alias/qovery-alias-go/generated"
)

const environment = generated.VariableScopeEnvironment

type reply struct {
	status int
	header http.Header
	body   []byte
}

func listPath(job uuid.UUID) string           { return "/job/" + job.String() + "/secret" }
func deletePath(job, secret uuid.UUID) string { return listPath(job) + "/" + secret.String() }
func aliasPath(job, secret uuid.UUID) string  { return deletePath(job, secret) + "/alias" }

func request(t testing.TB, srv *apitest.Server, base, method, path, body string) *http.Request {
	t.Helper()
	var reader io.Reader
	if body != "" {
		reader = strings.NewReader(body)
	}
	r, err := http.NewRequestWithContext(t.Context(), method, base+path, reader)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Token "+srv.Token())
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	return r
}

// do reads the answer as far as it comes.
func do(c *http.Client, r *http.Request) (reply, error) {
	resp, err := c.Do(r)
	if err != nil {
		return reply{}, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return reply{resp.StatusCode, resp.Header, body}, err
}

// client has connections of its own, which end with the test.
func client(t testing.TB) *http.Client {
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

func send(t testing.TB, r *http.Request) reply {
	t.Helper()
	got, err := do(client(t), r)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func call(t testing.TB, srv *apitest.Server, method, path, body string) reply {
	t.Helper()
	return send(t, request(t, srv, srv.URL(), method, path, body))
}

// wantProblem checks an error answer as a whole; part is part of its detail.
func wantProblem(t *testing.T, got reply, status int, part string) {
	t.Helper()
	var fields map[string]any
	if err := json.Unmarshal(got.body, &fields); err != nil {
		t.Fatalf("status %d, body %q: %v", got.status, got.body, err)
	}
	detail, _ := fields["detail"].(string)
	if got.status != status || fields["status"] != float64(status) || len(fields) != 2 || detail == "" || !strings.Contains(detail, part) {
		t.Errorf("status %d, body %s; want %d and %q", got.status, got.body, status, part)
	}
	if ct := got.header.Get("Content-Type"); ct != "application/json" {
		t.Errorf("Content-Type %q", ct)
	}
	if got.header.Get("X-Request-Id") == "" {
		t.Error("no X-Request-Id")
	}
}

func keys(secrets []generated.Secret) string {
	var all []string
	for _, s := range secrets {
		all = append(all, s.Key)
	}
	return strings.Join(all, " ")
}
