package apitest

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/api/apitest/internal/server"
	"github.com/qovery-alias/qovery-alias-go/generated"
)

// Server is a fake Qovery. All methods are safe for concurrent use.
type Server struct {
	token  string
	store  *store
	routes http.Handler

	mu          sync.Mutex // guards those below
	requests    []Request
	faults      []Fault
	interval    time.Duration // the least between two requests that are let through; 0: no limit
	limitStatus int
	latest      time.Time // when the latest request was let through

	http  *httptest.Server
	start sync.Once // starts http, unless Close came first
}

// NewServer returns a server without jobs that listens on a free port of the loopback interface, and
// panics if it cannot. The caller must Close it.
func NewServer() *Server {
	st := &store{jobs: map[uuid.UUID]*job{}}
	s := &Server{token: "qov_fake_" + rand.Text(), store: st, routes: server.Handler(st)}
	s.http = httptest.NewUnstartedServer(s.Handler())
	s.http.Config.ErrorLog = log.New(io.Discard, "", 0)
	return s
}

// Start is NewServer with a Close at the end of the test.
func Start(t testing.TB) *Server {
	s := NewServer()
	t.Cleanup(s.Close)
	return s
}

// Handler returns what the server serves, for another listener or transport. It shares all state with the
// server and starts no goroutines. It panics with [http.ErrAbortHandler] where the response is to break
// off.
func (s *Server) Handler() http.Handler { return http.HandlerFunc(s.handle) }

// URL returns the base URL of the server, without a slash at the end. Connections are accepted from the
// first call on: a test that uses only the Handler can create the server inside a synctest bubble.
func (s *Server) URL() string {
	s.start.Do(s.http.Start)
	return "http://" + s.http.Listener.Addr().String()
}

// Token returns the API token that the server accepts, different for each server.
func (s *Server) Token() string { return s.token }

// Close ends all connections to the server's own listener, and returns when every request there has
// ended. Further calls do nothing. The secrets and the requests stay readable.
func (s *Server) Close() {
	s.start.Do(func() {})
	s.http.Listener.Close()
	s.http.CloseClientConnections() // Close alone waits for requests that never end
	s.http.Close()
}

// AddJob adds a job without secrets and returns its id. Names may repeat.
func (s *Server) AddJob(name string) uuid.UUID { return s.store.addJob(name) }

// AddSecret adds a secret of any scope that the job sees, and returns its id. Its type is BUILT_IN if its
// scope is, else VALUE. A key can be that of an inherited secret and of a secret of scope JOB at once, as
// with an override; two of scope JOB with one key panic, and so does an unknown job.
func (s *Server) AddSecret(job uuid.UUID, key string, scope generated.VariableScope) uuid.UUID {
	return must(s.store.addSecret(job, key, scope)).ID
}

// AddAlias adds an alias like the API and returns its id. It panics where the API would refuse.
func (s *Server) AddAlias(job, target uuid.UUID, key string) uuid.UUID {
	return must(s.store.addAlias(job, target, generated.SecretAliasRequest{Key: key})).ID
}

// Secrets returns what a client gets that lists the job's secrets, in the order in which they were added.
// The caller may modify it. An unknown job panics.
func (s *Server) Secrets(job uuid.UUID) []generated.Secret {
	data, _ := json.Marshal(must(s.store.list(job)))
	var secrets []generated.Secret
	_ = json.Unmarshal(data, &secrets) // what the store has can be encoded and decoded
	return secrets
}

func must[T any](v T, p *problem) T {
	if p != nil {
		panic("apitest: " + p.Detail)
	}
	return v
}

// Request is one request as it arrived.
type Request struct {
	Method string
	Path   string      // decoded, without the query
	Header http.Header // Authorization is reduced to its scheme, empty if it has none
	Body   []byte      // its first MiB
}

// Requests returns the requests so far in order of arrival, those refused and those with a fault
// included. The caller may modify them.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	requests := slices.Clone(s.requests)
	s.mu.Unlock()
	for i, r := range requests {
		requests[i].Header, requests[i].Body = r.Header.Clone(), bytes.Clone(r.Body)
	}
	return requests
}

func (s *Server) record(r *http.Request, body []byte) {
	header := r.Header.Clone()
	for i, value := range header["Authorization"] {
		// Without a scheme it may be a token.
		header["Authorization"][i] = value[:max(0, strings.Index(value, " "))]
	}
	// The clone has no spare capacity, which matters over many requests.
	request := Request{r.Method, r.URL.Path, header, bytes.Clone(body[:min(len(body), maxBody)])}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = append(s.requests, request)
}
