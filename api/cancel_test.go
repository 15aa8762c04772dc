package api_test

// Contexts that end: when, and in which call. The call ends in that instant, says what is
// known by then, and shows why the context ended.

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/qovery-alias/qovery-alias-go/api"
	"github.com/qovery-alias/qovery-alias-go/api/apitest"
)

// cancellations are rows of what stands when the context ends: after 5 s, or, where the
// row has one, before anything is sent.
func cancellations() []outcome {
	row := func(name string, h happening, status int, write, list string) outcome {
		w := cell{want: write + " canceled why", status: status, sent: 1}
		l := cell{want: list + " canceled why", status: status, sent: 1}
		return outcome{name: name, happens: h, create: w, ensure: w, delete: w, list: l}
	}
	settling := func(name string, lists happening) outcome {
		o := row(name, answered(502, ""), 502, "Unknown Server", "")
		o.lists, o.list = []happening{regular, lists}, cell{}
		return o
	}
	// A context that is over before leaves nothing undecided, and its cause shows.
	before := func(name, want string, ctx func(t testing.TB) context.Context) outcome {
		c := cell{want: want}
		return outcome{name: name, happens: regular, ctx: ctx, lists: []happening{regular}, create: c, ensure: c, delete: c, list: c}
	}
	over := func(cause error) func(testing.TB) context.Context {
		return func(t testing.TB) context.Context {
			ctx, cancel := context.WithCancelCause(t.Context())
			cancel(cause)
			return ctx
		}
	}
	outlasts := api.APITokenSource(func(ctx context.Context) (string, error) { <-ctx.Done(); return plantedToken, nil })
	fresh := api.APITokenSource(func(context.Context) (string, error) { return rand.Text(), nil })
	var refused atomic.Bool
	return []outcome{
		row("waiting for the response", hangs, 0, "Unknown NoResponse", "NoResponse"),
		row("waiting for the response, which took effect", applied(hangs), 0, "Unknown NoResponse", "NoResponse").but(func(o *outcome) {
			o.create.effect, o.ensure.effect, o.delete.effect = true, true, true
		}),
		row("in the body of the response", hangsInBody, 0, "Unknown NoResponse", "NoResponse").but(ofSuccess),
		row("in the body of a refusal", func(fake http.RoundTripper, req *http.Request) (*http.Response, error) {
			resp, err := hangsInBody(fake, req)
			resp.StatusCode = 403
			return resp, err
		}, 403, "Unknown Forbidden", "").but(func(o *outcome) { // for a delete the list is to decide
			o.create.want, o.ensure.want, o.list.want = "Forbidden", "Forbidden", "Forbidden"
		}),
		row("before a retry", answered(429, ""), 429, "RateLimited", "RateLimited"),
		row("in a Retry-After", limited("50"), 429, "RateLimited", "RateLimited").but(func(o *outcome) { o.stops = true }),
		row("after a 503", answered(503, ""), 503, "Unknown Server", "Server"),
		row("dialling", nil, 0, "NotSent", "NoResponse").but(func(o *outcome) {
			o.delete.want = "Unknown NoResponse canceled why" // without a body it may have left
		}),
		row("signed with another token", func(_ http.RoundTripper, req *http.Request) (*http.Response, error) {
			if !refused.Swap(true) {
				return reply{status: 401}.response(), nil
			}
			<-req.Context().Done()
			return nil, req.Context().Err()
		}, 401, "Unauthorized", "").but(func(o *outcome) {
			o.auth, o.create.sent, o.ensure, o.delete, o.list = &fresh, 2, cell{}, cell{}, cell{}
		}),
		row("in the last list of a deletion that was not sent", unsent(untrusted), 0, "NotSent", "").but(func(o *outcome) {
			o.lists, o.create, o.ensure, o.list = []happening{regular, hangs}, cell{}, cell{}, cell{}
		}),
		settling("in the list that settles", hangs),
		settling("in the body of the list that settles", hangsInBody),
		row("in the list before", regular, 0, "NoResponse", "").but(func(o *outcome) {
			o.lists, o.create, o.list, o.ensure.sent, o.delete.sent = []happening{hangs}, cell{}, cell{}, 0, 0
		}),
		before("cancelled before", "NotSent canceled why", over(errWhy)),
		before("cancelled since another call failed", "NotSent canceled", over(anotherCall)),
		before("deadline passed", "NotSent deadline why timeout", func(t testing.TB) context.Context {
			ctx, cancel := context.WithDeadlineCause(t.Context(), time.Now().Add(-time.Second), errWhy)
			t.Cleanup(cancel)
			return ctx
		}),
		before("while the token is fetched", "NotSent canceled why", nil).but(func(o *outcome) { o.auth = &outlasts }),
	}
}

