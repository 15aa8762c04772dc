package api_test

// Many aliases for one job: how many requests that takes and how many at a time, what
// each is told, and what lost responses, a limit and a deadline do to the whole.

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/api"
	"github.com/qovery-alias/qovery-alias-go/api/apitest"
)

// specs asks for the aliases ALIAS_0 … of the fixture's secret.
func (fx *fixture) specs(n int) (specs []api.AliasSpec) {
	for i := range n {
		specs = append(specs, api.AliasSpec{SecretID: fx.secret, Request: api.AliasRequest{Key: fmt.Sprint("ALIAS_", i)}})
	}
	return specs
}

// wantFates checks how many results match what.
func (fx *fixture) wantFates(got []api.EnsureResult, want map[string]int) {
	fx.t.Helper()
	fates := map[string]int{}
	for _, r := range got {
		fates[matches(r.Err)]++
	}
	if !reflect.DeepEqual(fates, want) {
		fx.t.Errorf("%v, want %v", fates, want)
	}
}

// One list and one create for each alias that is missing, eight at a time, which in
// virtual time shows in how long it takes.
func TestBatchRequests(t *testing.T) {
	bubble(t, "600 of 1000", func(t *testing.T) {
		fx := newFixture(t)
		fx.on("POST", func(fake http.RoundTripper, r *http.Request) (*http.Response, error) {
			time.Sleep(time.Second)
			return fake.RoundTrip(r)
		})
		specs := fx.specs(1000)
		exists := map[string]uuid.UUID{}
		for i := 0; i < 1000; i += 5 { // 400 of them, here and there
			for _, spec := range specs[i : i+2] {
				exists[spec.Request.Key] = fx.srv.AddAlias(fx.job, fx.secret, spec.Request.Key)
			}
		}
		got, err := fx.api.EnsureJobSecretAliases(t.Context(), fx.job, specs)
		fx.wantResults(specs, got, err)
		fx.wantFates(got, map[string]int{"-": 1000})
		for i, r := range got {
			if id, there := exists[specs[i].Request.Key]; r.Created == there || there && r.Secret.ID != id {
				t.Errorf("%s: %+v", specs[i].Request.Key, r)
			}
		}
		fx.wantCounts(600, 1, 0)
		fx.wantElapsed(75 * time.Second)
	})
}

// Results tell each spec its own fate, and the error names each key, up to twenty of them. A
// plan is one list and the same, but for what only the server knows.
func TestBatchMixed(t *testing.T) {
	fx := newFixture(t)
	other := fx.srv.AddSecret(fx.job, "OTHER", api.VariableScopeProject)
	fx.srv.AddAlias(fx.job, other, "TAKEN")
	there := fx.srv.AddAlias(fx.job, fx.secret, "THERE")
	plain := fx.srv.AddSecret(fx.job, "PLAIN", api.VariableScopeJob)
	spec := func(key string) api.AliasSpec {
		return api.AliasSpec{SecretID: fx.secret, Request: api.AliasRequest{Key: key}}
	}
	specs := []api.AliasSpec{spec("TAKEN"), spec("NEW"), spec("THERE"), spec("PLAIN"),
		{SecretKey: "MISSING", Request: api.AliasRequest{Key: "X"}}, {SecretKey: "OTHER", Request: api.AliasRequest{Key: "Y"}},
		{SecretID: uuid.New(), Request: api.AliasRequest{Key: "Z"}}}
	check := func(got []api.EnsureResult, err error, want ...string) {
		t.Helper()
		var fates []string
		for _, r := range got {
			fates = append(fates, fmt.Sprint(matches(r.Err), " ", r.Created, " ", r.Secret != nil))
		}
		if !slices.Equal(fates, want) {
			t.Fatalf("%q", fates)
		}
		if e := failure(t, got[3].Err, creating); got[2].Secret.ID != there || e.StatusCode != 0 || e.Existing == nil || e.Existing.ID != plain {
			t.Errorf("%+v, %+v", got[2].Secret, e)
		}
		if m := matches(err); m != "NotFound Conflict" || !strings.Contains(err.Error(), "TAKEN") || !strings.Contains(err.Error(), "MISSING") {
			t.Errorf("all together match %q: %v", m, err)
		}
	}
	got, err := fx.api.PlanJobSecretAliases(t.Context(), fx.job, specs)
	check(got, err, "Conflict false false", "- true false", "- false true", "Conflict false false", "NotFound false false", "- true false", "- true false")
	fx.wantCounts(0, 1, 0)
	fx.inject("GET", apitest.Fault{Status: 403})
	_, err = fx.api.PlanJobSecretAliases(t.Context(), fx.job, specs)
	want(t, err, "Forbidden", 403)
	got, err = fx.api.EnsureJobSecretAliases(t.Context(), fx.job, specs)
	fx.wantResults(specs, got, err)
	check(got, err, "Conflict false false", "- true true", "- false true", "Conflict false false", "NotFound false false", "- true true", "NotFound false false")
	fx.wantCounts(3, 3, 0)

	many := fx.specs(1000)
	for i := range many {
		many[i].SecretID = uuid.New()
	}
	got, err = fx.api.EnsureJobSecretAliases(t.Context(), fx.job, many)
	fx.wantResults(many, got, err)
	if text := err.Error(); len(text) > 8<<10 || strings.Count(text, "ALIAS_") != 20 || !strings.Contains(text, "980 more") {
		t.Errorf("%d bytes: %.300s", len(text), text)
	}
}

