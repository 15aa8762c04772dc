package api_test

// Retries and waits, in virtual time: how many, and what the server may ask for. And many aliases
// at once: how many requests they take, and at what pace; where a batch stops, and what its error says.

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/api"
)

// seconds is a backoff of n seconds before retry n.
func seconds(n int) time.Duration { return time.Duration(n) * time.Second }

// retryAfters are values of the header beside a Date of 10:11:12, by how long they ask to wait.
var retryAfters = map[time.Duration][]string{
	0: {"", "0", "0.0", "-5", "+5", "1e3", "5s", "0x5", "NaN", "Inf", "1.2.3", ".", "5, 6", "in a while", "٥",
		"Thu, 20 Aug 2026 09:11:12 GMT", "Thu, 20 Aug 2026 10:11:12 GMT", "Thu, 32 Jan 2070 00:00:00 GMT",
		"2070-01-01T00:00:00Z"},
	100 * time.Millisecond: {"0.1"}, time.Second: {"1"}, 7 * time.Second: {" 007 "}, time.Minute: {"60"},
	1500 * time.Millisecond: {"1.5"}, 59997 * time.Millisecond: {"59.997"}, 61 * time.Second: {"61"},
	20 * time.Second: {"Thu, 20 Aug 2026 10:11:32 GMT", "Thursday, 20-Aug-26 10:11:32 GMT",
		"Thu Aug 20 10:11:32 2026"},
	24 * time.Hour: {"86400", "Fri, 21 Aug 2026 10:11:12 GMT"},
	1e9 * time.Second: {strings.Repeat("9", 400), "9223372036854775808", "9223372037",
		"18446744074"}, // 1 s, were its nanoseconds to wrap
}

// The wait that the server asks for, or else the backoff.
func TestRetryAfter(t *testing.T) {
	const backoff = 300 * time.Millisecond
	for after, values := range retryAfters {
		for _, value := range values {
			for _, col := range calls {
				if col.aliases > 1 { // which share a wait
					continue
				}
				bubble(t, fmt.Sprintf("%.40q %s", value, col.name), func(t *testing.T) {
					fx := newFixture(t, api.WithRetries(1), api.WithBackoff(func(int) time.Duration { return backoff }))
					header := http.Header{"Retry-After": {value}, "Date": {"Thu, 20 Aug 2026 10:11:12 GMT"}}
					fx.on(col.method, replied(429, "", header))
					_, errs := col.call(t.Context(), fx, fx.api)
					e, expected := want(t, errs[0], "RateLimited", 429), []time.Duration{0, max(after, backoff)}
					if after > time.Minute {
						expected = expected[:1]
					}
					if at := fx.at[col.method]; !slices.Equal(at, expected) || e.RetryAfter != after {
						t.Errorf("sent at %v, want %v; RetryAfter %s", at, expected, e.RetryAfter)
					}
				})
			}
		}
	}
	// Without a Date the time is now; in a bubble that begins with the year 2000.
	bubble(t, "no Date", func(t *testing.T) {
		fx := newFixture(t, api.WithRetries(1))
		fx.on("GET", asksToWait(429, "Sat, 01 Jan 2000 00:00:20 GMT"))
		fx.api.ListJobSecrets(t.Context(), fx.job)
		fx.wantElapsed(20 * time.Second)
	})
}

// The default backoff: half of it fixed and half random, 0.5 s doubled up to 8 s. Both ends of it are seen.
func TestBackoff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bounds := []time.Duration{500 * time.Millisecond, time.Second, 2 * time.Second, 4 * time.Second,
			8 * time.Second, 8 * time.Second}
		waits := make([][]time.Duration, len(bounds))
		fx := newFixture(t, api.WithRetries(len(bounds)), api.WithBackoff(nil))
		for range 300 {
			fx.on("GET", answered(503, ""))
			fx.api.ListJobSecrets(t.Context(), fx.job)
			at := fx.at["GET"]
			for i := range bounds {
				waits[i] = append(waits[i], at[i+1]-at[i])
			}
		}
		for i, bound := range bounds {
			lowest, highest := slices.Min(waits[i]), slices.Max(waits[i])
			if highest > bound || highest < bound*95/100 || lowest < bound/2 || lowest > bound*55/100 {
				t.Errorf("retry %d: from %s to %s, want up to %s", i+1, lowest, highest, bound)
			}
		}
	})
}

// No wait goes past the caller's deadline: the error comes at once, with the time that the server asked for.
func TestNoWaitPastTheDeadline(t *testing.T) {
	for _, col := range calls {
		bubble(t, col.name, func(t *testing.T) {
			fx := newFixture(t)
			fx.on(col.method, asksToWait(429, "10"))
			_, errs := col.call(within(t, 10*time.Second), fx, fx.api)
			fx.wantElapsed(0)
			if e := new(api.Error); errors.As(errs[0], &e) && e.RetryAfter != 10*time.Second && col.aliases == 1 {
				t.Errorf("RetryAfter %s: %v", e.RetryAfter, errs)
			}
		})
	}
}

