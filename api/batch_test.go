package api_test

// Many aliases for one job: how many requests that takes and how many at a time, what
// each spec is told, and what lost answers, 429 and cancellation do to the whole.

import (
	"context"
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

// specs asks for the aliases ALIAS_0 … of the lab's secret.
func (l *lab) specs(n int) (specs []api.AliasSpec) {
	for i := range n {
		specs = append(specs, api.AliasSpec{SecretID: l.secret, Request: api.AliasRequest{Key: fmt.Sprint("ALIAS_", i)}})
	}
	return specs
}

// labGauge counts the requests under way.
type labGauge struct {
	mu       sync.Mutex
	now, max int
}

func (g *labGauge) add(n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.now += n
	g.max = max(g.max, g.now)
}

// wantResults checks the results against the server: in order, and nothing claimed
// that is not so.
func (l *lab) wantResults(specs []api.AliasSpec, results []api.EnsureResult, err error) {
	l.t.Helper()
	if len(results) != len(specs) {
		l.t.Fatalf("%d results for %d specs", len(results), len(specs))
	}
	own := map[string]*api.Secret{}
	for _, s := range l.srv.Secrets(l.job) {
		if s.Scope == api.VariableScopeJob {
			own[s.Key] = &s
		}
	}
	var errs []error
	for i, r := range results {
		key := specs[i].Request.Key
		switch held := own[key]; {
		case (r.Secret == nil) == (r.Err == nil), r.Created && r.Err != nil:
			l.t.Errorf("%s: %+v", key, r)
		case r.Err != nil:
			errs = append(errs, r.Err)
			if e := (*api.Error)(nil); !errors.As(r.Err, &e) || !errors.Is(err, r.Err) {
				l.t.Errorf("%s: a %T, joined: %v", key, r.Err, errors.Is(err, r.Err))
			}
		case held == nil || held.ID != r.Secret.ID || r.Secret.Key != key || r.Secret.AliasedSecret == nil:
			l.t.Errorf("%s: got %+v, the server holds %+v", key, r.Secret, held)
		}
	}
	if (err != nil) != (len(errs) > 0) {
		l.t.Errorf("%d errors are joined to %v", len(errs), err)
	}
	if joined, ok := err.(interface{ Unwrap() []error }); err != nil && (!ok || len(joined.Unwrap()) != len(errs)) {
		l.t.Errorf("%d errors are joined to a %T", len(errs), err)
	}
}

// TestBatchRequests: one list and one create for each alias that is missing, eight at
// a time, which in virtual time shows in how long it takes.
func TestBatchRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var gauge labGauge
		l := newLabOver(t, func(fake http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				gauge.add(1)
				defer gauge.add(-1)
				time.Sleep(time.Second)
				fake.ServeHTTP(w, r)
			})
		})
		specs := l.specs(1000)
		exists := map[string]uuid.UUID{}
		for i := 0; i < 1000; i += 5 { // 400 of them, here and there
			for _, spec := range specs[i : i+2] {
				exists[spec.Request.Key] = l.srv.AddAlias(l.job, l.secret, spec.Request.Key)
			}
		}
		results, err := l.api.EnsureJobSecretAliases(t.Context(), l.job, specs)
		if err != nil {
			t.Fatal(err)
		}
		l.wantResults(specs, results, err)
		for i, r := range results {
			if id, there := exists[specs[i].Request.Key]; r.Created == there || there && r.Secret.ID != id {
				t.Errorf("%s: %+v", specs[i].Request.Key, r)
			}
		}
		l.wantCounts(600, 1, 0)
		if gauge.max != 8 {
			t.Errorf("%d at a time", gauge.max)
		}
		l.wantElapsed(76 * time.Second)
	})
}

