package api_test

// Connections: redirects, of which none is followed, requests that provably do not leave,
// connections that others close, and requests that a transport makes besides ours.

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/qovery-alias/qovery-alias-go/api"
	"github.com/qovery-alias/qovery-alias-go/api/apitest"
)

// A redirect that is followed turns a POST into a GET, or sends it twice, and hands the
// token to whoever is named.
func TestRedirects(t *testing.T) {
	t.Parallel()
	elsewhere := strings.TrimPrefix(rawServer(t, func(*net.TCPConn) { t.Error("a redirect was followed") }), "http://127.0.0.1:")
	for _, location := range []string{
		"http://127.0.0.1:" + elsewhere + "/x", "http://localhost:" + elsewhere + "/x", "//localhost:" + elsewhere + "/x",
		"https://127.0.0.1:" + elsewhere + "/x", "/x", "", "http://[::1/%zz", "javascript:alert(1)",
	} {
		for _, status := range []int{300, 301, 302, 303, 305, 307, 308} {
			for _, col := range calls {
				fx := newFixture(t)
				front := fx.listen(status%2 == 0, nil) // half of them redirect from https
				fx.inject(col.method, times(8, apitest.Fault{Status: status, Header: http.Header{"Location": {location}}})...)
				_, errs := col.call(t.Context(), fx, fx.client(front.Client().Transport, api.WithBaseURL(front.URL)))
				for _, err := range errs {
					if !errors.Is(err, api.ErrUnexpectedResponse) || strings.Contains(err.Error(), "/x") || !strings.Contains(err.Error(), "redirect") {
						t.Errorf("%s, %d to %s: %v", col.name, status, location, err)
					}
				}
				for _, r := range fx.srv.Requests() {
					if !strings.HasPrefix(r.Path, "/job/") {
						t.Errorf("%s %s arrived", r.Method, r.Path)
					}
				}
				front.Close()
			}
		}
	}
}

// What provably never left is sent again, unless that is of no use, and then reported as
// not sent, whatever transport says so.
func TestNotSent(t *testing.T) {
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	secure := quiet(httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		t.Error("a request got through")
	})))
	secure.StartTLS()
	defer secure.Close()
	says := func(words string) string {
		return rawServer(t, func(conn *net.TCPConn) { conn.Read(make([]byte, 4096)); io.WriteString(conn, words) })
	}
	const password = "swordfish-5GtrB8" // of which no part is one of the token
	proxy := func(raw string) api.Option {
		raw = strings.Replace(raw, "//127", "//user:"+password+"@127", 1)
		return through(&http.Transport{Proxy: func(*http.Request) (*url.URL, error) { return url.Parse(raw) }})
	}
	unnamed := func(error) bool { return true }
	for name, c := range map[string]struct {
		base     string
		opt      api.Option
		cause    func(error) bool
		attempts int
	}{
		"connection refused":              {"http://" + closed.Addr().String(), nil, as[syscall.Errno], 4},
		"unknown certificate":             {secure.URL, nil, as[*tls.CertificateVerificationError], 1},
		"no TLS there":                    {strings.Replace(says("220 mail ready\r\n"), "http:", "https:", 1), nil, as[tls.RecordHeaderError], 4},
		"proxy refuses":                   {nowhere, proxy("http://" + closed.Addr().String()), as[syscall.Errno], 4},
		"proxy that wants a password":     {nowhere, proxy(says("HTTP/1.1 407 \r\n\r\n")), unnamed, 4},
		"proxy that breaks off":           {nowhere, proxy(says("HTTP/1.1 20")), unnamed, 4},
		"proxy without a port":            {nowhere, proxy("http://user:" + password + "@proxy:port"), unnamed, 4},
		"proxy with a space in it":        {nowhere, proxy("http://user:some " + password + "@proxy:1"), unnamed, 4},
		"proxy that begins with a number": {nowhere, proxy("1user:" + password + "@proxy:1"), unnamed, 4},
	} {
		t.Run(name, func(t *testing.T) {
			attempts := 1
			client := clientOf(t, c.base, api.WithBackoff(func(int) time.Duration { attempts++; return 0 }), c.opt)
			_, err := create(t, client)
			if e := failure(t, err, creating); sentinels(err) != "NotSent" || e.StatusCode != 0 || attempts != c.attempts {
				t.Errorf("%d attempts: %v", attempts, err)
			}
			if noLeakInError(t, name, password, err); !c.cause(err) {
				t.Errorf("the cause: %v", err)
			}
			_, err = client.Generated().DeleteJobSecretWithResponse(t.Context(), aJob, anAlias)
			if c.opt == nil && sentinels(err) != "NotSent" { // a proxy may have failed before
				t.Errorf("without a body: %v", err)
			}
		})
	}
	// Without a body, once there was a connection, that is not told from one that was sent.
	if _, err := clientOf(t, says("")).ListJobSecrets(t.Context(), aJob); sentinels(err) != "NoResponse" {
		t.Error(err)
	}
}

