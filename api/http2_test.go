package api_test

// HTTP/2: connections and streams that end in every way, and what net/http repeats by
// itself. The server counts the POSTs that began and those that took effect.

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptrace"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/api"
	"github.com/qovery-alias/qovery-alias-go/internal/h2test"
)

// ownTransport says that this process trusts the certificate, so that the client's
// default transport can be used: see TestHTTP2DefaultTransport.
const ownTransport = "QOVERY_TEST_OWN_TRANSPORT"

// http2Client speaks HTTP/2 to h.
func http2Client(t testing.TB, h *h2test.Server, opts ...api.Option) *api.Client {
	t.Helper()
	opts = append([]api.Option{api.WithAttemptTimeout(5 * time.Second)}, opts...)
	if os.Getenv(ownTransport) == "" {
		opts = append([]api.Option{through(h2test.Transport(t))}, opts...)
	}
	return clientOf(t, h.URL(), opts...)
}

func createOn(t testing.TB, h *h2test.Server, c *api.Client, key string) (*api.Secret, error) {
	t.Helper()
	return c.CreateJobSecretAlias(t.Context(), h.Job, h.Secret, api.AliasRequest{Key: key})
}

// wantHTTP2 checks how many POSTs began and how many took effect.
func wantHTTP2(t testing.TB, h *h2test.Server, posts, effects int) {
	t.Helper()
	if c := h.Counts(); c.Posts != posts || c.Effects != effects {
		t.Errorf("%d POSTs began and %d took effect, want %d and %d", c.Posts, c.Effects, posts, effects)
	}
}

type stream = h2test.Stream

// breaks are the ways in which a POST ends over HTTP/2.
var breaks = []struct {
	name  string
	post  func(s *stream)
	posts int    // that begin in all, with a create
	want  string // what its error matches
}{
	{"regular", func(s *stream) { s.Create() }, 1, "-"},
	{"GOAWAY that includes the stream, then the response", func(s *stream) { s.GoAway(s.ID, h2test.NoError); s.Create() }, 1, "-"},
	{"GOAWAY with an error that includes it, then the response", func(s *stream) { s.GoAway(s.ID, h2test.InternalError); s.Create() }, 1, "-"},
	{"the response, then GOAWAY", func(s *stream) { s.Create(); s.GoAway(s.ID, h2test.NoError) }, 1, "-"},
	{"the response, then reset", func(s *stream) { s.Create(); s.Reset(h2test.NoError) }, 1, "-"},

	// Repeated by net/http on the same connection, at once.
	{"REFUSED_STREAM", func(s *stream) { s.Reset(h2test.RefusedStream) }, 2, "-"},
	{"took effect, REFUSED_STREAM", func(s *stream) { s.Apply(); s.Reset(h2test.RefusedStream) }, 2, "-"},

	// Took effect, then lost: found in the list. The other codes are in TestHTTP2ErrorCodes.
	{"took effect, PROTOCOL_ERROR", func(s *stream) { s.Apply(); s.Reset(h2test.ProtocolError) }, 1, "-"},
	{"took effect, connection closed", func(s *stream) { s.Apply(); s.Close() }, 1, "-"},
	{"took effect, GOAWAY that includes it, closed", func(s *stream) { s.Apply(); s.GoAway(s.ID, h2test.NoError); s.Close() }, 1, "-"},
	{"took effect, GOAWAY with an error, closed", func(s *stream) { s.Apply(); s.GoAway(s.ID, h2test.InternalError); s.Close() }, 1, "-"},
	{"took effect, GOAWAY that denies it", func(s *stream) { s.Apply(); s.GoAway(0, h2test.NoError) }, 1, "-"},
	{"took effect, GOAWAY that denies it, closed", func(s *stream) { s.Apply(); s.GoAway(0, h2test.NoError); s.Close() }, 1, "-"},
	{"took effect, GOAWAY with PROTOCOL_ERROR that denies it", func(s *stream) { s.Apply(); s.GoAway(0, h2test.ProtocolError) }, 1, "-"},
	{"took effect, response cut by a reset", func(s *stream) { s.Apply(); s.Begin(201, `{"id":`); s.Reset(h2test.ProtocolError) }, 1, "-"},
	{"took effect, response cut by a close", func(s *stream) { s.Apply(); s.Begin(201, `{"id":`); s.Close() }, 1, "-"},
	{"took effect, nonsense on the connection", func(s *stream) { s.Apply(); s.Garbage() }, 1, "-"},

	// Took no effect: that cannot be determined, since the ways of breaking are the same.
	{"PROTOCOL_ERROR", func(s *stream) { s.Reset(h2test.ProtocolError) }, 1, "Unknown NoResponse"},
	{"INTERNAL_ERROR", func(s *stream) { s.Reset(h2test.InternalError) }, 1, "Unknown NoResponse"},
	{"connection closed", func(s *stream) { s.Close() }, 1, "Unknown NoResponse"},
	{"GOAWAY that includes it, closed", func(s *stream) { s.GoAway(s.ID, h2test.NoError); s.Close() }, 1, "Unknown NoResponse"},

	// Took no effect, and the server says so; but net/http does not say why it would
	// repeat it, which after PROTOCOL_ERROR is not safe.
	{"GOAWAY that excludes it", func(s *stream) { s.GoAwayBefore(h2test.NoError) }, 1, "Unknown NoResponse"},
	{"GOAWAY that excludes it, closed", func(s *stream) { s.GoAwayBefore(h2test.NoError); s.Close() }, 1, "Unknown NoResponse"},
	{"REFUSED_STREAM and GOAWAY", func(s *stream) { s.GoAway(s.ID, h2test.NoError); s.Reset(h2test.RefusedStream) }, 1, "Unknown NoResponse"},
}

