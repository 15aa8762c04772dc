package api_test

// Contexts that end: when, and in which call. The call ends in that instant, says what is
// known by then, and shows why the context ended.

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/qovery-alias/qovery-alias-go/api"
	"github.com/qovery-alias/qovery-alias-go/api/apitest"
)

// hangsInBody is the documented success, whose body does not come.
func hangsInBody(_ http.RoundTripper, req *http.Request) (*http.Response, error) {
	read(req)
	resp := reply{status: successOf[req.Method]}.response()
	resp.Body = io.NopCloser(io.MultiReader(strings.NewReader("{"), untilOver{req.Context()}))
	return resp, nil
}

// untilOver is a body that does not come before its context is over.
type untilOver struct{ ctx context.Context }

func (u untilOver) Read([]byte) (int, error) { <-u.ctx.Done(); return 0, u.ctx.Err() }

// cancelled is a row of TestCancelled: where a call stands when its context ends.
type cancelled struct {
	name    string
	happens happening // to the request in question
	lists   happening // to all others
	write   cell      // of a POST or DELETE
	list    cell
}

func cancellations() []cancelled {
	over := " canceled why"
	return []cancelled{
		{"waiting for the response", hangs, regular,
			cell{want: "Unknown NoResponse" + over, sent: 1}, cell{want: "NoResponse" + over, sent: 1}},
		{"waiting for the response, which took effect", applied(hangs), regular,
			cell{want: "Unknown NoResponse" + over, sent: 1, effect: true}, cell{want: "NoResponse" + over, sent: 1}},
		{"in the body of the response", hangsInBody, regular,
			cell{want: "Unknown NoResponse" + over, status: 201, sent: 1}, cell{want: "NoResponse" + over, status: 200, sent: 1}},
		{"in the body of a refusal", func(fake http.RoundTripper, req *http.Request) (*http.Response, error) {
			resp, err := hangsInBody(fake, req)
			resp.StatusCode = 403
			return resp, err
		}, regular, cell{want: "Forbidden", status: 403, sent: 1}, cell{want: "Forbidden", status: 403, sent: 1}},
		{"before a retry", answered(429, ""), regular,
			cell{want: "RateLimited" + over, status: 429, sent: 1}, cell{want: "RateLimited" + over, status: 429, sent: 1}},
		{"in a Retry-After", func(_ http.RoundTripper, req *http.Request) (*http.Response, error) {
			read(req)
			return reply{429, "", http.Header{"Retry-After": {"50"}}}.response(), nil
		}, regular, cell{want: "RateLimited" + over, status: 429, sent: 1}, cell{want: "RateLimited" + over, status: 429, sent: 1}},
		{"after a 503", answered(503, ""), regular,
			cell{want: "Unknown Server" + over, status: 503, sent: 1}, cell{want: "Server" + over, status: 503, sent: 1}},
		{"dialling", nil, regular, cell{want: "NotSent" + over, sent: 1}, cell{want: "NoResponse" + over, sent: 1}},
		{"in the list that settles", answered(502, ""), hangs, cell{want: "Unknown Server" + over, status: 502, sent: 1}, cell{}},
		{"in the body of the list that settles", answered(502, ""), hangsInBody, cell{want: "Unknown Server" + over, status: 502, sent: 1}, cell{}},
		{"in the list before", regular, hangs, cell{want: "NoResponse" + over}, cell{}},
	}
}

func TestCancelled(t *testing.T) {
	for _, row := range cancellations() {
		for _, col := range calls {
			expected := row.write
			if col.name == "list" {
				expected = row.list
			}
			before := row.name == "in the list before"
			if expected.want == "" || before && col.name == "create" || col.name == "delete" && row.name == "in the body of the response" { // which has none
				continue
			}
			switch {
			case col.name == "delete" && expected.want == "Forbidden": // which the list is to decide
				expected.want = "Unknown Forbidden canceled why"
			case col.name == "delete" && row.name == "dialling": // without a body it may have left
				expected.want = "Unknown NoResponse canceled why"
			}
			bubble(t, row.name+"/"+col.name, func(t *testing.T) {
				ctx, cancel := context.WithCancelCause(t.Context())
				time.AfterFunc(5*time.Second, func() { cancel(errWhy) })
				fx := newFixture(t)
				happens := row.happens
				if happens == nil {
					dials := hangingDials(t)
					happens = func(_ http.RoundTripper, req *http.Request) (*http.Response, error) { return dials.RoundTrip(req) }
				}
				var mu sync.Mutex
				sent, listed := 0, 0
				client := fx.client(roundTrip(func(req *http.Request) (*http.Response, error) {
					mu.Lock()
					h := row.lists
					if req.Method == col.method {
						sent++
						h = happens
					} else if listed++; listed == 1 && col.name != "create" && !before {
						h = regular // nothing is settled yet
					}
					mu.Unlock()
					return h(fx.wire, req)
				}), api.WithBackoff(func(int) time.Duration { return 10 * time.Second }))
				_, errs := col.call(ctx, fx, client)
				waiting := col.aliases > 1 && row.name == "in a Retry-After" // the others wait with the first
				for _, err := range errs {
					if waiting && matches(err) == "NotSent canceled why" {
						continue
					}
					status := expected.status
					if status == 201 {
						status = successOf[col.method]
					}
					want(t, err, expected.want, status)
				}
				if expected.want != "Forbidden" {
					fx.wantElapsed(5 * time.Second)
				}
				if n := expected.sent * col.aliases; sent != n && !(waiting && sent == 1) {
					t.Errorf("sent %d times, want %d", sent, expected.sent*col.aliases)
				}
				if col.method != "GET" && col.hasEffect(fx) != expected.effect {
					t.Errorf("took effect: %t", !expected.effect)
				}
			})
		}
	}
}