// A batch stops where every further request must fail alike; what was not sent says so
// and why, and what is undecided is still settled.
func TestBatchStops(t *testing.T) {
	for _, c := range []struct {
		name   string
		steps  []happening
		sent   int // at most
		first  string
		others string
	}{
		{"401", []happening{answered(401, "")}, 8, "Unauthorized", "NotSent Unauthorized"},
		{"no connection", []happening{connectionRefused}, 8 * 4, "NotSent refused", "NotSent refused"},
		{"untrusted", []happening{unsent(untrusted)}, 8, "NotSent", "NotSent"},
		{"Retry-After of an hour", []happening{limited("3600")}, 8, "RateLimited", "NotSent RateLimited"},
		{"503 with one", []happening{replied(503, "", http.Header{"Retry-After": {"3600"}})}, 8, "Unknown Server", "NotSent Server"},
		{"201 that breaks its promise, with one", []happening{replied(201, "{}", http.Header{"Retry-After": {"3600"}})}, 8, "Unknown Unexpected", "NotSent Unexpected"},
		{"401 after one that took effect", []happening{applied(connectionReset), answered(401, "")}, 9, "Unauthorized", "NotSent Unauthorized"},
	} {
		bubble(t, c.name, func(t *testing.T) {
			fx := newFixture(t, api.WithBackoff(nil))
			fx.on("POST", c.steps...)
			specs := fx.specs(1000)
			got, err := fx.api.EnsureJobSecretAliases(t.Context(), fx.job, specs)
			fx.wantResults(specs, got, err)
			if n := fx.sent("POST"); n > c.sent || time.Since(fx.start) > time.Minute {
				t.Errorf("%d POST in %s", n, time.Since(fx.start))
			}
			succeeded := 0
			for i, r := range got {
				if m := matches(r.Err); m == "-" {
					succeeded++
				} else if m != c.others && (m != c.first || i > 8) {
					t.Errorf("%d matches %q: %v", i, m, r.Err)
				}
			}
			if want := len(c.steps) - 1; succeeded != want {
				t.Errorf("%d succeeded, want %d", succeeded, want)
			}
		})
	}
}

// Three of ten responses are lost, before or after they took effect, those to lists
// included. No result is wrong, all are there in the end, and the lists are few.
func TestBatchLostResponses(t *testing.T) {
	t.Parallel()
	for seed := range uint64(2) {
		bubble(t, fmt.Sprint(seed), func(t *testing.T) {
			var mu sync.Mutex
			rng := rand.New(rand.NewPCG(seed, 1))
			fx := newFixture(t, api.WithRetries(6), api.WithBackoff(nil))
			random := func(fake http.RoundTripper, r *http.Request) (*http.Response, error) {
				mu.Lock()
				bad, apply, how := rng.IntN(10) < 3, rng.IntN(2) == 0, rng.IntN(4)
				mu.Unlock()
				h := []happening{connectionReset, answered(500, ""), answered(502, ""), answered(504, "")}[how]
				switch {
				case !bad:
					h = regular
				case apply:
					h = applied(h)
				}
				return h(fake, r)
			}
			fx.on("POST", random)
			fx.on("GET", random)
			specs := fx.specs(1000)
			for i := range 400 {
				fx.srv.AddAlias(fx.job, fx.secret, specs[i].Request.Key)
			}
			got, err := fx.api.EnsureJobSecretAliases(t.Context(), fx.job, specs)
			fx.wantResults(specs, got, err)
			unknown := 0
			for i, r := range got {
				if r.Err != nil && (!errors.Is(r.Err, api.ErrOutcomeUnknown) || fx.holder(specs[i].Request.Key) != nil) {
					t.Errorf("%s: %v", specs[i].Request.Key, r.Err)
				}
				if r.Err != nil {
					unknown++
				}
			}
			if lists := fx.sent("GET"); lists > 40 || unknown > 5 {
				t.Errorf("%d lists, %d unknown", lists, unknown)
			}
		})
	}
}

