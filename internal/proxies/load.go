package main

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/api"
)

const (
	atOnce     = 32
	stragglers = time.Second // what is still under way arrives within it
	limitBatch = 1000
)

// load says how much to do in each setting.
type load struct {
	calls   int
	batch   int
	seed    uint64
	timeout time.Duration // of each call; 0: 2 s, 10 s or none
	start   time.Duration // how long calls begin
	grace   time.Duration // after which those that still run are cancelled
}

// run runs one setting, and reports what it found.
func (l load) run(ctx context.Context, s setting, certs certificates) (*result, error) {
	dir, err := os.MkdirTemp("", "proxies-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	var slow *rand.Rand
	if !s.limits {
		slow = rand.New(rand.NewPCG(l.seed, 2))
	}
	srv, err := newServer(certs, slow)
	if err != nil {
		return nil, err
	}
	st := &stage{server: srv, certs: certs, dir: dir, seed: l.seed}
	defer st.close()
	st.onClose(srv.close)
	if err := s.start(ctx, st); err != nil {
		return nil, err
	}
	client, err := api.NewClient(api.APIToken(srv.fake.Token()), api.WithBaseURL(st.baseURL),
		api.WithLogger(slog.New(recorder{})))
	if err != nil {
		return nil, err
	}
	defer client.CloseIdleConnections()

	var calls []*call
	if s.limits {
		calls = []*call{largeBatch(srv, l.batch)}
	} else {
		calls = plan(srv.fake, rand.New(rand.NewPCG(l.seed, 3)), l.calls, l.timeout)
	}
	start := time.Now()
	l.makeAll(ctx, client, calls)
	took := time.Since(start)
	if !sleep(ctx, stragglers) {
		return nil, context.Cause(ctx)
	}
	calls = slices.DeleteFunc(calls, func(c *call) bool { return !c.done })
	settle(srv, calls)
	return newResult(s, l, srv, calls, took), nil
}

// makeAll makes the calls, atOnce at a time, as many as the time allows.
func (l load) makeAll(ctx context.Context, client *api.Client, calls []*call) {
	ctx, cancel := context.WithTimeout(ctx, l.start+l.grace)
	defer cancel()
	end := time.Now().Add(l.start)
	queue := make(chan *call)
	var workers sync.WaitGroup
	for range min(atOnce, len(calls)) {
		workers.Go(func() {
			for c := range queue {
				c.run(ctx, client)
			}
		})
	}
	for _, c := range calls {
		if time.Now().After(end) || ctx.Err() != nil {
			break
		}
		queue <- c
	}
	close(queue)
	workers.Wait()
}

// largeBatch is one call that ensures n aliases.
func largeBatch(srv *server, n int) *call {
	c := &call{verb: batch, job: job{id: srv.fake.AddJob("large")}}
	c.job.targets = [2]uuid.UUID{srv.fake.AddSecret(c.job.id, "SECRET", api.VariableScopeEnvironment)}
	for i := range n {
		c.aliases = append(c.aliases, &alias{report: report{verb: batch, key: fmt.Sprintf("KEY_%d", i)}, target: c.job.targets[0]})
	}
	return c
}
