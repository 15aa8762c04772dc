package api_test

// What net/http repeats by itself, and what comes of it: the server counts the POSTs
// that began and those that took effect, over HTTP/2 with connections and streams that
// end in every way, and over HTTP/1.1 with connections that went stale.

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/api"
	"github.com/qovery-alias/qovery-alias-go/api/apitest"
)

// The frames and error codes of RFC 9113 that are needed.
const (
	labData, labHeaders, labReset, labSettings, labPing, labGoAway = 0, 1, 3, 4, 6, 7

	labEndStream, labAck, labEndHeaders = 1, 1, 4

	labNoError, labProtocolError, labInternalError, labRefusedStream, labEnhanceYourCalm = 0, 1, 2, 7, 11
)

// labH2 is an HTTP/2 server with one job, which speaks just enough to end streams and
// connections in any way. It tells creates from lists by whether they have a body.
type labH2 struct {
	job, secret uuid.UUID
	onPost      func(n int, s *labStream) // what becomes of the nth POST
	onOther     func(n int, s *labStream) // and of the nth GET or DELETE; nil: they are lists
	settings    []byte

	listener net.Listener
	serving  sync.WaitGroup

	mu       sync.Mutex
	open     []net.Conn
	aliases  []api.Secret
	posts    int // that began, which is HEADERS frames
	effects  int // that took effect
	others   int
	accepted int
}

type labConn struct {
	net.Conn
	mu sync.Mutex
}

func (c *labConn) frame(kind, flags byte, stream uint32, payload []byte) {
	f := binary.BigEndian.AppendUint32(nil, uint32(len(payload))<<8|uint32(kind))
	f = binary.BigEndian.AppendUint32(append(f, flags), stream)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.Write(append(f, payload...)) // if it fails, so will the next read
}

// goAway announces that streams above last are not processed.
func (c *labConn) goAway(last, code uint32) {
	c.frame(labGoAway, 0, 0, binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, last), code))
}

// labStream is a request that has arrived whole.
type labStream struct {
	*labConn
	srv  *labH2
	id   uint32
	body []byte
}

func (s *labStream) reset(code uint32) {
	s.frame(labReset, 0, s.id, binary.BigEndian.AppendUint32(nil, code))
}

// head answers with a status and leaves the stream open.
func (s *labStream) head(status int) {
	// :status with a literal value, not indexed
	s.frame(labHeaders, labEndHeaders, s.id, append([]byte{0x08, 3}, fmt.Sprint(status)...))
}

func (s *labStream) reply(status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	s.head(status)
	for len(body) > 16<<10 {
		s.frame(labData, 0, s.id, body[:16<<10])
		body = body[16<<10:]
	}
	s.frame(labData, labEndStream, s.id, body)
}

// apply lets the create take effect, as often as it is asked to.
func (s *labStream) apply() api.Secret {
	var req api.AliasRequest
	if err := json.Unmarshal(s.body, &req); err != nil {
		panic(err)
	}
	alias := api.Secret{ID: uuid.New(), Key: req.Key, Scope: api.VariableScopeJob, CreatedAt: time.Now(),
		VariableType: api.Ptr(api.VariableTypeAlias), AliasedSecret: &api.SecretReference{ID: s.srv.secret}}
	s.srv.mu.Lock()
	defer s.srv.mu.Unlock()
	s.srv.effects++
	s.srv.aliases = append(s.srv.aliases, alias)
	return alias
}

func (s *labStream) create() { s.reply(201, s.apply()) }

func (s *labStream) list() {
	s.srv.mu.Lock()
	results := slices.Clone(s.srv.aliases)
	s.srv.mu.Unlock()
	if results == nil {
		results = []api.Secret{}
	}
	s.reply(200, map[string]any{"results": results})
}

// serve reads a connection until it ends.
func (h *labH2) serve(conn net.Conn) {
	defer conn.Close()
	c := &labConn{Conn: conn}
	preface := make([]byte, 24)
	if _, err := io.ReadFull(conn, preface); err != nil || !strings.HasPrefix(string(preface), "PRI") {
		return
	}
	c.frame(labSettings, 0, 0, h.settings)
	streams := map[uint32]*labStream{}
	for {
		head := make([]byte, 9)
		if _, err := io.ReadFull(conn, head); err != nil {
			return
		}
		payload := make([]byte, int(head[0])<<16|int(head[1])<<8|int(head[2]))
		if _, err := io.ReadFull(conn, payload); err != nil {
			return
		}
		kind, flags, id := head[3], head[4], binary.BigEndian.Uint32(head[5:])
		switch kind {
		case labSettings:
			if flags&labAck == 0 {
				c.frame(labSettings, labAck, 0, nil)
			}
		case labPing:
			if flags&labAck == 0 {
				c.frame(labPing, labAck, 0, payload)
			}
		case labHeaders:
			s := &labStream{labConn: c, srv: h, id: id}
			if flags&labEndStream == 0 {
				streams[id] = s
				h.mu.Lock()
				h.posts++
				h.mu.Unlock()
				continue
			}
			h.mu.Lock()
			h.others++
			n := h.others
			h.mu.Unlock()
			if h.onOther != nil {
				h.onOther(n, s)
			} else {
				s.list()
			}
		case labData:
			s := streams[id]
			s.body = append(s.body, payload...)
			if flags&labEndStream != 0 {
				h.mu.Lock()
				n := h.posts
				h.mu.Unlock()
				h.onPost(n, s)
			}
		}
	}
}

