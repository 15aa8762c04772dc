package api_test

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
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

// TestModel makes random calls at once while random things happen to their requests, in virtual
// time, and compares what they report with what the server did: for MODEL_SEEDS from MODEL_SEED on.
func TestModel(t *testing.T) {
	first, seeds := environment(t, "MODEL_SEED", 1), environment(t, "MODEL_SEEDS", 1000)
	t.Parallel()
	for seed := first; seed < first+seeds && !t.Failed(); seed++ {
		newModel(seed).test(t)
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
	mu          sync.Mutex
	drawn       map[string]int
	exchanges   []*exchange
	late        sync.WaitGroup
}

func newModel(seed int) *model {
	rng, fake := rand.New(rand.NewPCG(uint64(seed), 0)), apitest.NewServer()
	m := &model{seed: seed, history: judge.NewHistory(fake.Handler()), drawn: map[string]int{}}
	m.retries, m.timeout = pick(rng, 0, 1, 2, 3, 3, 3), pick(rng, 2*time.Second, 30*time.Second)
	m.faults, m.percent = slices.Concat(softFaults, slowFaults), pick(rng, 5, 20, 50, 80, 100)
	m.scene = newScene(rng, fake, m.history, 0)
	m.history.Add(m.job, api.Secret{Key: variable})
	if m.transient = rng.IntN(4) == 0; m.transient {
		m.most, m.timeout = m.retries, 5*time.Second
		for _, c := range slices.Concat(m.calls...) {
			c.Limit = 0
		}
		return m
	}
	m.faults, m.most, m.hideTargets = append(m.faults, finalFaults...), 1000, rng.IntN(8) == 0
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

// variable is a key that a variable has in the model: it is refused, and no list shows why.
const variable = "VARIABLE"

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

// upTo returns a random duration.
func upTo(r *rand.Rand, most time.Duration) time.Duration {
	return time.Duration(r.Float64() * float64(most))
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
			c.Target = pick(s.Rand, alias, alias, alias, alias, pick(s.Rand, s.fake.Secrets(s.job)...).ID, uuid.New())
		}
		calls = append(calls, &c)
	}
	return calls
}

// connects reports whether the request is sent.
func (x *exchange) connects() bool { return x.Fault.End != "refused" && x.Fault.End != "no host" }

// done reports whether the response says that the request succeeded.
func (x *exchange) done() bool { return x.Status > 0 && x.Status < 300 && x.Whole }

// unclear reports whether the request may have taken effect, by all that is known.
func (x *exchange) unclear() bool {
	refused := x.Status == 300 || x.Status >= 304 && x.Status < 500 && x.Status != http.StatusRequestTimeout
	return !x.done() && !refused && x.connects()
}

// before reports whether x had ended when another one began.
func (x *exchange) before(other *exchange) bool { return !other.Start.Before(x.End) }

// evidence is what a call could know from its responses.
type evidence struct {
	acts, lists []*exchange // requests that change something, and those that list
	last        *exchange   // of the acts
	unclear     *exchange   // the first act that may have taken effect; nil: none
	listed      bool        // a list began after the last act
	perhaps     bool        // such a list shows what may be the alias
	decided     bool        // a list says what became of the acts
}

// gather returns what a call could know, and tells the judge.
func (m *model) gather(c *judge.Call) *evidence {
	e := &evidence{last: &exchange{}}
	for _, x := range m.exchanges {
		switch {
		case x.Call != c.ID:
		case x.Method == http.MethodGet:
			e.lists = append(e.lists, x)
		case c.Verb == "delete" || x.Key == c.Request.Key:
			e.acts, e.last = append(e.acts, x), x
			c.Repeated = c.Repeated || x.Fault.Twice || x.Fault.Status != nil && !x.Fault.Lost && !x.unclear()
			if e.unclear == nil && x.unclear() {
				e.unclear = x
			}
		}
	}
	c.Blind = true
	for _, x := range e.lists {
		if !x.Whole {
			continue
		}
		if x.AsOf.Before(c.Start) {
			c.Start = x.AsOf
		}
		shown, after := look(x.List, c), len(e.acts) > 0 && e.last.before(x)
		e.listed, e.perhaps = e.listed || after, e.perhaps || after && shown == perhaps
		if after || c.Verb != "create" {
			e.decided = e.decided || shown == taken || shown == reached
			c.Blind = c.Blind && shown == nothing
		}
	}
	return e
}

// shown is what a list shows of what a call is about.
type shown int

const (
	nothing shown = iota // of an act's effect
	taken                // the key, by something else
	reached
	perhaps // it may be the alias that was asked for
)

