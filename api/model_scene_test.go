package api_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/api"
	"github.com/qovery-alias/qovery-alias-go/api/apitest"
	"github.com/qovery-alias/qovery-alias-go/internal/judge"
)

// variable is a key that a variable of the job has in the model: the server refuses it, and no
// list shows why.
const variable = "VARIABLE"

// sceneKeys are the keys that calls ask for.
var sceneKeys = []string{"KEY0", "KEY1", "KEY2", "KEY3", variable}

// scene is a job with some secrets, and calls that are to be made at once.
type scene struct {
	fake    *apitest.Server
	history *judge.History
	job     uuid.UUID
	targets [2]uuid.UUID
	calls   []*modelCall
}

// modelCall is one call of the client. A batch has several parts.
type modelCall struct {
	verb   string
	parts  []*judge.Call
	start  time.Duration
	limit  time.Duration // until the context ends; 0: it does not
	cancel bool          // it ends without a deadline

	began, ended time.Time
}

// upTo returns a random duration.
func upTo(rng *rand.Rand, most time.Duration) time.Duration {
	return time.Duration(1 + rng.Int64N(int64(most)))
}

// pick returns one of some values.
func pick[T any](rng *rand.Rand, some ...T) T { return some[rng.IntN(len(some))] }

// newScene makes up a scene. Its calls have the numbers after some others.
func newScene(rng *rand.Rand, fake *apitest.Server, history *judge.History, others int) *scene {
	s := &scene{fake: fake, history: history, job: fake.AddJob("job")}
	for i := range s.targets {
		s.targets[i] = fake.AddSecret(s.job, fmt.Sprint("TARGET", i), api.VariableScopeEnvironment)
	}
	for _, key := range sceneKeys[:4] {
		switch n := rng.IntN(20); {
		case n < 6:
			fake.AddAlias(s.job, s.targets[n%2], key)
		case n < 8:
			fake.AddSecret(s.job, key, pick(rng, api.VariableScopeJob, api.VariableScopeProject))
		}
	}
	for n := range 1 + rng.IntN(6) {
		s.calls = append(s.calls, s.plan(rng, others+n+1))
	}
	history.Add(s.job, fake.Secrets(s.job)...)
	return s
}

// plan makes up a call.
func (s *scene) plan(rng *rand.Rand, number int) *modelCall {
	c := &modelCall{start: upTo(rng, 3*time.Second), cancel: rng.IntN(2) == 0}
	c.verb = pick(rng, "create", "create", "ensure", "ensure", "batch", "delete", "list")
	if rng.IntN(2) == 0 {
		c.limit = upTo(rng, pick(rng, time.Second, 10*time.Second, 100*time.Second))
	}
	parts := 1
	if c.verb == "batch" {
		parts += rng.IntN(len(sceneKeys))
	}
	for _, k := range rng.Perm(len(sceneKeys))[:parts] {
		target := pick(rng, 0, 0, 1)
		part := &judge.Call{ID: number, Verb: c.verb, Job: s.job, Target: s.targets[target]}
		part.Request.Key = sceneKeys[k]
		part.Request.Description = pick(rng, nil, nil, api.Ptr(""), api.Ptr("text"))
		part.Request.EnableInterpolationInFile = pick(rng, nil, nil, api.Ptr(true), api.Ptr(false))
		switch c.verb {
		case "batch":
			part.Verb = "ensure"
			part.TargetKey = pick(rng, "", "", fmt.Sprint("TARGET", target))
		case "delete":
			part.Target = s.victim(rng, fmt.Sprint("VICTIM", number))
		}
		c.parts = append(c.parts, part)
	}
	return c
}

// victim returns what is to be deleted: mostly an alias, not always one that there is.
func (s *scene) victim(rng *rand.Rand, key string) uuid.UUID {
	secrets := s.fake.Secrets(s.job)
	switch rng.IntN(10) {
	case 0, 1, 2:
		return pick(rng, secrets...).ID
	case 3:
		return uuid.New()
	}
	return s.fake.AddAlias(s.job, s.targets[0], key)
}

// run makes the call.
func (c *modelCall) run(ctx context.Context, client *api.Client, history *judge.History) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	switch {
	case c.limit > 0 && c.cancel:
		defer time.AfterFunc(c.limit, cancel).Stop()
	case c.limit > 0:
		ctx, cancel = context.WithTimeout(ctx, c.limit)
		defer cancel()
	}
	c.began = time.Now()
	history.Run(ctx, client, c.verb, c.parts)
	c.ended = time.Now()
}