// as reports whether an error of this type is in err.
func as[T error](err error) bool { return errors.As(err, new(T)) }

// Requests that a transport, a dialer or a resolver makes with the context of ours
// neither prove nor disprove anything of it, and are not disturbed.
func TestSideRequestsAreNotOurs(t *testing.T) {
	side := quiet(httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "token") })))
	side.EnableHTTP2 = true
	side.StartTLS()
	defer side.Close()
	ask := func(ctx context.Context, method, base string) {
		req, _ := http.NewRequestWithContext(ctx, method, base, strings.NewReader("give me a token")) // which never fails
		if resp, err := side.Client().Do(req); err == nil {
			io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
		}
	}
	fetch := func(ctx context.Context, _ *fixture) { ask(ctx, "POST", side.URL) }
	refused := func(ctx context.Context, _ *fixture) { ask(ctx, "POST", "http://127.0.0.1:1") }
	var asking sync.WaitGroup
	defer asking.Wait()
	wire := func(*fixture) http.RoundTripper { return nil }
	real := func(*fixture) http.RoundTripper { return &http.Transport{DisableKeepAlives: true} }
	dialer := func(dial func(context.Context, string, string) (net.Conn, error)) func(fx *fixture) http.RoundTripper {
		return func(fx *fixture) http.RoundTripper {
			return &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
				fetch(ctx, fx)
				return dial(ctx, network, addr)
			}}
		}
	}
	for _, c := range []struct {
		name  string
		ask   func(ctx context.Context, fx *fixture) // before each of our requests; nil: the dialer does
		via   func(fx *fixture) http.RoundTripper    // nil: one that reports nothing
		post  happening                              // to ours, there
		want  string
		posts int
	}{
		{"a token fetched over HTTP/2", fetch, real, nil, "-", 1},
		{"fetched, over a transport that reports nothing", fetch, wire, regular, "-", 1},
		{"a dialer that asks", nil, dialer(new(net.Dialer).DialContext), nil, "-", 1},
		{"a dialer that asks, and then tells no address", nil, dialer(func(ctx context.Context, network, addr string) (net.Conn, error) {
			conn, err := new(net.Dialer).DialContext(ctx, network, addr)
			return noAddress{conn}, err
		}), nil, "-", 1},
		{"a dialer that asks, and is then refused", nil, dialer(refuse), nil, "NotSent refused", 0},
		{"some still under way", func(ctx context.Context, fx *fixture) {
			for range 4 {
				asking.Go(func() { fetch(ctx, fx) })
			}
		}, real, nil, "-", 1},
		{"one refused, ours took effect and was lost", refused, wire, applied(connectionReset), "-", 1},
		{"one refused, ours was lost", refused, wire, connectionReset, "Unknown NoResponse reset", 0},
		{"one to our own server, then ours is refused", func(ctx context.Context, fx *fixture) { ask(ctx, "GET", fx.srv.URL()) },
			wire, connectionRefused, "NotSent refused", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			fx := newFixture(t)
			rt := cmp.Or(c.via(fx), http.RoundTripper(fx))
			if fx.on("POST", c.post); c.ask != nil {
				via := rt
				rt = roundTrip(func(r *http.Request) (*http.Response, error) {
					c.ask(r.Context(), fx)
					return via.RoundTrip(r)
				})
			}
			client := fx.client(rt, api.WithBaseURL(fx.srv.URL()))
			_, err := client.CreateJobSecretAlias(t.Context(), fx.job, fx.secret, api.AliasRequest{Key: "PG"})
			want(t, err, c.want, 0)
			if n := fx.count("POST"); n != c.posts || (fx.holder("PG") != nil) != (c.want == "-") {
				t.Errorf("%d POST, holder %v", n, fx.holder("PG"))
			}
		})
	}
}

// noAddress is a connection that tells no address of the other end.
type noAddress struct{ net.Conn }

func (noAddress) RemoteAddr() net.Addr { return nil }

// What a transport reads of the body, or of the copies that GetBody returns, decides
// whether a request that fails was sent, and not what it asks for. What counts as not sent
// cannot be read any more, and a copy alone is not a repeat.

// listen serves the fake over real connections, of whose states it is told.
func (fx *fixture) listen(secure bool, state func(net.Conn, http.ConnState)) *httptest.Server {
	server := quiet(httptest.NewUnstartedServer(fx.srv.Handler()))
	server.Config.ConnState = state
	if secure {
		server.StartTLS()
	} else {
		server.Start()
	}
	fx.t.Cleanup(server.Close)
	return server
}

// brittle is a connection whose next write fails before a byte has left, as on one that
// the server has closed.
type brittle struct {
	net.Conn
	stale *atomic.Bool
}