// labCertificate is that of net/http/httptest, which is for 127.0.0.1.
var labCertificate = sync.OnceValue(func() *tls.Config {
	s := httptest.NewUnstartedServer(nil)
	s.StartTLS()
	defer s.Close()
	return &tls.Config{Certificates: s.TLS.Certificates}
})

func labRoots() *x509.CertPool {
	leaf, err := x509.ParseCertificate(labCertificate().Certificates[0].Certificate[0])
	if err != nil {
		panic(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(leaf)
	return roots
}

func newLabH2(t testing.TB, onPost func(n int, s *labStream)) *labH2 {
	t.Helper()
	config := labCertificate().Clone()
	config.NextProtos = []string{"h2"}
	return newLabH2On(t, func(plain net.Listener) net.Listener { return tls.NewListener(plain, config) }, onPost)
}

func newLabH2On(t testing.TB, secure func(net.Listener) net.Listener, onPost func(n int, s *labStream)) *labH2 {
	t.Helper()
	plain, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listener := secure(plain)
	h := &labH2{job: uuid.New(), secret: uuid.New(), onPost: onPost, listener: listener}
	h.serving.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			h.mu.Lock()
			h.accepted++
			h.open = append(h.open, conn)
			h.mu.Unlock()
			h.serving.Go(func() { h.serve(conn) })
		}
	})
	t.Cleanup(func() {
		listener.Close()
		h.closeAll()
		h.serving.Wait()
	})
	return h
}

func (h *labH2) closeAll() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, conn := range h.open {
		if secure, ok := conn.(*tls.Conn); ok {
			conn = secure.NetConn()
		}
		conn.Close()
	}
	h.open = nil
}

// labDefault says that this process trusts the certificate, so that the client's own
// transport can be used: see TestHTTP2DefaultTransport.
const labDefault = "LAB_DEFAULT_TRANSPORT"

// client speaks HTTP/2 to the server.
func (h *labH2) client(t testing.TB, opts ...api.Option) *api.Client {
	t.Helper()
	opts = append([]api.Option{api.WithBaseURL("https://" + h.listener.Addr().String()), labNoWait, api.WithAttemptTimeout(5 * time.Second)}, opts...)
	if os.Getenv(labDefault) == "" {
		transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: labRoots()}, ForceAttemptHTTP2: true}
		opts = append([]api.Option{api.WithHTTPClient(&http.Client{Transport: transport})}, opts...)
	}
	c, err := api.NewClient(api.APIToken("a-token"), opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.CloseIdleConnections)
	return c
}

// want checks how many POSTs began and how many took effect.
func (h *labH2) want(t testing.TB, posts, effects int) {
	t.Helper()
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.posts != posts || h.effects != effects {
		t.Errorf("%d POSTs began and %d took effect, want %d and %d", h.posts, h.effects, posts, effects)
	}
}

