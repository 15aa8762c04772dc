package apitest

// The server's life: start, address, token, end.

import (
	"context"
	"crypto/rand"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"testing"

	"github.com/qovery-alias/qovery-alias-go/generated/server"
)

// Server is a fake Qovery. All methods are safe for concurrent use.
type Server struct {
	token  string
	store  *store
	routes http.Handler

	mu       sync.Mutex // guards the two below
	requests []Request
	faults   []Fault

	listener net.Listener
	http     http.Server
	serve    sync.Once      // accepts connections, unless Close came first
	served   chan struct{}  // closed when no more connections are accepted
	conns    sync.WaitGroup // those accepted
	closing  context.Context
	close    context.CancelFunc
}

// NewServer returns a server without jobs that listens on a free port of
// 127.0.0.1, and panics if it cannot. The caller has to Close it.
func NewServer() *Server {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic("apitest: " + err.Error())
	}
	st := newStore()
	s := &Server{
		token:    "qov_fake_" + rand.Text(),
		store:    st,
		routes:   server.HandlerWithOptions(st, server.StdHTTPServerOptions{ErrorHandlerFunc: malformedPath}),
		listener: listener,
		served:   make(chan struct{}),
	}
	s.http = http.Server{
		Handler:   s.Handler(),
		ErrorLog:  log.New(io.Discard, "", 0),
		ConnState: s.count,
	}
	s.closing, s.close = context.WithCancel(context.Background())
	// The channel is made on the first call. Made later, inside a synctest bubble,
	// it could not be closed from outside.
	s.closing.Done()
	return s
}

// Start is NewServer with a Close at the end of the test.
func Start(t testing.TB) *Server {
	t.Helper()
	s := NewServer()
	t.Cleanup(s.Close)
	return s
}

// URL is the address to reach the server at, without a slash at the end.
//
// Connections are accepted from the first call on: a test that uses only the
// Handler can create the server inside a testing/synctest bubble.
func (s *Server) URL() string {
	s.serve.Do(func() {
		go func() {
			defer close(s.served)
			s.http.Serve(s.listener) // its error is that of being closed
		}()
	})
	return "http://" + s.listener.Addr().String()
}

// Token is the one API token the server accepts, different for each server.
func (s *Server) Token() string { return s.token }

// Handler is what the server serves, for a listener or a transport of one's own.
// It shares all state with the server and starts no goroutines. Where the answer
// is to break off, it panics with [http.ErrAbortHandler].
func (s *Server) Handler() http.Handler { return http.HandlerFunc(s.handle) }

// Close ends all connections and delays, and returns when no request of its
// listener is left. Further calls do nothing. What the server has recorded stays
// readable.
func (s *Server) Close() {
	s.close()
	s.serve.Do(func() { close(s.served) })
	s.http.Close()
	s.listener.Close() // which http does not know of if URL was never called
	<-s.served
	s.conns.Wait()
}

// count lets Close wait for the goroutines of connections.
func (s *Server) count(_ net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		s.conns.Add(1)
	case http.StateClosed, http.StateHijacked:
		s.conns.Done()
	}
}
