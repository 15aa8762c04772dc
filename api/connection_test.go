package api_test

// Redirects, of which none is followed, and connections that fail at every point.

import (
	"bufio"
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

	"github.com/qovery-alias/qovery-alias-go/api"
	"github.com/qovery-alias/qovery-alias-go/api/apitest"
	"github.com/qovery-alias/qovery-alias-go/generated"
)

// trap is a server at which nothing may arrive, not even a connection.
func trap(t *testing.T) (port int) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			t.Errorf("a redirect was followed to %s", listener.Addr())
			conn.Close()
		}
	}()
	t.Cleanup(func() { listener.Close(); <-done })
	return listener.Addr().(*net.TCPAddr).Port
}

// A redirect that is followed turns a POST into a GET, or sends it twice, and hands
// the token to whoever is named.
func TestRedirects(t *testing.T) {
	t.Parallel()
	elsewhere := trap(t)
	locations := map[string]string{
		"another port":           fmt.Sprintf("http://127.0.0.1:%d/x", elsewhere),
		"another host":           fmt.Sprintf("http://localhost:%d/x", elsewhere),
		"another host, relative": fmt.Sprintf("//localhost:%d/x", elsewhere),
		"another scheme":         fmt.Sprintf("https://127.0.0.1:%d/x", elsewhere),
		"the same host":          "/x", // for which endpoint fails the test
		"the same URL":           "",
		"malformed":              "http://[::1/%zz",
		"not HTTP":               "javascript:alert(1)",
		"nowhere":                "absent",
	}
	// The last server redirects from https to plain http.
	for _, secure := range []bool{false, true} {
		for status := 300; status <= 308; status++ {
			for name, location := range locations {
				header := http.Header{"Location": {location}}
				if location == "absent" {
					header = nil
				}
				srv := serve(t, answer{status: status, header: header}, emptyList)
				base, opts := srv.URL, []api.Option(nil)
				if secure {
					front := quiet(httptest.NewUnstartedServer(srv.Config.Handler))
					front.StartTLS()
					defer front.Close()
					base, opts = front.URL, []api.Option{api.WithHTTPClient(front.Client())}
				}
				_, err := create(t, clientOf(t, base, opts...))
				want := "ErrUnexpectedResponse"
				if status >= 301 && status <= 303 {
					want = "ErrOutcomeUnknown ErrUnexpectedResponse"
				}
				if e := failure(t, err, creating); matched(err) != want || e.StatusCode != status {
					t.Errorf("%d to %s: %v", status, name, err)
				}
				if strings.Contains(err.Error(), "/x") || !strings.Contains(err.Error(), "redirect") || srv.creates.Load() != 1 {
					t.Errorf("%d to %s: %d creates; %v", status, name, srv.creates.Load(), err)
				}
			}
		}
	}
}

// No list and no deletion follows one either.
func TestRedirectsOfOthers(t *testing.T) {
	t.Parallel()
	elsewhere := trap(t)
	for status := 300; status <= 308; status++ {
		for _, location := range []string{fmt.Sprintf("http://127.0.0.1:%d/", elsewhere), "/x", "http://[::1/%zz"} {
			fake := apitest.NewServer()
			job := fake.AddJob("nightly")
			aliasID := fake.AddAlias(job, fake.AddSecret(job, "DB", api.VariableScopeProject), aKey)
			client, err := api.NewClient(api.APIToken(fake.Token()), api.WithBaseURL(fake.URL()), atOnce)
			if err != nil {
				t.Fatal(err)
			}
			redirect := apitest.Fault{Status: status, Header: http.Header{"Location": {location}}}
			fake.Inject(redirect)
			_, err = client.ListJobSecrets(t.Context(), job)
			if e := failure(t, err, listing); matched(err) != "ErrUnexpectedResponse" || e.StatusCode != status {
				t.Errorf("list, %d to %s: %v", status, location, err)
			}
			redirect.Method = "DELETE"
			fake.Inject(redirect)
			err = client.DeleteJobSecretAlias(t.Context(), job, aliasID)
			if e := failure(t, err, deleting); matched(err) != "ErrUnexpectedResponse" || e.StatusCode != status {
				t.Errorf("delete, %d to %s: %v", status, location, err)
			}
			if n := len(fake.Requests()); n != 3 {
				t.Errorf("%d to %s: %d requests", status, location, n)
			}
			client.CloseIdleConnections()
			fake.Close()
		}
	}
}