func TestBatchAllExist(t *testing.T) {
	l := newLab(t)
	specs := l.specs(20)
	for _, spec := range specs {
		l.srv.AddAlias(l.job, l.secret, spec.Request.Key)
	}
	results, err := l.api.EnsureJobSecretAliases(t.Context(), l.job, specs)
	l.wantResults(specs, results, err)
	if err != nil {
		t.Error(err)
	}
	l.wantCounts(0, 1, 0)
}

// What is wrong is refused before anything is sent, with nil results and a word on
// which spec it is.
func TestBatchRefuses(t *testing.T) {
	id := uuid.New()
	good := api.AliasSpec{SecretID: id, Request: api.AliasRequest{Key: "GOOD"}}
	for name, c := range map[string]struct {
		spec api.AliasSpec
		says string
	}{
		"both":                  {api.AliasSpec{SecretID: id, SecretKey: "DB", Request: api.AliasRequest{Key: "PG"}}, `"PG"`},
		"neither":               {api.AliasSpec{Request: api.AliasRequest{Key: "PG"}}, `"PG"`},
		"duplicate":             {api.AliasSpec{SecretID: id, Request: api.AliasRequest{Key: "GOOD"}}, `"GOOD"`},
		"duplicate, other kind": {api.AliasSpec{SecretKey: "DB", Request: api.AliasRequest{Key: "GOOD"}}, `"GOOD"`},
		"no key":                {api.AliasSpec{SecretID: id}, "key"},
		"no UTF-8":              {api.AliasSpec{SecretID: id, Request: api.AliasRequest{Key: "\xff"}}, "UTF-8"},
		"long description":      {api.AliasSpec{SecretID: id, Request: api.AliasRequest{Key: "PG", Description: api.Ptr(strings.Repeat("x", 256))}}, `"PG"`},
		"bad description":       {api.AliasSpec{SecretID: id, Request: api.AliasRequest{Key: "PG", Description: api.Ptr("\xff")}}, `"PG"`},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			results, err := l.api.EnsureJobSecretAliases(t.Context(), l.job, []api.AliasSpec{good, c.spec})
			labWant(t, err, "Invalid", 0)
			if results != nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%v, %v", results, err)
			}
			l.wantCounts(0, 0, 0)
		})
	}
	l := newLab(t)
	results, err := l.api.EnsureJobSecretAliases(t.Context(), uuid.Nil, []api.AliasSpec{good})
	labWant(t, err, "Invalid", 0)
	if results != nil {
		t.Error(results)
	}
	// Keys that differ in case are different, and 255 characters may be 765 bytes.
	results, err = l.api.EnsureJobSecretAliases(t.Context(), l.job, []api.AliasSpec{
		{SecretID: l.secret, Request: api.AliasRequest{Key: "PG"}},
		{SecretID: l.secret, Request: api.AliasRequest{Key: "pg", Description: api.Ptr(strings.Repeat("€", 255))}},
	})
	if err != nil || len(results) != 2 {
		t.Error(results, err)
	}
}

func TestBatchEmpty(t *testing.T) {
	l := newLab(t)
	for _, specs := range [][]api.AliasSpec{nil, {}} {
		results, err := l.api.EnsureJobSecretAliases(t.Context(), l.job, specs)
		if err != nil || len(results) != 0 {
			t.Error(results, err)
		}
	}
	l.wantCounts(0, 0, 0)
}

// If the list fails, nothing is created and every spec is told why.
func TestBatchWithoutList(t *testing.T) {
	for name, c := range map[string]struct {
		fault  apitest.Fault
		want   string
		status int
	}{
		"404":  {apitest.Fault{Status: 404}, "NotFound", 404},
		"500":  {apitest.Fault{Status: 500}, "Server", 500},
		"HTML": {apitest.Fault{Status: 200, Body: "<html>"}, "Unexpected", 200},
		"null": {apitest.Fault{Status: 200, Body: `{"results":null}`}, "Unexpected", 200},
	} {
		l := newLab(t)
		for range 4 {
			l.srv.Inject(c.fault)
		}
		results, err := l.api.EnsureJobSecretAliases(t.Context(), l.job, l.specs(3))
		labWant(t, err, c.want, c.status)
		if len(results) != 3 {
			t.Fatalf("%s: %v", name, results)
		}
		for _, r := range results {
			if labWant(t, r.Err, c.want, c.status); r.Secret != nil || r.Created {
				t.Errorf("%s: %+v", name, r)
			}
		}
		if n := l.count("POST"); n != 0 {
			t.Errorf("%s: %d POST", name, n)
		}
	}
}

