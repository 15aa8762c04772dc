package api_test

// Real connections: requests that provably do not leave, connections that break, and what net/http would
// repeat by itself.

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/qovery-alias/qovery-alias-go/api"
)

// rawServer lets serve do with each connection what it likes, and closes it then.
func rawServer(t testing.TB, serve func(net.Conn)) (url string) {
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
				serve(conn)
			})
		}
	})
	t.Cleanup(func() { listener.Close(); open.Wait() })
	return "http://" + listener.Addr().String()
}

// proxy is a transport with a proxy that wants a password.
func proxy(raw string) *http.Transport {
	raw = strings.Replace(raw, "//", "//user:"+password+"@", 1)
	return &http.Transport{Proxy: func(*http.Request) (*url.URL, error) { return url.Parse(raw) }}
}

// What provably never left is sent again, unless that is of no use, and then reported as not sent.
func TestNotSent(t *testing.T) {
	const closed = "http://127.0.0.1:1" // where nobody listens
	secure := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		t.Error("it got through")
	}))
	secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	secure.StartTLS()
	defer secure.Close()
	says := func(words string) string {
		return rawServer(t, func(conn net.Conn) { conn.Read(make([]byte, 4096)); io.WriteString(conn, words) })
	}
	answers := func(status int) string {
		return says(fmt.Sprintf("HTTP/1.1 %d %s\r\n\r\n", status, http.StatusText(status)))
	}
	failing := func(*http.Request) (*url.URL, error) { return nil, fmt.Errorf("bad: user:%s@proxy:1", password) }
	hangs := func(context.Context, string, string) (net.Conn, error) {
		time.Sleep(time.Second) // it does not end with the request that asked for it
		return nil, errors.New("hung")
	}
	for name, c := range map[string]struct {
		base      string
		transport *http.Transport
		says      string
		attempts  int
	}{
		"refused":              {closed, nil, "connection refused", 4},
		"unknown certificate":  {secure.URL, nil, "certificate", 1},
		"no TLS there":         {"https:" + says("220 mail ready\r\n")[5:], nil, "not look like a TLS", 4},
		"dial hangs":           {nowhere, &http.Transport{DialContext: hangs}, "timed out after 200ms", 4},
		"proxy wants to know":  {nowhere, proxy(answers(407)), "Proxy Authentication Required", 1},
		"proxy is unavailable": {nowhere, proxy(answers(503)), "Service Unavailable", 4},
		"Proxy fails":          {nowhere, &http.Transport{Proxy: failing}, "withheld", 4},
		"proxy without a port": {nowhere, proxy("http://proxy:port"), "invalid port", 4},
	} {
		t.Run(name, func(t *testing.T) {
			attempts := 1
			opts := []api.Option{api.WithBaseURL(c.base), api.WithAttemptTimeout(200 * time.Millisecond),
				api.WithBackoff(func(int) time.Duration { attempts++; return 0 }), api.WithHTTPClient(nil)}
			if c.transport != nil {
				opts = append(opts, through(c.transport))
			}
			_, err := create(t, clientWith(t, api.APIToken(plantedToken), opts...))
			if sentinels(err) != "NotSent" || attempts != c.attempts || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%d attempts: %v", attempts, err)
			}
			noLeakInError(t, name, password, err)
		})
	}
}

var whole = fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(alias()), alias())

const (
	line201, length    = "HTTP/1.1 201 Created\r\n", "Content-Length: 10000\r\n\r\n"
	noResponse, inTime = "Unknown NoResponse", "Unknown NoResponse timeout"
)

// brokenResponses are what may become of the response to a create.
var brokenResponses = map[string]struct {
	wire   string // the response to the create
	drip   string // what follows without end; "": it is closed; "-": nothing follows, and it stays open
	want   string
	status int
}{
	"closed":              {"", "", noResponse, 0},
	"status 99":           {"HTTP/1.1 099 What\r\n" + whole, "", "Unknown Unexpected", 99},
	"headers of 100 KiB":  {line201 + "X: " + strings.Repeat("x", 100<<10) + "\r\n" + whole, "", noResponse, 0},
	"half the body":       {line201 + whole[:100], "", noResponse + " cut", 201},
	"half gzip":           {line201 + "Content-Encoding: gzip\r\n" + length, "", noResponse + " cut", 201},
	"500 and half a body": {"HTTP/1.1 500 Oops\r\nContent-Length: 100\r\n\r\n{", "", "Unknown Server", 500},
	"no body":             {line201 + length, "-", inTime, 201},
	"dripping 500":        {"HTTP/1.1 500 Oops\r\n" + length, " ", "Unknown Server", 500},
	"another protocol": {"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n", "-",
		"Unknown Unexpected", 101},
}

