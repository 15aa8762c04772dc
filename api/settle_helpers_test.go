package api_test

// What the tests of outcomes share: the fake reached in memory or through pipes, so
// that virtual time works, and a way to name every sentinel that an error matches.

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/api"
	"github.com/qovery-alias/qovery-alias-go/api/apitest"
)

// labWire serves requests in memory. A handler that panics with http.ErrAbortHandler
// resets the connection; once it has begun to answer, it cuts the answer off.
type labWire struct {
	handler http.Handler
	running sync.WaitGroup // handlers, which may outlive their client
}

func (w *labWire) RoundTrip(req *http.Request) (*http.Response, error) {
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
	a, done := &labAnswer{header: http.Header{}}, make(chan struct{})
	w.running.Go(func() {
		defer close(done)
		a.serve(w.handler, r)
	})
	select {
	case <-done:
		return a.response(req)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// labAnswer is what a handler writes.
type labAnswer struct {
	header, sent http.Header
	status       int
	body         bytes.Buffer
	aborted      bool
}

func (a *labAnswer) Header() http.Header { return a.header }

func (a *labAnswer) WriteHeader(status int) {
	if a.status == 0 {
		a.status, a.sent = status, a.header.Clone()
	}
}

func (a *labAnswer) Write(p []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	return a.body.Write(p)
}

func (a *labAnswer) Flush() { a.WriteHeader(http.StatusOK) }

func (a *labAnswer) serve(h http.Handler, r *http.Request) {
	defer func() {
		if p := recover(); p == http.ErrAbortHandler {
			a.aborted = true
		} else if p != nil {
			panic(p)
		}
	}()
	h.ServeHTTP(a, r)
	a.WriteHeader(http.StatusOK)
}

func (a *labAnswer) response(req *http.Request) (*http.Response, error) {
	if a.status == 0 {
		return nil, &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}
	}
	body := io.Reader(bytes.NewReader(a.body.Bytes()))
	if a.aborted {
		body = io.MultiReader(body, labBroken{})
	}
	return &http.Response{StatusCode: a.status, Header: a.sent, Body: io.NopCloser(body), ContentLength: -1,
		ProtoMajor: 1, ProtoMinor: 1, Request: req}, nil
}

type labBroken struct{}

func (labBroken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// labPipes is a listener whose connections are pipes: the real net/http on both ends,
// in virtual time.
type labPipes struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func (l *labPipes) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

func (l *labPipes) Close() error   { l.once.Do(func() { close(l.done) }); return nil }
func (l *labPipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe", Net: "pipe"} }

func (l *labPipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	here, there := net.Pipe()
	select {
	case l.conns <- there:
		return here, nil
	case <-l.done:
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// labServe serves h over pipes until the end of the test.
func labServe(t testing.TB, h http.Handler) *http.Transport {
	l := &labPipes{conns: make(chan net.Conn), done: make(chan struct{})}
	s := &http.Server{Handler: h}
	var serving sync.WaitGroup
	serving.Go(func() { s.Serve(l) })
	transport := &http.Transport{DialContext: l.dial}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		s.Close()
		serving.Wait()
	})
	return transport
}

// lab is a fake with one job and one secret to alias, and a client for it.
type lab struct {
	t           testing.TB
	srv         *apitest.Server
	wire        *labWire
	api         *api.Client
	job, secret uuid.UUID
	start       time.Time
}

// labAt is where the client believes the API to be.
const labAt = "https://qovery.test"

// newLab connects a client to the fake in memory. It does not wait before retries
// unless opts say so.
func newLab(t testing.TB, opts ...api.Option) *lab {
	l := newLabOver(t, nil, opts...)
	return l
}

// newLabOver is newLab with something in front of the fake's handler.
func newLabOver(t testing.TB, front func(fake http.Handler) http.Handler, opts ...api.Option) *lab {
	t.Helper()
	srv := apitest.Start(t)
	h := srv.Handler()
	if front != nil {
		h = front(h)
	}
	l := &lab{t: t, srv: srv, wire: &labWire{handler: h}, job: srv.AddJob("nightly"), start: time.Now()}
	l.secret = srv.AddSecret(l.job, "DB_PASSWORD", api.VariableScopeEnvironment)
	l.api = l.client(l.wire, opts...)
	t.Cleanup(l.wire.running.Wait)
	return l
}

// client makes another client for the same fake.
func (l *lab) client(rt http.RoundTripper, opts ...api.Option) *api.Client {
	l.t.Helper()
	opts = append([]api.Option{api.WithBaseURL(labAt), api.WithHTTPClient(&http.Client{Transport: rt}), labNoWait}, opts...)
	c, err := api.NewClient(api.APIToken(l.srv.Token()), opts...)
	if err != nil {
		l.t.Fatal(err)
	}
	return c
}

var labNoWait = api.WithBackoff(func(int) time.Duration { return 0 })

// count is how many requests of a method have arrived.
func (l *lab) count(method string) (n int) {
	for _, r := range l.srv.Requests() {
		if r.Method == method {
			n++
		}
	}
	return n
}

// wantCounts checks how many requests have arrived.
func (l *lab) wantCounts(posts, lists, deletes int) {
	l.t.Helper()
	if p, g, d := l.count("POST"), l.count("GET"), l.count("DELETE"); p != posts || g != lists || d != deletes {
		l.t.Errorf("%d POST, %d GET, %d DELETE; want %d, %d, %d", p, g, d, posts, lists, deletes)
	}
}

// held is the job's own secret of this key on the server, nil if there is none.
func (l *lab) held(key string) *api.Secret {
	for _, s := range l.srv.Secrets(l.job) {
		if s.Scope == api.VariableScopeJob && s.Key == key {
			return &s
		}
	}
	return nil
}

// create asks for the alias PG of the lab's secret.
func (l *lab) create(ctx context.Context) (*api.Secret, error) {
	return l.api.CreateJobSecretAlias(ctx, l.job, l.secret, api.AliasRequest{Key: "PG"})
}

// ensure asks for the alias PG of the lab's secret.
func (l *lab) ensure(ctx context.Context) (*api.Secret, bool, error) {
	return l.api.EnsureJobSecretAlias(ctx, l.job, l.secret, api.AliasRequest{Key: "PG"})
}

// wantElapsed checks how much virtual time has passed since the lab was made.
func (l *lab) wantElapsed(want time.Duration) {
	l.t.Helper()
	if got := time.Since(l.start); got != want {
		l.t.Errorf("took %s, want %s", got, want)
	}
}

var labNames = []struct {
	name string
	err  error
}{
	{"Invalid", api.ErrInvalidRequest}, {"Unauthorized", api.ErrUnauthorized}, {"Forbidden", api.ErrForbidden},
	{"NotFound", api.ErrNotFound}, {"Conflict", api.ErrConflict}, {"RateLimited", api.ErrRateLimited},
	{"Server", api.ErrServer}, {"Unexpected", api.ErrUnexpectedResponse}, {"NotSent", api.ErrNotSent},
	{"Unknown", api.ErrOutcomeUnknown}, {"canceled", context.Canceled}, {"deadline", context.DeadlineExceeded},
	{"reset", syscall.ECONNRESET}, {"refused", syscall.ECONNREFUSED}, {"cut", io.ErrUnexpectedEOF},
}

// labMatches names all that an error matches, so that too much shows as well as too
// little: "Server Unknown". No error is "-".
func labMatches(err error) string {
	if err == nil {
		return "-"
	}
	var names []string
	for _, n := range labNames {
		if errors.Is(err, n.err) {
			names = append(names, n.name)
		}
	}
	return strings.Join(names, " ")
}

// labWant checks what an error matches, and that it is an *Error with this status.
func labWant(t testing.TB, err error, want string, status int) *api.Error {
	t.Helper()
	if got := labMatches(err); got != want {
		t.Errorf("matches %q, want %q: %v", got, want, err)
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

// labBubble runs a test in virtual time.
func labBubble(t *testing.T, name string, f func(t *testing.T)) {
	t.Run(name, func(t *testing.T) { synctest.Test(t, f) })
}

func labRefuse(context.Context, string, string) (net.Conn, error) {
	return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
}

// labHangingDial is a dial that hangs until the end of the test: net/http does not end
// a dial with the request that asked for it.
func labHangingDial(t testing.TB) func(context.Context, string, string) (net.Conn, error) {
	over := make(chan struct{})
	t.Cleanup(func() { close(over) })
	return func(ctx context.Context, _, _ string) (net.Conn, error) {
		select {
		case <-ctx.Done():
		case <-over:
		}
		return nil, errors.New("the dial has hung")
	}
}