// TestBatchSecretKey: a key means the narrowest secret that is no alias, of a scope
// above the job's where there is one.
func TestBatchSecretKey(t *testing.T) {
	type secret struct{ scope, kind string }
	alias, value, override := "ALIAS", "VALUE", "OVERRIDE"
	for name, c := range map[string]struct {
		secrets []secret
		want    int // which of them; -1: none
	}{
		"the only one":                  {[]secret{{"PROJECT", value}}, 0},
		"environment before project":    {[]secret{{"PROJECT", value}, {"ENVIRONMENT", value}}, 1},
		"project before built in":       {[]secret{{"BUILT_IN", "BUILT_IN"}, {"PROJECT", value}}, 1},
		"another service first":         {[]secret{{"PROJECT", value}, {"ENVIRONMENT", value}, {"APPLICATION", value}}, 2},
		"unknown scope first":           {[]secret{{"PROJECT", value}, {"ENVIRONMENT", value}, {"NEW", value}}, 2},
		"above the job's own":           {[]secret{{"JOB", value}, {"BUILT_IN", "BUILT_IN"}}, 1},
		"above an override":             {[]secret{{"JOB", override}, {"PROJECT", value}}, 1},
		"own, where there is no other":  {[]secret{{"JOB", value}}, 0},
		"own beside an alias above":     {[]secret{{"PROJECT", alias}, {"JOB", value}}, 1},
		"not an alias":                  {[]secret{{"ENVIRONMENT", alias}, {"PROJECT", value}}, 1},
		"only aliases":                  {[]secret{{"ENVIRONMENT", alias}, {"JOB", alias}}, -1},
		"an override of an environment": {[]secret{{"PROJECT", value}, {"ENVIRONMENT", override}}, 1},
		"the first of equals":           {[]secret{{"HELM", value}, {"NEW", value}}, 0},
		"none":                          {nil, -1},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			var list, ids []string
			for _, s := range c.secrets {
				ids = append(ids, uuid.NewString())
				target := "null"
				if s.kind == alias {
					target = `{"id":"` + uuid.NewString() + `"}`
				}
				list = append(list, fmt.Sprintf(`{"id":%q,"key":"DB","scope":%q,"variable_type":%q,"aliased_secret":%s}`, ids[len(ids)-1], s.scope, s.kind, target))
			}
			l.listOnce(list...)
			results, err := l.api.EnsureJobSecretAliases(t.Context(), l.job, []api.AliasSpec{{SecretKey: "DB", Request: api.AliasRequest{Key: "PG"}}})
			if c.want < 0 {
				labWant(t, err, "NotFound", 0)
				if labMatches(results[0].Err) != "NotFound" || !strings.Contains(err.Error(), `"DB"`) {
					t.Errorf("%v", results[0].Err)
				}
				l.wantCounts(0, 1, 0)
				return
			}
			// The fake does not know these secrets; where the request went is what matters.
			labWant(t, err, "NotFound", 404)
			if r := l.srv.Requests()[1]; !strings.Contains(r.Path, ids[c.want]) {
				t.Errorf("sent to %s, want %s of %v", r.Path, ids[c.want], ids)
			}
		})
	}
	t.Run("in another case", func(t *testing.T) {
		l := newLab(t)
		specs := []api.AliasSpec{{SecretKey: "db_password", Request: api.AliasRequest{Key: "A"}}, {SecretKey: "DB_PASSWORD", Request: api.AliasRequest{Key: "B"}}}
		results, err := l.api.EnsureJobSecretAliases(t.Context(), l.job, specs)
		l.wantResults(specs, results, err)
		if labMatches(results[0].Err) != "NotFound" || !strings.Contains(results[0].Err.Error(), "case sensitive") || results[1].Err != nil {
			t.Errorf("%+v", results)
		}
		l.wantCounts(1, 1, 0)
	})
	t.Run("own value", func(t *testing.T) { // which the server refuses; it is for the server to say
		l := newLab(t)
		l.srv.AddSecret(l.job, "OWN", api.VariableScopeJob)
		_, err := l.api.EnsureJobSecretAliases(t.Context(), l.job, []api.AliasSpec{{SecretKey: "OWN", Request: api.AliasRequest{Key: "PG"}}})
		labWant(t, err, "Invalid", 400)
	})
}

