package api_test

// The harness of these tests: the fake of package apitest, reached in memory, so that
// virtual time works, or a server that sends fixed responses over a real listener; and one
// way to name all that an error matches.

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"io"
	"log"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/api"
	"github.com/qovery-alias/qovery-alias-go/api/apitest"
)

// The operations, as errors and log records name them.
const (
	creating = "createJobSecretAlias"
	listing  = "listJobSecrets"
	deleting = "deleteJobSecret"
)

// Errors.

// The names of what an error may match, in the order in which they are written.
var (
	sentinelNames = []named{
		{"Unknown", api.ErrOutcomeUnknown}, {"NotSent", api.ErrNotSent}, {"NoResponse", api.ErrNoResponse},
		{"Invalid", api.ErrInvalidRequest}, {"Unauthorized", api.ErrUnauthorized}, {"Forbidden", api.ErrForbidden},
		{"NotFound", api.ErrNotFound}, {"Conflict", api.ErrConflict}, {"RateLimited", api.ErrRateLimited},
		{"Server", api.ErrServer}, {"Unexpected", api.ErrUnexpectedResponse},
	}
	causeNames = []named{
		{"canceled", context.Canceled}, {"deadline", context.DeadlineExceeded}, {"why", errWhy},
		{"reset", syscall.ECONNRESET}, {"refused", syscall.ECONNREFUSED}, {"cut", io.ErrUnexpectedEOF},
	}
)

type named struct {
	name string
	err  error
}

// errWhy is the cause that tests give to contexts and to token sources.
var errWhy = errors.New("the test wants it so")

func names(err error, some ...named) string {
	if err == nil {
		return "-"
	}
	var all []string
	for _, n := range some {
		if errors.Is(err, n.err) {
			all = append(all, n.name)
		}
	}
	return strings.Join(all, " ")
}

// sentinels names all sentinels that an error matches: what is not named is known not
// to match. No error is "-".
func sentinels(err error) string { return names(err, sentinelNames...) }

// matches names the sentinels and, after them, the causes, "timeout" among them.
func matches(err error) string {
	all := names(err, append(sentinelNames[:len(sentinelNames):len(sentinelNames)], causeNames...)...)
	if e := (*api.Error)(nil); errors.As(err, &e) && e.Timeout() {
		all = strings.TrimSpace(all + " timeout")
	}
	return all
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

// failure is the *Error in err. There has to be one, of the operation.
func failure(t testing.TB, err error, operation string) *api.Error {
	t.Helper()
	var e *api.Error
	if !errors.As(err, &e) {
		t.Fatalf("got %v (%T), want an *api.Error", err, err)
	}
	if e.Operation != operation {
		t.Errorf("operation %q, want %q", e.Operation, operation)
	}
	return e
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

// bubble runs a test in virtual time.
func bubble(t *testing.T, name string, f func(t *testing.T)) {
	t.Helper()
	t.Run(name, func(t *testing.T) { synctest.Test(t, f) })
}

// Bodies.

// plantedToken is what clients sign with here, unless they are asked otherwise.
const plantedToken = "qov_7Zk2mQx9Wv4Lr8Tn3Hs6Yd1B"

const aKey = "PGPASSWORD"

var (
	aJob      = uuid.MustParse("0a000000-0000-4000-8000-000000000001")
	aSecret   = uuid.MustParse("0b000000-0000-4000-8000-000000000002")
	anAlias   = uuid.MustParse("0c000000-0000-4000-8000-000000000003")
	aStranger = uuid.MustParse("0d000000-0000-4000-8000-000000000004")
)

// fields changes some members of a JSON object: a value replaces, absent{} removes.
type fields map[string]any

type absent struct{}

func object(parts ...fields) string {
	all := fields{}
	for _, part := range parts {
		maps.Copy(all, part)
	}
	maps.DeleteFunc(all, func(_ string, v any) bool { return v == absent{} })
	data, err := json.Marshal(all)
	if err != nil {
		panic(err)
	}
	return string(data)
}

// reference is an aliased_secret.
func reference(id any) fields {
	return fields{"id": id, "key": "DB_PASSWORD", "mount_path": nil, "scope": "ENVIRONMENT",
		"variable_type": "VALUE", "description": "", "enable_interpolation_in_file": nil}
}

// alias is Qovery's response when aKey becomes an alias of aSecret.
func alias(changes ...fields) string {
	return object(append([]fields{{
		"id": anAlias, "key": aKey, "scope": "JOB", "variable_type": "ALIAS",
		"created_at": "2026-08-20T10:11:12.123456Z", "updated_at": "2026-08-20T10:11:12.123456Z",
		"aliased_secret": reference(aSecret), "overridden_secret": nil,
		"service_id": aJob, "service_name": "nightly", "service_type": "JOB", "owned_by": "QOVERY",
		"description": "", "enable_interpolation_in_file": nil,
	}}, changes...)...)
}

// results is a list of secrets.
func results(secrets ...string) string { return `{"results":[` + strings.Join(secrets, ",") + `]}` }

const page = "<!DOCTYPE html>\n<html><head><title>Bad\n gateway &amp; more</title></head><body><h1>502</h1></body></html>"

// Fixed responses.

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

// response is what a RoundTripper returns of it.
func (r reply) response() *http.Response {
	rec := httptest.NewRecorder()
	r.ServeHTTP(rec, nil)
	return rec.Result()
}

var (
	created   = reply{status: 201, body: alias()}
	emptyList = reply{status: 200, body: results()}
	aliasList = reply{status: 200, body: results(alias())}
)

// seen is created, after f has seen the request.
func seen(f func(*http.Request)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { f(r); created.ServeHTTP(w, r) })
}

// endpoint is a server on a real listener that serves creates in one way and lists in
// another, and counts both.
type endpoint struct {
	*httptest.Server
	creates, lists atomic.Int32
}

func serve(t testing.TB, create, list http.Handler) *endpoint {
	e := &endpoint{}
	e.Server = quiet(httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.Method + " " + r.URL.Path {
		case "POST /job/" + aJob.String() + "/secret/" + aSecret.String() + "/alias":
			e.creates.Add(1)
			create.ServeHTTP(w, r)
		case "GET /job/" + aJob.String() + "/secret":
			e.lists.Add(1)
			list.ServeHTTP(w, r)
		default:
			t.Errorf("unexpected request: %s %s", r.Method, r.URL)
		}
	})))
	e.Start()
	t.Cleanup(e.Close)
	return e
}

