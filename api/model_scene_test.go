package api_test

import (
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

// scene is a job with some secrets, and calls to make at once.
type scene struct {
	*rand.Rand
	fake    *apitest.Server
	job     uuid.UUID
	targets [2]uuid.UUID
	calls   [][]*judge.Call // several together ensure all at once
}

// pick returns one of some values.
func pick[T any](rng *rand.Rand, some ...T) T { return some[rng.IntN(len(some))] }

// upTo returns a random duration, at least a nanosecond.
func upTo(rng *rand.Rand, most time.Duration) time.Duration {
	return 1 + time.Duration(rng.Int64N(int64(most)))
}

// newScene makes up a scene, whose calls have the IDs after some others.
func newScene(rng *rand.Rand, fake *apitest.Server, history *judge.History, others int) *scene {
	s := &scene{Rand: rng, fake: fake, job: fake.AddJob("job")}
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
		s.calls = append(s.calls, s.plan(others+n+1))
	}
	history.Add(s.job, fake.Secrets(s.job)...)
	return s
}

// plan makes up a call, or those of a batch.
func (s *scene) plan(id int) (calls []*judge.Call) {
	one := judge.Call{ID: id, Job: s.job, Cancel: s.IntN(2) == 0}
	one.Verb = pick(s.Rand, "create", "create", "ensure", "ensure", "ensure", "delete", "list")
	if s.IntN(2) == 0 {
		one.Limit = upTo(s.Rand, pick(s.Rand, time.Second, 10*time.Second, 100*time.Second))
	}
	size := 1
	if one.Verb == "ensure" && s.IntN(3) == 0 {
		size += s.IntN(len(sceneKeys))
	}
	for _, k := range s.Perm(len(sceneKeys))[:size] {
		c, target := one, pick(s.Rand, 0, 0, 1)
		c.Target = s.targets[target]
		c.Request = api.AliasRequest{
			Key:                       sceneKeys[k],
			Description:               pick(s.Rand, nil, nil, api.Ptr(""), api.Ptr("text")),
			EnableInterpolationInFile: pick(s.Rand, nil, nil, api.Ptr(true), api.Ptr(false)),
		}
		if c.SecretID = c.Target; s.IntN(3) == 0 {
			c.SecretID, c.SecretKey = uuid.Nil, fmt.Sprint("TARGET", target)
		}
		if c.Verb == "delete" {
			c.Target = s.victim(fmt.Sprint("VICTIM", id))
		}
		calls = append(calls, &c)
	}
	return calls
}

// victim returns what is to be deleted: mostly an alias, not always one that there is.
func (s *scene) victim(key string) uuid.UUID {
	switch s.IntN(10) {
	case 0, 1, 2:
		return pick(s.Rand, s.fake.Secrets(s.job)...).ID
	case 3:
		return uuid.New()
	}
	return s.fake.AddAlias(s.job, s.targets[0], key)
}
