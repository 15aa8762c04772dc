package api_test

// How long each call can take, as the package documentation states it, on virtual
// time: against servers that refuse, never answer, or ask to wait, and against random
// ones that try to make it longer.

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/qovery-alias/qovery-alias-go/api"
)

const (
	labRequest  = 300 * time.Second // one request with its retries
	labSettling = 30 * time.Second
)

// labCalls are the calls and the longest time that each may take.
var labCalls = []struct {
	name string
	call func(ctx context.Context, l *lab, c *api.Client) error
	max  time.Duration
}{
	{"list", func(ctx context.Context, l *lab, c *api.Client) error {
		_, err := c.ListJobSecrets(ctx, l.job)
		return err
	}, labRequest},
	{"find", func(ctx context.Context, l *lab, c *api.Client) error {
		_, err := c.FindJobSecret(ctx, l.job, "DB_PASSWORD")
		return err
	}, labRequest},
	{"create", func(ctx context.Context, l *lab, c *api.Client) error {
		_, err := c.CreateJobSecretAlias(ctx, l.job, l.secret, api.AliasRequest{Key: "PG"})
		return err
	}, labRequest + labSettling},
	{"ensure", func(ctx context.Context, l *lab, c *api.Client) error {
		_, _, err := c.EnsureJobSecretAlias(ctx, l.job, l.secret, api.AliasRequest{Key: "PG"})
		return err
	}, 2*labRequest + labSettling},
	{"delete", func(ctx context.Context, l *lab, c *api.Client) error {
		return c.DeleteJobSecretAlias(ctx, l.job, l.held("OLD").ID)
	}, 2 * labRequest},
	{"batch of 1", labBatch(1), 2*labRequest + labSettling},
	{"batch of 8", labBatch(8), 2*labRequest + labSettling},
	{"batch of 9", labBatch(9), 3*labRequest + time.Minute + labSettling},
	{"batch of 20", labBatch(20), 4*labRequest + 2*time.Minute + labSettling},
}

func labBatch(n int) func(ctx context.Context, l *lab, c *api.Client) error {
	return func(ctx context.Context, l *lab, c *api.Client) error {
		_, err := c.EnsureJobSecretAliases(ctx, l.job, l.specs(n))
		return err
	}
}

// newTimed is a lab with an alias to delete and the client's own backoff.
func newTimed(t *testing.T, front func(fake http.Handler) http.Handler) (*lab, *api.Client) {
	l := newLabOver(t, front)
	l.srv.AddAlias(l.job, l.secret, "OLD")
	return l, l.client(l.wire, api.WithBackoff(nil))
}

// labWait waits as long as the client is there, and says whether it still is.
func labWait(r *http.Request, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-r.Context().Done():
		return false
	}
}

// Nothing takes longer than the waits between attempts if connections are refused.
func TestTimingRefused(t *testing.T) {
	for _, c := range labCalls {
		labBubble(t, c.name, func(t *testing.T) {
			l, _ := newTimed(t, nil)
			client := l.client(&http.Transport{DialContext: labRefuse}, api.WithBackoff(nil))
			if err := c.call(t.Context(), l, client); !errors.Is(err, api.ErrNotSent) {
				t.Error(err)
			}
			if took := time.Since(l.start); took > 3500*time.Millisecond {
				t.Errorf("took %s", took)
			}
		})
	}
}