// quiet keeps what a server has to say of broken clients out of the test's output.
func quiet(s *httptest.Server) *httptest.Server {
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	return s
}

// rawServer lets serve do with each connection what it likes, and closes it then.
func rawServer(t testing.TB, serve func(conn *net.TCPConn)) (url string) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var open sync.WaitGroup
	open.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			open.Go(func() {
				defer conn.Close()
				serve(conn.(*net.TCPConn))
			})
		}
	})
	t.Cleanup(func() { listener.Close(); open.Wait() })
	return "http://" + listener.Addr().String()
}

// reset ends a connection as a crash does.
func reset(conn *net.TCPConn) {
	conn.SetLinger(0)
	conn.Close()
}

// Clients.

var atOnce = api.WithBackoff(func(int) time.Duration { return 0 })

// nowhere is an address for clients that send through a RoundTripper of their own.
const nowhere = "https://qovery.invalid"

// clientOf talks to url and does not wait between attempts.
func clientOf(t testing.TB, url string, opts ...api.Option) *api.Client {
	t.Helper()
	return clientWith(t, api.APIToken(plantedToken), append([]api.Option{api.WithBaseURL(url)}, opts...)...)
}

// clientWith signs with auth.
func clientWith(t testing.TB, auth api.Auth, opts ...api.Option) *api.Client {
	t.Helper()
	client, err := api.NewClient(auth, append([]api.Option{atOnce}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.CloseIdleConnections)
	return client
}

// create asks for the alias that alias() is the response to.
func create(t testing.TB, client *api.Client) (*api.Secret, error) {
	t.Helper()
	return client.CreateJobSecretAlias(t.Context(), aJob, aSecret, api.AliasRequest{Key: aKey})
}

// refused is the *Error of a create to which a server sends r.
func refused(t testing.TB, r reply) *api.Error {
	t.Helper()
	_, err := create(t, clientOf(t, serve(t, r, emptyList).URL))
	return failure(t, err, creating)
}

// roundTrip is an http.RoundTripper.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// through makes a client send through rt.
func through(rt http.RoundTripper) api.Option { return api.WithHTTPClient(&http.Client{Transport: rt}) }

// over makes a client send through f.
func over(f roundTrip) api.Option { return through(f) }

// refuse is a dial that nobody listens to.
func refuse(context.Context, string, string) (net.Conn, error) {
	return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
}

// hangingDials is a transport whose dials hang until the end of the test: net/http does
// not end a dial with the request that asked for it.
func hangingDials(t testing.TB) *http.Transport {
	over := make(chan struct{})
	t.Cleanup(func() { close(over) })
	return &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		select {
		case <-ctx.Done():
		case <-over:
		}
		return nil, errors.New("the dial has hung")
	}}
}

// untrusted is the error of a transport that does not trust a certificate.
var untrusted = &tls.CertificateVerificationError{Err: errors.New("signed by an unknown authority")}

// The fake.

// wire serves requests in memory. A handler that panics with http.ErrAbortHandler resets
// the connection; once it has begun to respond, it cuts the response off.
type wire struct {
	handler http.Handler
	running sync.WaitGroup // handlers, which may outlive their client
}

