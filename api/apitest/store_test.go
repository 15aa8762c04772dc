package apitest_test

// The operations and their rules.

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/api"
	"github.com/qovery-alias/qovery-alias-go/api/apitest"
)

func TestCreateResponse(t *testing.T) {
	f := newFixture(t)
	const body = `{"key":"PG","description":"main","enable_interpolation_in_file":false,"unknown":[1]}`
	got := f.send(t.Context(), "POST", aliasPath(f.job, f.secret), body)
	got.want(t, 201, "")
	got.body = regexp.MustCompile(`"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z"`).ReplaceAllString(got.body, `"now"`)
	want := fmt.Sprintf(`{"id":"%s","key":"PG","scope":"JOB","variable_type":"ALIAS","description":"main",`+
		`"enable_interpolation_in_file":false,"created_at":"now","updated_at":"now",`+
		`"aliased_secret":{"id":"%s","key":"DB","scope":"ENVIRONMENT","variable_type":"VALUE","description":"",`+
		`"enable_interpolation_in_file":null,"mount_path":null},"overridden_secret":null,`+
		`"service_id":"%s","service_name":"nightly","service_type":"JOB","owned_by":"QOVERY"}`,
		f.Secrets(f.job)[1].ID, f.secret, f.job)
	if got.body != want {
		t.Errorf("got  %s\nwant %s", got.body, want)
	}
}

func TestCreateChecksTheRequest(t *testing.T) {
	f := newFixture(t)
	const limit = api.MaxDescriptionLength
	description := func(length int) string {
		return `{"key":"K","description":"` + strings.Repeat("é", length) + `"}`
	}
	for _, c := range []struct {
		body   string
		status int
		part   string
	}{
		{`{"key":"K","description":null,"enable_interpolation_in_file":null}`, 201, ""},
		{description(limit), 201, ""},
		{description(limit + 1), 400, fmt.Sprintf("description: has %d characters, at most %d", limit+1, limit)},
		{`{"KEY":"K"}`, 400, "key is required"},
		{`{"key":1}`, 400, "key has a value of the wrong type"},
		{`{"key":"K","description":[]}`, 400, "description has"},
		{`{"key":"K","enable_interpolation_in_file":"true"}`, 400, "enable_interpolation_in_file has"},
		{`null`, 400, "JSON object"},
		{`{"key":"K"} {}`, 400, "JSON object"},
		{`{"key":"K"}` + strings.Repeat(" ", 1<<20-11), 201, ""},
		{`{"key":"K"}` + strings.Repeat(" ", 1<<20-10), 400, "larger"},
	} {
		f.send(t.Context(), "POST", aliasPath(f.job, f.secret), c.body).want(t, c.status, c.part)
		for _, alias := range f.Secrets(f.job)[1:] {
			f.send(t.Context(), "DELETE", deletePath(f.job, alias.ID), "").want(t, 204, "")
		}
	}
	path := aliasPath(f.job, f.secret)
	f.send(t.Context(), "POST", path, `{"key":"D"}`, "Content-Type", "text/plain").want(t, 415, "json")
}

func TestRules(t *testing.T) {
	f := newFixture(t)
	own := f.AddSecret(f.job, "OWN", api.VariableScopeJob)
	builtIn := f.AddSecret(f.job, "QOVERY_DB", api.VariableScopeBuiltIn)
	alias := f.AddAlias(f.job, f.secret, "PG")
	foreign := f.AddSecret(f.AddJob("other"), "FOREIGN", api.VariableScopeEnvironment)
	none := uuid.New()
	for _, c := range []struct {
		method, path, key string
		status            int
		part              string
	}{
		{"GET", listPath(none), "", 404, "job"},
		{"POST", aliasPath(none, f.secret), "K", 404, "job"},
		{"POST", aliasPath(f.job, none), "K", 404, "secret"},
		{"POST", aliasPath(f.job, foreign), "K", 404, "secret"},
		{"POST", aliasPath(f.job, alias), "PG", 400, "alias"},
		{"POST", aliasPath(f.job, own), "A1", 201, ""},
		{"POST", aliasPath(f.job, builtIn), "A2", 201, ""},
		{"POST", aliasPath(f.job, own), "PG", 409, "Variable already exists: PG"},
		{"POST", aliasPath(f.job, f.secret), "DB", 409, "Variable already exists: DB"},
		{"POST", aliasPath(f.job, own), "QOVERY_DB", 409, "Variable already exists: QOVERY_DB"},
		{"POST", aliasPath(f.job, f.secret), "pg", 201, ""},
		{"DELETE", deletePath(none, own), "", 404, "job"},
		{"DELETE", deletePath(f.job, builtIn), "", 403, "secret " + builtIn.String()},
		{"DELETE", deletePath(f.job, alias), "", 204, ""},
		{"DELETE", deletePath(f.job, alias), "", 404, "secret " + alias.String()},
		{"DELETE", deletePath(f.job, f.secret), "", 204, ""},
	} {
		f.send(t.Context(), c.method, c.path, `{"key":"`+c.key+`"}`).want(t, c.status, c.part)
	}
	f.wantKeys("OWN QOVERY_DB A1 A2") // with a secret its aliases are gone
}

// Secrets is what a client lists, and the caller's to modify. A key can be both inherited and of the
// job, as with an override.
func TestSecrets(t *testing.T) {
	f := newFixture(t)
	f.AddSecret(f.job, "A", "MOON")
	f.AddAlias(f.job, f.secret, "M")
	f.AddSecret(f.job, "DB", api.VariableScopeJob)
	f.AddSecret(f.job, "M", api.VariableScopeProject)
	f.wantKeys("DB A M DB M")
	for range 2 {
		var list struct{ Results []api.Secret }
		err, secrets := json.Unmarshal([]byte(f.list().body), &list), f.Secrets(f.job)
		if err != nil || !reflect.DeepEqual(list.Results, secrets) {
			t.Errorf("%v: %v, want %v", err, list, secrets)
		}
		secrets[0].Key, secrets[2].AliasedSecret.Key = "changed", "changed"
	}
	if got := f.send(t.Context(), "GET", listPath(f.AddJob("empty")), "").body; got != `{"results":[]}` {
		t.Error(got)
	}
}

func TestMisusePanics(t *testing.T) {
	f := newFixture(t)
	alias := f.AddAlias(f.job, f.secret, "PG")
	for name, misuse := range map[string]func(){
		"AddSecret, key in use":      func() { f.AddSecret(f.job, "PG", api.VariableScopeJob) },
		"AddAlias, on an alias":      func() { f.AddAlias(f.job, alias, "K") },
		"AddAlias, key in use":       func() { f.AddAlias(f.job, f.secret, "DB") },
		"Secrets, unknown job":       func() { f.Secrets(uuid.New()) },
		"Inject, status":             func() { f.Inject(apitest.Fault{Status: 100}) },
		"Inject, negative Times":     func() { f.Inject(apitest.Fault{Times: -1}) },
		"RateLimit, status":          func() { f.RateLimit(1, 500) },
		"RateLimit, below no limits": func() { f.RateLimit(-1, 429) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if text, _ := recover().(string); !strings.HasPrefix(text, "apitest: ") {
					t.Errorf("%q", text)
				}
			}()
			misuse()
		})
	}
	f.wantKeys("DB PG")
	f.list().want(t, 200, "")
}

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
