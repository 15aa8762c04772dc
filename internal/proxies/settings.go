package main

import (
	"context"
	"log"
	"math/rand/v2"
	"net/http"
	"os/exec"
	"sync"
	"time"
)

// setting is a way to the server.
type setting struct {
	name    string
	program string // that must be installed, from the Debian package of this name
	start   func(context.Context, *stage) error
	replays bool // the proxy repeats requests that may have been processed
	limits  bool // one large batch instead of many calls
}

var settings = []setting{
	{name: "nginx-h2", program: "nginx", start: nginxH2},
	{name: "nginx-429", program: "nginx", start: nginxLimit(http.StatusTooManyRequests), limits: true},
	{name: "nginx-503", program: "nginx", start: nginxLimit(http.StatusServiceUnavailable), limits: true},
	{name: "haproxy", program: "haproxy", start: haproxy("")},
	{name: "haproxy-replay", program: "haproxy", start: haproxy(haproxyReplay), replays: true},
	{name: "cuts", start: cuts(false)},
	{name: "cuts-h2", start: cuts(true)},
}

// installed reports whether the setting can run.
func (s setting) installed() bool {
	if s.program == "" {
		return true
	}
	_, err := exec.LookPath(s.program)
	if err != nil {
		log.Printf("%s is skipped: install the Debian package %s", s.name, s.program)
	}
	return err == nil
}

// stage is what one setting runs on.
type stage struct {
	server  *server
	certs   certificates
	dir     string
	seed    uint64
	baseURL string        // where the client goes
	down    time.Duration // for how long the proxy was, once the stage is closed

	closers []func()
}

func (st *stage) onClose(f func()) { st.closers = append(st.closers, f) }

// background runs f until the stage is closed; the context then ends.
func (st *stage) background(ctx context.Context, f func(context.Context, *rand.Rand)) {
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	running.Go(func() { f(ctx, rand.New(rand.NewPCG(st.seed, 1))) })
	st.onClose(func() {
		cancel()
		running.Wait()
	})
}

// close undoes everything, the latest first.
func (st *stage) close() {
	for i := len(st.closers) - 1; i >= 0; i-- {
		st.closers[i]()
	}
	st.closers = nil
}
