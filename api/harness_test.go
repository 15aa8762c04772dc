package api_test

// The harness: the fake of package apitest, reached in memory, so that virtual time works, and one way to
// name all that an error matches.

import (
	"cmp"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"
	"unicode"

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/api"
	"github.com/qovery-alias/qovery-alias-go/api/apitest"
)

const (
	creating = "createJobSecretAlias"
	listing  = "listJobSecrets"
	deleting = "deleteJobSecret"

	nowhere      = "https://qovery.invalid" // for clients that send through a RoundTripper
	plantedToken = "qov_7Zk2mQx9Wv4Lr8Tn3Hs6Yd1B"
	aKey         = "PGPASSWORD"
)

var (
	aJob      = uuid.MustParse("0a000000-0000-4000-8000-000000000001")
	aSecret   = uuid.MustParse("0b000000-0000-4000-8000-000000000002")
	anAlias   = uuid.MustParse("0c000000-0000-4000-8000-000000000003")
	aStranger = uuid.MustParse("0d000000-0000-4000-8000-000000000004")
)

// errWhy is the cause that tests give to contexts and to token sources.
var errWhy = errors.New("the test wants it so")

// errorNames names what an error may match. The causes are in lower case.
var errorNames = []struct {
	name string
	err  error
}{
	{"Unknown", api.ErrOutcomeUnknown}, {"NotSent", api.ErrNotSent}, {"NoResponse", api.ErrNoResponse},
	{"Invalid", api.ErrInvalidRequest}, {"Unauthorized", api.ErrUnauthorized}, {"Forbidden", api.ErrForbidden},
	{"NotFound", api.ErrNotFound}, {"Conflict", api.ErrConflict}, {"RateLimited", api.ErrRateLimited},
	{"Server", api.ErrServer}, {"Unexpected", api.ErrUnexpectedResponse},
	{"canceled", context.Canceled}, {"deadline", context.DeadlineExceeded}, {"why", errWhy},
	{"reset", syscall.ECONNRESET}, {"refused", syscall.ECONNREFUSED}, {"cut", io.ErrUnexpectedEOF},
}

// matches names all that an error matches: what is not named is known not to match. No error is "-".
func matches(err error) string {
	if err == nil {
		return "-"
	}
	var all []string
	for _, n := range errorNames {
		if errors.Is(err, n.err) {
			all = append(all, n.name)
		}
	}
	if e := new(api.Error); errors.As(err, &e) && e.Timeout() {
		all = append(all, "timeout")
	}
	return strings.Join(all, " ")
}

// sentinels is matches without the causes.
func sentinels(err error) string {
	all := strings.Fields(matches(err))
	isCause := func(name string) bool { return unicode.IsLower(rune(name[0])) }
	return strings.Join(slices.DeleteFunc(all, isCause), " ")
}

// want checks what an error matches, and that it is an *Error with this status.
func want(t testing.TB, err error, names string, status int) *api.Error {
	t.Helper()
	if got := matches(err); got != names {
		t.Errorf("matches %q, want %q: %v", got, names, err)
	}
	e := new(api.Error)
	switch {
	case err == nil:
	case !errors.As(err, &e):
		t.Errorf("is a %T, not an *Error", err)
	case e.StatusCode != status:
		t.Errorf("StatusCode %d, want %d: %v", e.StatusCode, status, err)
	}
	return e
}

// errOf is the error of a call that returns something else too.
func errOf[T any](_ T, err error) error { return err }

// bubble runs a test in virtual time.
func bubble(t *testing.T, name string, f func(t *testing.T)) {
	t.Helper()
	t.Run(name, func(t *testing.T) { synctest.Test(t, f) })
}