// Conflicts that come up while creating are settled together.
func TestBatchConflicts(t *testing.T) {
	fx := newFixture(t)
	specs := fx.specs(100)
	other := fx.srv.AddSecret(fx.job, "OTHER", api.VariableScopeProject)
	for i, spec := range specs {
		fx.srv.AddAlias(fx.job, []uuid.UUID{fx.secret, other}[i%2], spec.Request.Key)
	}
	fx.listOnce() // too early
	got, err := fx.api.EnsureJobSecretAliases(t.Context(), fx.job, specs)
	fx.wantResults(specs, got, err)
	fx.wantFates(got, map[string]int{"-": 50, "Conflict": 50})
	for i, r := range got {
		if i%2 == 1 {
			if e := want(t, r.Err, "Conflict", 409); e.Existing == nil || e.Existing.Key != specs[i].Request.Key {
				t.Errorf("Existing %+v", e.Existing)
			}
		} else if r.Created {
			t.Errorf("%s: created", specs[i].Request.Key)
		}
	}
	fx.wantCounts(100, 2, 0)
}

// After a refusal that asks for time no request of the call reaches the server before
// that has passed, and then all are done; others of the same client are not held up.
func TestBatchWaitsAsAsked(t *testing.T) {
	for pause, status := range map[time.Duration]int{10 * time.Second: 429, 11 * time.Second: 503, time.Minute: 429} {
		bubble(t, fmt.Sprint(status, pause), func(t *testing.T) {
			var mu sync.Mutex
			var arrived, refused []time.Time
			fx := newFixture(t)
			fx.on("POST", func(fake http.RoundTripper, r *http.Request) (*http.Response, error) {
				mu.Lock()
				arrived = append(arrived, time.Now())
				n := len(arrived)
				mu.Unlock()
				if n != 20 && n != 50 && n != 51 {
					time.Sleep(time.Second)
					return fake.RoundTrip(r)
				}
				time.Sleep(500 * time.Millisecond) // in the middle of what others do
				mu.Lock()
				refused = append(refused, time.Now())
				mu.Unlock()
				return replied(status, "", http.Header{"Retry-After": {fmt.Sprint(pause.Seconds())}})(fake, r)
			})
			specs := fx.specs(100)
			var both sync.WaitGroup
			both.Go(func() {
				got, err := fx.api.EnsureJobSecretAliases(t.Context(), fx.job, specs)
				fx.wantResults(specs, got, err)
				fx.wantFates(got, map[string]int{"-": 100})
			})
			time.Sleep(4 * time.Second)
			if _, err := fx.api.ListJobSecrets(t.Context(), fx.job); err != nil || time.Since(fx.start) > 5*time.Second {
				t.Errorf("another call took until %s: %v", time.Since(fx.start), err)
			}
			both.Wait()
			for _, at := range refused {
				for _, a := range arrived {
					if a.After(at) && a.Before(at.Add(pause)) {
						t.Errorf("a request %s after a refusal that asked for %s", a.Sub(at), pause)
					}
				}
			}
		})
	}
}