// labBreaks are the ways in which a POST ends over HTTP/2. fresh says that it is on
// the first stream of its connection.
var labBreaks = []struct {
	name  string
	post  func(n int, s *labStream)
	posts int    // that begin in all
	want  string // what the error matches
}{
	// Answered.
	{"regular", func(_ int, s *labStream) { s.create() }, 1, "-"},
	{"GOAWAY that includes the stream, then answered", func(_ int, s *labStream) { s.goAway(s.id, labNoError); s.create() }, 1, "-"},
	{"GOAWAY with an error that includes the stream, then answered", func(_ int, s *labStream) { s.goAway(s.id, labInternalError); s.create() }, 1, "-"},
	{"answered, then GOAWAY", func(_ int, s *labStream) { s.create(); s.goAway(s.id, labNoError) }, 1, "-"},
	{"answered, then reset", func(_ int, s *labStream) { s.create(); s.reset(labNoError) }, 1, "-"},

	// Repeated by net/http on the same connection, at once.
	{"REFUSED_STREAM", func(n int, s *labStream) {
		if n == 1 {
			s.reset(labRefusedStream)
		} else {
			s.create()
		}
	}, 2, "-"},

	// Took effect, then lost: found in the list.
	{"took effect, INTERNAL_ERROR", func(_ int, s *labStream) { s.apply(); s.reset(labInternalError) }, 1, "-"},
	{"took effect, PROTOCOL_ERROR", func(_ int, s *labStream) { s.apply(); s.reset(labProtocolError) }, 1, "-"},
	{"took effect, NO_ERROR", func(_ int, s *labStream) { s.apply(); s.reset(labNoError) }, 1, "-"},
	{"took effect, ENHANCE_YOUR_CALM", func(_ int, s *labStream) { s.apply(); s.reset(labEnhanceYourCalm) }, 1, "-"},
	{"took effect, connection closed", func(_ int, s *labStream) { s.apply(); s.Close() }, 1, "-"},
	{"took effect, GOAWAY that includes it, connection closed", func(_ int, s *labStream) { s.apply(); s.goAway(s.id, labNoError); s.Close() }, 1, "-"},
	{"took effect, GOAWAY with an error, connection closed", func(_ int, s *labStream) { s.apply(); s.goAway(s.id, labInternalError); s.Close() }, 1, "-"},
	{"took effect, GOAWAY that denies it", func(_ int, s *labStream) { s.apply(); s.goAway(0, labNoError) }, 1, "-"},
	{"took effect, GOAWAY that denies it, connection closed", func(_ int, s *labStream) { s.apply(); s.goAway(0, labNoError); s.Close() }, 1, "-"},
	{"took effect, GOAWAY with PROTOCOL_ERROR that denies it", func(_ int, s *labStream) { s.apply(); s.goAway(0, labProtocolError) }, 1, "-"},
	{"took effect, answer cut by a reset", func(_ int, s *labStream) {
		s.apply()
		s.head(201)
		s.frame(labData, 0, s.id, []byte(`{"id":`))
		s.reset(labProtocolError)
	}, 1, "-"},
	{"took effect, answer cut by a close", func(_ int, s *labStream) {
		s.apply()
		s.head(201)
		s.frame(labData, 0, s.id, []byte(`{"id":`))
		s.Close()
	}, 1, "-"},
	{"took effect, nonsense on the connection", func(_ int, s *labStream) { s.apply(); s.frame(labData, 0, 0, []byte("?")) }, 1, "-"},

	// Took no effect: nobody can know that, since the ways of breaking are the same.
	{"INTERNAL_ERROR", func(_ int, s *labStream) { s.reset(labInternalError) }, 1, "Unknown"},
	{"PROTOCOL_ERROR", func(_ int, s *labStream) { s.reset(labProtocolError) }, 1, "Unknown"},
	{"CANCEL", func(_ int, s *labStream) { s.reset(8) }, 1, "Unknown"},
	{"HTTP_1_1_REQUIRED", func(_ int, s *labStream) { s.reset(13) }, 1, "Unknown"},
	{"connection closed", func(_ int, s *labStream) { s.Close() }, 1, "Unknown"},
	{"GOAWAY that includes it, connection closed", func(_ int, s *labStream) { s.goAway(s.id, labNoError); s.Close() }, 1, "Unknown"},

	// Took no effect, and the server says so; but net/http does not say why it would
	// repeat it, which after PROTOCOL_ERROR is not safe.
	{"GOAWAY that excludes it", func(_ int, s *labStream) { s.goAway(max(s.id, 2)-2, labNoError) }, 1, "Unknown"},
	{"GOAWAY that excludes it, connection closed", func(_ int, s *labStream) { s.goAway(max(s.id, 2)-2, labNoError); s.Close() }, 1, "Unknown"},
	{"REFUSED_STREAM and GOAWAY", func(_ int, s *labStream) { s.goAway(s.id, labNoError); s.reset(labRefusedStream) }, 1, "Unknown"},
}

// TestHTTP2: whatever the server does, no POST that may have been processed is
// sent again, and the caller is told the truth.
func TestHTTP2(t *testing.T) {
	t.Parallel()
	for _, c := range labBreaks {
		for _, fresh := range []bool{true, false} {
			t.Run(fmt.Sprint(c.name, " fresh ", fresh), func(t *testing.T) {
				h := newLabH2(t, c.post)
				client := h.client(t)
				if !fresh { // the POST is not the first stream of its connection
					if _, err := client.ListJobSecrets(t.Context(), h.job); err != nil {
						t.Fatal(err)
					}
				}
				s, err := client.CreateJobSecretAlias(t.Context(), h.job, h.secret, api.AliasRequest{Key: "PG"})
				got := labMatches(err)
				if got = strings.TrimSuffix(strings.TrimPrefix(got, "Unexpected "), " cut"); got != c.want {
					t.Errorf("matches %q, want %q: %v", got, c.want, err)
				}
				effects := 0
				if c.want == "-" {
					effects = 1
					if err == nil && (s.ID != h.aliases[0].ID || s.AliasedSecret.ID != h.secret) {
						t.Errorf("got %+v, the server holds %+v", s, h.aliases)
					}
				}
				h.want(t, c.posts, effects)
				if err != nil && strings.Contains(err.Error(), "context canceled") {
					t.Errorf("speaks of a cancellation that nobody asked for: %v", err)
				}
			})
		}
	}
}