// within is the context of a test that ends after d; 0: it does not.
func within(t testing.TB, d time.Duration) context.Context {
	if d == 0 {
		return t.Context()
	}
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

// cancelledAfter is one that is cancelled after d for this cause.
func cancelledAfter(t testing.TB, d time.Duration, cause error) context.Context {
	ctx, cancel := context.WithCancelCause(t.Context())
	timer := time.AfterFunc(d, func() { cancel(cause) })
	t.Cleanup(func() { timer.Stop(); cancel(nil) })
	return ctx
}

// fields are members of a JSON object. The value absent{} removes one.
type fields map[string]any

type absent struct{}

// reference is an aliased_secret.
func reference(id any) fields {
	return fields{"id": id, "key": "DB_PASSWORD", "mount_path": nil, "scope": "ENVIRONMENT",
		"variable_type": "VALUE", "description": "", "enable_interpolation_in_file": nil}
}

// alias is Qovery's response when aKey becomes an alias of aSecret.
func alias(changes ...fields) string {
	all := fields{
		"id": anAlias, "key": aKey, "scope": "JOB", "variable_type": "ALIAS",
		"created_at": "2026-08-20T10:11:12.123456Z", "updated_at": "2026-08-20T10:11:12.123456Z",
		"aliased_secret": reference(aSecret), "overridden_secret": nil,
		"service_id": aJob, "service_name": "nightly", "service_type": "JOB", "owned_by": "QOVERY",
		"description": "", "enable_interpolation_in_file": nil,
	}
	for _, c := range changes {
		maps.Copy(all, c)
	}
	maps.DeleteFunc(all, func(_ string, v any) bool { return v == absent{} })
	data, _ := json.Marshal(all)
	return string(data)
}

// results is a list of secrets.
func results(secrets ...string) string { return `{"results":[` + strings.Join(secrets, ",") + `]}` }

const page = "<!DOCTYPE html>\n<html><head><title>Bad\n gateway &amp; more</title></head><body>502</body>"

// reply is a fixed response. Its request id is req-1, unless header has another.
type reply struct {
	status int
	body   string
	header http.Header
}

func (r reply) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("X-Request-Id", "req-1")
	maps.Copy(w.Header(), r.header)
	w.WriteHeader(r.status)
	io.WriteString(w, r.body)
}

func (r reply) response() *http.Response {
	rec := httptest.NewRecorder()
	r.ServeHTTP(rec, nil)
	return rec.Result()
}

var (
	created   = reply{status: 201, body: alias()}
	emptyList = reply{status: 200, body: results()}
)

// roundTrip is an http.RoundTripper.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// fixed replies to lists in one way, and to all other requests in another.
func fixed(other, list reply) roundTrip {
	return func(r *http.Request) (*http.Response, error) {
		if read(r); r.Method == "GET" {
			return list.response(), nil
		}
		return other.response(), nil
	}
}

// read takes the body of a request, as a transport does that sends it.
func read(req *http.Request) string {
	if req.Body == nil {
		return ""
	}
	defer req.Body.Close()
	body, _ := io.ReadAll(req.Body)
	return string(body)
}

// through makes a client send through rt.
func through(rt http.RoundTripper) api.Option { return api.WithHTTPClient(&http.Client{Transport: rt}) }

var atOnce = api.WithBackoff(func(int) time.Duration { return 0 })

