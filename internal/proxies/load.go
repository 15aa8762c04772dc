package main

import (
	"context"
	"fmt"
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
	pace    time.Duration // between the beginnings of calls, where they need not wait for others
	grace   time.Duration // after which those that still run are cancelled
}

// open starts a server and what a setting puts in front of it.
func (l load) open(ctx context.Context, s setting, certs certificates) (*stage, error) {
	dir, err := os.MkdirTemp("", "proxies-")
	if err != nil {
		return nil, err
	}
	st := &stage{certs: certs, dir: dir, seed: l.seed}
	st.onClose(func() { os.RemoveAll(dir) })
	var slow *rand.Rand
	if !s.limits {
		slow = rand.New(rand.NewPCG(l.seed, 2))
	}
	if st.server, err = newServer(certs, slow); err == nil {
		st.onClose(st.server.close)
		err = s.start(ctx, st)
	}
	if err != nil {
		st.close()
		return nil, err
	}
	return st, nil
}

// run runs one setting, and reports what it found.
func (l load) run(ctx context.Context, s setting, certs certificates) (*result, error) {
	st, err := l.open(ctx, s, certs)
	if err != nil {
		return nil, err
	}
	defer st.close()
	srv := st.server
	client, err := api.NewClient(api.APIToken(srv.fake.Token()), api.WithBaseURL(st.baseURL),
		api.WithLogger(recorderLogger))
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
	calls, took, err := l.makeAll(ctx, srv, calls, func(ctx context.Context, c *call) { c.by(ctx, client) })
	if err != nil {
		return nil, err
	}
	return newResult(s, l, srv, calls, took), nil
}

// makeAll makes the calls, atOnce at a time, as many as the time allows. It returns those
// that were made, with what became of their aliases, and how long they took together.
func (l load) makeAll(ctx context.Context, srv *server, calls []*call, do func(context.Context, *call)) ([]*call, time.Duration, error) {
	start := time.Now()
	l.work(ctx, calls, do)
	took := time.Since(start)
	if !sleep(ctx, stragglers) {
		return nil, 0, context.Cause(ctx)
	}
	calls = slices.DeleteFunc(calls, func(c *call) bool { return !c.done })
	settle(srv, calls)
	return calls, took, nil
}

// work makes the calls, and returns when none is under way.
func (l load) work(ctx context.Context, calls []*call, do func(context.Context, *call)) {
	ctx, cancel := context.WithTimeout(ctx, l.start+l.grace)
	defer cancel()
	begin := time.Now()
	end := begin.Add(l.start)
	queue := make(chan *call)
	var workers sync.WaitGroup
	for range min(atOnce, len(calls)) {
		workers.Go(func() {
			for c := range queue {
				c.run(ctx, func(ctx context.Context) { do(ctx, c) })
			}
		})
	}
	for i, c := range calls {
		if time.Now().After(end) || ctx.Err() != nil {
			break
		}
		queue <- c
		sleep(ctx, time.Until(begin.Add(time.Duration(i+1)*l.pace)))
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
