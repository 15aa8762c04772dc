package main

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/pem"
	"io"
	"log"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/qovery-alias/qovery-alias-go/api/apitest"
	"github.com/qovery-alias/qovery-alias-go/internal/judge"
)

// setting is a way to the server.
type setting struct {
	name    string
	program string // that must be installed
	start   func(context.Context, *stage) error
	repeats bool // the proxy repeats requests that may have been processed
	limits  bool // one large batch instead of many calls
}

var settings = []setting{
	{name: "nginx-h1", program: "nginx", start: nginxReloaded("")},
	{name: "nginx-h2", program: "nginx", start: nginxReloaded("http2")},
	{name: "nginx-repeat", program: "nginx", start: nginxRepeats, repeats: true},
	{name: "nginx-429", program: "nginx", start: nginxLimits(429), limits: true},
	{name: "nginx-503", program: "nginx", start: nginxLimits(503), limits: true},
	{name: "haproxy-h1", program: "haproxy", start: haproxy("http/1.1", "")},
	{name: "haproxy-h2", program: "haproxy", start: haproxy("h2", "")},
	{name: "haproxy-repeat", program: "haproxy", start: haproxy("h2", haproxyRepeats), repeats: true},
	{name: "cuts-h1", start: cuts(false)},
	{name: "cuts-h2", start: cuts(true)},
}

// stage is the server, and what a setting puts in front of it.
type stage struct {
	fake          *apitest.Server
	history       *judge.History
	plain, secure *httptest.Server
	dir           string
	pem           string // a file with a certificate and its key
	seed          uint64
	url           string // where the client goes

	mu   sync.Mutex
	slow *rand.Rand // nil: the server never is
	undo []func()
}

// open starts a server and what the setting puts in front of it.
func (s setting) open(ctx context.Context, seed uint64) (*stage, error) {
	dir, err := os.MkdirTemp("", "proxies-")
	if err != nil {
		return nil, err
	}
	st := &stage{fake: apitest.NewServer(), dir: dir, pem: filepath.Join(dir, "both.pem"), seed: seed}
	st.history = judge.NewHistory(st.fake.Handler())
	st.plain, st.secure = httptest.NewUnstartedServer(st), httptest.NewUnstartedServer(st)
	st.plain.Config.ErrorLog = log.New(io.Discard, "", 0)
	st.secure.Config.ErrorLog = st.plain.Config.ErrorLog
	st.secure.EnableHTTP2 = true
	st.plain.Start()
	st.secure.StartTLS()
	if !s.limits {
		st.slow = rand.New(rand.NewPCG(seed, 2))
	}
	if err = st.trust(); err == nil {
		err = s.start(ctx, st)
	}
	if err != nil {
		st.close()
		return nil, err
	}
	return st, nil
}

// trust writes the certificate of the server to a file, and has this process trust it.
func (st *stage) trust() error {
	pair := st.secure.TLS.Certificates[0]
	key, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	if err != nil {
		return err
	}
	both := bytes.Join([][]byte{
		pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: pair.Certificate[0]}),
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}),
	}, nil)
	// It is read when a certificate is verified for the first time.
	os.Setenv("SSL_CERT_FILE", st.pem)
	return os.WriteFile(st.pem, both, 0o600)
}

func (st *stage) close() {
	for i := len(st.undo) - 1; i >= 0; i-- {
		st.undo[i]()
	}
	st.plain.Close()
	st.secure.Close()
	st.fake.Close()
	os.RemoveAll(st.dir)
}

// background runs f until the stage is closed. The context then ends.
func (st *stage) background(ctx context.Context, f func(context.Context, *rand.Rand)) {
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	running.Go(func() { f(ctx, rand.New(rand.NewPCG(st.seed, 1))) })
	st.undo = append(st.undo, func() {
		cancel()
		running.Wait()
	})
}

// ServeHTTP is slow at times, before or after the request takes effect.
func (st *stage) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	before, after := st.pauses()
	time.Sleep(before)
	response := httptest.NewRecorder()
	st.history.ServeHTTP(response, r)
	time.Sleep(after)
	for name, values := range response.Header() {
		w.Header()[name] = values
	}
	w.WriteHeader(response.Code)
	w.Write(response.Body.Bytes())
}

func (st *stage) pauses() (before, after time.Duration) {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.slow == nil {
		return 0, 0
	}
	pause := time.Duration(20+st.slow.IntN(280)) * time.Millisecond
	switch st.slow.IntN(40) {
	case 0:
		return pause, 0
	case 1:
		return 0, pause
	}
	return 0, 0
}

// sleep reports whether all of d passed.
func sleep(ctx context.Context, d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}
