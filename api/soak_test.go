package api_test

import (
	"cmp"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/qovery-alias/qovery-alias-go/api"
	"github.com/qovery-alias/qovery-alias-go/api/apitest"
	"github.com/qovery-alias/qovery-alias-go/internal/judge"
)

// TestSoak makes many calls at once over real connections to a server that loses a third of its
// responses, and compares what they report with what it did. SOAK_CALLS is their number.
func TestSoak(t *testing.T) {
	n := environment(t, "SOAK_CALLS", 1000) / 2
	t.Run("HTTP/1.1", func(t *testing.T) { soak(t, n, false) })
	t.Run("HTTP/2", func(t *testing.T) { soak(t, n, true) })
}

// soak makes n calls over HTTP/1.1 or HTTP/2.
func soak(t *testing.T, n int, http2 bool) {
	t.Parallel()
	fake := apitest.Start(t)
	history := judge.NewHistory(fake.Handler())
	var calls [][]*judge.Call
	for seed := uint64(0); len(calls) < n; seed++ {
		calls = append(calls, newScene(rand.New(rand.NewPCG(seed, 0)), fake, history, len(calls)).calls...)
	}
	var late, running sync.WaitGroup
	server := httptest.NewUnstartedServer(lossy(history, &late))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	var through *http.Client // over HTTP/1.1 the default
	if server.EnableHTTP2 = http2; http2 {
		server.StartTLS()
		through = server.Client()
	} else {
		server.Start()
	}
	client := clientWith(t, judge.Auth(), api.WithBaseURL(server.URL), api.WithHTTPClient(through),
		api.WithRetries(6), api.WithAttemptTimeout(500*time.Millisecond),
		api.WithBackoff(func(int) time.Duration { return rand.N(2 * time.Millisecond) }))
	slots := make(chan bool, 32)
	for _, together := range calls {
		slots <- true
		running.Go(func() {
			together[0].Limit /= 100
			judge.Do(t.Context(), together, judge.With(client))
			<-slots
		})
	}
	running.Wait()
	server.Close()
	late.Wait()
	counts := map[string]int{}
	for _, c := range slices.Concat(calls...) {
		if wrong := history.Misreport(c); wrong != "" {
			t.Errorf("call %d, %s %s: %s: %v", c.ID, c.Verb, c.Request.Key, wrong, c.Err)
		}
		counts[fmt.Sprintf("%s, limited %t: %s", c.Verb, c.Limit > 0, cmp.Or(c.Kind(), "success"))]++
	}
	t.Log(counts)
	if counts["ensure, limited false: outcome_unknown"] > 1+n/1000 {
		t.Error("too many are unknown, though their context does not end")
	}
}

// lossy passes requests on, a third of them with a fault. It adds late effects to a group.
func lossy(history *judge.History, late *sync.WaitGroup) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		var f fault
		if rng := rand.New(rand.NewPCG(rand.Uint64(), 0)); rng.IntN(3) == 0 {
			f = drawFault(rng, softFaults, r.Method)
			f.Late = min(f.Late, upTo(rng, 20*time.Millisecond))
		}
		if !f.serve(w, r, body, late, history.Do) {
			panic(http.ErrAbortHandler)
		}
	}
}
