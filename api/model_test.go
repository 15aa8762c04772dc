package api_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
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

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/api"
	"github.com/qovery-alias/qovery-alias-go/api/apitest"
	"github.com/qovery-alias/qovery-alias-go/internal/judge"
)

// TestModel makes random calls at once while random things happen to their requests, in
// virtual time, and holds what they report against what the server did. MODEL_SEEDS is how
// many seeds it tries. A seed that fails prints its script; to run it again:
//
//	MODEL_SEED=17 go test -run=TestModel ./api
func TestModel(t *testing.T) {
	first, seeds := modelSeeds(t)
	workers := uint64(runtime.GOMAXPROCS(0))
	for w := range workers {
		t.Run(fmt.Sprint("worker ", w), func(t *testing.T) {
			t.Parallel()
			for seed := first + w; seed < first+seeds && !t.Failed(); seed += workers {
				newModel(seed).test(t)
			}
		})
	}
}

func modelSeeds(t *testing.T) (first, seeds uint64) {
	first, err := strconv.ParseUint(cmp.Or(os.Getenv("MODEL_SEED"), "1"), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	few := "2000"
	if os.Getenv("MODEL_SEED") != "" {
		few = "1"
	}
	seeds, err = strconv.ParseUint(cmp.Or(os.Getenv("MODEL_SEEDS"), few), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return first, seeds
}

// model is what happens under one seed.
type model struct {
	*modelServer
	retries   int
	transient bool          // few faults, all of which a call can overcome
	timeout   time.Duration // of an attempt
	targets   [2]uuid.UUID
	calls     []*modelCall
	began     time.Time
}

// modelCall is one call of the client. A batch has several parts.
type modelCall struct {
	verb   string
	parts  []*judge.Call
	specs  []api.AliasSpec // of a batch
	start  time.Duration
	limit  time.Duration // until the context ends; 0: it does not
	cancel bool          // it ends without a deadline

	began, ended time.Time
}

const (
	modelKeys        = 4
	modelMaxRequests = 3000
)

func newModel(seed uint64) *model {
	rng := rand.New(rand.NewPCG(seed, 0))
	srv := apitest.NewServer()
	m := &model{modelServer: &modelServer{
		seed:        seed,
		srv:         srv,
		history:     judge.NewHistory(srv.Handler()),
		job:         srv.AddJob("job"),
		variables:   map[string]bool{},
		hideTargets: rng.IntN(12) == 0,
		faults:      modelFaults(),
		percent:     pick(rng, 5, 20, 50, 80, 100),
		budget:      modelMaxRequests,
		drawn:       map[string]int{},
	}}
	m.retries = pick(rng, 0, 1, 2, 3, 3, 3)
	m.timeout = pick(rng, 2*time.Second, 30*time.Second)
	if rng.IntN(3) == 0 {
		m.transient, m.budget, m.hideTargets, m.timeout = true, m.retries, false, 5*time.Second
		m.faults = slices.DeleteFunc(m.faults, func(f modelFault) bool { return f.final })
	}
	for i := range m.targets {
		m.targets[i] = srv.AddSecret(m.job, fmt.Sprint("TARGET", i), api.VariableScopeEnvironment)
	}
	for k := range modelKeys {
		m.addKey(rng, fmt.Sprint("KEY", k))
	}
	for n := range 1 + rng.IntN(6) {
		m.calls = append(m.calls, m.plan(rng, n+1))
	}
	secrets := srv.Secrets(m.job)
	m.history.Add(m.job, secrets...)
	for key := range m.variables {
		m.history.Add(m.job, api.Secret{Key: key})
	}
	return m
}

// addKey has something use a key, in half of the cases.
func (m *model) addKey(rng *rand.Rand, key string) {
	switch n := rng.IntN(20); {
	case n < 6:
		m.srv.AddAlias(m.job, m.targets[n%2], key)
	case n < 8:
		m.srv.AddSecret(m.job, key, pick(rng, api.VariableScopeJob, api.VariableScopeProject))
	case n < 10:
		m.variables[key] = true
	}
}

// plan returns a random call.
func (m *model) plan(rng *rand.Rand, number int) *modelCall {
	c := &modelCall{start: upTo(rng, 3*time.Second), verb: pick(rng, "create", "create", "ensure", "ensure", "batch", "delete", "list")}
	if n := rng.IntN(3); n < 2 && !m.transient {
		c.limit, c.cancel = upTo(rng, pick(rng, time.Second, 10*time.Second, 100*time.Second)), n == 0
	}
	parts := 1
	if c.verb == "batch" {
		parts += rng.IntN(modelKeys)
	}
	for i, k := range rng.Perm(modelKeys)[:parts] {
		part := &judge.Call{ID: number, Verb: c.verb, Job: m.job, Target: pick(rng, m.targets[0], m.targets[0], m.targets[1])}
		part.Request.Key = fmt.Sprint("KEY", k)
		part.Request.Description = pick(rng, nil, nil, api.Ptr(""), api.Ptr("text"))
		part.Request.EnableInterpolationInFile = pick(rng, nil, nil, api.Ptr(true), api.Ptr(false))
		c.parts = append(c.parts, part)
		switch c.verb {
		case "batch":
			part.Verb = "ensure"
			c.specs = append(c.specs, m.spec(rng, part))
		case "delete":
			part.Target = m.victim(rng, fmt.Sprint("VICTIM", number, i))
		}
	}
	return c
}

// spec returns what a batch asks for, which names the target by its key at times.
func (m *model) spec(rng *rand.Rand, part *judge.Call) api.AliasSpec {
	if rng.IntN(3) > 0 {
		return api.AliasSpec{SecretID: part.Target, Request: part.Request}
	}
	return api.AliasSpec{SecretKey: fmt.Sprint("TARGET", slices.Index(m.targets[:], part.Target)), Request: part.Request}
}

// victim returns what is to be deleted: mostly an alias, not always one that there is.
func (m *model) victim(rng *rand.Rand, key string) uuid.UUID {
	var aliases []uuid.UUID
	for _, s := range m.srv.Secrets(m.job) {
		if api.IsAlias(s) && (!m.transient || strings.HasPrefix(s.Key, "VICTIM")) {
			aliases = append(aliases, s.ID)
		}
	}
	switch n := rng.IntN(10); {
	case n < 4 && len(aliases) > 0:
		return pick(rng, aliases...)
	case n == 4:
		return m.targets[0]
	case n == 5:
		return uuid.New()
	}
	return m.srv.AddAlias(m.job, m.targets[0], key)
}

// test runs the model, judges it, and prints its script if something is wrong.
func (m *model) test(t *testing.T) {
	defer m.srv.Close()
	var wrong []string
	finished := false
	stuck := time.AfterFunc(time.Minute, func() { panic(fmt.Sprintf("MODEL_SEED=%d does not end\n%s", m.seed, m.script())) })
	defer stuck.Stop()
	defer func() {
		if !finished { // goroutines are left, or something panicked
			wrong = append(wrong, "the calls do not end as they must")
		}
		if len(wrong) > 0 {
			t.Errorf("%s\n%s\nto run it again: MODEL_SEED=%d go test -run=TestModel ./api",
				strings.Join(wrong, "\n"), m.script(), m.seed)
		}
	}()
	synctest.Test(t, func(t *testing.T) {
		m.run(t)
		m.late.Wait()
	})
	finished = true
	wrong = m.judge()
}

func (m *model) run(t *testing.T) {
	client, err := api.NewClient(judge.Auth(), api.WithBaseURL("https://api.test"),
		api.WithHTTPClient(&http.Client{Transport: m}), api.WithRetries(m.retries),
		api.WithAttemptTimeout(m.timeout), api.WithBackoff(modelBackoff))
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	m.overrun, m.began = stop, time.Now()
	m.lists = [][]api.Secret{m.list()}
	var running sync.WaitGroup
	for _, c := range m.calls {
		running.Go(func() {
			time.Sleep(c.start)
			c.run(ctx, client, m.history)
		})
	}
	running.Wait()
}

// modelBackoff is the longest of the default.
func modelBackoff(retry int) time.Duration {
	return min(500*time.Millisecond<<min(retry-1, 4), 8*time.Second)
}

func (c *modelCall) run(ctx context.Context, client *api.Client, history *judge.History) {
	one := c.parts[0]
	ctx = judge.In(ctx, one.ID)
	switch {
	case c.cancel:
		limited, cancel := context.WithCancel(ctx)
		defer time.AfterFunc(c.limit, cancel).Stop()
		defer cancel()
		ctx = limited
	case c.limit > 0:
		limited, cancel := context.WithTimeout(ctx, c.limit)
		defer cancel()
		ctx = limited
	}
	c.began = time.Now()
	for _, part := range c.parts {
		part.Start = history.Now()
	}
	switch c.verb {
	case "create":
		one.Secret, one.Err = client.CreateJobSecretAlias(ctx, one.Job, one.Target, one.Request)
	case "ensure":
		one.Secret, one.Created, one.Err = client.EnsureJobSecretAlias(ctx, one.Job, one.Target, one.Request)
	case "batch":
		c.runBatch(ctx, client)
	case "delete":
		one.Err = client.DeleteJobSecretAlias(ctx, one.Job, one.Target)
	case "list":
		one.Listed, one.Err = client.ListJobSecrets(ctx, one.Job)
	}
	c.ended = time.Now()
	for _, part := range c.parts {
		part.End = history.Now()
	}
}

func (c *modelCall) runBatch(ctx context.Context, client *api.Client) {
	results, err := client.EnsureJobSecretAliases(ctx, c.parts[0].Job, c.specs)
	for i, part := range c.parts {
		part.Err = errors.New("no result")
		if i < len(results) {
			part.Secret, part.Created, part.Err = results[i].Secret, results[i].Created, results[i].Err
		}
		if part.Err != nil && !errors.Is(err, part.Err) {
			part.Err = errors.New("an error that the batch does not return")
		}
	}
}

// judge says what is wrong with what the calls did and reported.
func (m *model) judge() (wrong []string) {
	if len(m.exchanges) > modelMaxRequests {
		wrong = append(wrong, "requests without end")
	}
	if m.unclosed != 0 {
		wrong = append(wrong, fmt.Sprint(m.unclosed, " responses are not closed"))
	}
	for _, c := range m.calls {
		for _, part := range c.parts {
			e := m.inform(part)
			for _, what := range []string{m.history.Misreport(part), e.repeats(part), m.tooLong(c, e), m.tooMany(c, e), m.gaveUp(c, part, e)} {
				if what != "" {
					wrong = append(wrong, fmt.Sprintf("seed %d, call %d, %s %s: %s", m.seed, part.ID, c.verb, part.Request.Key, what))
				}
			}
		}
	}
	return wrong
}

// evidence is what a call could know from its responses.
type evidence struct {
	acts, lists []*exchange // requests that change something, and those that list
	unclear     *exchange   // the first act that may have taken effect
}

// last returns the latest act; nil: there was none.
func (e *evidence) last() *exchange {
	if len(e.acts) == 0 {
		return nil
	}
	return e.acts[len(e.acts)-1]
}

// inform tells the judge what a call could know.
func (m *model) inform(part *judge.Call) *evidence {
	e := &evidence{}
	for _, x := range m.exchanges {
		switch {
		case x.call != part.ID:
		case x.method == http.MethodGet:
			e.lists = append(e.lists, x)
		case part.Verb == "delete" || x.key == part.Request.Key:
			e.acts = append(e.acts, x)
			part.Repeated = part.Repeated || x.fault.twice || x.effect() == actRefused && x.fault.status != 0 && !x.fault.lost
			if e.unclear == nil && x.effect() == actUnclear {
				e.unclear = x
			}
		}
	}
	last, listed, perhaps, decided := e.last(), false, false, false
	part.Blind = true
	for _, x := range e.lists {
		if !x.whole {
			continue
		}
		part.Start = min(part.Start, x.shows)
		after, shown := last != nil && x.after(last), look(x.list, part)
		listed = listed || after
		perhaps = perhaps || after && shown == showsPerhaps
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
	case part.Verb == "list" || decided || last == nil:
	case e.unclear != nil, part.Verb == "ensure" && last.status == http.StatusConflict && (perhaps || !listed):
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
// does that, others after a list that shows that it has not.
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

// tooLong says whether a call went on for too long.
func (m *model) tooLong(c *modelCall, e *evidence) string {
	const looks, backoff, longestRetryAfter = 30 * time.Second, 8 * time.Second, time.Minute
	if c.limit > 0 && c.ended.After(c.began.Add(c.limit)) {
		return "it ended later than its context"
	}
	var last time.Time
	for _, x := range m.exchanges {
		if x.call == c.parts[0].ID && x.method != http.MethodGet && x.end.After(last) {
			last = x.end
		}
	}
	if took := c.ended.Sub(last); !last.IsZero() && took > looks+backoff+longestRetryAfter {
		return "it looked for " + took.String()
	}
	return ""
}

// tooMany says whether a call sent more requests than the documentation says.
func (m *model) tooMany(c *modelCall, e *evidence) string {
	attempts, rounds := 1+m.retries, 1+m.retries
	switch c.verb {
	case "batch":
		rounds *= 1 + len(c.parts)
	case "list":
		rounds = 0
	}
	if len(e.acts) > rounds || len(e.lists) > (rounds+1)*attempts {
		return fmt.Sprintf("%d requests and %d lists", len(e.acts), len(e.lists))
	}
	return ""
}

// gaveUp says whether a call could have found out more, or contradicts its last response.
func (m *model) gaveUp(c *modelCall, part *judge.Call, e *evidence) string {
	kind, last := part.Kind(), e.last()
	looked := slices.ContainsFunc(e.lists, func(x *exchange) bool { return e.unclear != nil && x.after(e.unclear) })
	switch {
	case last != nil && last.effect() == actDone && (kind != "" || part.Verb == "ensure" && !part.Created):
		return "its request succeeded, and it does not say so"
	case part.Verb == "create" && kind == "" && e.unclear == nil && last.effect() != actDone:
		return "a success, though its request was refused"
	case kind == "outcome_unknown" && e.unclear != nil && !looked && !c.cancel:
		return "unknown, and it did not look"
	case !m.transient || e.unclear != nil && (c.verb == "create" || m.variables[part.Request.Key]):
		return ""
	case kind == "" || kind == "conflict" && c.verb != "list":
		return ""
	case c.verb == "delete" && (kind == "invalid_request" || kind == "not_found") && last == nil:
		return ""
	}
	return "it failed, though only a few requests did"
}

// script tells what happened.
func (m *model) script() string {
	var b strings.Builder
	short := func(s *api.Secret) string {
		if s == nil {
			return "none"
		}
		return s.ID.String()[:8]
	}
	fmt.Fprintf(&b, "retries %d, attempts of %s, faults %d %%, at most %d a call, transient %t, targets hidden %t, variables %v\n",
		m.retries, m.timeout, m.percent, m.budget, m.transient, m.hideTargets, m.variables)
	for _, c := range m.calls {
		fmt.Fprintf(&b, "call %d: %s, begins at %s, context %s, cancelled %t, took %s\n",
			c.parts[0].ID, c.verb, c.start, c.limit, c.cancel, c.ended.Sub(c.began))
		for _, part := range c.parts {
			e := &api.Error{}
			errors.As(part.Err, &e)
			request, _ := json.Marshal(part.Request)
			fmt.Fprintf(&b, "\t%s of %.8s: secret %s, created %t, existing %s, error %v\n",
				request, part.Target, short(part.Secret), part.Created, short(e.Existing), part.Err)
		}
	}
	for _, x := range m.exchanges {
		fmt.Fprintf(&b, "%12s - %-12s call %d: %s %s: status %d, %s, error %v; %s\n",
			x.start.Sub(m.began), x.end.Sub(m.began), x.call, x.method, x.key, x.status, x.effect(), x.err, &x.fault)
	}
	for n, secrets := range m.lists {
		fmt.Fprintf(&b, "after %d effects:", n)
		for _, s := range secrets {
			fmt.Fprintf(&b, " %s %s", s.Key, short(&s))
		}
		b.WriteString("\n")
	}
	return b.String()
}