// first lets f happen to the first POST; the key decides what becomes of others.
func first(f func(s *stream)) func(int, *stream) {
	return func(n int, s *stream) {
		if n == 1 {
			f(s)
		} else {
			s.CreateOnce()
		}
	}
}

// Whatever the server does, no POST that may have been processed is sent again by a
// create, and the caller is told the truth; an ensure is always done in the end, and says
// created only where a 201 has come. A stream that was processed and refused is repeated
// by net/http, and the 409 to that is settled.
func TestHTTP2(t *testing.T) {
	t.Parallel()
	for _, c := range breaks {
		for i := range 4 {
			creates, fresh := i%2 == 0, i < 2
			t.Run(fmt.Sprintf("%s/create %t fresh %t", c.name, creates, fresh), func(t *testing.T) {
				h := (&h2test.Server{Post: first(c.post)}).Start(t)
				client := http2Client(t, h)
				if !fresh { // the POST is not the first stream of its connection
					want(t, errOf(client.ListJobSecrets(t.Context(), h.Job)), "-", 0)
				}
				var s *api.Secret
				var created bool
				var err error
				if creates {
					s, err = createOn(t, h, client, "PG")
					if got := sentinels(err); got != c.want || err != nil && strings.Contains(err.Error(), "context canceled") {
						t.Errorf("matches %q, want %q: %v", got, c.want, err)
					}
					wantHTTP2(t, h, c.posts, map[bool]int{true: 1}[err == nil])
				} else {
					s, created, err = client.EnsureJobSecretAlias(t.Context(), h.Job, h.Secret, api.AliasRequest{Key: "PG"})
					if seen := !strings.HasPrefix(c.name, "took effect"); err != nil || created != seen {
						t.Errorf("created %t, %v", created, err)
					}
				}
				if all := h.Aliases(); err == nil && (len(all) != 1 || s.ID != all[0].ID || s.AliasedSecret.ID != h.Secret) {
					t.Errorf("got %+v, the server has %+v", s, all)
				}
			})
		}
	}
}

