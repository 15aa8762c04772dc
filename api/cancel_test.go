package api_test

// Contexts that end: the call ends in that instant, says what is known by then, and why the context ended.

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/qovery-alias/qovery-alias-go/api"
)

// cancellation is a row of what stands when the context ends, after 5 s or before the call.
type cancellation struct {
	outcome
	lists []happening                        // to the lists of a call that is about something else
	ctx   func(t testing.TB) context.Context // nil: it ends after 5 s
}

func cancellations() (rows []cancellation) {
	add := func(name string, h happening, status int, write, list string) *cancellation {
		c := cell{want: write + " canceled why", status: status, sent: 1}
		o := outcome{name: name, happens: h, create: c, ensure: c, delete: c, list: c}
		if o.list.want = list + " canceled why"; list == "" {
			o.list = cell{}
		}
		rows = append(rows, cancellation{outcome: o})
		return &rows[len(rows)-1]
	}
	add("waiting for the response", hangs, 0, "Unknown NoResponse", "NoResponse")
	c := add("in the body of the response", hangsInBody, 0, "Unknown NoResponse", "NoResponse")
	c.create.status, c.ensure.status, c.list.status, c.delete = 201, 201, 200, cell{}
	c = add("in the body of a refusal", refusedInBody, 403, "Unknown Forbidden", "") // a list is to decide
	c.create = cell{want: "Forbidden", status: 403, sent: 1}
	c.ensure = c.create
	add("before a retry", answered(429, ""), 429, "RateLimited", "RateLimited")
	c = add("in a Retry-After", asksToWait(429, "50"), 429, "RateLimited", "RateLimited")
	c.stops = true
	add("after a 503", answered(503, ""), 503, "Unknown Server", "Server")
	c = add("in the list after an unsent deletion", unsent(untrusted), 0, "NotSent", "")
	c.create, c.ensure, c.lists = cell{}, cell{}, []happening{regular, hangs}
	c = add("in the list that decides", answered(502, ""), 502, "Unknown Server", "")
	c.lists = []happening{regular, hangs}
	c = add("in the first list", regular, 0, "NoResponse", "")
	c.lists, c.create, c.ensure.sent, c.delete.sent = []happening{hangs}, cell{}, 0, 0

	// Before anything was sent, nothing is undecided.
	before := func(name, want string, ctx func(t testing.TB) context.Context) *cancellation {
		c := add(name, regular, 0, "", "")
		c.create = cell{want: want}
		c.ensure, c.delete, c.list, c.ctx = c.create, c.create, c.create, ctx
		return c
	}
	over := func(cause error) func(testing.TB) context.Context {
		return func(t testing.TB) context.Context {
			ctx, cancel := context.WithCancelCause(t.Context())
			cancel(cause)
			return ctx
		}
	}
	before("cancelled before", "NotSent canceled why", over(errWhy))
	before("without a cause", "NotSent canceled", over(nil))
	before("for a cause that wraps it", "NotSent canceled", over(fmt.Errorf("leaving: %w", context.Canceled)))
	before("since another call failed", "NotSent canceled", over(&api.Error{StatusCode: 502}))
	before("deadline passed", "NotSent deadline why timeout", func(t testing.TB) context.Context {
		ctx, cancel := context.WithDeadlineCause(t.Context(), time.Now().Add(-time.Second), errWhy)
		t.Cleanup(cancel)
		return ctx
	})
	outlasts := api.APITokenSource(func(ctx context.Context) (string, error) { <-ctx.Done(); return "x", nil })
	before("while the token is fetched", "NotSent canceled why", nil).auth = &outlasts
	return rows
}

func refusedInBody(fake http.RoundTripper, req *http.Request) (*http.Response, error) {
	resp, err := hangsInBody(fake, req)
	resp.StatusCode = 403
	return resp, err
}

func TestCancelled(t *testing.T) {
	for _, row := range cancellations() {
		for _, col := range calls {
			if col.cell(row.outcome).want != "" {
				bubble(t, row.name+"/"+col.name, func(t *testing.T) { testCancelled(t, row, col) })
			}
		}
	}
}

func testCancelled(t *testing.T, row cancellation, col column) {
	// Where the context ends in a list, that comes at once.
	backoff := api.WithBackoff(func(int) time.Duration { return 10 * time.Second })
	if len(row.lists) > 1 {
		backoff = atOnce
	}
	fx := newFixture(t, backoff)
	ctx, ends := cancelledAfter(t, 5*time.Second, errWhy), 5*time.Second
	if row.ctx != nil {
		ctx, ends = row.ctx(t), 0
	}
	fx.on("GET", row.lists...)
	if len(row.lists) > 1 && col.name == "create" { // which begins without a list
		fx.on("GET", row.lists[1:]...)
	}
	fx.on(col.method, row.happens)
	_, errs := col.call(ctx, fx, row.client(fx))
	expected := col.cell(row.outcome)
	stopped := row.stops && col.aliases > 1 // the others wait with the first
	for _, err := range errs {
		if !stopped || matches(err) != "NotSent RateLimited canceled why" {
			want(t, err, expected.want, expected.status)
		}
	}
	fx.wantElapsed(ends)
	if n := fx.sent(col.method); n != expected.sent*col.aliases && !(stopped && n == 1) {
		t.Errorf("sent %d times, want %d", n, expected.sent*col.aliases)
	}
	for _, err := range errs {
		if n := strings.Count(err.Error(), errWhy.Error()); n > 1 {
			t.Errorf("says why %d times: %v", n, err)
		}
	}
}

// A batch that is cancelled tells each alias its own fate: done, under way, not sent.
func TestCancelledBatch(t *testing.T) {
	after := func(d time.Duration, h happening) happening {
		return func(fake http.RoundTripper, r *http.Request) (*http.Response, error) {
			select {
			case <-time.After(d):
				return h(fake, r)
			case <-r.Context().Done():
				return hangs(fake, r)
			}
		}
	}
	quick, slow := after(3*time.Second, regular), after(10*time.Second, regular)
	eight := []happening{quick, quick, quick, quick, quick, quick, quick, quick}
	for _, c := range []struct {
		name    string
		backoff time.Duration
		posts   []happening
		lists   []happening
		want    map[string]int
	}{
		{"while creating", 0, append(eight, slow), nil,
			map[string]int{"-": 8, "Unknown NoResponse canceled why": 8, "NotSent canceled why": 4}},
		{"while looking", 0, []happening{answered(502, ""), answered(502, ""), answered(502, ""), regular},
			[]happening{regular, hangs}, map[string]int{"-": 17, "Unknown Server canceled why": 3}},
		{"while the server asks to wait", 0, append([]happening{asksToWait(429, "30")}, eight...), nil,
			map[string]int{"-": 7, "RateLimited canceled why": 1, "NotSent canceled why": 12}},
		{"while no connection can be had", 10 * time.Second, []happening{connectionRefused}, nil,
			map[string]int{"NotSent canceled why refused": 20}},
	} {
		bubble(t, c.name, func(t *testing.T) {
			fx := newFixture(t, api.WithBackoff(func(int) time.Duration { return c.backoff }))
			fx.on("POST", c.posts...)
			fx.on("GET", c.lists...)
			specs := fx.specs(20)
			got, err := fx.api.EnsureJobSecretAliases(cancelledAfter(t, 5*time.Second, errWhy), fx.job, specs)
			fx.wantElapsed(5 * time.Second)
			fx.wantResults(specs, got, err)
			fx.wantFates(got, c.want)
		})
	}
}
