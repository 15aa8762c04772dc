package api_test

import (
	"cmp"
	"context"
	"io"
	"log"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/qovery-alias/qovery-alias-go/api"
	"github.com/qovery-alias/qovery-alias-go/api/apitest"
	"github.com/qovery-alias/qovery-alias-go/internal/judge"
)

// TestSoak makes many calls at once over real connections to a server that loses a third of its
// responses, and holds what they report against what it did. SOAK_CALLS is their number:
//
//	SOAK_CALLS=100000 go test -run=TestSoak -v ./api
func TestSoak(t *testing.T) {
	calls := environment(t, "SOAK_CALLS", 1000)
	for _, http2 := range []bool{false, true} {
		t.Run(map[bool]string{false: "HTTP/1.1", true: "HTTP/2"}[http2], func(t *testing.T) {
			t.Parallel()
			s := newSoak(calls / 2)
			defer s.fake.Close()
			server := httptest.NewUnstartedServer(s)
			server.Config.ErrorLog = log.New(io.Discard, "", 0)
			var through *http.Client // over HTTP/1.1 the default
			if server.EnableHTTP2 = http2; http2 {
				server.StartTLS()
				through = server.Client()
			} else {
				server.Start()
			}
			s.run(t, server.URL, through)
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

	requests atomic.Int64
}

func newSoak(calls int) *soak {
	fake := apitest.NewServer()
	s := &soak{fake: fake, history: judge.NewHistory(fake.Handler()), faults: modelFaults()}
	s.faults = slices.DeleteFunc(s.faults, func(f modelFault) bool {
		return f.final || f.unsent != nil || f.before+f.after > 0 || f.twice || f.lag > 0 || f.retry != ""
	})
	for seed := uint64(0); len(s.calls) < calls; seed++ {
		s.calls = append(s.calls, newScene(rand.New(rand.NewPCG(seed, 0)), fake, s.history, len(s.calls)).calls...)
	}
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
	s.requests.Add(1)
	if !f.serve(s.history, w, r, body, &s.late) {
		panic(http.ErrAbortHandler)
	}
}

// run makes the calls, 32 at a time.
func (s *soak) run(t *testing.T, url string, through *http.Client) {
	client, err := api.NewClient(judge.Auth(), api.WithBaseURL(url), api.WithHTTPClient(through),
		api.WithRetries(6), api.WithAttemptTimeout(500*time.Millisecond),
		api.WithBackoff(func(int) time.Duration { return rand.N(2 * time.Millisecond) }))
	if err != nil {
		t.Fatal(err)
	}
	defer client.CloseIdleConnections()
	queue := make(chan *modelCall)
	var workers sync.WaitGroup
	for range 32 {
		workers.Go(func() {
			for c := range queue {
				c.limit /= 100
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

// report fails the test for each misreport, and prints how many calls reported what.
func (s *soak) report(t *testing.T) {
	counts := map[string]int{}
	ensured, unknown := 0, 0
	for _, c := range s.calls {
		for _, part := range c.parts {
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
	t.Logf("%d calls, %d requests; of %d aliases ensured without a limit %d are unknown",
		len(s.calls), s.requests.Load(), ensured, unknown)
	if unknown > 1+ensured/200 {
		t.Error("too many are unknown")
	}
}