// Eight streams on one connection, which breaks under all of them: no alias is there
// twice, and all are there.
func TestHTTP2Batch(t *testing.T) {
	t.Parallel()
	for _, c := range breaks {
		t.Run(c.name, func(t *testing.T) {
			var mu sync.Mutex
			seen := map[string]bool{}
			h := (&h2test.Server{Post: func(_ int, s *stream) {
				mu.Lock()
				again := seen[s.Key()]
				seen[s.Key()] = true
				mu.Unlock()
				if !again && strings.ContainsAny(s.Key(), "27") {
					c.post(s)
				} else {
					s.CreateOnce()
				}
			}}).Start(t)
			specs := (&fixture{secret: h.Secret}).specs(16)
			got, err := http2Client(t, h, api.WithRetries(6)).EnsureJobSecretAliases(t.Context(), h.Job, specs)
			held := map[string]int{}
			for _, s := range h.Aliases() {
				held[s.Key]++
			}
			for i, r := range got {
				if key := specs[i].Request.Key; r.Err != nil || held[key] != 1 {
					t.Errorf("%s: there %d times, %v", key, held[key], r.Err)
				}
			}
			if len(got) != 16 || err != nil {
				t.Error(err)
			}
		})
	}
}

// Of all error codes, net/http repeats only after REFUSED_STREAM, at once and then after
// 1, 2, 4 … s, all within the attempt; when that is over, nothing is known.
func TestHTTP2ErrorCodes(t *testing.T) {
	t.Parallel()
	for code := range uint32(16) {
		if code != h2test.RefusedStream {
			h := (&h2test.Server{Post: func(_ int, s *stream) { s.Apply(); s.Reset(code) }}).Start(t)
			if _, err := createOn(t, h, http2Client(t, h), "PG"); err != nil {
				t.Errorf("code %d: %v", code, err)
			}
			wantHTTP2(t, h, 1, 1)
		}
	}
	h := (&h2test.Server{Post: func(_ int, s *stream) { s.Reset(h2test.RefusedStream) }}).Start(t)
	_, err := createOn(t, h, http2Client(t, h, api.WithAttemptTimeout(800*time.Millisecond)), "PG")
	want(t, err, "Unknown NoResponse timeout", 0)
	wantHTTP2(t, h, 2, 0)
}

// After PROTOCOL_ERROR net/http may repeat a POST on a connection that is open already, as
// well as on a new one. Neither takes effect, and the connection that others use stays.
func TestHTTP2OtherConnection(t *testing.T) {
	var held atomic.Pointer[stream]
	began := make(chan struct{})
	h := (&h2test.Server{MaxStreams: 1, Post: func(_ int, s *stream) {
		s.Apply()
		held.Load().List() // now the other connection has room again
		s.Reset(h2test.ProtocolError)
	}, Other: func(n int, s *stream) {
		if n == 2 {
			held.Store(s)
			close(began)
			return
		}
		s.List()
	}}).Start(t)
	client := http2Client(t, h)
	want(t, errOf(client.ListJobSecrets(t.Context(), h.Job)), "-", 0) // the settings have come
	var lists sync.WaitGroup
	lists.Go(func() { want(t, errOf(client.ListJobSecrets(t.Context(), h.Job)), "-", 0) })
	<-began
	want(t, errOf(createOn(t, h, client, "PG")), "-", 0)
	lists.Wait()
	if wantHTTP2(t, h, 1, 1); h.Counts().Conns < 2 {
		t.Errorf("%d connections", h.Counts().Conns)
	}
}

// The same where the caller's client wraps the context of the request, adds a trace of
// its own, or speaks HTTP/2 where no TLS tells.
func TestHTTP2WrappedTransport(t *testing.T) {
	transport := h2test.Transport(t)
	plain := &http.Transport{Protocols: new(http.Protocols)}
	plain.Protocols.SetUnencryptedHTTP2(true)
	defer plain.CloseIdleConnections()
	for name, client := range map[string]*http.Client{
		"timeout": {Transport: transport, Timeout: 4 * time.Second},
		"trace": {Transport: roundTrip(func(req *http.Request) (*http.Response, error) {
			trace := &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) {}, WroteHeaderField: func(string, []string) {}}
			return transport.RoundTrip(req.WithContext(httptrace.WithClientTrace(req.Context(), trace)))
		})},
		"context": {Transport: roundTrip(func(req *http.Request) (*http.Response, error) {
			return transport.RoundTrip(req.WithContext(struct{ context.Context }{req.Context()}))
		})},
		"plain": {Transport: plain},
	} {
		t.Run(name, func(t *testing.T) {
			h := (&h2test.Server{Plain: name == "plain", Post: func(_ int, s *stream) { s.Apply(); s.Reset(h2test.ProtocolError) }}).Start(t)
			want(t, errOf(createOn(t, h, http2Client(t, h, api.WithHTTPClient(client)), "PG")), "-", 0)
			wantHTTP2(t, h, 1, 1)
		})
	}
}

