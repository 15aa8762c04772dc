package h2test

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/generated"
)

// Server is the server. Its exported fields are set before Start.
type Server struct {
	Post       func(n int, s *Stream) // what becomes of the nth POST
	Other      func(n int, s *Stream) // and of the nth GET or DELETE; nil: they are lists
	MaxStreams uint32                 // at a time, on a connection; 0: any number
	Plain      bool                   // without TLS
	HTTP1      http.Handler           // serves all connections but the first, over HTTP/1.1

	Job, Secret uuid.UUID // set by Start

	listener net.Listener
	serving  sync.WaitGroup

	mu      sync.Mutex
	open    []net.Conn
	aliases []generated.Secret
	conns   int
	posts   int
	effects int
	others  int
}

// Counts is what a server has seen.
type Counts struct {
	Posts   int // that began
	Effects int // that took effect
	Others  int // GET and DELETE
	Conns   int
}

// certificate is that of net/http/httptest, which is for 127.0.0.1.
var certificate = sync.OnceValue(func() tls.Certificate {
	s := httptest.NewUnstartedServer(nil)
	s.StartTLS()
	defer s.Close()
	return s.TLS.Certificates[0]
})

// CertificatePEM is what a client has to trust.
func CertificatePEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate().Certificate[0]})
}

// Transport speaks HTTP/2 and trusts the certificate.
func Transport(t testing.TB) *http.Transport {
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(CertificatePEM())
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, ForceAttemptHTTP2: true}
	t.Cleanup(transport.CloseIdleConnections)
	return transport
}

// Start serves on loopback until the end of the test.
func (h *Server) Start(t testing.TB) *Server {
	t.Helper()
	plain, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h.Job, h.Secret, h.listener = uuid.New(), uuid.New(), plain
	h1 := &pipe{Listener: plain, conns: make(chan net.Conn)}
	server := &http.Server{Handler: h.HTTP1, ErrorLog: log.New(io.Discard, "", 0)}
	h.serving.Go(func() { server.Serve(h1) })
	h.serving.Go(func() {
		for n := 1; ; n++ {
			conn, err := plain.Accept()
			if err != nil {
				close(h1.conns)
				return
			}
			h.mu.Lock()
			h.conns++
			h.open = append(h.open, conn)
			h.mu.Unlock()
			config := &tls.Config{Certificates: []tls.Certificate{certificate()}, NextProtos: []string{"h2"}}
			switch {
			case h.Plain:
				h.serving.Go(func() { h.serve(conn) })
			case n > 1 && h.HTTP1 != nil:
				config.NextProtos = []string{"http/1.1"}
				h1.conns <- tls.Server(conn, config)
			default:
				h.serving.Go(func() { h.serve(tls.Server(conn, config)) })
			}
		}
	})
	t.Cleanup(func() {
		plain.Close()
		h.CloseConnections()
		server.Close()
		h.serving.Wait()
	})
	return h
}

// pipe is a listener of connections that another one has accepted.
type pipe struct {
	net.Listener
	conns chan net.Conn
}

func (p *pipe) Accept() (net.Conn, error) {
	if conn, ok := <-p.conns; ok {
		return conn, nil
	}
	return nil, net.ErrClosed
}

// URL is where the server listens.
func (h *Server) URL() string {
	if h.Plain {
		return "http://" + h.listener.Addr().String()
	}
	return "https://" + h.listener.Addr().String()
}

// CloseConnections closes all connections, without a word.
func (h *Server) CloseConnections() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, conn := range h.open {
		conn.Close()
	}
	h.open = nil
}

// Counts returns what the server has seen so far.
func (h *Server) Counts() Counts {
	h.mu.Lock()
	defer h.mu.Unlock()
	return Counts{h.posts, h.effects, h.others, h.conns}
}

// Aliases returns the aliases that are there.
func (h *Server) Aliases() []generated.Secret {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]generated.Secret{}, h.aliases...)
}

// Apply makes an alias of the secret, as a POST does that takes effect.
func (h *Server) Apply(key string) generated.Secret {
	kind := generated.VariableTypeAlias
	alias := generated.Secret{ID: uuid.New(), Key: key, Scope: generated.VariableScopeJob, CreatedAt: time.Now(),
		VariableType: &kind, AliasedSecret: &generated.SecretReference{ID: h.Secret}}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.effects++
	h.aliases = append(h.aliases, alias)
	return alias
}

// Remove deletes an alias.
func (h *Server) Remove(id uuid.UUID) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.aliases = slices.DeleteFunc(h.aliases, func(s generated.Secret) bool { return s.ID == id })
}

// count adds one to n and returns it; of nil it returns the POSTs so far.
func (h *Server) count(n *int) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	if n == nil {
		return h.posts
	}
	*n++
	return *n
}

func (h *Server) other(n int, s *Stream) {
	if h.Other != nil {
		h.Other(n, s)
	} else {
		s.List()
	}
}

// Key is the key that the request asks for.
func (s *Stream) Key() string {
	var req generated.SecretAliasRequest
	if err := json.Unmarshal(s.Body, &req); err != nil {
		panic(err)
	}
	return req.Key
}

// Apply lets the request take effect, and does not respond.
func (s *Stream) Apply() generated.Secret { return s.server.Apply(s.Key()) }

// Create lets the request take effect and says so.
func (s *Stream) Create() { s.Respond(http.StatusCreated, s.Apply()) }

// CreateOnce is Create, but refuses a key that is in use.
func (s *Stream) CreateOnce() {
	for _, held := range s.server.Aliases() {
		if held.Key == s.Key() {
			s.Respond(http.StatusConflict, map[string]any{"status": 409, "detail": "Variable already exists: " + s.Key()})
			return
		}
	}
	s.Create()
}

// List responds with the aliases that are there.
func (s *Stream) List() { s.Respond(http.StatusOK, map[string]any{"results": s.server.Aliases()}) }
