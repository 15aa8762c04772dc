package bench

import (
	"encoding/json"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
)

// token is the one that is accepted.
const token = "qov_bench_0123456789abcdefghijklmnopqrstuvwxyz"

// server gives responses on loopback and counts what reaches it.
type server struct {
	*httptest.Server
	responses   *responses
	requests    atomic.Int64
	connections atomic.Int64
}

// startHTTP1 listens for HTTP/1.1.
func startHTTP1(a *responses) *server {
	s := newServer(a)
	s.Start()
	return s
}

// startHTTP2 listens for HTTP/2 over TLS.
func startHTTP2(a *responses) *server {
	s := newServer(a)
	s.EnableHTTP2 = true
	s.StartTLS()
	return s
}

func newServer(a *responses) *server {
	s := &server{responses: a}
	s.Server = httptest.NewUnstartedServer(s)
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			s.connections.Add(1)
		}
	}
	return s
}

// newTransport makes one that reaches the server and keeps as many idle connections
// as api.Client does.
func (s *server) newTransport() *http.Transport {
	t := s.Client().Transport.(*http.Transport).Clone()
	t.MaxIdleConnsPerHost = parallel
	return t
}

// ServeHTTP implements http.Handler. It refuses what is not the request expected, so
// that no contender can save work by leaving something out.
func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.requests.Add(1)
	path, found := strings.CutPrefix(r.URL.Path, "/job/"+s.responses.job.String()+"/secret")
	switch {
	case r.Header.Get("Authorization") != "Token "+token:
		w.WriteHeader(http.StatusUnauthorized)
	case !found:
		w.WriteHeader(http.StatusNotFound)
	case r.Method == http.MethodGet && path == "":
		send(w, http.StatusOK, s.responses.list)
	case r.Method == http.MethodPost && strings.HasSuffix(path, "/alias"):
		var asked struct{ Key string }
		body, err := io.ReadAll(r.Body)
		if err != nil || json.Unmarshal(body, &asked) != nil || r.Header.Get("Content-Type") != "application/json" {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		target := strings.TrimSuffix(strings.TrimPrefix(path, "/"), "/alias")
		send(w, http.StatusCreated, s.responses.alias(asked.Key, target))
	default:
		w.WriteHeader(http.StatusMethodNotAllowed)
	}
}

func send(w http.ResponseWriter, status int, body []byte) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // whoever misses it will say so
}