// TestHTTP2NetHTTP is what net/http does if left alone, which the watch in
// internal/chain is there for: it sends a POST twice that has taken effect. If this
// fails with a new version of Go, look whether the watch is still needed.
func TestHTTP2NetHTTP(t *testing.T) {
	for _, c := range []struct {
		name  string
		post  func(s *labStream) // the first; the second is answered
		posts int
	}{
		{"REFUSED_STREAM", func(s *labStream) { s.reset(labRefusedStream) }, 2},
		{"GOAWAY that excludes it", func(s *labStream) { s.goAway(0, labNoError) }, 2},
		{"took effect, PROTOCOL_ERROR", func(s *labStream) { s.apply(); s.reset(labProtocolError) }, 2},
		{"took effect, INTERNAL_ERROR", func(s *labStream) { s.apply(); s.reset(labInternalError) }, 1},
		{"took effect, GOAWAY with an error", func(s *labStream) { s.apply(); s.goAway(0, labInternalError) }, 1},
		{"took effect, connection closed", func(s *labStream) { s.apply(); s.Close() }, 1},
		{"took effect, GOAWAY that includes it, connection closed", func(s *labStream) { s.apply(); s.goAway(s.id, labNoError); s.Close() }, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newLabH2(t, func(n int, s *labStream) {
				if n == 1 {
					c.post(s)
				} else {
					s.create()
				}
			})
			transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: labRoots()}, ForceAttemptHTTP2: true}
			defer transport.CloseIdleConnections()
			resp, err := (&http.Client{Transport: transport}).Post("https://"+h.listener.Addr().String(), "application/json", strings.NewReader(`{"key":"PG"}`))
			if err == nil {
				resp.Body.Close()
			}
			if (err == nil) != (c.posts == 2) {
				t.Error(err)
			}
			h.want(t, c.posts, h.effects)
		})
	}
}

// TestHTTP2Ensure: the same through EnsureJobSecretAlias, which says created only
// where the 201 arrived.
func TestHTTP2Ensure(t *testing.T) {
	t.Parallel()
	for _, c := range labBreaks {
		t.Run(c.name, func(t *testing.T) {
			h := newLabH2(t, c.post)
			_, created, err := h.client(t).EnsureJobSecretAlias(t.Context(), h.job, h.secret, api.AliasRequest{Key: "PG"})
			if (err == nil) != (c.want == "-") || (h.effects == 1) != (err == nil) {
				t.Errorf("%d effects, %v", h.effects, err)
			}
			if seen := err == nil && !strings.HasPrefix(c.name, "took effect"); created != seen {
				t.Errorf("created %v, want %v", created, seen)
			}
			h.want(t, c.posts, h.effects)
		})
	}
}

// TestHTTP2Batch: eight streams on one connection, which breaks under all of them
// again and again. No alias is there twice, and each spec is told the truth.
func TestHTTP2Batch(t *testing.T) {
	t.Parallel()
	for _, c := range labBreaks {
		t.Run(c.name, func(t *testing.T) {
			var mu sync.Mutex
			seen := map[string]bool{}
			h := newLabH2(t, func(_ int, s *labStream) {
				mu.Lock()
				again := seen[string(s.body)]
				seen[string(s.body)] = true
				mu.Unlock()
				if !again && strings.ContainsAny(string(s.body), "27") {
					c.post(1, s)
				} else {
					s.create()
				}
			})
			var specs []api.AliasSpec
			for i := range 16 {
				specs = append(specs, api.AliasSpec{SecretID: h.secret, Request: api.AliasRequest{Key: fmt.Sprint("ALIAS_", i)}})
			}
			results, _ := h.client(t).EnsureJobSecretAliases(t.Context(), h.job, specs)
			held := map[string]int{}
			for _, s := range h.aliases {
				if held[s.Key]++; held[s.Key] > 1 {
					t.Errorf("%s is there %d times", s.Key, held[s.Key])
				}
			}
			for i, r := range results {
				if key := specs[i].Request.Key; (r.Err == nil) != (held[key] == 1) {
					t.Errorf("%s: there %d times, %v", key, held[key], r.Err)
				}
			}
		})
	}
}