// What provably never left is sent again, and then reported as not sent.
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
	noTLS := rawServer(t, func(conn *net.TCPConn) { io.WriteString(conn, "220 mail ready\r\n") })
	dial := func(err error) api.Option {
		return api.WithHTTPClient(&http.Client{Transport: &http.Transport{
			DialContext: func(context.Context, string, string) (net.Conn, error) { return nil, err },
		}})
	}
	for name, c := range map[string]struct {
		base  string
		opt   api.Option
		cause error
	}{
		"connection refused":  {"http://" + closed.Addr().String(), nil, syscall.ECONNREFUSED},
		"unknown certificate": {secure.URL, nil, &tls.CertificateVerificationError{}},
		"no TLS there":        {strings.Replace(noTLS, "http:", "https:", 1), nil, tls.RecordHeaderError{}},
		"no such host":        {"https://qovery.invalid", dial(&net.DNSError{Name: "qovery.invalid", IsNotFound: true}), &net.DNSError{}},
		"dial timeout":        {"https://qovery.invalid", dial(context.DeadlineExceeded), context.DeadlineExceeded},
		"proxy refuses": {"https://qovery.invalid", api.WithHTTPClient(&http.Client{Transport: &http.Transport{
			Proxy: func(*http.Request) (*url.URL, error) { return url.Parse("http://" + closed.Addr().String()) },
		}}), syscall.ECONNREFUSED},
	} {
		t.Run(name, func(t *testing.T) {
			var sent atomic.Int32
			client := clientOf(t, c.base, attempts(&sent), c.opt)
			_, err := create(t, client)
			e := failure(t, err, creating)
			if matched(err) != "ErrNotSent" || e.StatusCode != 0 || sent.Load() != 4 {
				t.Errorf("%d attempts: %v", sent.Load(), err)
			}
			if !isOrAs(err, c.cause) {
				t.Errorf("the cause is lost: %v", err)
			}
			if _, err := client.ListJobSecrets(t.Context(), aJob); matched(err) != "ErrNotSent" || sent.Load() != 8 {
				t.Errorf("list, %d attempts: %v", sent.Load(), err)
			}
		})
	}
}

// isOrAs reports whether an error of the value or the type of target is in err.
func isOrAs(err, target error) bool {
	switch target.(type) {
	case *tls.CertificateVerificationError:
		return errors.As(err, new(*tls.CertificateVerificationError))
	case tls.RecordHeaderError:
		return errors.As(err, new(tls.RecordHeaderError))
	case *net.DNSError:
		return errors.As(err, new(*net.DNSError))
	}
	return errors.Is(err, target)
}

// A connection that breaks once there is one leaves open whether the server has
// seen the request: it is settled, and never sent again.
func TestBrokenConnections(t *testing.T) {
	const ok = "HTTP/1.1 200 OK\r\nConnection: close\r\n"
	read := func(conn net.Conn) *http.Request {
		req, err := http.ReadRequest(bufio.NewReader(conn))
		if err != nil {
			return nil
		}
		io.Copy(io.Discard, req.Body)
		return req
	}
	whole := fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(alias()), alias())
	for name, c := range map[string]struct {
		wire    string // the answer to the create; "reset" and "close" are none
		matches string
		status  int
	}{
		"reset before the request":  {"reset first", "", 0},
		"reset after the request":   {"reset", "", 0},
		"closed after the request":  {"", "", 0},
		"no HTTP":                   {"220 mail ready\r\n", "", 0},
		"half a status line":        {"HTTP/1.1 20", "", 0},
		"status 99":                 {"HTTP/1.1 099 What\r\n" + whole, "ErrUnexpectedResponse", 99},
		"status 0":                  {"HTTP/1.1 000 None\r\n" + whole, "ErrUnexpectedResponse", 0},
		"half the headers":          {"HTTP/1.1 201 Created\r\nContent-Le", "", 0},
		"headers of 100 KiB":        {"HTTP/1.1 201 Created\r\nX-Long: " + strings.Repeat("x", 100<<10) + "\r\n" + whole, "", 0},
		"half the body":             {"HTTP/1.1 201 Created\r\n" + whole[:100], "ErrUnexpectedResponse", 201},
		"malformed chunks":          {"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "ErrUnexpectedResponse", 201},
		"a length that is negative": {"HTTP/1.1 201 Created\r\nContent-Length: -1\r\n\r\n{}", "", 0},
		"another protocol":          {"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n", "ErrUnexpectedResponse", 101},
		"500 and half a body":       {"HTTP/1.1 500 Oops\r\nContent-Length: 100\r\n\r\n{", "ErrServer", 500},
	} {
		for _, listed := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s/listed=%t", name, listed), func(t *testing.T) {
				list := results()
				if listed {
					list = results(alias())
				}
				var conns, creates, lists atomic.Int32
				base := rawServer(t, func(conn *net.TCPConn) {
					if conns.Add(1) == 1 && c.wire == "reset first" {
						reset(conn)
						return
					}
					req := read(conn)
					switch {
					case req == nil:
					case req.Method == "GET":
						lists.Add(1)
						fmt.Fprintf(conn, "%sContent-Length: %d\r\n\r\n%s", ok, len(list), list)
					case c.wire == "reset":
						creates.Add(1)
						reset(conn)
					default:
						creates.Add(1)
						io.WriteString(conn, c.wire)
					}
				})
				s, err := create(t, clientOf(t, base))
				if n := creates.Load(); n > 1 || n == 0 && c.wire != "reset first" {
					t.Errorf("%d creates", n)
				}
				if listed {
					if err != nil || s.ID != anAlias || lists.Load() != 1 {
						t.Errorf("%d lists: %v, %v", lists.Load(), s, err)
					}
					return
				}
				e := failure(t, err, creating)
				want := strings.TrimSpace("ErrOutcomeUnknown " + c.matches)
				if matched(err) != want || e.StatusCode != c.status || lists.Load() != 3 {
					t.Errorf("%d lists, matches %q, status %d: %v", lists.Load(), matched(err), e.StatusCode, err)
				}
				if strings.Contains(err.Error(), "%!") || strings.HasSuffix(err.Error(), ": ") {
					t.Errorf("no reason given: %v", err)
				}
			})
		}
	}
}

