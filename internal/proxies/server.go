package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/api/apitest"
)

// jobKey names a key of a job.
type jobKey struct {
	job uuid.UUID
	key string
}

// server is the fake behind two listeners, one of them with TLS and HTTP/2. It counts, and
// is slow at times.
type server struct {
	fake       *apitest.Server
	handler    http.Handler
	http       *http.Server
	plain, tls string // addresses

	mu      sync.Mutex
	slow    *rand.Rand // nil: never
	methods map[string]int
	effects map[jobKey]int // POSTs that created the key
}

func newServer(certs certificates, slow *rand.Rand) (*server, error) {
	s := &server{fake: apitest.NewServer(), slow: slow, methods: map[string]int{}, effects: map[jobKey]int{}}
	s.handler = s.fake.Handler()
	s.http = &http.Server{Handler: s, ErrorLog: log.New(io.Discard, "", 0)}
	plain, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	secure, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		plain.Close()
		return nil, err
	}
	s.plain, s.tls = plain.Addr().String(), secure.Addr().String()
	go s.http.Serve(plain)
	go s.http.ServeTLS(secure, certs.cert, certs.key)
	return s, nil
}

func (s *server) close() {
	s.http.Close()
	s.fake.Close()
}

// ServeHTTP takes effect also if the client has left.
func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	before, after := s.count(r.Method)
	time.Sleep(before)
	if err != nil {
		panic(http.ErrAbortHandler) // broken off: it has no effect
	}
	r = r.WithContext(context.WithoutCancel(r.Context()))
	r.Body = io.NopCloser(bytes.NewReader(body))
	s.handler.ServeHTTP(&observer{w, func(status int) {
		if r.Method == http.MethodPost && status == http.StatusCreated {
			s.tookEffect(r.URL.Path, body)
		}
		time.Sleep(after)
	}}, r)
}

// count counts a request, and says how long it takes before and after its effect.
func (s *server) count(method string) (before, after time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.methods[method]++
	if s.slow == nil {
		return 0, 0
	}
	pause := time.Duration(20+s.slow.IntN(280)) * time.Millisecond
	switch s.slow.IntN(40) {
	case 0:
		return pause, 0
	case 1:
		return 0, pause
	}
	return 0, 0
}

func (s *server) tookEffect(path string, body []byte) {
	var request struct{ Key string }
	json.Unmarshal(body, &request)
	job, _, _ := strings.Cut(strings.TrimPrefix(path, "/job/"), "/")
	s.mu.Lock()
	defer s.mu.Unlock()
	s.effects[jobKey{uuid.MustParse(job), request.Key}]++
}

func (s *server) effectsOf(k jobKey) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.effects[k]
}

// observer sees the status before the client does.
type observer struct {
	http.ResponseWriter
	see func(status int)
}

func (o *observer) WriteHeader(status int) {
	o.see(status)
	o.ResponseWriter.WriteHeader(status)
}