// A response that breaks, or never ends, leaves open whether the server has seen the request: that is not
// sent again. Each attempt has a deadline, which covers the body. The status, if it was whole, counts.
func TestBrokenConnections(t *testing.T) {
	for name, c := range brokenResponses {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var creates atomic.Int32
			base := rawServer(t, func(conn net.Conn) {
				req, err := http.ReadRequest(bufio.NewReader(conn))
				if err != nil {
					return
				}
				if read(req); req.Method == "GET" {
					io.WriteString(conn, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"+results())
					return
				}
				creates.Add(1)
				io.WriteString(conn, c.wire)
				if c.drip == "-" {
					io.Copy(io.Discard, conn)
				}
				for err = nil; c.drip != "" && err == nil; _, err = io.WriteString(conn, c.drip) {
					time.Sleep(time.Millisecond)
				}
			})
			began := time.Now()
			_, err := create(t, clientWith(t, api.APIToken(plantedToken), api.WithBaseURL(base),
				api.WithHTTPClient(nil), api.WithAttemptTimeout(500*time.Millisecond)))
			want(t, err, c.want, c.status)
			if n := creates.Load(); n != 1 || time.Since(began) > 10*time.Second {
				t.Errorf("%d creates, after %s", n, time.Since(began))
			}
			if c.want == inTime && !strings.Contains(err.Error(), "timed out after 500ms") {
				t.Error(err)
			}
		})
	}
}

// A transport that reports no connection may send all the same. With one that it reported, a request without
// a body may have been sent before it failed.
func TestWhatATransportReports(t *testing.T) {
	registered := &http.Transport{TLSNextProto: map[string]func(string, *tls.Conn) http.RoundTripper{}}
	registered.RegisterProtocol("https", roundTrip(func(r *http.Request) (*http.Response, error) {
		return connectionReset(nil, r)
	}))
	want(t, errOf(create(t, clientOf(t, registered))), "Unknown NoResponse reset", 0)
	client := clientOf(t, roundTrip(func(r *http.Request) (*http.Response, error) {
		httptrace.ContextClientTrace(r.Context()).GotConn(httptrace.GotConnInfo{})
		return connectionRefused(nil, r)
	}))
	want(t, errOf(create(t, client)), "NotSent refused", 0)
	_, err := client.Generated().DeleteJobSecretWithResponse(t.Context(), aJob, anAlias)
	want(t, err, "Unknown NoResponse refused", 0)
}

// frame is a frame of HTTP/2.
func frame(kind byte, stream uint32, payload ...uint32) []byte {
	b := []byte{0, 0, byte(4 * len(payload)), kind, 0}
	b = binary.BigEndian.AppendUint32(b, stream)
	for _, p := range payload {
		b = binary.BigEndian.AppendUint32(b, p)
	}
	return b
}

// between is a proxy for HTTP/2 that sends other frames in place of the next response while broken is set.
func between(t *testing.T, backend string, broken *atomic.Bool, instead func(stream uint32) []byte) string {
	return rawServer(t, func(client net.Conn) {
		server, err := net.Dial("tcp", strings.TrimPrefix(backend, "http://"))
		if err != nil {
			t.Error(err)
			return
		}
		defer server.Close()
		go func() { io.Copy(server, client); server.Close() }()
		dropped := uint32(0)
		for r := bufio.NewReader(server); ; {
			header, err := r.Peek(9)
			if err != nil {
				return
			}
			length, stream := int(header[0])<<16|int(header[1])<<8|int(header[2]), binary.BigEndian.Uint32(header[5:])
			if header[3] == 1 && broken.CompareAndSwap(true, false) { // HEADERS
				client.Write(instead(stream))
				dropped = stream
			}
			if stream == dropped && stream > 0 {
				r.Discard(9 + length)
			} else if _, err := io.CopyN(client, r, int64(9+length)); err != nil {
				return
			}
		}
	})
}

// A proxy may refuse a stream, or deny it in a GOAWAY, after the server has processed it. net/http repeats
// requests then, but not a POST of ours.
func TestHTTP2(t *testing.T) {
	t.Parallel()
	const rst, goAway = 3, 7
	for name, instead := range map[string]func(stream uint32) []byte{
		"REFUSED_STREAM": func(stream uint32) []byte { return frame(rst, stream, 7) },
		"PROTOCOL_ERROR": func(stream uint32) []byte { return frame(rst, stream, 1) },
		"GOAWAY":         func(uint32) []byte { return frame(goAway, 0, 0, 0) },
	} {
		for _, applies := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, applied %t", name, applies), func(t *testing.T) {
				fx := newFixture(t)
				var broken atomic.Bool
				var posts, deletes atomic.Int32
				server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					first := r.Method == "POST" && posts.Add(1) == 1 || r.Method == "DELETE" && deletes.Add(1) == 1
					if broken.Store(first); applies || !first {
						fx.srv.Handler().ServeHTTP(w, r)
					}
				}))
				server.Config.Protocols = new(http.Protocols)
				server.Config.Protocols.SetUnencryptedHTTP2(true)
				server.Start()
				defer server.Close()
				// The size of the table keeps responses apart: one that is left out is not missed.
				transport := &http.Transport{Protocols: server.Config.Protocols,
					HTTP2: &http.HTTP2Config{MaxDecoderHeaderTableSize: 1}}
				fx.api = fx.client(transport, api.WithBaseURL(between(t, server.URL, &broken, instead)))
				s, err := fx.create(t.Context())
				want(t, err, map[bool]string{true: "-", false: "Unknown NoResponse"}[applies], 0)
				if fx.wantSecret(s, err); posts.Load() != 1 {
					t.Errorf("%d POST", posts.Load())
				}
				s, _, err = fx.ensure(t.Context())
				fx.wantSecret(s, err)
				want(t, err, "-", 0)
				want(t, fx.api.DeleteJobSecretAlias(t.Context(), fx.job, s.ID), "-", 0)
				if hasAlias(fx) {
					t.Error("still there")
				}
			})
		}
	}
}
