package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/api"
	"github.com/qovery-alias/qovery-alias-go/internal/judge"
)

const atOnce, callsPerJob = 32, 50

// load says what to do in each setting.
type load struct {
	calls, batch int
	seed         uint64
	verbs        []string        // of the calls, each as likely as the others
	timeouts     []time.Duration // 0: none
	pause        time.Duration   // before each call
	most         time.Duration   // for how long calls begin
}

// call is one call of a client. A batch has several parts.
type call struct {
	verb    string
	parts   []*judge.Call
	timeout time.Duration
	done    bool
}

// work makes a call.
type work func(context.Context, *call)

// byClient connects the client of this repository.
func byClient(st *stage) (work, error) {
	client, err := api.NewClient(judge.Auth(), api.WithBaseURL(st.url))
	return func(ctx context.Context, c *call) { st.history.Run(ctx, client, c.verb, c.parts) }, err
}

// run makes the calls in a setting, atOnce at a time, as many as begin in time.
func (l load) run(ctx context.Context, s setting, connect func(*stage) (work, error)) (*result, error) {
	st, err := s.open(ctx)
	if err != nil {
		return nil, err
	}
	defer st.close()
	do, err := connect(st)
	if err != nil {
		return nil, err
	}
	calls := l.plan(st, s)
	started := time.Now()
	queue := make(chan *call)
	var workers sync.WaitGroup
	for range atOnce {
		workers.Go(func() {
			for c := range queue {
				c.by(ctx, do)
			}
		})
	}
	for _, c := range calls {
		if time.Since(started) > l.most || !sleep(ctx, l.pause) {
			break
		}
		queue <- c
	}
	close(queue)
	workers.Wait()
	r := &result{stage: st, setting: s, calls: calls, took: time.Since(started)}
	sleep(ctx, time.Second) // what is still on its way arrives
	return r, context.Cause(ctx)
}

func (c *call) by(ctx context.Context, do work) {
	if c.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, c.timeout)
		defer cancel()
	}
	do(ctx, c)
	c.done = true
}

// plan makes up the calls, and what they find on the server.
func (l load) plan(st *stage, s setting) (calls []*call) {
	n, rnd := l.calls, rand.New(rand.NewPCG(l.seed, 3))
	if s.limits {
		n = 1
	}
	var job uuid.UUID
	var targets [2]uuid.UUID
	for i := range n {
		if i%callsPerJob == 0 {
			job = st.fake.AddJob("job")
			for t := range targets {
				targets[t] = st.fake.AddSecret(job, fmt.Sprint("SECRET_", t), api.VariableScopeEnvironment)
			}
		}
		c := &call{verb: l.verbs[rnd.IntN(len(l.verbs))], timeout: l.timeouts[rnd.IntN(len(l.timeouts))]}
		parts := 1
		switch {
		case s.limits:
			c.verb, c.timeout, parts = "batch", 0, l.batch
		case c.verb == "batch":
			parts += 1 + rnd.IntN(5)
		}
		for k := range parts {
			part := newPart(st, job, targets, c.verb, fmt.Sprintf("KEY_%d_%d", i, k), rnd)
			part.ID = i + 1
			c.parts = append(c.parts, part)
		}
		if c.verb == "ensure" && rnd.IntN(8) == 0 {
			c.parts[0].Request.Key = fmt.Sprint("SHARED_", rnd.IntN(5))
		}
		if calls = append(calls, c); i%callsPerJob == callsPerJob-1 || i == n-1 {
			st.history.Add(job, st.fake.Secrets(job)...)
		}
	}
	return calls
}

// newPart makes up a part of a call. One key in 16 is another secret's.
func newPart(st *stage, job uuid.UUID, targets [2]uuid.UUID, verb, key string, rnd *rand.Rand) *judge.Call {
	part := &judge.Call{Verb: verb, Job: job, Target: targets[0], Request: api.AliasRequest{Key: key}}
	if rnd.IntN(2) == 0 {
		part.Request.Description = api.Ptr("for " + key)
	}
	switch {
	case verb == "delete":
		part.Target = st.fake.AddAlias(job, targets[0], key)
	case verb != "list" && rnd.IntN(16) == 0:
		st.fake.AddAlias(job, targets[1], key)
	}
	if verb == "batch" {
		part.Verb = "ensure"
	}
	return part
}