func look(secrets []api.Secret, c *judge.Call) (best shown) {
	if c.Verb == "delete" {
		best = reached
	}
	for _, s := range secrets {
		asked := s.AliasedSecret != nil && s.AliasedSecret.ID == c.Target
		switch {
		case c.Verb == "delete" && s.ID == c.Target:
			return nothing
		case c.Verb == "delete" || s.Key != c.Request.Key:
		case s.AliasedSecret == nil && api.IsAlias(s),
			asked && c.Verb == "create" && !judge.AsAsked(&s, c.Request):
			best = perhaps
		case asked:
			best = max(best, reached)
		default:
			best = max(best, taken)
		}
	}
	return best
}

// repeated reports whether a request was sent again after one that may have taken effect. A create
// never does that, others do after a list that shows that it has not.
func (e *evidence) repeated(c *judge.Call) bool {
	for i := 1; i < len(e.acts); i++ {
		earlier, later := e.acts[i-1], e.acts[i]
		listed := slices.ContainsFunc(e.lists, func(x *exchange) bool {
			return x.Whole && earlier.before(x) && x.before(later) && look(x.List, c) == nothing
		})
		if earlier.done() || earlier.unclear() && (c.Verb == "create" || !listed) {
			return true
		}
	}
	return false
}

// exceeds reports whether a call took longer, or sent more, than is documented.
func (m *model) exceeds(c *judge.Call, e *evidence, took time.Duration, together int) bool {
	rounds := 1 + m.retries
	acts := rounds
	if together > 1 {
		acts += rounds * together // a round in which an alias is made does not count
	}
	most := map[string]struct{ lists, minutes int }{"list": {1, 5}, "create": {rounds, 7},
		"delete": {rounds + 1, 13}, "ensure": {acts + 1, 13 * together}}[c.Verb]
	return len(e.acts) > acts || len(e.lists) > most.lists*rounds || took.Minutes() > float64(most.minutes)
}

// misreports says all that is wrong with one of the calls that were made together.
func (m *model) misreports(c *judge.Call, together int) (wrong []string) {
	took, e, failure := c.End.Sub(c.Start), m.gather(c), &api.Error{}
	errors.As(c.Err, &failure)
	kind, acted, create, ensure := c.Kind(), len(e.acts) > 0, c.Verb == "create", c.Verb == "ensure"
	unknown, done := kind == "outcome_unknown", acted && e.last.done()
	certain, cancelled := !acted || done || e.decided, c.Cancel && c.Limit > 0
	open := !certain && (e.unclear != nil || ensure && e.last.Status == 409 && (e.perhaps || !e.listed))
	sure := certain || !open && (e.listed || c.Verb != "delete")
	question := e.unclear // what a list has to decide
	if question == nil && acted && (c.Verb == "delete" || e.last.Status == 409) {
		question = e.last
	}
	looked := question == nil || slices.ContainsFunc(e.lists, question.before)
	looking := 38 * time.Second // with the waits between lists
	if slices.Contains(e.last.Fault.Retry, "60") {
		looking += time.Minute
	}
	mayFail := c.Err == nil || kind == "conflict" && c.Verb != "list" ||
		c.Verb == "delete" && !acted && (kind == "invalid_request" || kind == "not_found") ||
		e.unclear != nil && (create || c.Request.Key == variable)
	for says, broken := range map[string]bool{
		m.history.Misreport(c): true,
		// "Once undecided, always honest": a success or a list that decides ends a call with certainty.
		"certain, though a request may have taken effect": !unknown && open,
		"unknown, though nothing is open":                 unknown && sure,
		"it does not say what may be the alias":           unknown && e.perhaps && failure.Existing == nil,
		"its success is not reported":                     done && (c.Err != nil || ensure && !c.Created),
		"a success, though it was refused":                create && c.Err == nil && e.unclear == nil && !done,
		// "A POST that may have been processed is never sent again", other requests only after a list.
		"sent again after a request that may have taken effect": e.repeated(c),
		"it did not look":                       c.Err != nil && !looked && question.Status != 401 && !cancelled,
		"it looked for too long":                acted && together == 1 && c.End.Sub(e.last.End) > looking,
		"it ended later than its context":       c.Limit > 0 && took > c.Limit,
		"more requests or time than documented": m.exceeds(c, e, took, together),
		// "Ensure and delete converge", all the more if only a few requests fail.
		"it failed, though only a few requests did": m.transient && !mayFail,
	} {
		if broken && says != "" {
			wrong = append(wrong, fmt.Sprintf("call %d, %s %s: %s", c.ID, c.Verb, c.Request.Key, says))
		}
	}
	return wrong
}