// A secret whose id the list does not tell cannot be the target of an alias. Least of
// all is a plain secret of the job that alias.
func TestBatchSecretKeyWithoutID(t *testing.T) {
	const plain = `{"id":"4d6ff7fc-0ce7-4a5c-9ef8-2a5ed6ddb39c","key":"PG","scope":"JOB","variable_type":"VALUE","aliased_secret":null}`
	for name, own := range map[string][]string{"key free": nil, "key held by a plain secret": {plain}} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			l.listOnce(append(own, `{"id":null,"key":"DB","scope":"ENVIRONMENT","variable_type":"VALUE"}`)...)
			results, err := l.api.EnsureJobSecretAliases(t.Context(), l.job, []api.AliasSpec{{SecretKey: "DB", Request: api.AliasRequest{Key: "PG"}}})
			if err == nil || results[0].Secret != nil || results[0].Created {
				t.Errorf("success: %+v", results[0].Secret)
			}
			l.wantCounts(0, 1, 0)
		})
	}
}

// Results tell each spec its own fate.
func TestBatchMixed(t *testing.T) {
	l := newLab(t)
	other := l.srv.AddSecret(l.job, "OTHER", api.VariableScopeProject)
	l.srv.AddAlias(l.job, other, "TAKEN")
	there := l.srv.AddAlias(l.job, l.secret, "THERE")
	plain := l.srv.AddSecret(l.job, "PLAIN", api.VariableScopeJob)
	spec := func(key string) api.AliasSpec {
		return api.AliasSpec{SecretID: l.secret, Request: api.AliasRequest{Key: key}}
	}
	specs := []api.AliasSpec{spec("TAKEN"), spec("NEW"), spec("THERE"), spec("PLAIN"),
		{SecretKey: "MISSING", Request: api.AliasRequest{Key: "X"}}, {SecretKey: "OTHER", Request: api.AliasRequest{Key: "Y"}},
		{SecretID: uuid.New(), Request: api.AliasRequest{Key: "Z"}}}
	results, err := l.api.EnsureJobSecretAliases(t.Context(), l.job, specs)
	l.wantResults(specs, results, err)
	var got []string
	for _, r := range results {
		got = append(got, fmt.Sprint(labMatches(r.Err), " ", r.Created))
	}
	if want := []string{"Conflict false", "- true", "- false", "Conflict false", "NotFound false", "- true", "NotFound false"}; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	if results[2].Secret.ID != there {
		t.Error("not the one that was there")
	}
	if e := labWant(t, results[3].Err, "Conflict", 0); e.Existing == nil || e.Existing.ID != plain {
		t.Errorf("%+v", e)
	}
	if m := labMatches(err); m != "NotFound Conflict" {
		t.Errorf("all together match %q", m)
	}
	l.wantCounts(3, 1, 0)
}

