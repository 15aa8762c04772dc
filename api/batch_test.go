package api_test

// Many aliases at once: how many requests they take, and at what pace; where a batch stops; and what its
// error says.

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/api"
)

// A single ensure gets through a limit, too, although it asks for a list before each further POST.
func TestBehindALimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fx := newFixture(t, api.WithBackoff(seconds))
		fx.srv.RateLimit(1, 503)
		s, created, err := fx.ensure(t.Context())
		if fx.wantSecret(s, err); !created || err != nil {
			t.Errorf("created %t, %v", created, err)
		}
	})
}

// specs asks for the aliases ALIAS_0 … of the fixture's secret.
func (fx *fixture) specs(n int) (specs []api.AliasSpec) {
	for i := range n {
		req := api.AliasRequest{Key: fmt.Sprint("ALIAS_", i)}
		specs = append(specs, api.AliasSpec{SecretID: fx.secret, Request: req})
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
	if !maps.Equal(fates, want) {
		fx.t.Errorf("%v, want %v", fates, want)
	}
}

// One list and one create for each alias that is missing, eight at a time, which shows in how long it takes.
// Where responses do not tell, one list is for all.
func TestBatchRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fx := newFixture(t)
		fx.on("POST", func(fake http.RoundTripper, r *http.Request) (*http.Response, error) {
			time.Sleep(time.Second)
			if fx.sent("POST") > 560 {
				return applied(answered(504, ""))(fake, r)
			}
			return fake.RoundTrip(r)
		})
		specs := fx.specs(1000)
		for i := 0; i < 1000; i += 5 {
			fx.srv.AddAlias(fx.job, fx.secret, specs[i].Request.Key)
			fx.srv.AddAlias(fx.job, fx.secret, specs[i+1].Request.Key)
		}
		got, err := fx.api.EnsureJobSecretAliases(t.Context(), fx.job, specs)
		fx.wantResults(specs, got, err)
		fx.wantFates(got, map[string]int{"-": 1000})
		fx.wantSent(600, 2, 0)
		fx.wantElapsed(75 * time.Second)
	})
}

// Results tell each spec its own fate, and the error names each key, up to twenty. A plan is one list and the
// same, but for what only the server knows.
func TestBatchMixed(t *testing.T) {
	fx := newFixture(t)
	fx.srv.AddAlias(fx.job, fx.srv.AddSecret(fx.job, "OTHER", api.VariableScopeProject), "TAKEN")
	there := fx.srv.AddAlias(fx.job, fx.secret, "THERE")
	plain := fx.srv.AddSecret(fx.job, "PLAIN", api.VariableScopeJob)
	specs := fx.specs(7)
	for i, key := range []string{"TAKEN", "NEW", "THERE", "PLAIN", "X", "Y", "Z"} {
		specs[i].Request.Key = key
	}
	specs[4].SecretID, specs[4].SecretKey = uuid.Nil, "MISSING"
	specs[5].SecretID, specs[5].SecretKey = uuid.Nil, "OTHER"
	specs[6].SecretID = aStranger
	check := func(got []api.EnsureResult, err error, expected ...string) {
		t.Helper()
		var fates []string
		for _, r := range got {
			fates = append(fates, fmt.Sprint(r.Key, " ", matches(r.Err), " ", r.Created, " ", r.Secret != nil))
		}
		if !slices.Equal(fates, expected) {
			t.Fatalf("%q", fates)
		}
		if e := want(t, got[3].Err, "Conflict", 0); got[2].Secret.ID != there || e.Existing.ID != plain {
			t.Errorf("%+v, %+v", got[2].Secret, e)
		}
		for _, part := range []string{"TAKEN: " + creating, "MISSING", "PLAIN: " + creating} {
			if matches(err) != "NotFound Conflict" || !strings.Contains(err.Error(), part) {
				t.Errorf("all together match %q: %v", matches(err), err)
			}
		}
	}
	got, err := fx.api.PlanJobSecretAliases(t.Context(), fx.job, specs)
	check(got, err, "TAKEN Conflict false false", "NEW - true false", "THERE - false true",
		"PLAIN Conflict false false", "X NotFound false false", "Y - true false", "Z - true false")
	fx.wantSent(0, 1, 0)
	got, err = fx.api.EnsureJobSecretAliases(t.Context(), fx.job, specs)
	fx.wantResults(specs, got, err)
	check(got, err, "TAKEN Conflict false false", "NEW - true true", "THERE - false true",
		"PLAIN Conflict false false", "X NotFound false false", "Y - true true", "Z NotFound false false")
	fx.wantSent(3, 2, 0)

	many := fx.specs(100)
	for i := range many {
		many[i].SecretID = aStranger
	}
	got, err = fx.api.EnsureJobSecretAliases(t.Context(), fx.job, many)
	fx.wantResults(many, got, err)
	if text := err.Error(); strings.Count(text, "ALIAS_") != 20 || !strings.HasSuffix(text, "\nand 80 more") {
		t.Errorf("%.300s", text)
	}
}