// An HTTP/2 connection breaks after the POST took effect, and the next one speaks
// HTTP/1.1: the POST does not go out again on that.
func TestHTTP2Downgrade(t *testing.T) {
	t.Parallel()
	for name, broken := range map[string]func(s *stream){
		"GOAWAY that denies it":                     func(s *stream) { s.GoAway(0, h2test.NoError) },
		"GOAWAY that denies it, closed":             func(s *stream) { s.GoAway(0, h2test.NoError); s.Close() },
		"GOAWAY with PROTOCOL_ERROR that denies it": func(s *stream) { s.GoAway(0, h2test.ProtocolError); s.Close() },
		"PROTOCOL_ERROR":                            func(s *stream) { s.Reset(h2test.ProtocolError); s.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			for range 25 {
				var h *h2test.Server
				var again atomic.Int32
				h = &h2test.Server{Post: func(_ int, s *stream) { s.Apply(); broken(s) }, HTTP1: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if r.Method == http.MethodPost {
						again.Add(1)
						w.WriteHeader(http.StatusConflict)
						return
					}
					json.NewEncoder(w).Encode(map[string]any{"results": h.Aliases()})
				})}
				client := http2Client(t, h.Start(t))
				if _, err := createOn(t, h, client, "PG"); err != nil || again.Load() > 0 {
					t.Errorf("%d more POSTs: %v", again.Load(), err)
				}
			}
		})
	}
}

// A DELETE that took effect and was broken off is done, also where net/http repeats it by
// itself and the repeat finds nothing; one that took none is sent again. Where the
// repeat gets no connection, that does not say that nothing was sent.
func TestHTTP2Delete(t *testing.T) {
	for name, broken := range map[string]func(s *stream){
		"PROTOCOL_ERROR":          func(s *stream) { s.Reset(h2test.ProtocolError) },
		"INTERNAL_ERROR":          func(s *stream) { s.Reset(h2test.InternalError) },
		"REFUSED_STREAM":          func(s *stream) { s.Reset(h2test.RefusedStream) },
		"GOAWAY that excludes it": func(s *stream) { s.GoAwayBefore(h2test.NoError) },
		"connection closed":       func(s *stream) { s.Close() },
		"PROTOCOL_ERROR, closed":  func(s *stream) { s.Reset(h2test.ProtocolError); s.Close() },
		"GOAWAY that denies it":   func(s *stream) { s.GoAway(0, h2test.NoError) },
	} {
		for _, c := range []struct{ effect, refused bool }{{true, false}, {false, false}, {true, true}} {
			if c.refused && name == "REFUSED_STREAM" { // which is repeated on the same connection
				continue
			}
			t.Run(fmt.Sprintf("%s effect %t refused %t", name, c.effect, c.refused), func(t *testing.T) {
				var h *h2test.Server
				var id uuid.UUID
				var down atomic.Bool // for one dial
				h = &h2test.Server{Other: func(n int, s *stream) {
					remove := func() {
						if len(h.Aliases()) == 0 {
							s.Respond(404, map[string]any{"status": 404, "detail": "gone"})
							return
						}
						h.Remove(id)
						s.Begin(204, "")
						s.Reset(h2test.NoError)
					}
					switch {
					case s.Get:
						s.List()
					case n > 2:
						remove()
					default:
						if c.effect {
							h.Remove(id)
						}
						down.Store(c.refused)
						broken(s)
					}
				}}
				client := http2Client(t, h.Start(t))
				id = h.Apply("PG").ID
				if c.refused {
					transport := h2test.Transport(t)
					transport.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
						if down.CompareAndSwap(true, false) {
							return refuse(ctx, network, addr)
						}
						return new(net.Dialer).DialContext(ctx, network, addr)
					}
					_, err := clientOf(t, h.URL(), through(transport)).Generated().DeleteJobSecretWithResponse(t.Context(), h.Job, id)
					if names := sentinels(err); names != "Unknown NoResponse" {
						t.Errorf("matches %q: %v", names, err)
					}
					return
				}
				want(t, client.DeleteJobSecretAlias(t.Context(), h.Job, id), "-", 0)
				if len(h.Aliases()) != 0 {
					t.Error("still there")
				}
			})
		}
	}
}