// Against a server that never answers: four attempts of 30 s for what may be repeated,
// one for a create, and 30 s of settling.
func TestTimingNoAnswer(t *testing.T) {
	const attempts, waits = 120 * time.Second, 3500 * time.Millisecond
	for _, c := range labCalls {
		labBubble(t, c.name, func(t *testing.T) {
			l, client := newTimed(t, func(http.Handler) http.Handler {
				return http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
			})
			err := c.call(t.Context(), l, client)
			took := time.Since(l.start)
			if c.name == "create" {
				if labWant(t, err, "Unknown", 0); took != time.Minute {
					t.Errorf("took %s", took)
				}
				return
			}
			if labMatches(err) != "" || !strings.Contains(err.Error(), "30s") || took < attempts || took > attempts+waits {
				t.Errorf("took %s: %v", took, err)
			}
		})
	}
	// The same after a list that came at once.
	for name, c := range map[string]struct{ want, took time.Duration }{
		"ensure": {0, time.Minute}, "batch of 8": {0, time.Minute}, "batch of 9": {0, 90 * time.Second}, "delete": {waits, attempts},
	} {
		labBubble(t, name+" after its list", func(t *testing.T) {
			var lists atomic.Int64
			l, client := newTimed(t, func(fake http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if r.Method != "GET" || lists.Add(1) > 1 {
						<-r.Context().Done()
						return
					}
					fake.ServeHTTP(w, r)
				})
			})
			for _, call := range labCalls {
				if call.name == name {
					call.call(t.Context(), l, client)
				}
			}
			if took := time.Since(l.start); took < c.took || took > c.took+c.want {
				t.Errorf("took %s, want %s to %s", took, c.took, c.took+c.want)
			}
		})
	}
}

// TestTimingLongest is the longest that the documentation speaks of: every attempt is
// answered at the last moment with the wish to wait a minute. The fourth attempt of a
// list succeeds where more is to come, that of the last creates hangs, and after that
// so does everything.
func TestTimingLongest(t *testing.T) {
	const last = 30*time.Second - time.Millisecond
	for _, c := range labCalls {
		labBubble(t, c.name, func(t *testing.T) {
			specs := 1
			fmt.Sscanf(c.name, "batch of %d", &specs)
			final := map[string]string{"list": "GET", "find": "GET", "delete": "DELETE"}[c.name]
			var mu sync.Mutex
			seen, hung := map[string]int{}, false
			l, client := newTimed(t, func(fake http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					body, _ := io.ReadAll(r.Body)
					key, index := r.Method+string(body), 0
					fmt.Sscanf(string(body), `{"key":"ALIAS_%d"`, &index)
					mu.Lock()
					seen[key]++
					n := seen[key]
					if n == 4 && r.Method == cmp.Or(final, "POST") && index/8 == (specs-1)/8 {
						hung = true
					}
					hang := hung
					mu.Unlock()
					switch {
					case hang:
						<-r.Context().Done()
					case !labWait(r, last):
					case n == 4 && r.Method == "GET":
						fake.ServeHTTP(w, r)
					default:
						w.Header().Set("Retry-After", "60")
						w.WriteHeader(429)
					}
				})
			})
			err := c.call(t.Context(), l, client)
			if took := time.Since(l.start); err == nil || took > c.max || took < c.max-time.Second {
				t.Errorf("took %s, want just below %s: %v", took, c.max, err)
			}
		})
	}
}

// TestTimingRandom: random servers cannot make any call take longer than stated, nor
// longer than its context.
func TestTimingRandom(t *testing.T) {
	seeds := 40
	if testing.Short() {
		seeds = 5
	}
	for _, c := range labCalls {
		t.Run(c.name, func(t *testing.T) {
			var longest time.Duration
			for seed := range uint64(seeds) {
				for _, deadline := range []time.Duration{0, 100 * time.Second} {
					synctest.Test(t, func(t *testing.T) {
						took := labRandom(t, seed, deadline, c.call)
						if longest = max(longest, took); took > c.max || deadline > 0 && took > deadline {
							t.Errorf("seed %d, deadline %s: took %s", seed, deadline, took)
						}
					})
				}
			}
			t.Logf("up to %s of %s", longest, c.max)
		})
	}
}

func labRandom(t *testing.T, seed uint64, deadline time.Duration, call func(context.Context, *lab, *api.Client) error) time.Duration {
	var mu sync.Mutex
	rng := rand.New(rand.NewPCG(seed, 7))
	l, client := newTimed(t, func(fake http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			delay := []time.Duration{0, time.Duration(rng.Int64N(int64(30 * time.Second))), 29999 * time.Millisecond, time.Hour}[rng.IntN(4)]
			status := []int{0, 0, 429, 429, 429, 503, 408}[rng.IntN(7)]
			after := []string{"", "60", "60", "60", "61", "3600", "-5"}[rng.IntN(7)]
			mu.Unlock()
			switch {
			case !labWait(r, delay):
			case status == 0:
				fake.ServeHTTP(w, r)
			default:
				w.Header().Set("Retry-After", after)
				w.WriteHeader(status)
			}
		})
	})
	ctx := t.Context()
	if deadline > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, deadline)
		defer cancel()
	}
	call(ctx, l, client)
	return time.Since(l.start)
}