// clientWith signs with auth, and does not wait between attempts.
func clientWith(t testing.TB, auth api.Auth, opts ...api.Option) *api.Client {
	t.Helper()
	client, err := api.NewClient(auth, append([]api.Option{atOnce, api.WithBaseURL(nowhere)}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.CloseIdleConnections)
	return client
}

// clientOf sends through rt.
func clientOf(t testing.TB, rt http.RoundTripper, opts ...api.Option) *api.Client {
	t.Helper()
	return clientWith(t, api.APIToken(plantedToken), append([]api.Option{through(rt)}, opts...)...)
}

// create asks for the alias that alias() is the response to.
func create(t testing.TB, client *api.Client) (*api.Secret, error) {
	return client.CreateJobSecretAlias(t.Context(), aJob, aSecret, api.AliasRequest{Key: aKey})
}

// refusal is the *Error of a create to which a server sends r.
func refusal(t testing.TB, r reply) *api.Error {
	t.Helper()
	_, err := create(t, clientOf(t, fixed(r, emptyList)))
	e := new(api.Error)
	if !errors.As(err, &e) {
		t.Fatalf("got %v", err)
	}
	return e
}

// serve serves h on a real listener.
func serve(t testing.TB, h http.Handler) (url string) {
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

// fixture is a fake with one job and one secret to alias, and a client for it. As an http.RoundTripper it
// notes when requests are sent, and lets happen to them what on says.
type fixture struct {
	t           testing.TB
	srv         *apitest.Server
	fake        roundTrip
	api         *api.Client
	job, secret uuid.UUID
	start       time.Time
	open        atomic.Int32 // bodies of responses

	mu    sync.Mutex
	steps map[string][]happening     // by method
	at    map[string][]time.Duration // since the start, by method
}

// newFixture connects a client to the fake in memory. It does not wait between attempts unless opts say so.
func newFixture(t testing.TB, opts ...api.Option) *fixture {
	t.Helper()
	srv := apitest.Start(t)
	fx := &fixture{t: t, srv: srv, job: srv.AddJob("nightly"), start: time.Now(),
		steps: map[string][]happening{}, at: map[string][]time.Duration{}}
	fx.fake = func(r *http.Request) (*http.Response, error) {
		if r.Context().Err() != nil {
			return nil, r.Context().Err()
		}
		rec := httptest.NewRecorder()
		srv.Handler().ServeHTTP(rec, r)
		return rec.Result(), nil
	}
	fx.secret = srv.AddSecret(fx.job, "DB_PASSWORD", api.VariableScopeEnvironment)
	fx.api = fx.client(fx, opts...)
	t.Cleanup(func() {
		if n := fx.open.Load(); n != 0 {
			t.Errorf("%d bodies are not closed", n)
		}
	})
	return fx
}

// client makes another client for the same fake.
func (fx *fixture) client(rt http.RoundTripper, opts ...api.Option) *api.Client {
	fx.t.Helper()
	return clientWith(fx.t, api.APIToken(fx.srv.Token()), append([]api.Option{through(rt)}, opts...)...)
}

// on lets the nth request of a method from now on meet steps[n], the last for good.
func (fx *fixture) on(method string, steps ...happening) {
	fx.mu.Lock()
	defer fx.mu.Unlock()
	fx.steps[method] = steps
	delete(fx.at, method)
}

// RoundTrip implements http.RoundTripper.
func (fx *fixture) RoundTrip(req *http.Request) (*http.Response, error) {
	fx.mu.Lock()
	h, steps, n := happening(regular), fx.steps[req.Method], len(fx.at[req.Method])
	if len(steps) > 0 {
		h = steps[min(n, len(steps)-1)]
	}
	fx.at[req.Method] = append(fx.at[req.Method], time.Since(fx.start))
	fx.mu.Unlock()
	resp, err := h(fx.fake, req)
	if err == nil && resp != nil && resp.Body != nil {
		fx.open.Add(1)
		resp.Body = &openBody{resp.Body, &fx.open}
	}
	return resp, err
}

// openBody is a body that is to be closed.
type openBody struct {
	io.ReadCloser
	open *atomic.Int32
}

func (b *openBody) Close() error { b.open.Add(-1); return b.ReadCloser.Close() }

// sent is how many requests of a method the client has sent since on was told of it.
func (fx *fixture) sent(method string) int {
	fx.mu.Lock()
	defer fx.mu.Unlock()
	return len(fx.at[method])
}

// wantSent checks how many requests the client has sent.
func (fx *fixture) wantSent(posts, lists, deletes int) {
	fx.t.Helper()
	p, l, d := fx.sent("POST"), fx.sent("GET"), fx.sent("DELETE")
	if p != posts || l != lists || d != deletes {
		fx.t.Errorf("%d POST, %d GET, %d DELETE; want %d, %d, %d", p, l, d, posts, lists, deletes)
	}
}

// holder is the job's own secret of this key on the server; nil: there is none.
func (fx *fixture) holder(key string) *api.Secret {
	for _, s := range fx.srv.Secrets(fx.job) {
		if s.Scope == api.VariableScopeJob && s.Key == key {
			return &s
		}
	}
	return nil
}

// wantElapsed checks how much virtual time has passed since the fixture was made.
func (fx *fixture) wantElapsed(want time.Duration) {
	fx.t.Helper()
	if got := time.Since(fx.start); got != want {
		fx.t.Errorf("took %s, want %s", got, want)
	}
}

// create and ensure ask for the alias PG of the fixture's secret.
func (fx *fixture) create(ctx context.Context) (*api.Secret, error) {
	return fx.api.CreateJobSecretAlias(ctx, fx.job, fx.secret, api.AliasRequest{Key: "PG"})
}

func (fx *fixture) ensure(ctx context.Context) (*api.Secret, bool, error) {
	return fx.api.EnsureJobSecretAlias(ctx, fx.job, fx.secret, api.AliasRequest{Key: "PG"})
}

// happening is what becomes of a request instead of reaching the fake by itself.
type happening func(fake http.RoundTripper, req *http.Request) (*http.Response, error)

func regular(fake http.RoundTripper, req *http.Request) (*http.Response, error) {
	return fake.RoundTrip(req)
}

// replied is a response that something in between makes up.
func replied(status int, body string, header http.Header) happening {
	return func(_ http.RoundTripper, req *http.Request) (*http.Response, error) {
		read(req)
		return reply{status, body, header}.response(), nil
	}
}

// answered is one that no redirect of is to be followed.
func answered(status int, body string) happening {
	return replied(status, body, http.Header{"Location": {nowhere + "/elsewhere"}})
}

// status is one of nothing else.
func status(status int) happening { return answered(status, "") }

// steps are what happens to one request after the other.
func steps(all ...happening) []happening { return all }

// asksToWait is one with a Retry-After.
func asksToWait(status int, retryAfter string) happening {
	return replied(status, "", http.Header{"Retry-After": {retryAfter}})
}

// successOf is the documented status of success of each operation.
var successOf = map[string]int{"POST": 201, "GET": 200, "DELETE": 204}

// succeeded is the documented success with another body.
func succeeded(body string) happening {
	return func(fake http.RoundTripper, req *http.Request) (*http.Response, error) {
		return answered(successOf[req.Method], body)(fake, req)
	}
}

// begun is a response, 0: the documented success, with a body that breaks off, or does not come.
func begun(status int, rest func(context.Context) io.Reader) happening {
	return func(_ http.RoundTripper, req *http.Request) (*http.Response, error) {
		read(req)
		resp := reply{status: cmp.Or(status, successOf[req.Method])}.response()
		resp.Body = io.NopCloser(io.MultiReader(strings.NewReader(`{"id":`), rest(req.Context())))
		return resp, nil
	}
}

var truncated = begun(0, func(context.Context) io.Reader { return iotest.ErrReader(io.ErrUnexpectedEOF) })

func hanging(ctx context.Context) io.Reader {
	r, w := io.Pipe()
	context.AfterFunc(ctx, func() { w.CloseWithError(ctx.Err()) })
	return r
}

func connectionReset(_ http.RoundTripper, req *http.Request) (*http.Response, error) {
	read(req)
	return nil, &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}
}

// returned is what a RoundTripper returns that breaks the rules of net/http.
func returned(resp *http.Response) happening {
	return func(_ http.RoundTripper, req *http.Request) (*http.Response, error) {
		if read(req); resp == nil {
			return nil, nil
		}
		return &http.Response{StatusCode: resp.StatusCode}, nil
	}
}

func hangs(_ http.RoundTripper, req *http.Request) (*http.Response, error) {
	read(req)
	<-req.Context().Done()
	return nil, req.Context().Err()
}

// unsent is the error of a transport that has not read the request's body.
func unsent(err error) happening {
	return func(_ http.RoundTripper, req *http.Request) (*http.Response, error) {
		if req.Body != nil {
			req.Body.Close()
		}
		return nil, err
	}
}

// dialed is an error of a dial.
func dialed(err error) error { return &net.OpError{Op: "dial", Net: "tcp", Err: err} }

var connectionRefused = unsent(dialed(syscall.ECONNREFUSED))

// untrusted is the error of a transport that does not trust a certificate.
var untrusted = &tls.CertificateVerificationError{Err: errors.New("signed by an unknown authority")}

// applied lets the request take effect before h happens to its response.
func applied(h happening) happening {
	return func(fake http.RoundTripper, req *http.Request) (*http.Response, error) {
		if resp, err := fake.RoundTrip(req); err == nil {
			resp.Body.Close()
		}
		req = req.Clone(req.Context())
		req.Body = http.NoBody
		return h(fake, req)
	}
}

// tokens is an Auth whose source returns these.
func tokens(token string, err error) *api.Auth {
	auth := api.APITokenSource(func(context.Context) (string, error) { return token, err })
	return &auth
}
