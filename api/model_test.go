package api_test

import (
	"cmp"
	"context"
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
	srv     *apitest.Server
	retries int
	timeout time.Duration // of an attempt
	targets [2]uuid.UUID
	calls   []*modelCall
	began   time.Time
}

// modelCall is one call of the client. A batch has several parts.
type modelCall struct {
	verb   string
	parts  []*judge.Call
	byKey  []bool // the specs of a batch that name their target by its key
	start  time.Duration
	limit  time.Duration // until the context ends; 0: it does not
	cancel bool          // it ends without a deadline

	began, ended time.Time
}

const modelKeys = 4

func newModel(seed uint64) *model {
	rng := rand.New(rand.NewPCG(seed, 0))
	srv := apitest.NewServer()
	m := &model{srv: srv, modelServer: &modelServer{
		seed:        seed,
		fake:        srv.Handler(),
		history:     judge.NewHistory(srv.Handler()),
		job:         srv.AddJob("job"),
		variables:   map[string]bool{},
		hideTargets: rng.IntN(12) == 0,
		faults:      pick(rng, 5, 20, 50, 80, 100),
		budget:      modelMaxRequests,
		drawn:       map[string]int{},
	}}
	m.retries = pick(rng, 0, 1, 2, 3, 3, 3)
	m.timeout = pick(rng, 2*time.Second, 30*time.Second)
	if rng.IntN(3) == 0 {
		m.transient, m.budget, m.hideTargets, m.timeout = true, m.retries, false, time.Minute
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
	c := &modelCall{start: seconds(rng, 3), verb: pick(rng, "create", "create", "ensure", "ensure", "batch", "delete", "list")}
	if n := rng.IntN(3); n < 2 && !m.transient {
		c.limit, c.cancel = pick(rng, seconds(rng, 1), seconds(rng, 10), seconds(rng, 100)), n == 0
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
		c.byKey = append(c.byKey, rng.IntN(3) == 0)
		switch c.verb {
		case "batch":
			part.Verb = "ensure"
		case "delete":
			part.Target = m.victim(rng, fmt.Sprint("VICTIM", number, i))
		}
	}
	return c
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
	header := http.Header{"Authorization": {"Token " + m.srv.Token()}}
	m.lists = [][]byte{m.list(header)}
	var running sync.WaitGroup
	for _, c := range m.calls {
		running.Go(func() {
			time.Sleep(c.start)
			c.run(ctx, client, m)
		})
	}
	running.Wait()
}

// modelBackoff is the longest of the default.
func modelBackoff(retry int) time.Duration {
	return min(500*time.Millisecond<<min(retry-1, 4), 8*time.Second)
}

func (c *modelCall) run(ctx context.Context, client *api.Client, m *model) {
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
		part.Start = m.history.Now()
	}
	switch c.verb {
	case "create":
		one.Secret, one.Err = client.CreateJobSecretAlias(ctx, one.Job, one.Target, one.Request)
	case "ensure":
		one.Secret, one.Created, one.Err = client.EnsureJobSecretAlias(ctx, one.Job, one.Target, one.Request)
	case "batch":
		c.runBatch(ctx, client, m)
	case "delete":
		one.Err = client.DeleteJobSecretAlias(ctx, one.Job, one.Target)
	case "list":
		one.Listed, one.Err = client.ListJobSecrets(ctx, one.Job)
	}
	c.ended = time.Now()
	for _, part := range c.parts {
		part.End = m.history.Now()
	}
}

func (c *modelCall) runBatch(ctx context.Context, client *api.Client, m *model) {
	specs := make([]api.AliasSpec, len(c.parts))
	for i, part := range c.parts {
		specs[i] = api.AliasSpec{SecretID: part.Target, Request: part.Request}
		if c.byKey[i] {
			specs[i].SecretID, specs[i].SecretKey = uuid.Nil, fmt.Sprint("TARGET", slices.Index(m.targets[:], part.Target))
		}
	}
	results, err := client.EnsureJobSecretAliases(ctx, m.job, specs)
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