func (c *brittle) Write(p []byte) (int, error) {
	if c.stale.CompareAndSwap(true, false) {
		return 0, &net.OpError{Op: "write", Net: "tcp", Err: syscall.EPIPE}
	}
	return c.Conn.Write(p)
}

// Load balancers close idle connections whenever they like. net/http repeats a POST of
// which nothing was written on a reused connection: that is one effect and success, or a
// certain refusal, with and without TLS, and also where the transport is not seen to be
// net/http's.
func TestStaleConnection(t *testing.T) {
	for _, c := range []struct{ secure, wrapped bool }{{false, false}, {false, true}, {true, false}, {true, true}} {
		t.Run(fmt.Sprintf("TLS %t wrapped %t", c.secure, c.wrapped), func(t *testing.T) {
			fx := newFixture(t)
			server := fx.listen(c.secure, nil)
			var stale atomic.Bool
			var dials atomic.Int64
			transport := server.Client().Transport.(*http.Transport)
			transport.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
				dials.Add(1)
				conn, err := new(net.Dialer).DialContext(ctx, network, addr)
				return &brittle{conn, &stale}, err
			}
			rt := map[bool]http.RoundTripper{true: roundTrip(transport.RoundTrip), false: transport}[c.wrapped]
			client := fx.client(rt, api.WithBaseURL(server.URL))
			want(t, errOf(client.ListJobSecrets(t.Context(), fx.job)), "-", 0)
			stale.Store(true)
			s, err := client.CreateJobSecretAlias(t.Context(), fx.job, fx.secret, api.AliasRequest{Key: "PG"})
			fx.wantSecret(s, err)
			fx.wantCounts(1, 1, 0)
			stale.Store(true)
			fx.inject("POST", apitest.Fault{Status: 403})
			_, err = client.CreateJobSecretAlias(t.Context(), fx.job, fx.secret, api.AliasRequest{Key: "PG2"})
			want(t, err, "Forbidden", 403)
			if fx.wantCounts(2, 1, 0); dials.Load() != 3 {
				t.Errorf("%d connections", dials.Load())
			}
		})
	}
}

// A server that closes the connection after every other response and does not announce it.
// A create whose request was written before that was noticed is settled, not sent again; an
// ensure is, and succeeds: of a list and the POST after it one finds the connection open.
func TestClosedAfterResponses(t *testing.T) {
	t.Parallel()
	fx := newFixture(t)
	var idle atomic.Int64
	server := fx.listen(false, func(conn net.Conn, state http.ConnState) {
		if state == http.StateIdle && idle.Add(1)%2 == 0 {
			conn.Close()
		}
	})
	client := fx.client(server.Client().Transport, api.WithBaseURL(server.URL))
	for i := range 40 {
		key, before := fmt.Sprint("PG", i), fx.count("POST")
		s, err := client.CreateJobSecretAlias(t.Context(), fx.job, fx.secret, api.AliasRequest{Key: key})
		held, posts := fx.holder(key), fx.count("POST")-before
		switch {
		case posts > 1:
			t.Errorf("%d POST arrived", posts)
		case err == nil && (held == nil || held.ID != s.ID):
			t.Errorf("%v, the server has %v", s, held)
		case err != nil && (held != nil || !errors.Is(err, api.ErrOutcomeUnknown)):
			t.Errorf("%v, the server has %v", err, held)
		}
		_, _, err = client.EnsureJobSecretAlias(t.Context(), fx.job, fx.secret, api.AliasRequest{Key: "ENSURED_" + key})
		want(t, err, "-", 0)
	}
}

// No more than 8 connections are opened, whatever is under way, and none is given up.
// Without a bound net/http opens more, since it dials for a request that is then served
// by a connection which another one gives back.
func TestPool(t *testing.T) {
	fx := newFixture(t)
	var opened, closed atomic.Int64
	front := fx.listen(false, func(_ net.Conn, state http.ConnState) {
		switch state {
		case http.StateNew:
			opened.Add(1)
		case http.StateClosed:
			closed.Add(1)
		}
	})
	client := clientWith(t, api.APIToken(fx.srv.Token()), api.WithBaseURL(front.URL))
	for range 3 {
		for _, s := range fx.srv.Secrets(fx.job)[1:] {
			want(t, fx.api.DeleteJobSecretAlias(t.Context(), fx.job, s.ID), "-", 0)
		}
		want(t, errOf(client.EnsureJobSecretAliases(t.Context(), fx.job, fx.specs(100))), "-", 0)
	}
	var calls sync.WaitGroup
	for i := range 64 {
		calls.Go(func() {
			want(t, errOf(client.CreateJobSecretAlias(t.Context(), fx.job, fx.secret, api.AliasRequest{Key: fmt.Sprint("SINGLE_", i)})), "-", 0)
		})
	}
	calls.Wait()
	if o, c := opened.Load(), closed.Load(); o > 8 || c > 0 {
		t.Errorf("%d connections opened, %d closed", o, c)
	}
}