// An attempt that another may follow leaves a quarter of the context's time to it, if that is 2 s or more. A
// timeout of the caller's http.Client is one of the attempt, not of the call.
func TestTimeOfAnAttempt(t *testing.T) {
	const hour = time.Hour
	for _, c := range []struct {
		name              string
		deadline, timeout time.Duration
		steps             []happening
		want              string
		took              time.Duration
	}{
		{"a deadline", 40 * time.Second, hour, []happening{hangs, regular}, "-", 30 * time.Second},
		{"of 8 s", 8 * time.Second, hour, []happening{hangs, regular}, "-", 6 * time.Second},
		{"of 7 s", 7 * time.Second, hour, []happening{hangs}, "NoResponse deadline timeout", 7 * time.Second},
		{"a timeout", 0, 5 * time.Second, []happening{hangs, regular}, "-", 5 * time.Second},
		{"a timeout above the default", 0, hour, []happening{hangs, regular}, "-", 30 * time.Second},
	} {
		bubble(t, c.name, func(t *testing.T) {
			fx := newFixture(t)
			fx.on("GET", c.steps...)
			client, timeout := &http.Client{Transport: fx, Timeout: c.timeout}, api.WithAttemptTimeout(hour)
			if c.deadline == 0 {
				timeout = nil
			}
			fx.api = fx.client(nil, api.WithHTTPClient(client), timeout)
			want(t, errOf(fx.api.ListJobSecrets(within(t, c.deadline), fx.job)), c.want, 0)
			fx.wantElapsed(c.took)
		})
	}
}

const (
	unknown    = "Unknown Server"
	unknownEnd = "Unknown NoResponse deadline timeout"
)

var gone = status(503)

// shownAfter is a list that does not show the alias before.
func shownAfter(d time.Duration) happening {
	return func(fake http.RoundTripper, r *http.Request) (*http.Response, error) {
		if time.Since(r.Context().Value(startKey{}).(time.Time)) < d {
			return answered(200, results())(fake, r)
		}
		return fake.RoundTrip(r)
	}
}

// looks are what happens to the POST of a create and to its lists, with a backoff of n seconds.
var looks = []struct {
	name     string
	deadline time.Duration // 0: none
	post     happening
	lists    []happening
	at       string // when they begin
	ends     time.Duration
	want     string
	status   int
}{
	{"none shows it", 0, gone, nil, "[1s 3s 6s 10s]", 10 * time.Second, unknown, 503},
	{"with a Retry-After", 0, asksToWait(503, "9"), nil, "[9s 11s 14s 18s]", 18 * time.Second, unknown, 503},
	{"with one of hours", 0, asksToWait(503, "7200"), nil, "[0s]", 0, unknown, 503},
	{"shown late", 0, applied(gone), steps(shownAfter(5 * time.Second)), "[1s 3s 6s]", 6 * time.Second, "-", 0},
	{"no time to wait", 1300 * time.Millisecond, gone, nil, "[0s]", 0, unknown, 503},
	{"time to wait once", 2 * time.Second, gone, nil, "[1s 1s]", time.Second, unknown, 503},
	{"all of the time is used", 40 * time.Second, hangs, nil, "[30s]", 30 * time.Second, unknownEnd, 0},
	{"they hang too", 40 * time.Second, hangs, steps(hangs), "[30s 38.5s]", 40 * time.Second, unknownEnd, 0},
	{"a deadline of 4 ms", 4 * time.Millisecond, applied(hangs), nil, "[3ms]", 3 * time.Millisecond, "-", 0},
	{"they hang, no deadline", 0, gone, steps(hangs), "[1s 24.5s]", 31 * time.Second, unknown, 503},
	{"one fails", 0, applied(gone), steps(connectionReset, regular), "[1s 2s]", 2 * time.Second, "-", 0},
	{"forbidden", 0, gone, steps(answered(403, "")), "[1s 3s 6s 10s]", 10 * time.Second, unknown, 503},
	{"of HTML", 0, gone, steps(answered(200, page)), "[1s 3s 6s 10s]", 10 * time.Second, unknown, 503},
	{"after a conflict", 0, answered(409, ""), nil, "[0s 1s 3s 6s]", 6 * time.Second, "Conflict", 409},
	{"after one, hanging", 0, answered(409, ""), steps(hangs), "[0s 23.5s]", 30 * time.Second, "Conflict", 409},
}

// A quarter of the time is kept for looks, they take 30 s together, and lists that fail do not hide what the
// POST said.
func TestLooks(t *testing.T) {
	for _, c := range looks {
		bubble(t, c.name, func(t *testing.T) {
			fx := newFixture(t, api.WithBackoff(seconds), api.WithAttemptTimeout(time.Minute))
			fx.on("POST", c.post)
			fx.on("GET", c.lists...)
			ctx := context.WithValue(within(t, c.deadline), startKey{}, fx.start)
			s, err := fx.create(ctx)
			want(t, err, c.want, c.status)
			fx.wantSecret(s, err)
			fx.wantElapsed(c.ends)
			if at := fmt.Sprint(fx.at["GET"]); at != c.at || fx.sent("POST") != 1 {
				t.Errorf("looked at %s, want %s; %d POST", at, c.at, fx.sent("POST"))
			}
		})
	}
}

type startKey struct{}

// A first list that hangs leaves time to act.
func TestHungFirstList(t *testing.T) {
	for _, deadline := range []time.Duration{12 * time.Second, 20 * time.Second, 40 * time.Second} {
		bubble(t, deadline.String(), func(t *testing.T) {
			fx := newFixture(t)
			fx.on("GET", hangs, regular)
			if _, created, err := fx.ensure(within(t, deadline)); err != nil || !created {
				t.Errorf("created %t: %v", created, err)
			}
		})
	}
}

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
		want(t, err, "-", 0)
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
			want(t, err, "-", 0)
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
