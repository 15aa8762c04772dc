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

// work makes a call, or several together.
type work func(context.Context, []*judge.Call)

// byClient connects the client of this repository.
func byClient(st *stage) (work, error) {
	client, err := api.NewClient(judge.Auth(), api.WithBaseURL(st.url))
	return judge.With(client), err
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
	queue := make(chan []*judge.Call)
	var workers sync.WaitGroup
	for range atOnce {
		workers.Go(func() {
			for together := range queue {
				judge.Do(ctx, together, do)
			}
		})
	}
	for _, together := range calls {
		if time.Since(started) > l.most || !sleep(ctx, l.pause) {
			break
		}
		queue <- together
	}
	close(queue)
	workers.Wait()
	r := &result{stage: st, setting: s, calls: calls, took: time.Since(started)}
	sleep(ctx, time.Second) // what is still on its way arrives
	return r, context.Cause(ctx)
}

// plan makes up the calls, and what they find on the server. Those of a batch are made together.
func (l load) plan(st *stage, s setting) (calls [][]*judge.Call) {
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
		one := judge.Call{ID: i + 1, Job: job, Verb: l.verbs[rnd.IntN(len(l.verbs))]}
		one.Limit = l.timeouts[rnd.IntN(len(l.timeouts))]
		size := 1
		switch {
		case s.limits:
			one.Verb, one.Limit, size = "ensure", 0, l.batch
		case one.Verb == "batch":
			one.Verb, size = "ensure", 2+rnd.IntN(5)
		}
		var together []*judge.Call
		for k := range size {
			together = append(together, newCall(st, one, targets, fmt.Sprintf("KEY_%d_%d", i, k), rnd))
		}
		if one.Verb == "ensure" && size == 1 && rnd.IntN(8) == 0 {
			together[0].Request.Key = fmt.Sprint("SHARED_", rnd.IntN(5))
		}
		if calls = append(calls, together); i%callsPerJob == callsPerJob-1 || i == n-1 {
			st.history.Add(job, st.fake.Secrets(job)...)
		}
	}
	return calls
}

// newCall makes up the rest of a call. One key in 16 is another secret's.
func newCall(st *stage, c judge.Call, targets [2]uuid.UUID, key string, rnd *rand.Rand) *judge.Call {
	c.Target, c.SecretID, c.Request.Key = targets[0], targets[0], key
	if rnd.IntN(2) == 0 {
		c.Request.Description = api.Ptr("for " + key)
	}
	switch {
	case c.Verb == "delete":
		c.Target = st.fake.AddAlias(c.Job, targets[0], key)
	case c.Verb != "list" && rnd.IntN(16) == 0:
		st.fake.AddAlias(c.Job, targets[1], key)
	}
	return &c
}