// TestBatchLostAnswers: three of ten answers are lost, before or after they took
// effect, those to lists included. No result is wrong, and the lists are few.
func TestBatchLostAnswers(t *testing.T) {
	t.Parallel()
	for seed := range uint64(2) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			var mu sync.Mutex
			rng, applied, lost := rand.New(rand.NewPCG(seed, 1)), map[string]bool{}, 0
			l := newLabOver(t, func(fake http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					mu.Lock()
					bad, apply, how := rng.IntN(10) < 3, rng.IntN(2) == 0, rng.IntN(4)
					if bad && r.Method == "POST" {
						lost++
					}
					mu.Unlock()
					if !bad {
						fake.ServeHTTP(w, r)
						return
					}
					if apply {
						fake.ServeHTTP(&labAnswer{header: http.Header{}}, r)
					}
					switch how {
					case 0:
						panic(http.ErrAbortHandler)
					default:
						w.WriteHeader([]int{0, 500, 502, 504}[how])
					}
				})
			})
			specs := l.specs(1000)
			for i := range 400 {
				l.srv.AddAlias(l.job, l.secret, specs[i].Request.Key)
			}
			results, err := l.api.EnsureJobSecretAliases(t.Context(), l.job, specs)
			l.wantResults(specs, results, err)
			for _, s := range l.srv.Secrets(l.job) {
				applied[s.Key] = true
			}
			unknown := 0
			for i, r := range results {
				switch m := labMatches(r.Err); {
				case r.Err == nil:
				case strings.Contains(m, "Unknown") && !applied[specs[i].Request.Key]:
					unknown++
				default: // all that took effect was found, since at least one list came through
					t.Errorf("%s: %v", specs[i].Request.Key, r.Err)
				}
			}
			lists := l.count("GET")
			t.Logf("%d answers lost, %d unknown, %d requests in all, %d lists", lost, unknown, len(l.srv.Requests()), lists)
			if lists > 40 || unknown == 0 || unknown > lost {
				t.Errorf("%d lists, %d unknown of %d", lists, unknown, lost)
			}
		})
	}
}

// Conflicts that come up while creating are settled together, too.
func TestBatchConflicts(t *testing.T) {
	l := newLab(t)
	specs := l.specs(100)
	other := l.srv.AddSecret(l.job, "OTHER", api.VariableScopeProject)
	for i, spec := range specs {
		l.srv.AddAlias(l.job, []uuid.UUID{l.secret, other}[i%2], spec.Request.Key)
	}
	l.listOnce() // too early
	results, err := l.api.EnsureJobSecretAliases(t.Context(), l.job, specs)
	l.wantResults(specs, results, err)
	for i, r := range results {
		if want := []string{"-", "Conflict"}[i%2]; labMatches(r.Err) != want || r.Created {
			t.Errorf("%s: %+v", specs[i].Request.Key, r)
		} else if i%2 == 1 {
			if e := labWant(t, r.Err, want, 409); e.Existing == nil || e.Existing.Key != specs[i].Request.Key {
				t.Errorf("Existing %+v", e.Existing)
			}
		}
	}
	l.wantCounts(100, 2, 0)
}

// Two batches for the same at once: each alias is created once, and all succeed.
func TestBatchTwice(t *testing.T) {
	l := newLab(t)
	specs := l.specs(200)
	var both sync.WaitGroup
	var got [2][]api.EnsureResult
	for i := range got {
		both.Go(func() {
			results, err := l.api.EnsureJobSecretAliases(t.Context(), l.job, specs)
			if err != nil {
				t.Error(err)
			}
			got[i] = results
		})
	}
	both.Wait()
	for i := range specs {
		a, b := got[0][i], got[1][i]
		if a.Created == b.Created || a.Secret.ID != b.Secret.ID {
			t.Errorf("%+v, %+v", a, b)
		}
	}
}

