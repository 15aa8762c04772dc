package api_test

// Retries and waits, in virtual time: how many, after which time, and what the server may ask for.

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
		lowest, highest := make([]time.Duration, len(bounds)), make([]time.Duration, len(bounds))
		fx := newFixture(t, api.WithRetries(len(bounds)), api.WithBackoff(nil))
		for range 300 {
			fx.on("GET", answered(503, ""))
			fx.api.ListJobSecrets(t.Context(), fx.job)
			at := fx.at["GET"]
			for i := range bounds {
				wait := at[i+1] - at[i]
				if lowest[i] == 0 || wait < lowest[i] {
					lowest[i] = wait
				}
				highest[i] = max(highest[i], wait)
			}
		}
		for i, bound := range bounds {
			if highest[i] > bound || highest[i] < bound*95/100 || lowest[i] < bound/2 || lowest[i] > bound*55/100 {
				t.Errorf("retry %d: from %s to %s, want up to %s", i+1, lowest[i], highest[i], bound)
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
		{"two hang", 40 * time.Second, hour, []happening{hangs, hangs, regular}, "-", 37500 * time.Millisecond},
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
	{"for hours", 0, gone, steps(asksToWait(429, "7200")), "[1s 3s 6s 10s]", 10 * time.Second, unknown, 503},
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
