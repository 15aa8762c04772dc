package main

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/api"
	"github.com/qovery-alias/qovery-alias-go/api/apitest"
)

const callsPerJob = 50 // keeps lists short

// job has two secrets to alias.
type job struct {
	id      uuid.UUID
	targets [2]uuid.UUID
}

// alias is what a call wants done to one key.
type alias struct {
	report
	id     uuid.UUID // to delete
	target uuid.UUID
	text   *string // description
}

// call is one call of the client.
type call struct {
	verb    verb
	job     job
	aliases []*alias
	timeout time.Duration // 0: none

	attempts attempts
	took     time.Duration
	done     bool
}

// plan makes the calls, and whatever they are to find on the server.
func plan(fake *apitest.Server, rnd *rand.Rand, n int, timeout time.Duration) []*call {
	var j job
	var last *alias // of an ensure in the same job, for another to share
	calls := make([]*call, n)
	for i := range calls {
		if i%callsPerJob == 0 {
			j, last = newJob(fake, i), nil
		}
		c := &call{job: j, timeout: timeout}
		if timeout == 0 {
			c.timeout = []time.Duration{2 * time.Second, 10 * time.Second, 0}[rnd.IntN(3)]
		}
		calls[i] = c
		count := 1
		switch p := rnd.IntN(100); {
		case p < 30:
			c.verb = create
		case p < 65:
			c.verb = ensure
		case p < 75:
			c.verb, count = batch, 2+rnd.IntN(5)
		case p < 92:
			c.verb = remove
		default:
			c.verb = list
		}
		for k := range count {
			a := newAlias(fake, rnd, c, fmt.Sprintf("KEY_%d_%d", i, k))
			if c.verb == ensure && a.before == free {
				if last != nil && rnd.IntN(8) == 0 {
					a.key, a.target = last.key, last.target
					a.shared, last.shared = true, true
				}
				last = a
			}
			c.aliases = append(c.aliases, a)
		}
	}
	return calls
}

func newJob(fake *apitest.Server, i int) job {
	j := job{id: fake.AddJob(fmt.Sprintf("job-%d", i))}
	for t := range j.targets {
		j.targets[t] = fake.AddSecret(j.id, fmt.Sprintf("SECRET_%d", t), api.VariableScopeEnvironment)
	}
	return j
}

func newAlias(fake *apitest.Server, rnd *rand.Rand, c *call, key string) *alias {
	a := &alias{report: report{verb: c.verb, key: key}, target: c.job.targets[0]}
	if c.verb != remove && c.verb != list {
		if rnd.IntN(2) == 0 {
			a.text = api.Ptr("for " + key)
		}
		switch rnd.IntN(16) {
		case 0:
			fake.AddAlias(c.job.id, c.job.targets[1], key)
		case 1:
			fake.AddAlias(c.job.id, a.target, key)
		}
	}
	if c.verb == remove {
		a.id = fake.AddAlias(c.job.id, a.target, key)
	}
	a.before = a.state(fake.Secrets(c.job.id))
	return a
}

// state is what a list says of the alias.
func (a *alias) state(secrets []api.Secret) state {
	found := free
	for _, s := range secrets {
		switch {
		case a.verb == list:
			if s.ID == a.target {
				return asked
			}
		case a.verb == remove:
			if s.ID == a.id {
				return asked
			}
		case s.Key != a.key:
		case s.AliasedSecret != nil && s.AliasedSecret.ID == a.target && (a.verb != create || a.isDescribed(&s)):
			return asked
		default:
			found = taken
		}
	}
	return found
}

// isDescribed reports whether an alias has the description that a create asks for.
func (a *alias) isDescribed(s *api.Secret) bool {
	want, got := "", ""
	if a.text != nil {
		want = *a.text
	}
	if s.Description != nil {
		got = *s.Description
	}
	return want == got
}