// A context that is over before anything is sent leaves nothing open, and its cause
// shows (case 19).
func TestCancelledBefore(t *testing.T) {
	for _, col := range calls {
		for _, c := range []struct {
			name, want string
			ctx        func(t *testing.T) (context.Context, func())
			token      bool // it ends while the token source is asked
		}{
			{"cancelled", "NotSent canceled why", func(t *testing.T) (context.Context, func()) {
				ctx, cancel := context.WithCancelCause(t.Context())
				cancel(errWhy)
				return ctx, func() {}
			}, false},
			{"deadline passed", "NotSent deadline why", func(t *testing.T) (context.Context, func()) {
				return context.WithDeadlineCause(t.Context(), time.Now().Add(-time.Second), errWhy)
			}, false},
			{"while the token is fetched", "NotSent canceled why", func(t *testing.T) (context.Context, func()) {
				ctx, cancel := context.WithCancelCause(t.Context())
				return ctx, func() { cancel(errWhy) }
			}, true},
		} {
			t.Run(c.name+"/"+col.name, func(t *testing.T) {
				fx := newFixture(t)
				ctx, cancel := c.ctx(t)
				defer cancel()
				client := clientWith(t, api.APITokenSource(func(context.Context) (string, error) {
					if c.token {
						cancel()
					}
					return fx.srv.Token(), nil
				}), api.WithBaseURL(nowhere), through(fx.wire))
				_, errs := col.call(ctx, fx, client)
				for _, err := range errs {
					want(t, err, c.want, 0)
				}
				fx.wantCounts(0, 0, 0)
			})
		}
	}
}

// A context that has no cause of its own, or one that is the context's error wrapped,
// matches that error all the same, also where the transport tells the token.
func TestCancelledWithoutACause(t *testing.T) {
	for name, cause := range map[string]error{"none": nil, "wrapped": fmt.Errorf("leaving: %w", context.Canceled)} {
		bubble(t, name, func(t *testing.T) {
			ctx, cancel := context.WithCancelCause(t.Context())
			time.AfterFunc(time.Second, func() { cancel(cause) })
			client := clientOf(t, nowhere, over(func(r *http.Request) (*http.Response, error) {
				read(r)
				<-r.Context().Done()
				return nil, fmt.Errorf("%v: %w", r.Header, r.Context().Err())
			}))
			_, err := client.CreateJobSecretAlias(ctx, aJob, aSecret, api.AliasRequest{Key: aKey})
			want(t, err, "Unknown NoResponse canceled", 0)
			if strings.Contains(err.Error(), plantedToken) || cause != nil && !errors.Is(err, cause) {
				t.Error(err)
			}
		})
	}
}

// A batch that is cancelled tells each alias its own fate: done, under way, not sent.
func TestCancelledBatch(t *testing.T) {
	for _, c := range []struct {
		name  string
		specs int
		setup func(fx *fixture)
		posts int
		want  map[string]int
	}{
		{"while creating", 20, func(fx *fixture) {
			fx.inject("POST", times(8, apitest.Fault{Delay: 3 * time.Second})...)
			fx.inject("POST", times(12, apitest.Fault{Delay: 10 * time.Second})...)
		}, 16, map[string]int{"-": 8, "Unknown NoResponse canceled why": 8, "NotSent canceled why": 4}},
		{"while settling", 10, func(fx *fixture) {
			fx.inject("POST", times(3, apitest.Fault{Status: 502})...)
			fx.inject("GET", apitest.Fault{}, apitest.Fault{Delay: time.Hour})
		}, 10, map[string]int{"-": 7, "Unknown Server canceled why": 3}},
		{"while the server asks to wait", 20, func(fx *fixture) {
			fx.inject("POST", apitest.Fault{Delay: time.Second, Status: 429, Header: http.Header{"Retry-After": {"30"}}})
			fx.inject("POST", times(7, apitest.Fault{Delay: 2 * time.Second})...)
		}, 8, map[string]int{"-": 7, "RateLimited canceled why": 1, "NotSent canceled why": 12}},
	} {
		bubble(t, c.name, func(t *testing.T) {
			fx := newFixture(t)
			c.setup(fx)
			ctx, cancel := context.WithCancelCause(t.Context())
			time.AfterFunc(5*time.Second, func() { cancel(errWhy) })
			specs := fx.specs(c.specs)
			got, err := fx.api.EnsureJobSecretAliases(ctx, fx.job, specs)
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