// Of a list that breaks off the cause is told, or a sentinel matches: an error
// without either leaves nothing to go by.
func TestBrokenLists(t *testing.T) {
	for name, wire := range map[string]string{
		"closed":           "",
		"no HTTP":          "220 mail ready\r\n",
		"status 0":         "HTTP/1.1 000 None\r\nContent-Length: 2\r\n\r\n{}",
		"half the body":    "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{",
		"another protocol": "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			base := rawServer(t, func(conn *net.TCPConn) {
				if _, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
					io.WriteString(conn, wire)
				}
			})
			list, err := clientOf(t, base).ListJobSecrets(t.Context(), aJob)
			if e := failure(t, err, listing); list != nil || e.Err == nil && matched(err) == "" {
				t.Errorf("no reason given: %v, %v", list, err)
			}
		})
	}
}

// Load balancers close idle connections whenever they like. net/http then repeats
// a request of which nothing was written, and that has to go on working.
func TestStaleConnection(t *testing.T) {
	fake := apitest.Start(t)
	job := fake.AddJob("nightly")
	secret := fake.AddSecret(job, "DB_PASSWORD", generated.VariableScopeEnvironment)
	fake.URL()
	var behind []*net.TCPConn // of the server, by age
	var dialed int
	var mu sync.Mutex
	front := httptest.NewUnstartedServer(fake.Handler())
	front.Config.ConnState = func(conn net.Conn, state http.ConnState) {
		if state == http.StateNew {
			mu.Lock()
			defer mu.Unlock()
			behind = append(behind, conn.(*net.TCPConn))
		}
	}
	front.Start()
	defer front.Close()
	transport := &http.Transport{DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := (&net.Dialer{}).DialContext(ctx, network, addr)
		dialed++
		return &lateConn{Conn: conn, ended: make(chan struct{}), noticed: make(chan struct{})}, err
	}}
	client, err := api.NewClient(api.APIToken(fake.Token()), api.WithBaseURL(front.URL), atOnce,
		api.WithHTTPClient(&http.Client{Transport: transport}))
	if err != nil {
		t.Fatal(err)
	}
	defer client.CloseIdleConnections()
	if _, err := client.ListJobSecrets(t.Context(), job); err != nil {
		t.Fatal(err)
	}
	mu.Lock()
	reset(behind[0])
	mu.Unlock()
	s, err := client.CreateJobSecretAlias(t.Context(), job, secret, api.AliasRequest{Key: aKey})
	if err != nil || s.Key != aKey {
		t.Fatalf("got %v, %v", s, err)
	}
	var methods string
	for _, r := range fake.Requests() {
		methods += r.Method + " "
	}
	if methods != "GET POST " || len(fake.Secrets(job)) != 2 || dialed != 2 {
		t.Errorf("%s, %d secrets, %d connections", methods, len(fake.Secrets(job)), dialed)
	}
}

// lateConn keeps from net/http that the other side has hung up until it writes:
// the moment at which a connection turns out to be stale.
type lateConn struct {
	net.Conn
	requests       int
	end, close     sync.Once
	ended, noticed chan struct{}
}

func (c *lateConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if err != nil {
		c.end.Do(func() { close(c.ended) })
		<-c.noticed
	}
	return n, err
}

func (c *lateConn) Write(p []byte) (int, error) {
	if c.requests++; c.requests > 1 {
		<-c.ended
	}
	return c.Conn.Write(p)
}

func (c *lateConn) Close() error {
	c.close.Do(func() { close(c.noticed) })
	return c.Conn.Close()
}
