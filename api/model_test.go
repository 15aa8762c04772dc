package api_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/api"
	"github.com/qovery-alias/qovery-alias-go/api/apitest"
	"github.com/qovery-alias/qovery-alias-go/internal/judge"
)

// TestModel makes random calls at once while random things happen to their requests, in
// virtual time, and compares what they report with what the server did. It tries MODEL_SEEDS
// seeds from MODEL_SEED on. One that fails prints what happened.
func TestModel(t *testing.T) {
	first, seeds := environment(t, "MODEL_SEED", 1), environment(t, "MODEL_SEEDS", 1000)
	workers := runtime.GOMAXPROCS(0)
	for w := range workers {
		t.Run(fmt.Sprint("worker ", w), func(t *testing.T) {
			t.Parallel()
			for seed := first + w; seed < first+seeds && !t.Failed(); seed += workers {
				newModel(seed).test(t)
			}
		})
	}
}

// environment returns the value of a variable.
func environment(t *testing.T, name string, unset int) int {
	n, err := strconv.Atoi(cmp.Or(os.Getenv(name), strconv.Itoa(unset)))
	if err != nil {
		t.Fatal(name, err)
	}
	return n
}

// model is what happens under one seed. It is a transport with a server behind it.
type model struct {
	*scene
	history     *judge.History
	seed        int
	retries     int
	timeout     time.Duration // of an attempt
	hideTargets bool          // lists do not tell what an alias points to
	faults      []fault
	percent     int  // of the requests that have a fault
	most        int  // faults of a call
	transient   bool // they are few, and a call can overcome them

	mu        sync.Mutex
	drawn     map[string]int
	exchanges []*exchange
	late      sync.WaitGroup
}

func newModel(seed int) *model {
	rng, fake := rand.New(rand.NewPCG(uint64(seed), 0)), apitest.NewServer()
	m := &model{seed: seed, history: judge.NewHistory(fake.Handler()), drawn: map[string]int{}}
	m.retries, m.timeout = pick(rng, 0, 1, 2, 3, 3, 3), pick(rng, 2*time.Second, 30*time.Second)
	m.faults, m.percent = slices.Concat(softFaults, slowFaults), pick(rng, 5, 20, 50, 80, 100)
	m.scene = newScene(rng, fake, m.history, 0)
	m.history.Add(m.job, api.Secret{Key: variable})
	if m.transient = rng.IntN(3) == 0; m.transient {
		m.most, m.timeout = m.retries, 5*time.Second
		for _, c := range slices.Concat(m.calls...) {
			c.Limit = 0
		}
		return m
	}
	m.faults, m.most, m.hideTargets = append(m.faults, finalFaults...), math.MaxInt, rng.IntN(8) == 0
	return m
}

// test runs the model, judges it, and prints what happened if something is wrong.
func (m *model) test(t *testing.T) {
	defer m.fake.Close()
	wrong := []string{"something panicked, or goroutines are left"}
	defer time.AfterFunc(20*time.Second, func() { panic("without end: " + m.String()) }).Stop()
	defer func() {
		if len(wrong) > 0 {
			t.Errorf("%s\n%s", strings.Join(wrong, "\n"), m)
		}
	}()
	synctest.Test(t, m.run)
	wrong = nil
	for _, calls := range m.calls {
		for _, c := range calls {
			wrong = append(wrong, m.misreports(c, len(calls))...)
		}
	}
}

func (m *model) run(t *testing.T) {
	longest := func(retry int) time.Duration { return 500 * time.Millisecond << min(retry-1, 4) } // by default
	client := clientWith(t, judge.Auth(), through(m), api.WithRetries(m.retries),
		api.WithAttemptTimeout(m.timeout), api.WithBackoff(longest))
	var running sync.WaitGroup
	for _, calls := range m.calls {
		delay := upTo(m.Rand, 3*time.Second)
		running.Go(func() {
			time.Sleep(delay)
			judge.Do(t.Context(), calls, judge.With(client))
		})
	}
	running.Wait()
	m.late.Wait()
}

// String tells what happened.
func (m *model) String() string {
	text := fmt.Sprintf("MODEL_SEED=%d: retries %d, attempts of %s, transient %t, targets hidden %t\n",
		m.seed, m.retries, m.timeout, m.transient, m.hideTargets)
	for _, c := range slices.Concat(m.calls...) {
		call, _ := json.Marshal(c)
		text += fmt.Sprintf("%s: %v\n", call, c.Err)
	}
	for _, x := range m.exchanges {
		text += fmt.Sprintf("%+v\n", *x)
	}
	return text
}

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

// upTo returns a random duration of at most this, and above 0 if that is.
func upTo(rng *rand.Rand, most time.Duration) time.Duration {
	return time.Duration(math.Ceil(rng.Float64() * float64(most)))
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
	one.Verb = pick(s.Rand, "create", "create", "ensure", "ensure", "ensure", "delete", "delete", "list")
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
			alias := s.fake.AddAlias(s.job, s.targets[0], fmt.Sprint("VICTIM", id))
			c.Target = pick(s.Rand, alias, alias, alias, pick(s.Rand, s.fake.Secrets(s.job)...).ID, uuid.New())
		}
		calls = append(calls, &c)
	}
	return calls
}
