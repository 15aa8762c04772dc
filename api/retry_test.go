package api_test

// Retries and waits, in virtual time: how many, after which time, and what the server may ask for.

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/qovery-alias/qovery-alias-go/api"
)

// seconds is a backoff of n seconds before retry n.
func seconds(n int) time.Duration { return time.Duration(n) * time.Second }

// The wait that the server asks for, or else the backoff; dates are read against the response's own.
func TestRetryAfter(t *testing.T) {
	const (
		backoff = 300 * time.Millisecond
		sent    = "Thu, 20 Aug 2026 10:11:12 GMT"
		ever    = time.Duration(math.MaxInt64) // more than 1e9 s
	)
	for _, c := range []struct {
		value, date string
		wait        time.Duration // 0: the error is returned at once
		after       time.Duration // RetryAfter of the error
	}{
		{"", "", backoff, 0}, {"1", "", time.Second, time.Second}, {"60", "", time.Minute, time.Minute},
		{" 007 ", "", 7 * time.Second, 7 * time.Second},
		{"1.5", "", 1500 * time.Millisecond, 1500 * time.Millisecond},
		{"59.997", "", 59997 * time.Millisecond, 59997 * time.Millisecond}, {"61", "", 0, 61 * time.Second},
		{"299.997", "", 0, 299997 * time.Millisecond}, {"86400", "", 0, 24 * time.Hour},

		{"0", "", backoff, 0}, {"0.0", "", backoff, 0}, {"0.1", "", backoff, 100 * time.Millisecond},
		{"-5", "", backoff, 0}, {"+5", "", backoff, 0}, {"1e3", "", backoff, 0}, {"5s", "", backoff, 0},
		{"0x5", "", backoff, 0}, {"NaN", "", backoff, 0}, {"Inf", "", backoff, 0}, {"1.2.3", "", backoff, 0},
		{".", "", backoff, 0}, {"5, 6", "", backoff, 0}, {"in a while", "", backoff, 0}, {"٥", "", backoff, 0},
		{"5, 6", "", backoff, 0}, {"in a while", "", backoff, 0}, {"٥", "", backoff, 0},

		{strings.Repeat("9", 400), "", 0, ever}, {"9223372036854775808", "", 0, ever}, {"9223372037", "", 0, ever},
		{"18446744074", "", 0, ever}, // 1 s, were its nanoseconds to wrap
		{"Fri, 31 Dec 9999 23:59:59 GMT", sent, 0, ever},

		{"Thu, 20 Aug 2026 10:11:32 GMT", sent, 20 * time.Second, 20 * time.Second},
		{"Thursday, 20-Aug-26 10:11:32 GMT", sent, 20 * time.Second, 20 * time.Second},
		{"Thu Aug 20 10:11:32 2026", sent, 20 * time.Second, 20 * time.Second},
		{"Thu, 20 Aug 2026 09:11:12 GMT", sent, backoff, 0}, {sent, sent, backoff, 0},
		{"Fri, 21 Aug 2026 10:11:12 GMT", sent, 0, 24 * time.Hour},
		// Without a Date the time is now; in a bubble that begins with the year 2000.
		{"Sat, 01 Jan 2000 00:00:20 GMT", "", 20 * time.Second, 0},
		{"Sat, 01 Jan 2000 00:00:20 GMT", "?", 20 * time.Second, 0},
		{"Thu, 32 Jan 2070 00:00:00 GMT", "", backoff, 0}, {"2070-01-01T00:00:00Z", "", backoff, 0},
	} {
		for _, col := range calls {
			if col.aliases > 1 { // which share a wait
				continue
			}
			bubble(t, fmt.Sprintf("%q %q %s", c.value, c.date, col.name), func(t *testing.T) {
				fx := newFixture(t, api.WithRetries(1), api.WithBackoff(func(int) time.Duration { return backoff }))
				fx.on(col.method, replied(429, "", http.Header{"Retry-After": {c.value}, "Date": {c.date}}))
				_, errs := col.call(t.Context(), fx, fx.api)
				e, at := want(t, errs[0], "RateLimited", 429), fx.at[col.method]
				if c.wait == 0 && len(at) != 1 || c.wait != 0 && (len(at) != 2 || at[1] != c.wait) {
					t.Errorf("sent at %v, want after %s: %v", at, c.wait, e)
				}
				if e.RetryAfter != c.after && (c.after != ever || e.RetryAfter < 1e9*time.Second) {
					t.Errorf("RetryAfter %s, want %s", e.RetryAfter, c.after)
				}
			})
		}
	}
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

// The looks of a create come after the waits of a backoff of n seconds. A quarter of the time is kept for
// them, they take 30 s together, and lists that fail do not hide what the POST said.
func TestLooks(t *testing.T) {
	const never = time.Hour
	lists := func(all ...happening) []happening { return all }
	shownAfter := func(d time.Duration) happening {
		return func(fake http.RoundTripper, r *http.Request) (*http.Response, error) {
			if time.Since(r.Context().Value(startKey{}).(time.Time)) < d {
				return answered(200, results())(fake, r)
			}
			return fake.RoundTrip(r)
		}
	}
	gone, unknown, timeout := answered(503, ""), "Unknown Server", "Unknown NoResponse deadline timeout"
	wait := func(retryAfter string) happening { return asksToWait(429, retryAfter) }
	for _, c := range []struct {
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
		{"with a long deadline", never, gone, nil, "[1s 3s 6s 10s]", 10 * time.Second, unknown, 503},
		{"with a Retry-After", 0, asksToWait(503, "9"), nil, "[9s 11s 14s 18s]", 18 * time.Second, unknown, 503},
		{"with one of hours", 0, asksToWait(503, "7200"), nil, "[0s]", 0, unknown, 503},
		{"shown late", 0, applied(gone), lists(shownAfter(5 * time.Second)), "[1s 3s 6s]", 6 * time.Second, "-", 0},

		{"no time to wait", 1300 * time.Millisecond, gone, nil, "[0s]", 0, unknown, 503},
		{"time to wait once", 2 * time.Second, gone, nil, "[1s 1s]", time.Second, unknown, 503},
		{"all of the time is used", 40 * time.Second, hangs, nil, "[30s]", 30 * time.Second, timeout, 0},
		{"which took effect", 40 * time.Second, applied(hangs), nil, "[30s]", 30 * time.Second, "-", 0},
		{"they hang too", 40 * time.Second, hangs, lists(hangs), "[30s 38.5s]", 40 * time.Second, timeout, 0},
		{"a deadline of 4 ms", 4 * time.Millisecond, applied(hangs), nil, "[3ms]", 3 * time.Millisecond, "-", 0},
		{"they hang, no deadline", 0, gone, lists(hangs), "[1s 24.5s]", 31 * time.Second, unknown, 503},
		{"they hang, a long one", never, gone, lists(hangs), "[1s 24.5s]", 31 * time.Second, unknown, 503},

		{"one fails", 0, applied(gone), lists(connectionReset, regular), "[1s 2s]", 2 * time.Second, "-", 0},
		{"one forbidden", 0, applied(gone), lists(answered(403, ""), regular), "[1s 3s]", 3 * time.Second, "-", 0},
		{"forbidden", 0, gone, lists(answered(403, "")), "[1s 3s 6s 10s]", 10 * time.Second, unknown, 503},
		{"conflicts", 0, gone, lists(answered(409, "")), "[1s 3s 6s 10s]", 10 * time.Second, unknown, 503},
		{"of HTML", 0, gone, lists(answered(200, page)), "[1s 3s 6s 10s]", 10 * time.Second, unknown, 503},
		{"limited for hours", 0, gone, lists(wait("7200")), "[1s 3s 6s 10s]", 10 * time.Second, unknown, 503},
		{"limited beyond 30 s", 0, gone, lists(wait("31")), "[1s 3s 6s 10s]", 10 * time.Second, unknown, 503},

		{"after a conflict", 0, answered(409, ""), nil, "[0s 1s 3s 6s]", 6 * time.Second, "Conflict", 409},
		{"after one, hanging", 0, answered(409, ""), lists(hangs), "[0s 23.5s]", 30 * time.Second, "Conflict", 409},
	} {
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