// TestBatchSlowsDown: after a 429 no request of the call reaches the server before
// the time it asked for has passed, and then all are done.
func TestBatchSlowsDown(t *testing.T) {
	for _, c := range []struct {
		name   string
		header http.Header
		pause  time.Duration
	}{
		{"seconds", http.Header{"Retry-After": {"10"}}, 10 * time.Second},
		{"a minute", http.Header{"Retry-After": {"60"}}, time.Minute},
		{"backoff", nil, 3 * time.Second},
	} {
		labBubble(t, c.name, func(t *testing.T) {
			var mu sync.Mutex
			var arrived, refused []time.Time
			n := 0
			l := newLabOver(t, func(fake http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					mu.Lock()
					n++
					arrived = append(arrived, time.Now())
					refuse := n == 20 || n == 50 || n == 51
					mu.Unlock()
					if refuse {
						time.Sleep(500 * time.Millisecond) // in the middle of what others do
						mu.Lock()
						refused = append(refused, time.Now())
						mu.Unlock()
						for name, values := range c.header {
							w.Header()[name] = values
						}
						w.WriteHeader(429)
						return
					}
					time.Sleep(time.Second)
					fake.ServeHTTP(w, r)
				})
			}, api.WithBackoff(func(int) time.Duration { return 3 * time.Second }))
			specs := l.specs(100)
			results, err := l.api.EnsureJobSecretAliases(t.Context(), l.job, specs)
			l.wantResults(specs, results, err)
			if err != nil || len(refused) != 3 {
				t.Errorf("%v, %d refused", err, len(refused))
			}
			for _, at := range refused {
				for _, a := range arrived {
					if a.After(at) && a.Before(at.Add(c.pause)) {
						t.Errorf("a request %s after a 429 that asked for %s", a.Sub(at), c.pause)
					}
				}
			}
		})
	}
}

// TestBatchSlowsDownAtTheEnd: also the last 429 that a spec gets is one for all.
func TestBatchSlowsDownAtTheEnd(t *testing.T) {
	labBubble(t, "no retries", func(t *testing.T) {
		var mu sync.Mutex
		var until, first time.Time // of the 429, and of the first request after it
		var l *lab
		l = newLabOver(t, func(fake http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				mu.Lock()
				refuse := r.Method == "POST" && until.IsZero()
				if refuse {
					until = l.start.Add(10 * time.Second)
				} else if first.IsZero() && time.Now().After(l.start) {
					first = time.Now()
				}
				mu.Unlock()
				if refuse {
					w.Header().Set("Retry-After", "10")
					w.WriteHeader(429)
					return
				}
				if r.Method == "POST" {
					time.Sleep(time.Second)
				}
				fake.ServeHTTP(w, r)
			})
		}, api.WithRetries(0))
		specs := l.specs(30)
		results, err := l.api.EnsureJobSecretAliases(t.Context(), l.job, specs)
		l.wantResults(specs, results, err)
		if first.Before(until) {
			t.Errorf("a request %s before the time that the server asked for", until.Sub(first))
		}
	})
}

// A call that is slowed down does not slow down others of the same client.
func TestBatchSlowsDownAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t)
		l.srv.Inject(apitest.Fault{Method: "POST", Status: 429, Header: http.Header{"Retry-After": {"10"}}})
		var batch sync.WaitGroup
		batch.Go(func() {
			if _, err := l.api.EnsureJobSecretAliases(t.Context(), l.job, l.specs(10)); err != nil {
				t.Error(err)
			}
			l.wantElapsed(10 * time.Second)
		})
		synctest.Wait()
		if _, _, err := l.ensure(t.Context()); err != nil {
			t.Error(err)
		}
		l.wantElapsed(0)
		batch.Wait()
	})
}