// TestHTTP2ErrorCodes: of all error codes, net/http repeats only after REFUSED_STREAM
// (and would after PROTOCOL_ERROR).
func TestHTTP2ErrorCodes(t *testing.T) {
	for code := range uint32(16) {
		if code == labRefusedStream {
			continue
		}
		h := newLabH2(t, func(_ int, s *labStream) { s.apply(); s.reset(code) })
		if _, err := h.client(t).CreateJobSecretAlias(t.Context(), h.job, h.secret, api.AliasRequest{Key: "PG"}); err != nil {
			t.Errorf("code %d: %v", code, err)
		}
		h.want(t, 1, 1)
	}
}

// TestHTTP2RefusedForGood: net/http repeats a refused stream at once and then after
// 1, 2, 4 … s, all within the attempt; when that is over, nothing is known.
func TestHTTP2RefusedForGood(t *testing.T) {
	t.Parallel()
	h := newLabH2(t, func(_ int, s *labStream) { s.reset(labRefusedStream) })
	client := h.client(t, api.WithAttemptTimeout(800*time.Millisecond))
	_, err := client.CreateJobSecretAlias(t.Context(), h.job, h.secret, api.AliasRequest{Key: "PG"})
	labWant(t, err, "Unknown", 0)
	h.want(t, 2, 0)
}

// TestHTTP2TooManyStreams: a server that takes one stream at a time refuses those that
// began before its settings were known. While the connection is busy, net/http would
// repeat them on another one, which is safe; but from outside it looks like the repeat
// after PROTOCOL_ERROR, which is not, and so it does not happen. Each caller is told the
// truth all the same.
func TestHTTP2TooManyStreams(t *testing.T) {
	t.Parallel()
	const many = 8
	var mu sync.Mutex
	busy, began := map[*labConn]*labStream{}, 0
	h := newLabH2(t, func(_ int, s *labStream) {
		mu.Lock()
		defer mu.Unlock()
		if began++; busy[s.labConn] != nil {
			s.reset(labRefusedStream)
		} else {
			busy[s.labConn] = s
		}
		if began < many {
			return
		}
		for conn, held := range busy { // all have begun: now they are answered
			held.create()
			delete(busy, conn)
		}
	})
	h.settings = []byte{0, 3, 0, 0, 0, 1} // MAX_CONCURRENT_STREAMS 1
	client := h.client(t, api.WithAttemptTimeout(300*time.Millisecond))
	var all sync.WaitGroup
	var got sync.Map
	for i := range many {
		all.Go(func() {
			_, err := client.CreateJobSecretAlias(t.Context(), h.job, h.secret, api.AliasRequest{Key: fmt.Sprint("PG", i)})
			got.Store(fmt.Sprint("PG", i), labMatches(err))
		})
	}
	all.Wait()
	held := map[string]int{}
	for _, s := range h.aliases {
		held[s.Key]++
	}
	unknown := 0
	got.Range(func(key, m any) bool {
		if m == "Unknown" {
			unknown++
		}
		if n := held[key.(string)]; n > 1 || (m == "-") != (n == 1) || m != "-" && m != "Unknown" {
			t.Errorf("%s: there %d times, reported %q", key, n, m)
		}
		return true
	})
	t.Logf("%d POSTs began, %d took effect, %d unknown", h.posts, h.effects, unknown)
}

// TestHTTP2OtherConnection: after PROTOCOL_ERROR net/http would repeat a POST on a
// connection that is open already, as well as on a new one. Neither happens.
func TestHTTP2OtherConnection(t *testing.T) {
	var first atomic.Pointer[labStream]
	began := make(chan struct{})
	h := newLabH2(t, func(_ int, s *labStream) {
		s.apply()
		first.Load().list() // now the other connection has room again
		s.reset(labProtocolError)
	})
	h.settings = []byte{0, 3, 0, 0, 0, 1} // MAX_CONCURRENT_STREAMS 1
	h.onOther = func(n int, s *labStream) {
		if n == 2 {
			first.Store(s)
			close(began)
			return
		}
		s.list()
	}
	client := h.client(t)
	if _, err := client.ListJobSecrets(t.Context(), h.job); err != nil { // the settings have come
		t.Fatal(err)
	}
	var listing sync.WaitGroup
	listing.Go(func() {
		if _, err := client.ListJobSecrets(t.Context(), h.job); err != nil {
			t.Error(err)
		}
	})
	<-began
	if _, err := client.CreateJobSecretAlias(t.Context(), h.job, h.secret, api.AliasRequest{Key: "PG"}); err != nil {
		t.Error(err)
	}
	listing.Wait()
	h.want(t, 1, 1)
	if h.accepted < 2 {
		t.Errorf("%d connections", h.accepted)
	}
}

