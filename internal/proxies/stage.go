package main

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/pem"
	"io"
	"log"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/qovery-alias/qovery-alias-go/api/apitest"
	"github.com/qovery-alias/qovery-alias-go/internal/judge"
)

// stage is the server, and the address of what a setting puts in front of it.
type stage struct {
	fake          *apitest.Server
	history       *judge.History
	plain, secure *httptest.Server
	addr, url     string // where the client goes
	dir, pem      string // files: all of them, and a certificate with its key
	slow          bool
	undo          []func()
}

// open starts a server and what the setting puts in front of it.
func (s setting) open(ctx context.Context) (*stage, error) {
	dir, err := os.MkdirTemp("", "proxies-")
	if err != nil {
		return nil, err
	}
	st := &stage{fake: apitest.NewServer(), dir: dir, pem: filepath.Join(dir, "both.pem"), slow: !s.limits}
	st.history = judge.NewHistory(st.fake.Handler())
	st.plain, st.secure = httptest.NewUnstartedServer(st), httptest.NewUnstartedServer(st)
	for _, server := range []*httptest.Server{st.plain, st.secure} {
		server.Config.ErrorLog = log.New(io.Discard, "", 0)
	}
	st.plain.Start()
	st.secure.EnableHTTP2 = true
	st.secure.StartTLS()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err == nil {
		st.addr = free.Addr().String()
		st.url = map[bool]string{false: "http://", true: "https://"}[s.tls] + st.addr
		free.Close()
		err = st.trust()
	}
	if err == nil {
		err = s.start(ctx, st)
	}
	if err != nil {
		st.close()
	}
	return st, err
}

// trust writes the certificate of the server to a file, and has this process trust it.
func (st *stage) trust() error {
	pair := st.secure.TLS.Certificates[0]
	key, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	if err != nil {
		return err
	}
	both := &bytes.Buffer{}
	pem.Encode(both, &pem.Block{Type: "CERTIFICATE", Bytes: pair.Certificate[0]})
	pem.Encode(both, &pem.Block{Type: "PRIVATE KEY", Bytes: key})
	os.Setenv("SSL_CERT_FILE", st.pem) // read when a certificate is verified for the first time
	return os.WriteFile(st.pem, both.Bytes(), 0o600)
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
func (st *stage) background(ctx context.Context, f func(context.Context)) {
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	running.Go(func() { f(ctx) })
	st.undo = append(st.undo, running.Wait, cancel)
}

// ServeHTTP is slow at times, before or after the request takes effect.
func (st *stage) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	pause := time.Duration(20+rand.IntN(280)) * time.Millisecond
	dice := rand.IntN(40)
	if dice == 0 && st.slow {
		time.Sleep(pause)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	response := st.history.Do(r)
	maps.Copy(w.Header(), response.Header())
	w.WriteHeader(response.Code)
	w.Write(response.Body.Bytes())
	if dice == 1 && st.slow {
		time.Sleep(pause)
	}
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
