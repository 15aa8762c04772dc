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
	m := &model{seed: seed, history: judge.NewHistory(fake.Handler()), drawn: map[string]int{}, most: math.MaxInt}
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
	m.faults, m.hideTargets = append(m.faults, finalFaults...), rng.IntN(8) == 0
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
	// The waits are the longest of the default.
	backoff := func(retry int) time.Duration { return min(500*time.Millisecond<<min(retry-1, 4), 8*time.Second) }
	client := clientWith(t, judge.Auth(), through(m), api.WithRetries(m.retries),
		api.WithAttemptTimeout(m.timeout), api.WithBackoff(backoff))
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