// TestHTTP2WrappedTransport: the watch also holds where the caller's client wraps the
// context of the request or adds a trace of its own.
func TestHTTP2WrappedTransport(t *testing.T) {
	h2 := func() *http.Transport {
		transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: labRoots()}, ForceAttemptHTTP2: true}
		t.Cleanup(transport.CloseIdleConnections)
		return transport
	}
	own := context.WithValue(context.Background(), labCtxKey{}, 1) // a context not made by this package
	for name, client := range map[string]*http.Client{
		"timeout": {Transport: h2(), Timeout: 4 * time.Second},
		"trace": {Transport: labFunc(func(req *http.Request) (*http.Response, error) {
			trace := &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) {}, WroteHeaderField: func(string, []string) {}}
			return h2().RoundTrip(req.WithContext(httptrace.WithClientTrace(req.Context(), trace)))
		})},
		"context": {Transport: labFunc(func(req *http.Request) (*http.Response, error) {
			return h2().RoundTrip(req.WithContext(labCtx{req.Context(), own}))
		})},
	} {
		t.Run(name, func(t *testing.T) {
			h := newLabH2(t, func(_ int, s *labStream) { s.apply(); s.reset(labProtocolError) })
			c := h.client(t, api.WithHTTPClient(client))
			if _, err := c.CreateJobSecretAlias(t.Context(), h.job, h.secret, api.AliasRequest{Key: "PG"}); err != nil {
				t.Error(err)
			}
			h.want(t, 1, 1)
		})
	}
}

// TestHTTP2Unencrypted: nor is a POST repeated where no TLS tells that HTTP/2 is spoken.
func TestHTTP2Unencrypted(t *testing.T) {
	h := newLabH2On(t, func(plain net.Listener) net.Listener { return plain },
		func(_ int, s *labStream) { s.apply(); s.reset(labProtocolError) })
	transport := &http.Transport{Protocols: new(http.Protocols)}
	transport.Protocols.SetUnencryptedHTTP2(true)
	defer transport.CloseIdleConnections()
	client := h.client(t, api.WithHTTPClient(&http.Client{Transport: transport}), api.WithBaseURL("http://"+h.listener.Addr().String()))
	if _, err := client.CreateJobSecretAlias(t.Context(), h.job, h.secret, api.AliasRequest{Key: "PG"}); err != nil {
		t.Error(err)
	}
	h.want(t, 1, 1)
}

// labCtx is a context that also has the values of another.
type labCtx struct {
	context.Context
	more context.Context
}

type labCtxKey struct{}

func (c labCtx) Value(key any) any {
	if v := c.more.Value(key); v != nil {
		return v
	}
	return c.Context.Value(key)
}

// TestHTTP2Delete: a DELETE that took effect and was broken off is sent again, finds
// nothing, and that is success, also where net/http would have repeated it by itself.
func TestHTTP2Delete(t *testing.T) {
	for name, broken := range map[string]func(s *labStream){
		"PROTOCOL_ERROR":          func(s *labStream) { s.reset(labProtocolError) },
		"INTERNAL_ERROR":          func(s *labStream) { s.reset(labInternalError) },
		"GOAWAY that excludes it": func(s *labStream) { s.goAway(max(s.id, 2)-2, labNoError) },
		"connection closed":       func(s *labStream) { s.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			h := newLabH2(t, nil)
			alias := api.Secret{ID: uuid.New(), Key: "PG", Scope: api.VariableScopeJob, CreatedAt: time.Now(), VariableType: api.Ptr(api.VariableTypeAlias)}
			h.aliases = []api.Secret{alias}
			h.onOther = func(n int, s *labStream) {
				switch n {
				case 1:
					s.list()
				case 2:
					broken(s)
				default:
					s.reply(404, map[string]any{"status": 404, "detail": "gone"})
				}
			}
			if err := h.client(t).DeleteJobSecretAlias(t.Context(), h.job, alias.ID); err != nil {
				t.Error(err)
			}
			if h.others != 3 {
				t.Errorf("%d requests", h.others)
			}
		})
	}
}