func (w *wire) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx := req.Context()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	var body []byte
	if req.Body != nil {
		body, _ = io.ReadAll(req.Body)
		req.Body.Close()
	}
	r := req.Clone(ctx)
	r.Body, r.Host, r.RequestURI = io.NopCloser(bytes.NewReader(body)), req.URL.Host, req.URL.RequestURI()
	rec, done := newRecorder(), make(chan struct{})
	w.running.Go(func() {
		defer close(done)
		rec.serve(w.handler, r)
	})
	select {
	case <-done:
		return rec.response(req)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// recorder is what a handler writes: nothing, where Code is 0.
type recorder struct {
	*httptest.ResponseRecorder
	aborted bool
}

func newRecorder() *recorder {
	rec := &recorder{ResponseRecorder: httptest.NewRecorder()}
	rec.Code = 0
	return rec
}

func (rec *recorder) serve(h http.Handler, r *http.Request) {
	defer func() {
		if p := recover(); p == http.ErrAbortHandler {
			rec.aborted = true
		} else if p != nil {
			panic(p)
		}
	}()
	h.ServeHTTP(rec, r)
	rec.Flush()
}

func (rec *recorder) response(req *http.Request) (*http.Response, error) {
	if rec.Code == 0 {
		return nil, &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}
	}
	resp := rec.Result()
	resp.Request, resp.ContentLength = req, -1
	if rec.aborted {
		resp.Body = io.NopCloser(io.MultiReader(resp.Body, iotest.ErrReader(io.ErrUnexpectedEOF)))
	}
	return resp, nil
}

// fixture is a fake with one job and one secret to alias, and a client for it. As an
// http.RoundTripper it notes when requests are sent, and lets happen to them what on says.
type fixture struct {
	t           testing.TB
	srv         *apitest.Server
	wire        *wire
	api         *api.Client
	job, secret uuid.UUID
	start       time.Time

	mu    sync.Mutex
	steps map[string][]happening     // by method
	at    map[string][]time.Duration // since the start, by method
}

// happening is what becomes of a request instead of reaching the fake by itself.
type happening func(fake http.RoundTripper, req *http.Request) (*http.Response, error)

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
	return h(fx.wire, req)
}

// sent is how many requests of a method the fixture's client has sent.
func (fx *fixture) sent(method string) int {
	fx.mu.Lock()
	defer fx.mu.Unlock()
	return len(fx.at[method])
}

// newFixture connects a client to the fake in memory. It does not wait before retries
// unless opts say so.
func newFixture(t testing.TB, opts ...api.Option) *fixture {
	t.Helper()
	srv := apitest.Start(t)
	fx := &fixture{t: t, srv: srv, wire: &wire{handler: srv.Handler()}, job: srv.AddJob("nightly"), start: time.Now(),
		steps: map[string][]happening{}, at: map[string][]time.Duration{}}
	fx.secret = srv.AddSecret(fx.job, "DB_PASSWORD", api.VariableScopeEnvironment)
	fx.api = fx.client(fx, opts...)
	t.Cleanup(fx.wire.running.Wait)
	return fx
}

// client makes another client for the same fake.
func (fx *fixture) client(rt http.RoundTripper, opts ...api.Option) *api.Client {
	fx.t.Helper()
	return clientWith(fx.t, api.APIToken(fx.srv.Token()), append([]api.Option{api.WithBaseURL(nowhere), through(rt)}, opts...)...)
}

// signed makes one that sends through the fixture and signs with auth.
func (fx *fixture) signed(auth api.Auth, opts ...api.Option) *api.Client {
	fx.t.Helper()
	return clientWith(fx.t, auth, append([]api.Option{api.WithBaseURL(nowhere), through(fx)}, opts...)...)
}

// count is how many requests of a method have reached the fake.
func (fx *fixture) count(method string) (n int) {
	for _, r := range fx.srv.Requests() {
		if r.Method == method {
			n++
		}
	}
	return n
}

// wantCounts checks how many requests have reached the fake.
func (fx *fixture) wantCounts(posts, lists, deletes int) {
	fx.t.Helper()
	if p, g, d := fx.count("POST"), fx.count("GET"), fx.count("DELETE"); p != posts || g != lists || d != deletes {
		fx.t.Errorf("%d POST, %d GET, %d DELETE; want %d, %d, %d", p, g, d, posts, lists, deletes)
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

// inject queues faults for a method.
func (fx *fixture) inject(method string, faults ...apitest.Fault) {
	for _, f := range faults {
		f.Method = method
		fx.srv.Inject(f)
	}
}

// times repeats a fault.
func times(n int, f apitest.Fault) (faults []apitest.Fault) {
	for range n {
		faults = append(faults, f)
	}
	return faults
}

// listOnce makes these secrets, in JSON, the next list.
func (fx *fixture) listOnce(secrets ...string) {
	fx.inject("GET", apitest.Fault{Status: 200, Body: results(secrets...)})
}

// create asks for the alias PG of the fixture's secret.
func (fx *fixture) create(ctx context.Context) (*api.Secret, error) {
	return fx.api.CreateJobSecretAlias(ctx, fx.job, fx.secret, api.AliasRequest{Key: "PG"})
}

// ensure asks for the alias PG of the fixture's secret.
func (fx *fixture) ensure(ctx context.Context) (*api.Secret, bool, error) {
	return fx.api.EnsureJobSecretAlias(ctx, fx.job, fx.secret, api.AliasRequest{Key: "PG"})
}

// wantElapsed checks how much virtual time has passed since the fixture was made.
func (fx *fixture) wantElapsed(want time.Duration) {
	fx.t.Helper()
	if got := time.Since(fx.start); got != want {
		fx.t.Errorf("took %s, want %s", got, want)
	}
}