// A 401 to the repeat that net/http has made of a create does not bring a third:
// the list decides.
func TestHTTP2UnauthorizedRepeat(t *testing.T) {
	h := (&h2test.Server{Post: func(n int, s *stream) {
		if n == 1 {
			s.Apply()
			s.Reset(h2test.RefusedStream)
		} else {
			s.Respond(401, nil)
		}
	}}).Start(t)
	source := api.APITokenSource(func(context.Context) (string, error) { return rand.Text(), nil })
	_, err := createOn(t, h, clientWith(t, source, api.WithBaseURL(h.URL()), through(h2test.Transport(t))), "PG")
	want(t, err, "-", 0)
	wantHTTP2(t, h, 2, 1)
}

// A connection that died in silence. A request on it runs into its time; with the default
// transport the list that settles, and a list that is asked again, go over a fresh
// connection. With a caller's transport that sends pings another is made, and
// without them nothing is known.
func TestHTTP2Silent(t *testing.T) {
	t.Parallel()
	silent := func(t *testing.T, opts ...api.Option) (*h2test.Server, *api.Client) {
		block := make(chan struct{})
		h := (&h2test.Server{Post: func(_ int, s *stream) {
			s.Apply()
			<-block // nothing is read or written any more
		}}).Start(t)
		t.Cleanup(func() { close(block) })
		return h, http2Client(t, h, opts...)
	}
	if os.Getenv(ownTransport) != "" {
		h, client := silent(t, api.WithAttemptTimeout(300*time.Millisecond))
		_, err := createOn(t, h, client, "PG")
		want(t, err, "-", 0)
		if list, err := client.ListJobSecrets(t.Context(), h.Job); err != nil || len(list) != 1 {
			t.Error(list, err)
		}
		wantHTTP2(t, h, 1, 1)
		return
	}
	pinging := h2test.Transport(t)
	pinging.HTTP2 = &http.HTTP2Config{SendPingTimeout: 100 * time.Millisecond, PingTimeout: 100 * time.Millisecond}
	h, client := silent(t, through(pinging), api.WithRetries(0))
	_, err := createOn(t, h, client, "PG")
	want(t, err, "-", 0)
	wantHTTP2(t, h, 1, 1)
	h, client = silent(t, api.WithAttemptTimeout(200*time.Millisecond), api.WithRetries(0))
	_, err = createOn(t, h, client, "PG")
	want(t, err, "Unknown NoResponse timeout", 0)
	wantHTTP2(t, h, 1, 1)
}

// The same few connections serve any number of requests, and a server that allows few
// streams on each gets more, so that no request waits for good.
func TestHTTP2Pool(t *testing.T) {
	t.Parallel()
	for _, streams := range []uint32{0, 1} {
		t.Run(fmt.Sprint(streams), func(t *testing.T) {
			h := (&h2test.Server{MaxStreams: streams}).Start(t)
			client := http2Client(t, h)
			var calls sync.WaitGroup
			for range 100 {
				calls.Go(func() { want(t, errOf(client.ListJobSecrets(t.Context(), h.Job)), "-", 0) })
			}
			calls.Wait()
			if n := h.Counts().Conns; os.Getenv(ownTransport) != "" && streams == 0 && n > 8 {
				t.Errorf("%d connections", n)
			}
		})
	}
}

// Runs the tests above with the default transport, in a process that trusts the
// certificate.
func TestHTTP2DefaultTransport(t *testing.T) {
	t.Parallel()
	if os.Getenv(ownTransport) != "" {
		t.Skip("this is it")
	}
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, h2test.CertificatePEM(), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^TestHTTP2(|Pool|OtherConnection|Delete|Silent|Downgrade)$", "-test.v")
	cmd.Env = append(os.Environ(), ownTransport+"=1", "SSL_CERT_FILE="+file)
	out, err := cmd.CombinedOutput()
	if n := strings.Count(string(out), "--- PASS"); err != nil || n < 4*len(breaks) {
		t.Errorf("%d tests have run: %v\n%s", n, err, out)
	}
}
