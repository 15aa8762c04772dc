package api_test

// Looking: when the list is asked, how long, and what is said where it decides nothing.

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/qovery-alias/qovery-alias-go/api"
)

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

		{"after a conflict", 0, answered(409, ""), nil, "[1s 3s 6s 10s]", 10 * time.Second, "Conflict", 409},
		{"after one, hanging", 0, answered(409, ""), lists(hangs), "[1s 24.5s]", 31 * time.Second, "Conflict", 409},
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
