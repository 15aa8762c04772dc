package api_test

// How long a call can take, in virtual time: against servers that refuse, never respond,
// or ask to wait, and against random ones that try to make it longer.

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/qovery-alias/qovery-alias-go/api"
)

// The longest that calls may take without a deadline: a request with its retries, the
// further requests of ensure and delete with a list before each, and settling.
const (
	longestRequest  = 4*30*time.Second + 3*time.Minute
	longestSettling = 30 * time.Second
	longestRounds   = longestRequest + 3*longestRequest
)

var longest = map[string]time.Duration{
	"list":        longestRequest,
	"create":      longestRequest + longestSettling,
	"ensure":      longestRequest + longestRounds + longestSettling,
	"ensure many": longestRequest + longestRounds + longestSettling,
	"delete":      longestRequest + longestRounds + longestSettling,
}

// waits waits for d or until the client has gone, and reports whether it is still there.
func waits(r *http.Request, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-r.Context().Done():
		return false
	}
}

func TestTiming(t *testing.T) {
	const backoffs = 3500 * time.Millisecond
	for _, c := range []struct {
		name         string
		happens      happening
		via          func(t testing.TB) http.RoundTripper // instead
		want, create string                               // which differs for a create
		least, after time.Duration                        // the same
		slack        time.Duration
	}{
		{"never responds", hangs, nil, "NoResponse timeout", "Unknown NoResponse timeout", 2 * time.Minute, time.Minute, backoffs},
		{"no connection in time", nil, func(t testing.TB) http.RoundTripper { return hangingDials(t) },
			"NotSent timeout", "NotSent timeout", 2 * time.Minute, 2 * time.Minute, backoffs},
		{"refused", nil, func(testing.TB) http.RoundTripper { return &http.Transport{DialContext: refuse} },
			"NotSent refused", "NotSent refused", backoffs / 2, backoffs / 2, backoffs / 2},
		{"asks for more time in the last moment", func(_ http.RoundTripper, r *http.Request) (*http.Response, error) {
			waits(r, 30*time.Second-time.Millisecond)
			return limited("60")(nil, r)
		}, nil, "RateLimited", "RateLimited", longestRequest - time.Second, longestRequest - time.Second, time.Second},
	} {
		for _, col := range calls {
			bubble(t, c.name+"/"+col.name, func(t *testing.T) {
				fx := newFixture(t, api.WithBackoff(nil))
				fx.on("POST", c.happens)
				fx.on("GET", c.happens)
				client := fx.api
				if c.via != nil {
					client = fx.client(c.via(t), api.WithBackoff(nil))
				}
				_, errs := col.call(t.Context(), fx, client)
				names, least := c.want, c.least
				if col.name == "create" {
					names, least = c.create, c.after
				}
				want(t, errs[0], names, map[bool]int{true: 429}[names == "RateLimited"])
				if took := time.Since(fx.start); took < least || took > least+c.slack {
					t.Errorf("took %s, want %s", took, least)
				}
				says := map[string]string{"NoResponse timeout": "no complete response within 30s", "NotSent timeout": "no connection within 30s"}
				if !strings.Contains(errs[0].Error(), says[c.want]) {
					t.Errorf("does not say %s: %v", says[c.want], errs[0])
				}
			})
		}
	}
}

// Random servers cannot make any call take longer than stated, nor longer than its
// context; and one that is cancelled ends in that instant and says so.
func TestTimingRandom(t *testing.T) {
	seeds := uint64(30)
	if testing.Short() {
		seeds = 5
	}
	for _, col := range calls {
		t.Run(col.name, func(t *testing.T) {
			for seed := range seeds {
				for _, mode := range []string{"", "deadline", "cancelled"} {
					synctest.Test(t, func(t *testing.T) {
						var mu sync.Mutex
						rng := rand.New(rand.NewPCG(seed, 7))
						fx := newFixtureBehind(t, func(fake http.Handler) http.Handler {
							return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
								mu.Lock()
								delay := []time.Duration{0, rand.N(30 * time.Second), 29999 * time.Millisecond, time.Hour}[rng.IntN(4)]
								status := []int{0, 0, 429, 429, 429, 503, 408}[rng.IntN(7)]
								after := []string{"", "60", "60", "60", "61", "3600", "-5"}[rng.IntN(7)]
								mu.Unlock()
								switch {
								case !waits(r, delay):
								case status == 0:
									fake.ServeHTTP(w, r)
								default:
									w.Header().Set("Retry-After", after)
									w.WriteHeader(status)
								}
							})
						}, api.WithBackoff(nil))
						ctx, most := t.Context(), longest[col.name]
						switch mode {
						case "deadline":
							most = 100 * time.Second
							ctx = within(t, most)
						case "cancelled":
							most = time.Duration(rng.Int64N(int64(200 * time.Second)))
							ctx = cancelledAfter(t, most, nil)
						}
						_, errs := col.call(ctx, fx, fx.api)
						if took := time.Since(fx.start); took > most {
							t.Errorf("seed %d, %s: took %s, want up to %s", seed, mode, took, most)
						}
						if err := errs[0]; err != nil && col.aliases == 1 && errors.Is(ctx.Err(), context.Canceled) && !errors.Is(err, context.Canceled) {
							t.Errorf("seed %d: cancelled, but: %v", seed, err)
						}
					})
				}
			}
		})
	}
}