// A server that takes 200 POSTs a second and refuses the rest, by 429 or by 503, gets all
// aliases created, none unknown, within twice the ideal time. One that refuses
// every other costs no alias its retries, and one that stops refusing is soon served at
// full speed.
func TestBatchBehindALimit(t *testing.T) {
	for _, c := range []struct {
		name    string
		status  int
		retries int
		refuses func(n int, wait time.Duration) bool // the nth POST, wait before the next is due
		within  time.Duration
	}{
		{"429", 429, 3, func(_ int, wait time.Duration) bool { return wait > 0 }, 10 * time.Second},
		{"503", 503, 3, func(_ int, wait time.Duration) bool { return wait > 0 }, 10 * time.Second},
		{"every other", 429, 1, func(n int, _ time.Duration) bool { return n%2 == 0 }, 5 * time.Hour},
		{"those under way at first", 429, 3, func(n int, _ time.Duration) bool { return n <= 8 }, 2 * time.Second},
		{"at first", 429, 20, func(n int, _ time.Duration) bool { return n <= 50 }, 11 * time.Minute},
	} {
		bubble(t, c.name, func(t *testing.T) {
			var mu sync.Mutex
			var next time.Time
			n := 0
			fx := newFixture(t, api.WithBackoff(nil), api.WithRetries(c.retries))
			fx.on("POST", func(fake http.RoundTripper, r *http.Request) (*http.Response, error) {
				time.Sleep(5 * time.Millisecond)
				mu.Lock()
				defer mu.Unlock()
				if n++; c.refuses(n, time.Until(next)) {
					return answered(c.status, "")(fake, r)
				}
				next = time.Now().Add(5 * time.Millisecond)
				return fake.RoundTrip(r)
			})
			specs := fx.specs(1000)
			got, err := fx.api.EnsureJobSecretAliases(t.Context(), fx.job, specs)
			fx.wantResults(specs, got, err)
			fx.wantFates(got, map[string]int{"-": 1000})
			if took := time.Since(fx.start); took > c.within {
				t.Errorf("took %s, %d POST, %d lists", took, n, fx.count("GET"))
			}
		})
	}
}

// A quarter of the time is kept for settling, whatever waits there are, and used for it.
func TestBatchDeadline(t *testing.T) {
	for _, c := range []struct {
		name  string
		specs int
		setup func(fx *fixture)
		took  time.Duration // at most
		check func(fates map[string]int) bool
	}{
		{"they take effect and never respond", 8, func(fx *fixture) { fx.on("POST", applied(hangs)) },
			40 * time.Second, func(fates map[string]int) bool { return fates["-"] == 8 }},
		{"lost, and then asked to wait", 2, func(fx *fixture) { fx.on("POST", applied(connectionReset), limited("35")) },
			31 * time.Second, func(fates map[string]int) bool { return fates["-"] == 1 && fates["RateLimited"] == 1 }},
		{"asked to wait by the last retry of another", 2, func(fx *fixture) {
			fx.on("POST", append(slices.Repeat([]happening{answered(429, "")}, 6), limited("35"))...)
		}, time.Second, func(fates map[string]int) bool { return fates["RateLimited"] == 2 }},
		{"too many for the time", 100, func(fx *fixture) { fx.inject("POST", times(100, apitest.Fault{Delay: 4 * time.Second})...) },
			40 * time.Second, func(fates map[string]int) bool { return fates["-"] >= 48 && fates["NotSent"] >= 20 }},
	} {
		bubble(t, c.name, func(t *testing.T) {
			fx := newFixture(t, api.WithBackoff(func(int) time.Duration { return time.Millisecond }))
			c.setup(fx)
			got, err := fx.api.EnsureJobSecretAliases(within(t, 40*time.Second), fx.job, fx.specs(c.specs))
			took := time.Since(fx.start)
			fx.wire.running.Wait()
			fates := map[string]int{}
			for _, r := range got {
				fates[sentinels(r.Err)]++
			}
			known := fates["-"] + fates["NotSent"] + fates["Unknown NoResponse"] + fates["RateLimited"]
			if known != c.specs || took > c.took || !c.check(fates) {
				t.Errorf("after %s: %v: %.500s", took, fates, fmt.Sprint(err))
			}
		})
	}
}

// What a batch costs does not grow with the product of specs and secrets.
func TestBatchHostileList(t *testing.T) {
	const many = 5_000
	list, specs := make([]string, many), make([]api.AliasSpec, many)
	for i := range many {
		list[i] = fmt.Sprintf(`{"id":%q,"key":"K","scope":"PROJECT"}`, uuid.NewString())
		specs[i] = api.AliasSpec{SecretKey: []string{"K", "k"}[i%2], Request: api.AliasRequest{Key: fmt.Sprint("ALIAS_", i)}}
	}
	synctest.Test(t, func(t *testing.T) {
		client := clientOf(t, nowhere, over(func(r *http.Request) (*http.Response, error) {
			read(r)
			if r.Method == "GET" {
				return reply{status: 200, body: results(list...)}.response(), nil
			}
			return reply{status: 404}.response(), nil
		}))
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if _, err := client.EnsureJobSecretAliases(t.Context(), aJob, specs); sentinels(err) != "NotFound" {
			t.Errorf("%.300s", fmt.Sprint(err))
		}
		runtime.ReadMemStats(&after)
		if used := (after.TotalAlloc - before.TotalAlloc) >> 20; used > 200 {
			t.Errorf("%d specs and %d secrets took %d MiB", many, many, used)
		}
	})
}
