package api_test

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"log"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/api"
	"github.com/qovery-alias/qovery-alias-go/api/apitest"
	"github.com/qovery-alias/qovery-alias-go/internal/judge"
)

const (
	soakAtOnce  = 32
	soakPerJob  = 50
	soakUnknown = 0.005 // of what is ensured without a limit of time
)

// TestSoak makes many calls at once over real connections to a server that loses a third of its
// responses, and holds what they report against what it did. SOAK_CALLS is their number:
//
//	SOAK_CALLS=100000 go test -run=TestSoak -v ./api
func TestSoak(t *testing.T) {
	calls, err := strconv.Atoi(cmp.Or(os.Getenv("SOAK_CALLS"), "1000"))
	if err != nil {
		t.Fatal(err)
	}
	for _, protocol := range []string{"HTTP/1.1", "HTTP/2"} {
		t.Run(protocol, func(t *testing.T) {
			s := newSoak()
			defer s.fake.Close()
			server := httptest.NewUnstartedServer(s)
			server.Config.ErrorLog = log.New(io.Discard, "", 0)
			var through *http.Client // over HTTP/1.1 the default
			switch protocol {
			case "HTTP/1.1":
				server.Start()
			case "HTTP/2":
				server.EnableHTTP2 = true
				server.StartTLS()
				through = server.Client()
			}
			s.run(t, calls, server.URL, through)
			server.Close()
			s.late.Wait()
			s.report(t)
		})
	}
}

// soak is the server, and what is asked of it.
type soak struct {
	fake    *apitest.Server
	history *judge.History
	faults  []modelFault
	calls   []*modelCall
	late    sync.WaitGroup

	mu       sync.Mutex
	requests int
	repeated map[int]bool // calls that had a request sent twice
}

func newSoak() *soak {
	fake := apitest.NewServer()
	s := &soak{fake: fake, history: judge.NewHistory(fake.Handler()), faults: modelFaults(), repeated: map[int]bool{}}
	s.faults = slices.DeleteFunc(s.faults, func(f modelFault) bool {
		return f.final || f.unsent != nil || f.before+f.after > 0 || f.lag > 0 || f.retry != ""
	})
	return s
}

// ServeHTTP passes a request on, a third of them with a fault.
func (s *soak) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	var f modelFault
	if rand.IntN(3) == 0 {
		f = drawFault(rand.IntN, s.faults, r.Method)
		f.late = min(f.late, rand.N(20*time.Millisecond))
	}
	s.mu.Lock()
	s.requests++
	s.repeated[judge.CallOf(r)] = s.repeated[judge.CallOf(r)] || f.twice
	s.mu.Unlock()
	f.serve(s.history, w, r, body, &s.late)
}

func (s *soak) run(t *testing.T, calls int, url string, through *http.Client) {
	client, err := api.NewClient(judge.Auth(), api.WithBaseURL(url), api.WithHTTPClient(through),
		api.WithRetries(6), api.WithAttemptTimeout(time.Second),
		api.WithBackoff(func(int) time.Duration { return rand.N(2 * time.Millisecond) }))
	if err != nil {
		t.Fatal(err)
	}
	defer client.CloseIdleConnections()
	s.plan(calls)
	queue := make(chan *modelCall)
	var workers sync.WaitGroup
	for range soakAtOnce {
		workers.Go(func() {
			for c := range queue {
				c.run(context.Background(), client, s.history)
			}
		})
	}
	for _, c := range s.calls {
		queue <- c
	}
	close(queue)
	workers.Wait()
}

// plan makes up the calls. One key in five is asked for by others too, for either secret.
func (s *soak) plan(calls int) {
	var job uuid.UUID
	var targets [2]uuid.UUID
	for n := range calls {
		if n%soakPerJob == 0 {
			job = s.fake.AddJob(fmt.Sprint("job ", n))
			for i := range targets {
				targets[i] = s.fake.AddSecret(job, fmt.Sprint("TARGET", i), api.VariableScopeProject)
			}
			s.history.Add(job, s.fake.Secrets(job)...)
		}
		rng := rand.New(rand.NewPCG(uint64(n), 1))
		c := &modelCall{verb: pick(rng, "create", "create", "ensure", "ensure", "ensure", "batch", "delete", "list")}
		if rng.IntN(8) == 0 {
			c.limit, c.cancel = upTo(rng, 300*time.Millisecond), rng.IntN(2) == 0
		}
		for i := range pick(rng, 1, 1, 5, 20) {
			part := &judge.Call{ID: n + 1, Verb: c.verb, Job: job, Target: targets[0]}
			part.Request.Key = fmt.Sprintf("KEY_%d_%d", n, i)
			if i == 0 && c.verb != "delete" && rng.IntN(5) == 0 {
				part.Request.Key, part.Target = fmt.Sprint("SHARED", rng.IntN(5)), pick(rng, targets[:]...)
			}
			switch c.verb {
			case "batch":
				part.Verb = "ensure"
				c.specs = append(c.specs, api.AliasSpec{SecretID: part.Target, Request: part.Request})
			case "delete":
				part.Target = s.fake.AddAlias(job, targets[0], part.Request.Key)
				secrets := s.fake.Secrets(job)
				s.history.Add(job, secrets[len(secrets)-1])
			}
			if c.parts = append(c.parts, part); c.verb != "batch" {
				break
			}
		}
		s.calls = append(s.calls, c)
	}
}

// report fails the test for each misreport, and prints how many calls reported what.
func (s *soak) report(t *testing.T) {
	counts := map[string]int{}
	ensured, unknown := 0, 0
	for _, c := range s.calls {
		for _, part := range c.parts {
			part.Repeated = s.repeated[part.ID]
			part.Blind = part.Repeated
			if wrong := s.history.Misreport(part); wrong != "" {
				t.Errorf("call %d, %s %s: %s: %v", part.ID, c.verb, part.Request.Key, wrong, part.Err)
			}
			kind := cmp.Or(part.Kind(), "success")
			counts[c.verb+": "+kind]++
			if part.Verb == "ensure" && c.limit == 0 {
				ensured++
				if kind == "outcome_unknown" {
					unknown++
				}
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		t.Logf("%7d %s", counts[name], name)
	}
	t.Logf("%d calls, %d requests, %d of %d aliases ensured without a limit are unknown", len(s.calls), s.requests, unknown, ensured)
	if float64(unknown) > 1+soakUnknown*float64(ensured) {
		t.Error("too many are unknown")
	}
}
