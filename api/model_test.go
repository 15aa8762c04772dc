package api_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/qovery-alias/qovery-alias-go/api"
	"github.com/qovery-alias/qovery-alias-go/api/apitest"
	"github.com/qovery-alias/qovery-alias-go/internal/judge"
)

// TestModel makes random calls at once while random things happen to their requests, in
// virtual time, and holds what they report against what the server did. MODEL_SEEDS is how
// many seeds it tries. A seed that fails prints its script, and how to run it again:
//
//	MODEL_SEED=17 go test -run=TestModel ./api
func TestModel(t *testing.T) {
	first, seeds := environment(t, "MODEL_SEED", 0), environment(t, "MODEL_SEEDS", 1000)
	if first > 0 {
		newModel(first).test(t)
		return
	}
	workers := runtime.GOMAXPROCS(0)
	for w := range workers {
		t.Run(fmt.Sprint("worker ", w), func(t *testing.T) {
			t.Parallel()
			for seed := 1 + w; seed <= seeds && !t.Failed(); seed += workers {
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

// model is what happens under one seed.
type model struct {
	modelServer
	retries   int
	transient bool          // there are few faults, all of which a call can overcome
	timeout   time.Duration // of an attempt
	began     time.Time
}

func newModel(seed int) *model {
	rng, fake := rand.New(rand.NewPCG(uint64(seed), 0)), apitest.NewServer()
	m := &model{retries: pick(rng, 0, 1, 2, 3, 3, 3), timeout: pick(rng, 2*time.Second, 30*time.Second)}
	m.seed, m.drawn, m.hideTargets = uint64(seed), map[string]int{}, rng.IntN(12) == 0
	m.faults, m.percent, m.budget = modelFaults(), pick(rng, 5, 20, 50, 80, 100), math.MaxInt
	if m.transient = rng.IntN(3) == 0; m.transient {
		m.budget, m.hideTargets, m.timeout = m.retries, false, 5*time.Second
		m.faults = slices.DeleteFunc(m.faults, func(f modelFault) bool { return f.final })
	}
	m.scene = newScene(rng, fake, judge.NewHistory(fake.Handler()), 0)
	m.history.Add(m.job, api.Secret{Key: variable})
	for _, c := range m.calls {
		if m.transient {
			c.limit = 0
		}
	}
	m.lists = [][]api.Secret{m.list()}
	return m
}

// test runs the model, judges it, and prints its script if something is wrong.
func (m *model) test(t *testing.T) {
	defer m.fake.Close()
	wrong := []string{"something panicked, or goroutines are left"}
	stuck := time.AfterFunc(20*time.Second, func() { panic("without end: " + m.script()) })
	defer stuck.Stop()
	defer func() {
		if len(wrong) > 0 {
			t.Errorf("%s\n%s", strings.Join(wrong, "\n"), m.script())
		}
	}()
	synctest.Test(t, m.run)
	wrong = m.judge()
}

func (m *model) run(t *testing.T) {
	// The waits are the longest of the default.
	backoff := func(retry int) time.Duration { return min(500*time.Millisecond<<min(retry-1, 4), 8*time.Second) }
	client, err := api.NewClient(judge.Auth(), api.WithBaseURL("https://api.test"),
		api.WithHTTPClient(&http.Client{Transport: m}), api.WithRetries(m.retries),
		api.WithAttemptTimeout(m.timeout), api.WithBackoff(backoff))
	if err != nil {
		t.Fatal(err)
	}
	m.began = time.Now()
	var running sync.WaitGroup
	for _, c := range m.calls {
		running.Go(func() {
			time.Sleep(c.start)
			c.run(context.Background(), client, m.history)
		})
	}
	running.Wait()
	m.late.Wait()
}

// judge says what is wrong with what the calls did and reported.
func (m *model) judge() (wrong []string) {
	for _, c := range m.calls {
		for _, part := range c.parts {
			e := m.inform(part)
			all := []string{m.history.Misreport(part), e.repeats(part), m.excess(c, e), m.lapse(c, part, e)}
			for _, what := range slices.DeleteFunc(all, func(s string) bool { return s == "" }) {
				wrong = append(wrong, fmt.Sprintf("call %d, %s %s: %s", part.ID, c.verb, part.Request.Key, what))
			}
		}
	}
	return wrong
}

// evidence is what a call could know from its responses.
type evidence struct {
	acts, lists []*exchange // requests that change something, and those that list
	last        *exchange   // of the acts; nil: there is none
	unclear     *exchange   // the first act that may have taken effect
	perhaps     bool        // a list that began after the last act shows what may be the alias
}

// effect is what a response says of its request.
type effect string

const (
	actUnsent  effect = "not sent"
	actRefused effect = "refused"
	actDone    effect = "done"
	actUnclear effect = "may have taken effect"
)

func (x *exchange) effect() effect {
	switch {
	case x.fault.unsent != nil:
		return actUnsent
	case x.status == 0, x.status == http.StatusRequestTimeout:
		return actUnclear
	case x.status < 300 && x.whole:
		return actDone
	case x.status == 300, 304 <= x.status && x.status < 500:
		return actRefused
	}
	return actUnclear
}

// after reports whether x began when another request had ended.
func (x *exchange) after(other *exchange) bool { return !x.start.Before(other.end) }

// inform tells the judge what a call could know.
func (m *model) inform(part *judge.Call) *evidence {
	e := &evidence{}
	for _, x := range m.exchanges {
		switch {
		case x.call != part.ID:
		case x.method == http.MethodGet:
			e.lists = append(e.lists, x)
		case part.Verb == "delete" || x.key == part.Request.Key:
			e.acts, e.last = append(e.acts, x), x
			applied := x.effect() == actRefused && x.fault.status != 0 && !x.fault.lost
			part.Repeated = part.Repeated || x.fault.twice || applied
			if e.unclear == nil && x.effect() == actUnclear {
				e.unclear = x
			}
		}
	}
	listed, decided := false, false
	part.Blind = true
	for _, x := range e.lists {
		if !x.whole {
			continue
		}
		part.Start = min(part.Start, x.shows)
		after, shown := e.last != nil && x.after(e.last), look(x.list, part)
		listed, e.perhaps = listed || after, e.perhaps || after && shown == showsPerhaps
		switch {
		case part.Verb == "delete" && after:
			decided = decided || shown == showsNone
			part.Blind = part.Blind && shown != showsNone
		case part.Verb == "ensure" || after:
			decided = decided || shown >= showsIt
			part.Blind = part.Blind && shown == showsNone
		}
	}
	part.Open = judge.No
	switch {
	case part.Verb == "list" || decided || e.last == nil || e.last.effect() == actDone:
	case e.unclear != nil,
		part.Verb == "ensure" && e.last.status == http.StatusConflict && (e.perhaps || !listed):
		part.Open = judge.Yes
	case part.Verb == "delete" && !listed:
		part.Open = judge.Maybe
	}
	return e
}

// shown is what a list shows of what a call is about.
type shown int

const (
	showsNone    shown = iota
	showsPerhaps       // it may be what was asked for
	showsIt
	showsOther
)

func look(secrets []api.Secret, c *judge.Call) (best shown) {
	for _, s := range secrets {
		this := showsOther
		switch {
		case c.Verb == "delete" && s.ID == c.Target:
			this = showsIt
		case c.Verb == "delete" || s.Key != c.Request.Key:
			continue
		case s.AliasedSecret == nil && api.IsAlias(s):
			this = showsPerhaps
		case s.AliasedSecret == nil || s.AliasedSecret.ID != c.Target:
		case c.Verb == "create" && !judge.AsAsked(&s, c.Request):
			this = showsPerhaps
		default:
			this = showsIt
		}
		if best == showsNone || this < best {
			best = this
		}
	}
	return best
}

// repeats says whether a request was sent again that may have taken effect: a create never
// does that, others do after a list that shows that it has not.
func (e *evidence) repeats(part *judge.Call) string {
	want := showsNone
	if part.Verb == "delete" {
		want = showsIt
	}
	for i := 1; i < len(e.acts); i++ {
		earlier, later := e.acts[i-1], e.acts[i]
		listed := slices.ContainsFunc(e.lists, func(x *exchange) bool {
			return x.whole && x.after(earlier) && later.after(x) && look(x.list, part) == want
		})
		effect := earlier.effect()
		if effect == actDone || effect == actUnclear && (part.Verb == "create" || !listed) {
			return "sent again after a request that may have taken effect"
		}
	}
	return ""
}

// excess says whether a call took longer, or sent more requests, than is documented.
func (m *model) excess(c *modelCall, e *evidence) string {
	looking := 38 * time.Second // with the waits between lists
	if e.last != nil && e.last.fault.retry == "60" {
		looking += time.Minute
	}
	rounds := 1 + m.retries
	bound := map[string]struct {
		acts, lists int
		most        time.Duration
	}{
		"list":   {0, 1, 5 * time.Minute},
		"create": {rounds, rounds, 7 * time.Minute},
		"ensure": {rounds, rounds + 1, 13 * time.Minute},
		"delete": {rounds, rounds + 1, 13 * time.Minute},
		"batch":  {rounds * (1 + len(c.parts)), rounds*(1+len(c.parts)) + 1, time.Hour},
	}[c.verb]
	switch took := c.ended.Sub(c.began); {
	case c.limit > 0 && took > c.limit:
		return "it ended later than its context"
	case took > bound.most, len(e.acts) > bound.acts, len(e.lists) > bound.lists*(1+m.retries):
		return fmt.Sprintf("%d requests and %d lists in %s", len(e.acts), len(e.lists), took)
	case e.last != nil && c.verb != "batch" && c.ended.Sub(e.last.end) > looking:
		return "it looked for " + c.ended.Sub(e.last.end).String()
	}
	return ""
}

// lapse says whether a call could have found out more, or contradicts its last response.
func (m *model) lapse(c *modelCall, part *judge.Call, e *evidence) string {
	kind := part.Kind()
	failure := &api.Error{}
	errors.As(part.Err, &failure)
	open := e.unclear // what a list has to decide
	if open == nil && e.last != nil && (e.last.status == http.StatusConflict || part.Verb == "delete") {
		open = e.last
	}
	looked := slices.ContainsFunc(e.lists, func(x *exchange) bool { return open != nil && x.after(open) })
	switch {
	case e.last != nil && e.last.effect() == actDone && (kind != "" || part.Verb == "ensure" && !part.Created):
		return "its request succeeded, and it does not say so"
	case part.Verb == "create" && kind == "" && e.unclear == nil && e.last.effect() != actDone:
		return "a success, though its request was refused"
	case kind != "" && open != nil && open.status != http.StatusUnauthorized && !looked && !c.cancel:
		return "it did not look"
	case kind == "outcome_unknown" && e.perhaps && failure.Existing == nil:
		return "it does not say what may be the alias"
	case !m.transient || e.unclear != nil && (c.verb == "create" || part.Request.Key == variable):
		return ""
	case kind == "" || kind == "conflict" && c.verb != "list":
		return ""
	case c.verb == "delete" && (kind == "invalid_request" || kind == "not_found") && e.last == nil:
		return ""
	}
	return "it failed, though only a few requests did"
}

// script tells what happened.
func (m *model) script() string {
	b := &strings.Builder{}
	fmt.Fprintf(b, "retries %d, attempts of %s, faults %d %%, transient %t, targets hidden %t\n",
		m.retries, m.timeout, m.percent, m.transient, m.hideTargets)
	for _, c := range m.calls {
		fmt.Fprintf(b, "call %d: %s after %s, context %s, cancelled %t, took %s\n",
			c.parts[0].ID, c.verb, c.start, c.limit, c.cancel, c.ended.Sub(c.began))
		for _, part := range c.parts {
			request, _ := json.Marshal(part.Request)
			secret, _ := json.Marshal(part.Secret)
			fmt.Fprintf(b, "\t%s of %s: %s, created %t, %v\n", request, part.Target, secret, part.Created, part.Err)
		}
	}
	for _, x := range m.exchanges {
		fmt.Fprintf(b, "%12s - %-12s call %d: %s %s: status %d, %s, error %v; %s\n",
			x.start.Sub(m.began), x.end.Sub(m.began), x.call, x.method, x.key, x.status, x.effect(), x.err, &x.fault)
	}
	for n, secrets := range m.lists {
		fmt.Fprintf(b, "after %d effects:", n)
		for _, s := range secrets {
			fmt.Fprintf(b, " %s %s", s.Key, s.ID)
		}
		b.WriteString("\n")
	}
	fmt.Fprintf(b, "to run it again: MODEL_SEED=%d go test -run=TestModel ./api", m.seed)
	return b.String()
}