func TestCancelled(t *testing.T) {
	for _, row := range cancellations() {
		for _, col := range calls {
			expected := col.cell(row)
			if expected.want == "" {
				continue
			}
			bubble(t, row.name+"/"+col.name, func(t *testing.T) {
				fx := newFixture(t, api.WithBackoff(func(int) time.Duration { return 10 * time.Second }))
				ctx, ends := cancelledAfter(t, 5*time.Second, errWhy), 5*time.Second
				if row.ctx != nil {
					ctx, ends = row.ctx(t), 0
				}
				if fx.on("GET", row.lists...); len(row.lists) > 1 && col.name == "create" { // which begins without a list
					fx.on("GET", row.lists[1:]...)
				}
				if fx.on(col.method, row.happens); row.happens == nil {
					dials := hangingDials(t)
					fx.on(col.method, func(_ http.RoundTripper, req *http.Request) (*http.Response, error) { return dials.RoundTrip(req) })
				}
				_, errs := col.call(ctx, fx, row.client(fx))
				stopped := row.stops && col.aliases > 1 // the others wait with the first
				for _, err := range errs {
					if !stopped || matches(err) != "NotSent canceled why" {
						want(t, err, expected.want, expected.status)
					}
				}
				fx.wantElapsed(ends)
				if n := fx.sent(col.method); n != expected.sent*col.aliases && !(stopped && n == 1) {
					t.Errorf("sent %d times, want %d", n, expected.sent*col.aliases)
				}
				if row.ctx != nil || row.auth != nil {
					fx.wantCounts(0, 0, 0)
				}
				if col.method != "GET" && col.hasEffect(fx) != expected.effect {
					t.Errorf("took effect: %t", !expected.effect)
				}
			})
		}
	}
}

// A context that has no cause of its own, or one that is the context's error wrapped,
// matches that error all the same, also where the transport tells the token.
func TestCancelledWithoutACause(t *testing.T) {
	for name, cause := range map[string]error{"none": nil, "wrapped": fmt.Errorf("leaving: %w", context.Canceled)} {
		bubble(t, name, func(t *testing.T) {
			client := clientOf(t, nowhere, over(func(r *http.Request) (*http.Response, error) {
				read(r)
				<-r.Context().Done()
				return nil, fmt.Errorf("%v: %w", r.Header, r.Context().Err())
			}))
			_, err := client.CreateJobSecretAlias(cancelledAfter(t, time.Second, cause), aJob, aSecret, api.AliasRequest{Key: aKey})
			want(t, err, "Unknown NoResponse canceled", 0)
			if strings.Contains(err.Error(), plantedToken) || cause != nil && !errors.Is(err, cause) ||
				cause == nil && !strings.HasPrefix(err.Error(), creating+": outcome unknown") { // and not the context's error twice
				t.Error(err)
			}
		})
	}
}

// A batch that is cancelled tells each alias its own fate: done, under way, not sent.
func TestCancelledBatch(t *testing.T) {
	for _, c := range []struct {
		name    string
		specs   int
		backoff time.Duration
		setup   func(fx *fixture)
		posts   int
		want    map[string]int
	}{
		{"while creating", 20, 0, func(fx *fixture) {
			fx.inject("POST", times(8, apitest.Fault{Delay: 3 * time.Second})...)
			fx.inject("POST", times(12, apitest.Fault{Delay: 10 * time.Second})...)
		}, 16, map[string]int{"-": 8, "Unknown NoResponse canceled why": 8, "NotSent canceled why": 4}},
		{"while settling", 10, 0, func(fx *fixture) {
			fx.inject("POST", times(3, apitest.Fault{Status: 502})...)
			fx.inject("GET", apitest.Fault{}, apitest.Fault{Delay: time.Hour})
		}, 10, map[string]int{"-": 7, "Unknown Server canceled why": 3}},
		{"while the server asks to wait", 20, 0, func(fx *fixture) {
			fx.inject("POST", apitest.Fault{Delay: time.Second, Status: 429, Header: http.Header{"Retry-After": {"30"}}})
			fx.inject("POST", times(7, apitest.Fault{Delay: 2 * time.Second})...)
		}, 8, map[string]int{"-": 7, "RateLimited canceled why": 1, "NotSent canceled why": 12}},
		{"while no connection can be had", 20, 10 * time.Second, func(fx *fixture) { fx.on("POST", connectionRefused) },
			0, map[string]int{"NotSent canceled why refused": 20}},
	} {
		bubble(t, c.name, func(t *testing.T) {
			fx := newFixture(t, api.WithBackoff(func(int) time.Duration { return c.backoff }))
			c.setup(fx)
			specs := fx.specs(c.specs)
			got, err := fx.api.EnsureJobSecretAliases(cancelledAfter(t, 5*time.Second, errWhy), fx.job, specs)
			fx.wantElapsed(5 * time.Second)
			fx.wantResults(specs, got, err)
			fx.wantFates(got, c.want)
			fx.wire.running.Wait()
			if n := fx.count("POST"); n != c.posts {
				t.Errorf("%d POST, want %d", n, c.posts)
			}
		})
	}
}
