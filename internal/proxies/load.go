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

const (
	atOnce      = 32
	callsPerJob = 50          // keeps lists short
	stragglers  = time.Second // what is still on its way arrives within it
)

// call is one call of a client. A batch has several parts.
type call struct {
	verb    string
	parts   []*judge.Call
	timeout time.Duration // 0: none
	done    bool
}

// run makes the calls of a setting.
func (l load) run(ctx context.Context, s setting) (*result, error) {
	st, err := s.open(ctx, l.seed)
	if err != nil {
		return nil, err
	}
	defer st.close()
	client, err := api.NewClient(judge.Auth(), api.WithBaseURL(st.url))
	if err != nil {
		return nil, err
	}
	defer client.CloseIdleConnections()
	calls := []*call{largeBatch(st, l.batch)}
	if !s.limits {
		calls = plan(st, l.calls, rand.New(rand.NewPCG(l.seed, 3)))
	}
	took, err := l.work(ctx, st, calls, 0, func(ctx context.Context, c *call) { c.by(ctx, client) })
	return &result{setting: s, history: st.history, calls: calls, took: took}, err
}

// work makes the calls, atOnce at a time and with a pause before each, as many as begin in time.
func (l load) work(ctx context.Context, st *stage, calls []*call, pause time.Duration, do func(context.Context, *call)) (time.Duration, error) {
	started := time.Now()
	queue := make(chan *call)
	var workers sync.WaitGroup
	for range atOnce {
		workers.Go(func() {
			for c := range queue {
				c.within(ctx, st.history, do)
			}
		})
	}
	for _, c := range calls {
		if time.Since(started) > l.most || !sleep(ctx, pause) {
			break
		}
		queue <- c
	}
	close(queue)
	workers.Wait()
	took := time.Since(started)
	sleep(ctx, stragglers)
	return took, context.Cause(ctx)
}

// within makes the call within its time.
func (c *call) within(ctx context.Context, history *judge.History, do func(context.Context, *call)) {
	ctx, cancel := context.WithCancel(judge.In(ctx, c.parts[0].ID))
	defer cancel()
	if c.timeout > 0 {
		ctx, cancel = context.WithTimeout(ctx, c.timeout)
		defer cancel()
	}
	for _, part := range c.parts {
		part.Start = history.Now()
	}
	do(ctx, c)
	for _, part := range c.parts {
		part.End = history.Now()
	}
	c.done = true
}

// by has the client do what the call asks for.
func (c *call) by(ctx context.Context, client *api.Client) {
	one := c.parts[0]
	switch c.verb {
	case "create":
		one.Secret, one.Err = client.CreateJobSecretAlias(ctx, one.Job, one.Target, one.Request)
	case "ensure":
		one.Secret, one.Created, one.Err = client.EnsureJobSecretAlias(ctx, one.Job, one.Target, one.Request)
	case "delete":
		one.Err = client.DeleteJobSecretAlias(ctx, one.Job, one.Target)
	case "list":
		one.Listed, one.Err = client.ListJobSecrets(ctx, one.Job)
	case "batch":
		specs := make([]api.AliasSpec, len(c.parts))
		for i, part := range c.parts {
			specs[i] = api.AliasSpec{SecretID: part.Target, Request: part.Request}
		}
		results, err := client.EnsureJobSecretAliases(ctx, one.Job, specs)
		for i, part := range c.parts {
			if part.Err = err; i < len(results) {
				part.Secret, part.Created, part.Err = results[i].Secret, results[i].Created, results[i].Err
			}
		}
	}
}

// place is a job with two secrets to alias.
type place struct {
	job     uuid.UUID
	targets [2]uuid.UUID
}

func newPlace(st *stage) (p place) {
	p.job = st.fake.AddJob("job")
	for i := range p.targets {
		p.targets[i] = st.fake.AddSecret(p.job, fmt.Sprint("SECRET_", i), api.VariableScopeEnvironment)
	}
	return p
}

// plan makes up calls. Of 16 keys one is another secret's, and one is an alias already. Some
// ensures are for the alias that another asks for.
func plan(st *stage, n int, rnd *rand.Rand) (calls []*call) {
	var p place
	var shared *judge.Call
	for i := range n {
		if i%callsPerJob == 0 {
			p, shared = newPlace(st), nil
		}
		verbs := []string{"create", "create", "create", "ensure", "ensure", "ensure", "ensure", "batch", "delete", "delete", "list"}
		c := &call{verb: verbs[rnd.IntN(len(verbs))], timeout: []time.Duration{2 * time.Second, 10 * time.Second, 0}[rnd.IntN(3)]}
		parts := 1
		if c.verb == "batch" {
			parts += 1 + rnd.IntN(5)
		}
		for k := range parts {
			part := newPart(st, p, c.verb, i+1, fmt.Sprintf("KEY_%d_%d", i, k), rnd)
			if c.verb == "ensure" {
				if shared != nil && rnd.IntN(8) == 0 {
					part.Request = shared.Request
				}
				shared = part
			}
			c.parts = append(c.parts, part)
		}
		calls = append(calls, c)
		if i%callsPerJob == callsPerJob-1 || i == n-1 {
			st.history.Add(p.job, st.fake.Secrets(p.job)...)
		}
	}
	return calls
}

func newPart(st *stage, p place, verb string, id int, key string, rnd *rand.Rand) *judge.Call {
	part := &judge.Call{ID: id, Verb: verb, Job: p.job, Target: p.targets[0], Request: api.AliasRequest{Key: key}}
	if rnd.IntN(2) == 0 {
		part.Request.Description = api.Ptr("for " + key)
	}
	holder := rnd.IntN(16)
	switch {
	case verb == "delete":
		part.Target = st.fake.AddAlias(p.job, p.targets[0], key)
	case verb != "list" && holder < 2:
		st.fake.AddAlias(p.job, p.targets[holder], key)
	}
	if verb == "batch" {
		part.Verb = "ensure"
	}
	return part
}

// largeBatch is one call that ensures n aliases.
func largeBatch(st *stage, n int) *call {
	p, c := newPlace(st), &call{verb: "batch"}
	st.history.Add(p.job, st.fake.Secrets(p.job)...)
	for i := range n {
		c.parts = append(c.parts, &judge.Call{ID: 1, Verb: "ensure", Job: p.job, Target: p.targets[0],
			Request: api.AliasRequest{Key: fmt.Sprintf("KEY_%d", i)}})
	}
	return c
}