// TestBatchCancelled: what was done is told, what was under way is unknown, what was
// not sent is not; at once, and nothing goes on.
func TestBatchCancelled(t *testing.T) {
	labBubble(t, "while creating", func(t *testing.T) {
		l := newLabOver(t, func(fake http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Method == "POST" {
					time.Sleep(10 * time.Second)
				}
				fake.ServeHTTP(w, r)
			})
		})
		specs := l.specs(20)
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(15*time.Second, cancel)
		results, err := l.api.EnsureJobSecretAliases(ctx, l.job, specs)
		l.wantElapsed(15 * time.Second)
		l.wantResults(specs, results, err)
		got := map[string]int{}
		for _, r := range results {
			got[labMatches(r.Err)]++
		}
		if want := map[string]int{"-": 8, "Unknown canceled": 8, "NotSent canceled": 4}; !reflect.DeepEqual(got, want) {
			t.Errorf("%v, want %v", got, want)
		}
		l.wantCounts(8, 1, 0) // those under way reach the fake after their 10 s
		synctest.Wait()
		l.wire.running.Wait()
		l.wantCounts(16, 1, 0)
	})
	labBubble(t, "while settling", func(t *testing.T) {
		l := newLab(t)
		for range 5 {
			l.srv.Inject(apitest.Fault{Method: "POST", Status: 502})
		}
		l.srv.Inject(apitest.Fault{Method: "GET"})
		l.srv.Inject(apitest.Fault{Method: "GET", Delay: time.Hour})
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(5*time.Second, cancel)
		specs := l.specs(10)
		results, err := l.api.EnsureJobSecretAliases(ctx, l.job, specs)
		l.wantElapsed(5 * time.Second)
		l.wantResults(specs, results, err)
		if m := labMatches(err); m != "Server Unknown canceled" {
			t.Error(m)
		}
	})
	labBubble(t, "while slowed down", func(t *testing.T) {
		l := newLab(t)
		l.srv.Inject(apitest.Fault{Method: "POST", Delay: time.Second, Status: 429, Header: http.Header{"Retry-After": {"30"}}})
		for range 7 {
			l.srv.Inject(apitest.Fault{Method: "POST", Delay: 2 * time.Second})
		}
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(5*time.Second, cancel)
		specs := l.specs(20)
		results, err := l.api.EnsureJobSecretAliases(ctx, l.job, specs)
		l.wantElapsed(5 * time.Second)
		l.wantResults(specs, results, err)
		got := map[string]int{}
		for _, r := range results {
			got[labMatches(r.Err)]++
		}
		if want := map[string]int{"-": 7, "RateLimited canceled": 1, "NotSent canceled": 12}; !reflect.DeepEqual(got, want) {
			t.Errorf("%v, want %v", got, want)
		}
		l.wantCounts(8, 1, 0)
	})
	labBubble(t, "in the list", func(t *testing.T) {
		l := newLab(t)
		l.srv.Inject(apitest.Fault{Method: "GET", Delay: time.Hour})
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(5*time.Second, cancel)
		specs := l.specs(3)
		results, err := l.api.EnsureJobSecretAliases(ctx, l.job, specs)
		l.wantElapsed(5 * time.Second)
		for _, r := range results {
			labWant(t, r.Err, "canceled", 0)
		}
		if len(results) != 3 || !errors.Is(err, context.Canceled) {
			t.Error(results, err)
		}
	})
	t.Run("before", func(t *testing.T) {
		l := newLab(t)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		results, err := l.api.EnsureJobSecretAliases(ctx, l.job, l.specs(3))
		labWant(t, err, "NotSent canceled", 0)
		for _, r := range results {
			labWant(t, r.Err, "NotSent canceled", 0)
		}
		l.wantCounts(0, 0, 0)
	})
}