// A batch stops where every further request must fail alike; what was not sent says so and why, and what is
// undecided is still looked for.
func TestBatchStops(t *testing.T) {
	for _, c := range []struct {
		name   string
		steps  []happening
		sent   int // at most
		lists  int
		first  string
		others string
	}{
		{"no connection", []happening{connectionRefused}, 32, 1, "NotSent refused", "NotSent refused"},
		{"untrusted", []happening{unsent(untrusted)}, 8, 1, "NotSent", "NotSent"},
		{"an hour", []happening{asksToWait(429, "3600")}, 8, 1, "RateLimited", "NotSent RateLimited"},
		{"a broken 201, an hour", []happening{replied(201, "{}", http.Header{"Retry-After": {"61"}})}, 8, 2,
			"Unknown Unexpected", "NotSent Unexpected"},
		{"a lost one, 401", []happening{applied(connectionReset), answered(401, "")}, 9, 2,
			"Unauthorized", "NotSent Unauthorized"},
	} {
		bubble(t, c.name, func(t *testing.T) {
			fx := newFixture(t, api.WithBackoff(nil))
			fx.on("POST", c.steps...)
			specs := fx.specs(200)
			got, err := fx.api.EnsureJobSecretAliases(t.Context(), fx.job, specs)
			fx.wantResults(specs, got, err)
			sent, lists := fx.sent("POST"), fx.sent("GET")
			if sent > c.sent || lists != c.lists || time.Since(fx.start) > 15*time.Second {
				t.Errorf("%d POST, %d lists in %s", sent, lists, time.Since(fx.start))
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

// A server that takes 200 requests a second and refuses the rest gets all aliases created, in about the time
// that it takes. One that refuses every other costs no alias its retries, and one that stops refusing is soon
// served at full speed. After a refusal that asks for time none is sent before that has passed.
func TestBatchBehindALimit(t *testing.T) {
	t.Parallel()
	eight := append(slices.Repeat([]happening{answered(429, "")}, 8), regular)
	for _, c := range []struct {
		name   string
		limit  int // the status
		steps  []happening
		within time.Duration
	}{
		{"429", 429, nil, 5 * time.Second}, {"503", 503, nil, 6 * time.Second},
		{"every other", 0, slices.Repeat([]happening{answered(429, ""), regular}, 301), 3 * time.Minute},
		{"eight at first", 0, eight, 500 * time.Millisecond},
		{"asks to wait", 0, []happening{regular, asksToWait(429, "10"), regular}, 20200 * time.Millisecond},
	} {
		bubble(t, c.name, func(t *testing.T) {
			fx := newFixture(t)
			if c.limit > 0 {
				fx.srv.RateLimit(200, c.limit)
			}
			fx.on("POST", c.steps...)
			fx.api = fx.client(roundTrip(func(r *http.Request) (*http.Response, error) {
				resp, err := fx.RoundTrip(r)
				time.Sleep(5 * time.Millisecond)
				return resp, err
			}), api.WithBackoff(func(int) time.Duration { return 250 * time.Millisecond }))
			specs := fx.specs(300)
			got, err := fx.api.EnsureJobSecretAliases(t.Context(), fx.job, specs)
			fx.wantResults(specs, got, err)
			fx.wantFates(got, map[string]int{"-": 300})
			if took := time.Since(fx.start); took > c.within {
				t.Errorf("took %s, %d POST, %d lists", took, fx.sent("POST"), fx.sent("GET"))
			}
			early := func(at time.Duration) bool { return at > 10*time.Millisecond && at < 10*time.Second }
			if c.name == "asks to wait" && slices.ContainsFunc(fx.at["POST"], early) {
				t.Errorf("sent at %v", slices.Compact(fx.at["POST"]))
			}
		})
	}
}