// A Retry-After that asks for more than a minute, or for more than the context has,
// is not waited for: the error comes at once and says how long.
func TestTimingRetryAfterTooLong(t *testing.T) {
	for _, c := range labCalls {
		for name, set := range map[string]struct {
			after    string
			deadline time.Duration
			want     time.Duration
		}{
			"an hour":                 {"3600", 0, time.Hour},
			"just too long":           {"61", 0, 61 * time.Second},
			"longer than the context": {"30", 20 * time.Second, 30 * time.Second},
			"absurd":                  {strings.Repeat("9", 40), 0, 1<<63 - 1},
		} {
			labBubble(t, c.name+" "+name, func(t *testing.T) {
				l, client := newTimed(t, func(http.Handler) http.Handler {
					return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
						w.Header().Set("Retry-After", set.after)
						w.WriteHeader(429)
					})
				})
				ctx := t.Context()
				if set.deadline > 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, set.deadline)
					defer cancel()
				}
				err := c.call(ctx, l, client)
				if e := labWant(t, err, "RateLimited", 429); e.RetryAfter != set.want {
					t.Errorf("RetryAfter %s, want %s", e.RetryAfter, set.want)
				}
				l.wantElapsed(0)
			})
		}
	}
}

// TestTimingBatchRetryAfterTooLong: a server that wants to be left alone for an hour
// is left alone. What was not sent yet is not, and the call does not sit out minutes
// to be told the same again and again.
func TestTimingBatchRetryAfterTooLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var l *lab
		l = newLabOver(t, func(fake http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Method == "GET" {
					fake.ServeHTTP(w, r)
					return
				}
				l.srv.Handler().ServeHTTP(&labAnswer{header: http.Header{}}, labBodiless(r)) // to be counted
				w.Header().Set("Retry-After", "3600")
				w.WriteHeader(429)
			})
		})
		specs := l.specs(100)
		results, err := l.api.EnsureJobSecretAliases(t.Context(), l.job, specs)
		l.wantResults(specs, results, err)
		if took, posts := time.Since(l.start), l.count("POST"); took > time.Minute || posts > 16 {
			t.Errorf("took %s and %d POST", took, posts)
		}
		for i, r := range results {
			if m := labMatches(r.Err); m != "RateLimited" && m != "RateLimited NotSent" && m != "NotSent" {
				t.Errorf("%d: %v", i, r.Err)
			}
		}
	})
}

// labBodiless is r with nothing in it that the fake would act on.
func labBodiless(r *http.Request) *http.Request {
	r = r.Clone(r.Context())
	r.Body = http.NoBody
	return r
}

// TestTimingCancelled: whenever the context ends, the call ends.
func TestTimingCancelled(t *testing.T) {
	for _, c := range labCalls {
		t.Run(c.name, func(t *testing.T) {
			for seed := range uint64(15) {
				synctest.Test(t, func(t *testing.T) {
					at := time.Duration(rand.New(rand.NewPCG(seed, 3)).Int64N(int64(200 * time.Second)))
					took := labRandom(t, seed, 0, func(ctx context.Context, l *lab, client *api.Client) error {
						ctx, cancel := context.WithCancel(ctx)
						defer cancel()
						timer := time.AfterFunc(at, cancel)
						defer timer.Stop()
						err := c.call(ctx, l, client)
						if ctx.Err() != nil && err != nil && !errors.Is(err, context.Canceled) {
							t.Errorf("seed %d: cancelled, but: %v", seed, err)
						}
						return err
					})
					if took > at {
						t.Errorf("seed %d: took %s, cancelled after %s", seed, took, at)
					}
				})
			}
		})
	}
}