// TestHTTP2Stale: after the server has closed a connection that nobody used, and the
// client has noticed, the POST goes over a new one. Before it has noticed, the stream
// begins on the old one and nobody can know.
func TestHTTP2Stale(t *testing.T) {
	t.Parallel()
	h := newLabH2(t, func(_ int, s *labStream) { s.create() })
	noticed := make(chan struct{}, 100)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: labRoots()}, ForceAttemptHTTP2: true,
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			conn, err := (&net.Dialer{}).DialContext(ctx, network, addr)
			return &labClosing{Conn: conn, closed: noticed}, err
		}}
	client := h.client(t, api.WithHTTPClient(&http.Client{Transport: transport}))
	for i, wait := range []bool{true, false, true, false, true, false} {
		if _, err := client.ListJobSecrets(t.Context(), h.job); err != nil {
			t.Fatal(err)
		}
		h.closeAll()
		if wait {
			<-noticed
		}
		h.mu.Lock()
		before := h.effects
		h.mu.Unlock()
		_, err := client.CreateJobSecretAlias(t.Context(), h.job, h.secret, api.AliasRequest{Key: fmt.Sprint("PG", i)})
		h.mu.Lock()
		effects := h.effects - before
		h.mu.Unlock()
		switch {
		case effects > 1, (err == nil) != (effects == 1):
			t.Errorf("%d effects: %v", effects, err)
		case err != nil && (wait || !strings.Contains(labMatches(err), "Unknown")):
			t.Errorf("noticed %v: %v", wait, err)
		}
		if !wait {
			<-noticed
		}
	}
}

// labClosing is a connection that tells when the client closes it.
type labClosing struct {
	net.Conn
	once   sync.Once
	closed chan struct{}
}

func (c *labClosing) Close() error {
	c.once.Do(func() { c.closed <- struct{}{} })
	return c.Conn.Close()
}

// TestHTTP2Silent: a connection on which nothing comes any more. A request on it
// runs into its time, and with HTTP/2 so does every later one, the looks among them,
// although the server could be reached over another connection. A transport that
// sends pings notices and makes one.
func TestHTTP2Silent(t *testing.T) {
	t.Parallel()
	for _, pings := range []bool{false, true} {
		t.Run(fmt.Sprint("pings ", pings), func(t *testing.T) {
			var dead atomic.Pointer[labConn]
			block := make(chan struct{})
			h := newLabH2(t, func(_ int, s *labStream) {
				s.apply()
				dead.Store(s.labConn)
				<-block // nothing is read or written any more
			})
			t.Cleanup(func() { close(block) })
			transport, patience := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: labRoots()}, ForceAttemptHTTP2: true}, 200*time.Millisecond
			if pings {
				patience = 5 * time.Second
				transport.HTTP2 = &http.HTTP2Config{SendPingTimeout: 100 * time.Millisecond, PingTimeout: 100 * time.Millisecond}
			}
			defer transport.CloseIdleConnections()
			client := h.client(t, api.WithHTTPClient(&http.Client{Transport: transport}), api.WithAttemptTimeout(patience), api.WithRetries(0))
			_, err := client.CreateJobSecretAlias(t.Context(), h.job, h.secret, api.AliasRequest{Key: "PG"})
			want := "Unknown" // a pity, but true
			if pings {
				want = "-"
			}
			labWant(t, err, want, 0)
			h.want(t, 1, 1)
		})
	}
}

// TestHTTP2DefaultTransport runs the tests above with the client's own transport, in a
// process that trusts the certificate.
func TestHTTP2DefaultTransport(t *testing.T) {
	t.Parallel()
	if os.Getenv(labDefault) != "" {
		t.Skip("this is it")
	}
	file := filepath.Join(t.TempDir(), "ca.pem")
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: labCertificate().Certificates[0].Certificate[0]})
	if err := os.WriteFile(file, ca, 0o600); err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self, "-test.run", "^(TestHTTP2|TestHTTP2Pool|TestHTTP2OtherConnection|TestHTTP2Delete)$", "-test.v")
	cmd.Env = append(os.Environ(), labDefault+"=1", "SSL_CERT_FILE="+file)
	out, err := cmd.CombinedOutput()
	if err != nil {
		for _, line := range strings.Split(string(out), "\n") {
			if !strings.HasPrefix(strings.TrimSpace(line), "--- PASS") && !strings.HasPrefix(line, "===") {
				t.Log(line)
			}
		}
		t.Error(err)
	}
	if n := strings.Count(string(out), "--- PASS"); n < 2*len(labBreaks) {
		t.Errorf("%d tests have run", n)
	}
}

// labFlaky is a connection whose next write fails before a byte has left, as on one
// that the server has closed.
type labFlaky struct {
	net.Conn
	stale *atomic.Bool
}

func (c *labFlaky) Write(p []byte) (int, error) {
	if c.stale.CompareAndSwap(true, false) {
		return 0, &net.OpError{Op: "write", Net: "tcp", Err: syscall.EPIPE}
	}
	return c.Conn.Write(p)
}