// TestBatchDeadline: a quarter of the time is kept for settling, and used for it.
func TestBatchDeadline(t *testing.T) {
	labBubble(t, "creates that take effect and never answer", func(t *testing.T) {
		l := newLabOver(t, func(fake http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Method == "GET" {
					fake.ServeHTTP(w, r)
					return
				}
				(&labAnswer{header: http.Header{}}).serve(fake, r)
				<-r.Context().Done()
			})
		})
		specs := l.specs(8)
		ctx, cancel := context.WithTimeout(t.Context(), 40*time.Second)
		defer cancel()
		results, err := l.api.EnsureJobSecretAliases(ctx, l.job, specs)
		l.wantResults(specs, results, err)
		if err != nil || time.Since(l.start) > 30*time.Second {
			t.Errorf("after %s: %v", time.Since(l.start), err)
		}
	})
	labBubble(t, "too many for the time", func(t *testing.T) {
		l := newLabOver(t, func(fake http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Method == "POST" {
					time.Sleep(4 * time.Second)
				}
				fake.ServeHTTP(w, r)
			})
		})
		specs := l.specs(100)
		ctx, cancel := context.WithTimeout(t.Context(), 40*time.Second)
		defer cancel()
		results, err := l.api.EnsureJobSecretAliases(ctx, l.job, specs)
		l.wantResults(specs, results, err)
		got := map[string]int{}
		for _, r := range results {
			got[labMatches(r.Err)]++
		}
		t.Logf("%s: %v", time.Since(l.start), got)
		if took := time.Since(l.start); took > 40*time.Second || got["-"] < 48 || got["NotSent deadline"] < 20 {
			t.Errorf("after %s: %v", took, got)
		}
		for m := range got {
			if m != "-" && m != "NotSent deadline" && m != "Unknown" && m != "Unknown deadline" {
				t.Errorf("%q", m)
			}
		}
		l.wire.running.Wait()
	})
}

// No goroutine is left behind, whatever happened. In a bubble that would be a panic;
// this is with real connections.
func TestBatchLeavesNoGoroutine(t *testing.T) {
	l := newLab(t)
	before := runtime.NumGoroutine()
	for range 3 {
		transport := &http.Transport{}
		client := l.client(transport, api.WithBaseURL(l.srv.URL()))
		for range 30 {
			l.srv.Inject(apitest.Fault{Method: "POST", Hangup: true})
		}
		ctx, cancel := context.WithCancel(t.Context())
		l.srv.Inject(apitest.Fault{Method: "POST", Delay: time.Hour})
		context.AfterFunc(ctx, func() {})
		go func() {
			for l.count("POST") < 20 {
				runtime.Gosched()
			}
			cancel()
		}()
		client.EnsureJobSecretAliases(ctx, l.job, l.specs(60))
		cancel()
		transport.CloseIdleConnections()
	}
	l.srv.Close()
	for range 1_000_000 {
		if runtime.NumGoroutine() <= before {
			return
		}
		runtime.Gosched()
	}
	buf := make([]byte, 1<<20)
	t.Errorf("%d goroutines, before %d:\n%s", runtime.NumGoroutine(), before, buf[:runtime.Stack(buf, true)])
}

// What a batch costs does not grow with the product of specs and secrets.
func TestBatchHostileList(t *testing.T) {
	const many = 1_000
	list, specs := make([]string, many), make([]api.AliasSpec, many)
	for i := range many {
		list[i] = fmt.Sprintf(`{"id":%q,"key":"K","scope":"PROJECT"}`, uuid.NewString())
		specs[i] = api.AliasSpec{SecretKey: "K", Request: api.AliasRequest{Key: fmt.Sprint("ALIAS_", i)}}
	}
	body := `{"results":[` + strings.Join(list, ",") + `]}`
	l := newLab(t)
	client := l.client(labFunc(func(req *http.Request) (*http.Response, error) {
		a := &labAnswer{header: http.Header{}}
		if a.WriteHeader(404); req.Method == "GET" {
			a.status = 200
			a.Write([]byte(body))
		}
		return a.response(req)
	}))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, err := client.EnsureJobSecretAliases(t.Context(), l.job, specs); labMatches(err) != "NotFound" {
		t.Error(err)
	}
	runtime.ReadMemStats(&after)
	if used := (after.TotalAlloc - before.TotalAlloc) >> 20; used > 100 {
		t.Errorf("%d specs and %d secrets took %d MiB", many, many, used)
	} else {
		t.Logf("%d MiB", used)
	}
}