// TestHTTP1Stale: net/http repeats a POST of which nothing was written on a reused
// connection. That is one effect and success; with and without TLS, and also where the
// transport is not seen to be net/http's.
func TestHTTP1Stale(t *testing.T) {
	for _, c := range []struct{ secure, wrapped bool }{{false, false}, {false, true}, {true, false}, {true, true}} {
		t.Run(fmt.Sprintf("TLS %t wrapped %t", c.secure, c.wrapped), func(t *testing.T) {
			l := newLab(t)
			server := httptest.NewUnstartedServer(l.srv.Handler())
			if c.secure {
				server.StartTLS()
			} else {
				server.Start()
			}
			defer server.Close()
			var stale atomic.Bool
			var dials atomic.Int64
			transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: labRoots()},
				DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
					dials.Add(1)
					conn, err := (&net.Dialer{}).DialContext(ctx, network, addr)
					return &labFlaky{conn, &stale}, err
				}}
			defer transport.CloseIdleConnections()
			var rt http.RoundTripper = transport
			if c.wrapped {
				rt = labFunc(transport.RoundTrip)
			}
			client := l.client(rt, api.WithBaseURL(server.URL))
			if _, err := client.ListJobSecrets(t.Context(), l.job); err != nil {
				t.Fatal(err)
			}
			stale.Store(true)
			s, err := client.CreateJobSecretAlias(t.Context(), l.job, l.secret, api.AliasRequest{Key: "PG"})
			if err != nil || s.ID != l.held("PG").ID {
				t.Errorf("%v, %v", s, err)
			}
			l.wantCounts(1, 1, 0)
			if n := dials.Load(); n != 2 {
				t.Errorf("%d connections", n)
			}
		})
	}
}

// TestHTTP1ClosedAfterEachAnswer: a server that closes connections as soon as they are
// idle and does not announce it. What was written before that was noticed is not sent
// again; it is settled.
func TestHTTP1ClosedAfterEachAnswer(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	server := httptest.NewUnstartedServer(l.srv.Handler())
	server.Config.ConnState = func(conn net.Conn, state http.ConnState) {
		if state == http.StateIdle {
			conn.Close()
		}
	}
	server.Start()
	defer server.Close()
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	client := l.client(transport, api.WithBaseURL(server.URL))
	got := map[string]int{}
	for i := range 100 {
		key, before := fmt.Sprint("PG", i), l.count("POST")
		s, err := client.CreateJobSecretAlias(t.Context(), l.job, l.secret, api.AliasRequest{Key: key})
		held, posts := l.held(key), l.count("POST")-before
		got[fmt.Sprintf("%q with %d POST", labMatches(err), posts)]++
		switch {
		case posts > 1:
			t.Errorf("%d POST arrived", posts)
		case err == nil && (held == nil || held.ID != s.ID):
			t.Errorf("%v, the server holds %v", s, held)
		case err != nil && (held != nil || !strings.Contains(labMatches(err), "Unknown")):
			t.Errorf("%v, the server holds %v", err, held)
		}
	}
	t.Log(got)
}

// TestHTTP1Broken: connections that end in the middle, over real HTTP/1.1.
func TestHTTP1Broken(t *testing.T) {
	for name, c := range map[string]struct {
		fault apitest.Fault
		want  string
	}{
		"reset":                    {apitest.Fault{Hangup: true}, "Unknown reset"},
		"took effect, reset":       {apitest.Fault{Hangup: true, Apply: true}, "-"},
		"took effect, cut":         {apitest.Fault{Truncate: 10}, "-"},
		"took effect, 502":         {apitest.Fault{Status: 502, Apply: true}, "-"},
		"took effect, 307":         {apitest.Fault{Status: 307, Apply: true, Header: http.Header{"Location": {"/job"}}}, "Unexpected"},
		"took effect, 301":         {apitest.Fault{Status: 301, Apply: true, Header: http.Header{"Location": {"/job"}}}, "-"},
		"took effect, no location": {apitest.Fault{Status: 302, Apply: true}, "-"},
	} {
		for _, reused := range []bool{false, true} {
			for _, own := range []bool{false, true} {
				t.Run(fmt.Sprint(name, " reused ", reused, " own ", own), func(t *testing.T) {
					l := newLab(t)
					opts := []api.Option{api.WithBaseURL(l.srv.URL())}
					if own {
						opts = append(opts, api.WithHTTPClient(nil))
					}
					client := l.client(&http.Transport{}, opts...)
					defer client.CloseIdleConnections()
					if reused {
						if _, err := client.ListJobSecrets(t.Context(), l.job); err != nil {
							t.Fatal(err)
						}
					}
					c.fault.Method = "POST"
					l.srv.Inject(c.fault)
					_, err := client.CreateJobSecretAlias(t.Context(), l.job, l.secret, api.AliasRequest{Key: "PG"})
					labWant(t, err, c.want, map[bool]int{true: c.fault.Status, false: 0}[err != nil])
					if (err == nil || c.want == "Unexpected") != (l.held("PG") != nil) || l.count("POST") != 1 {
						t.Errorf("%d POST, held %v", l.count("POST"), l.held("PG"))
					}
				})
			}
		}
	}
}
