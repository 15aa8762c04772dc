package api_test

// The table of the documentation: what happens to a request, and what each call then reports, how often it
// has sent, how often it has listed, and what has taken effect.

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/qovery-alias/qovery-alias-go/api"
)

// cell is what a call reports, and what it does.
type cell struct {
	want   string // sentinels and causes; "-": success; "": the row is not about this call
	status int
	sent   int // how many of the requests in question
	lists  int // besides
	effect bool
}

// outcome is a row: the same happens to every POST, DELETE or list of a call.
type outcome struct {
	name    string
	happens happening
	auth    *api.Auth
	create  cell
	ensure  cell // each of several, too
	delete  cell
	list    cell
	stops   bool // a batch may stop at the first

	ctx     func(testing.TB) context.Context // nil: it does not end
	ends    time.Duration                    // when the call ends with its context
	backoff time.Duration
	lists   []happening // to the lists of a call that is about something else
}

func (o outcome) but(change func(*outcome)) outcome { change(&o); return o }

// client is the fixture's, signing as the row says.
func (o outcome) client(fx *fixture) *api.Client {
	if o.auth == nil {
		return fx.api
	}
	return clientWith(fx.t, *o.auth, through(fx))
}

// certain is a row where one response settles it. For a deletion the list decides.
func certain(status int, names string) outcome {
	c := func(lists int) cell { return cell{want: names, status: status, sent: 1, lists: lists} }
	return outcome{name: fmt.Sprint(status), happens: answered(status, `{"detail":"words"}`),
		create: c(0), ensure: c(1), delete: c(2), list: c(0)}
}

// unclear is a row where nothing has taken effect and nobody knows: create looks four times, ensure and
// delete before and after each of four requests.
func unclear(name string, h happening, status int, names string, lists int) outcome {
	once := cell{want: "Unknown " + names, status: status, sent: 1, lists: 4}
	often := cell{want: "Unknown " + names, status: status, sent: 4, lists: 5}
	return outcome{name: name, happens: h, create: once, ensure: often, delete: often,
		list: cell{want: names, status: status, sent: lists}}
}

// lost is a row where the request takes effect and its response does not say so.
func lost(name string, h happening) outcome {
	once := cell{want: "-", sent: 1, lists: 1, effect: true}
	often := cell{want: "-", sent: 1, lists: 2, effect: true}
	return outcome{name: name + ", took effect", happens: applied(h), create: once, ensure: often, delete: often}
}

// notSent is a row where every attempt provably does not leave.
func notSent(name string, h happening, attempts int, causes string) outcome {
	c := cell{want: strings.TrimSpace("NotSent " + causes), sent: attempts}
	o := outcome{name: name, happens: h, create: c, ensure: c, delete: c, list: c, stops: true}
	if attempts > 0 { // otherwise it is the first list that is not sent
		o.ensure.lists, o.delete.lists = 1, 1+attempts
	}
	return o
}

func outcomes() []outcome {
	return slices.Concat(certainOutcomes(), unclearOutcomes(), lostOutcomes(), unsentOutcomes(), cancellations())
}

func certainOutcomes() (rows []outcome) {
	done := cell{want: "-", sent: 1, lists: 1, effect: true}
	rows = append(rows, outcome{name: "as promised", happens: regular, ensure: done, delete: done,
		create: cell{want: "-", sent: 1, effect: true}, list: cell{want: "-", sent: 1}})

	for _, status := range []int{400, 402, 405, 406, 407, 411, 412, 413, 414, 415, 416, 417, 418, 421, 422, 423,
		424, 425, 426, 428, 431, 451, 460, 499} {
		rows = append(rows, certain(status, "Invalid"))
	}
	for _, status := range []int{300, 304, 305, 306, 307, 308} {
		rows = append(rows, certain(status, "Unexpected"))
	}
	again := func(c *cell, lists int) { c.sent, c.lists = 4, lists }
	return append(rows,
		certain(401, "Unauthorized").but(func(o *outcome) { o.delete.lists, o.stops = 1, true }),
		certain(403, "Forbidden"),
		certain(404, "NotFound").but(func(o *outcome) { again(&o.delete, 5) }),
		certain(410, "Invalid").but(func(o *outcome) { o.delete.want = "NotFound"; again(&o.delete, 5) }),
		certain(409, "Conflict").but(func(o *outcome) { o.create.lists, o.ensure.lists = 4, 5 }),
		certain(429, "RateLimited").but(func(o *outcome) {
			again(&o.create, 0)
			again(&o.ensure, 1)
			again(&o.delete, 5)
			again(&o.list, 0)
		}),
	)
}

func notDelete(o *outcome)  { o.delete = cell{} }
func ofDeletion(o *outcome) { o.create, o.ensure = cell{}, cell{} }

func unclearOutcomes() (rows []outcome) {
	for _, status := range []int{408, 500, 502, 503, 504, 507, 599} {
		rows = append(rows, unclear(fmt.Sprint(status), answered(status, page), status, "Server", 4))
	}
	rows = append(rows, unclear("501", answered(501, ""), 501, "Server", 1))
	for _, status := range []int{101, 202, 203, 206, 299, 301, 302, 303, 309, 399, 600, 999} {
		rows = append(rows, unclear(fmt.Sprint(status), answered(status, ""), status, "Unexpected", 1))
	}
	rows = append(rows,
		unclear("200 for another success", answered(200, `{"detail":"OK"}`), 200, "Unexpected", 1),
		unclear("201 for another success", answered(201, ""), 201, "Unexpected", 1),
		unclear("204 for another success", answered(204, ""), 204, "Unexpected", 1).but(notDelete),
		unclear("reset", connectionReset, 0, "NoResponse reset", 4),
		unclear("timeout", hangs, 0, "NoResponse timeout", 4),
		unclear("nothing at all", returned(nil), 0, "NoResponse", 4),
		unclear("no body", returned(&http.Response{StatusCode: 500}), 500, "Server", 4),
		unclear("negative status", returned(&http.Response{StatusCode: -1}), -1, "Unexpected", 1),
	)
	ofSuccess := func(o *outcome) { // a deletion's has no body
		o.create.status, o.ensure.status, o.list.status, o.delete = 201, 201, 200, cell{}
	}
	for _, body := range []string{"", "null", "{}", "[]", `"x"`, page, `{"id":"0c0`, `{"results":[]}{}`,
		results() + "}", `{"results":null}`, `{"results":{}}`, "\xfe\xff\x00{\x00}"} {
		rows = append(rows, unclear("success, "+body, succeeded(body), 0, "Unexpected", 1).but(ofSuccess))
	}
	return append(rows, unclear("success, cut", truncated, 0, "NoResponse cut", 4).but(ofSuccess))
}

func lostOutcomes() (rows []outcome) {
	rows = append(rows, lost("reset", connectionReset), lost("timeout", hangs), lost("600", answered(600, "")))
	for _, status := range []int{200, 202, 301, 302, 408, 500, 501, 502, 503, 504} {
		rows = append(rows, lost(fmt.Sprint(status), answered(status, page)))
	}
	for _, body := range []string{page, "null", "{}", alias(fields{"key": "pg"})} {
		rows = append(rows, lost("success, "+body, succeeded(body)).but(notDelete))
	}
	rows = append(rows, lost("success, cut", truncated).but(notDelete))
	// A deletion is judged by the list, not by a status that something in between makes up.
	for _, status := range []int{307, 400, 403, 404, 409, 410, 422, 429} {
		rows = append(rows, lost(fmt.Sprint(status), answered(status, "")).but(ofDeletion))
	}
	// What is refused may be the repeat of net/http's.
	return append(rows, lost("refused", connectionRefused).but(ofDeletion),
		lost("untrusted", unsent(untrusted)).but(ofDeletion))
}

func unsentOutcomes() []outcome {
	slow := api.APITokenSource(func(context.Context) (string, error) {
		time.Sleep(31 * time.Second)
		return plantedToken, nil
	})
	cause := fmt.Errorf("GET https://vault.example/v1: %w; ask ops@example.com", errWhy) // no password
	anotherCall := &api.Error{StatusCode: 502, Err: api.ErrOutcomeUnknown}               // of a call of its own

	noHost := &net.DNSError{Err: "no such host", Name: "qovery.invalid", IsNotFound: true}
	return []outcome{
		notSent("connection refused", connectionRefused, 4, "refused"),
		notSent("no such host", unsent(dialed(noHost)), 4, ""),
		notSent("dial timeout", unsent(dialed(syscall.ETIMEDOUT)), 4, "timeout"),
		notSent("untrusted certificate", unsent(untrusted), 1, ""),
		notSent("no token", regular, 0, "why").but(func(o *outcome) { o.auth = tokens("", cause) }),
		notSent("no token in time", regular, 0, "timeout").but(func(o *outcome) { o.auth = &slow }),
		notSent("error of another call", regular, 0, "").but(func(o *outcome) { o.auth = tokens("", anotherCall) }),
		notSent("sentinel", regular, 0, "").but(func(o *outcome) { o.auth = tokens("", api.ErrOutcomeUnknown) }),
	}
}

// column is a call on a fixture. The requests in question are those of a method.
type column struct {
	name, method, operation string
	aliases                 int
	cell                    func(outcome) cell
	call                    func(ctx context.Context, fx *fixture, c *api.Client) (created bool, errs []error)
	effect                  func(fx *fixture) bool
}

var calls = []column{
	{"create", "POST", creating, 1, func(o outcome) cell { return o.create }, callCreate, hasAlias},
	{"ensure", "POST", creating, 1, func(o outcome) cell { return o.ensure }, callEnsure, hasAlias},
	{"ensure many", "POST", creating, 2, func(o outcome) cell { return o.ensure }, callEnsureMany, hasAliases},
	{"delete", "DELETE", deleting, 1, func(o outcome) cell { return o.delete }, callDelete,
		func(fx *fixture) bool { return !hasAlias(fx) }},
	{"list", "GET", listing, 1, func(o outcome) cell { return o.list }, callList, noEffect},
}

// firstLists are the calls that begin with a list, to which the same happens as to that of list: it ends
// them before anything is written.
func firstLists() (columns []column) {
	failing := func(o outcome) (c cell) {
		if c = o.list; c.want == "-" {
			return cell{}
		}
		return c
	}
	for _, c := range calls[1:4] {
		columns = append(columns, column{"list of " + c.name, "GET", listing, 1, failing, c.call, noEffect})
	}
	return append(columns, column{"list of plan", "GET", listing, 1, failing, callPlan, noEffect})
}

func hasAlias(fx *fixture) bool   { return fx.holder("PG") != nil }
func hasAliases(fx *fixture) bool { return hasAlias(fx) && fx.holder("PG2") != nil }
func noEffect(fx *fixture) bool   { return fx.sent("POST")+fx.sent("DELETE") > 0 }

func callCreate(ctx context.Context, fx *fixture, c *api.Client) (bool, []error) {
	s, err := c.CreateJobSecretAlias(ctx, fx.job, fx.secret, api.AliasRequest{Key: "PG"})
	fx.wantSecret(s, err)
	return err == nil, []error{err}
}

func callEnsure(ctx context.Context, fx *fixture, c *api.Client) (bool, []error) {
	s, created, err := c.EnsureJobSecretAlias(ctx, fx.job, fx.secret, api.AliasRequest{Key: "PG"})
	fx.wantSecret(s, err)
	return created, []error{err}
}

func callEnsureMany(ctx context.Context, fx *fixture, c *api.Client) (bool, []error) {
	specs := []api.AliasSpec{{SecretID: fx.secret, Request: api.AliasRequest{Key: "PG"}},
		{SecretKey: "DB_PASSWORD", Request: api.AliasRequest{Key: "PG2"}}}
	got, err := c.EnsureJobSecretAliases(ctx, fx.job, specs)
	fx.wantResults(specs, got, err)
	return got[0].Created && got[1].Created, []error{got[0].Err, got[1].Err}
}

func callPlan(ctx context.Context, fx *fixture, c *api.Client) (bool, []error) {
	specs := fx.specs(2)
	got, err := c.PlanJobSecretAliases(ctx, fx.job, specs)
	fx.wantResults(specs, got, err)
	return false, []error{got[0].Err, got[1].Err}
}

func callDelete(ctx context.Context, fx *fixture, c *api.Client) (bool, []error) {
	return false, []error{c.DeleteJobSecretAlias(ctx, fx.job, fx.srv.AddAlias(fx.job, fx.secret, "PG"))}
}

func callList(ctx context.Context, fx *fixture, c *api.Client) (bool, []error) {
	list, err := c.ListJobSecrets(ctx, fx.job)
	if (list == nil) != (err != nil) {
		fx.t.Errorf("%v beside %v", list, err)
	}
	return false, []error{err}
}

// wantSecret checks that a success is the alias that the server has.
func (fx *fixture) wantSecret(s *api.Secret, err error) {
	fx.t.Helper()
	got := fx.holder("PG")
	if (s == nil) == (err == nil) ||
		s != nil && (got == nil || s.ID != got.ID || s.AliasedSecret == nil || s.AliasedSecret.ID != fx.secret) {
		fx.t.Errorf("got %+v, %v; the server has %+v", s, err, got)
	}
}

// wantResults checks results against the server: in order, joined, and nothing claimed that is not so.
func (fx *fixture) wantResults(specs []api.AliasSpec, got []api.EnsureResult, err error) {
	fx.t.Helper()
	if len(got) != len(specs) {
		fx.t.Fatalf("%d results for %d specs: %v", len(got), len(specs), err)
	}
	own := map[string]*api.Secret{}
	for _, s := range fx.srv.Secrets(fx.job) {
		if s.Scope == api.VariableScopeJob {
			own[s.Key] = &s
		}
	}
	failed := false
	for i, r := range got {
		held := own[r.Key]
		if r.Key != specs[i].Request.Key || (r.Secret == nil) == (r.Err == nil) || r.Created && r.Err != nil ||
			r.Secret != nil && (held == nil || held.ID != r.Secret.ID || r.Secret.Key != r.Key) {
			fx.t.Errorf("%+v; the server has %+v", r, held)
		}
		if e := new(api.Error); r.Err != nil && (!errors.As(r.Err, &e) || !errors.Is(err, r.Err)) {
			fx.t.Errorf("%s: %v is not among %v", r.Key, r.Err, err)
		}
		failed = failed || r.Err != nil
	}
	if (err != nil) != failed {
		fx.t.Errorf("failed: %t, %v", failed, err)
	}
}

func TestOutcomes(t *testing.T) {
	for _, row := range outcomes() {
		for _, col := range append(calls, firstLists()...) {
			if col.cell(row).want != "" {
				bubble(t, row.name+"/"+col.name, func(t *testing.T) { testOutcome(t, row, col) })
			}
		}
	}
}

func testOutcome(t *testing.T, row outcome, col column) {
	expected := col.cell(row)
	fx, ctx := newFixture(t, api.WithBackoff(func(int) time.Duration { return row.backoff })), t.Context()
	if row.ctx != nil {
		ctx = row.ctx(t)
	}
	if fx.on("GET", row.lists...); len(row.lists) > 1 && col.name == "create" { // which begins without a list
		fx.on("GET", row.lists[1:]...)
	}
	fx.on(col.method, row.happens)
	created, errs := col.call(ctx, fx, row.client(fx))
	if row.ctx != nil {
		fx.wantElapsed(row.ends)
	}
	for _, err := range errs {
		if row.stops && col.aliases > 1 && matches(err) == "NotSent "+expected.want {
			continue
		}
		if expected.status/100 == 3 && !strings.Contains(err.Error(), "redirect not followed") {
			t.Errorf("does not say that a redirect is not followed: %v", err)
		}
		if text, _, _ := strings.Cut(fmt.Sprint(err), " (no list"); strings.Count(text, errWhy.Error()) > 1 {
			t.Errorf("says why more than once: %v", err)
		}
		e := want(t, err, expected.want, expected.status)
		if err != nil && expected.sent > 0 && e.Operation != col.operation {
			t.Errorf("operation %q", e.Operation)
		}
	}
	n, most := fx.sent(col.method), expected.sent*col.aliases
	if n > most || n < most && (!row.stops || n < expected.sent) {
		t.Errorf("sent %d times, want %d", n, most)
	}
	if n := fx.sent("GET"); col.method != "GET" && row.ctx == nil && n != expected.lists {
		t.Errorf("listed %d times, want %d", n, expected.lists)
	}
	if got := col.effect(fx); got != expected.effect {
		t.Errorf("took effect: %t", got)
	}
	if seen := row.name == "as promised"; col.method == "POST" && col.name != "create" && created != seen {
		t.Errorf("created: %t", created)
	}
}

// cancellations are rows of what stands when the context ends: after 5 s, or before the call.
func cancellations() (rows []outcome) {
	add := func(name string, h happening, status int, write, list string) *outcome {
		c := cell{want: write + " canceled why", status: status, sent: 1}
		o := outcome{name: name, happens: h, create: c, ensure: c, delete: c, list: c, ends: 5 * time.Second}
		if o.list.want = list + " canceled why"; list == "" {
			o.list = cell{}
		}
		o.ctx = func(t testing.TB) context.Context { return cancelledAfter(t, o.ends, errWhy) }
		rows = append(rows, o)
		return &rows[len(rows)-1]
	}
	add("waiting for the response", hangs, 0, "Unknown NoResponse", "NoResponse")
	o := add("in the body of the response", begun(0, hanging), 0, "Unknown NoResponse", "NoResponse")
	o.create.status, o.ensure.status, o.list.status, o.delete = 201, 201, 200, cell{}
	o = add("in the body of a refusal", begun(403, hanging), 403, "Unknown Forbidden", "") // a list is to decide
	o.create = cell{want: "Forbidden", status: 403, sent: 1}
	o.ensure = o.create
	add("before a retry", answered(429, ""), 429, "RateLimited", "RateLimited").backoff = 10 * time.Second
	add("in a Retry-After", asksToWait(429, "50"), 429, "RateLimited", "RateLimited").stops = true
	add("after a 503", answered(503, ""), 503, "Unknown Server", "Server").backoff = 10 * time.Second
	o = add("in the list after an unsent deletion", unsent(untrusted), 0, "NotSent", "")
	o.create, o.ensure, o.lists = cell{}, cell{}, []happening{regular, hangs}
	o = add("in the list that decides", answered(502, ""), 502, "Unknown Server", "")
	o.lists = []happening{regular, hangs}
	o = add("in the first list", regular, 0, "NoResponse", "")
	o.lists, o.create, o.ensure.sent, o.delete.sent = []happening{hangs}, cell{}, 0, 0

	// Before anything was sent, nothing is undecided.
	before := func(name, want string) *outcome {
		o := add(name, regular, 0, "", "")
		o.create = cell{want: want}
		o.ensure, o.delete, o.list = o.create, o.create, o.create
		return o
	}
	outlasts := api.APITokenSource(func(ctx context.Context) (string, error) { <-ctx.Done(); return "x", nil })
	before("while the token is fetched", "NotSent canceled why").auth = &outlasts
	wrapped, inTime := fmt.Errorf("leaving: %w", context.Canceled), context.DeadlineExceeded
	other := &api.Error{StatusCode: 502, Err: errors.Join(api.ErrOutcomeUnknown, api.ErrNoResponse, inTime)}
	for i, cause := range []error{errWhy, nil, wrapped, other} {
		o := before(fmt.Sprint("for ", cause), []string{"NotSent canceled why", "NotSent canceled"}[min(i, 1)])
		o.ends, o.ctx = 0, func(t testing.TB) context.Context {
			ctx, cancel := context.WithCancelCause(t.Context())
			cancel(cause)
			return ctx
		}
	}
	o = before("after the deadline", "NotSent deadline timeout")
	o.ends, o.ctx = 0, func(t testing.TB) context.Context { return within(t, -time.Second) }
	return rows
}

// A refusal of a DELETE that net/http may have repeated is certain only with a list after it.
func TestUnconfirmedDeletion(t *testing.T) {
	for _, status := range []int{400, 403, 404, 409, 429} {
		bubble(t, http.StatusText(status), func(t *testing.T) {
			fx := newFixture(t)
			fx.on("DELETE", applied(answered(status, "")))
			fx.on("GET", regular, answered(503, ""))
			if _, errs := callDelete(t.Context(), fx, fx.api); !strings.HasPrefix(sentinels(errs[0]), "Unknown") {
				t.Errorf("matches %q: %v", sentinels(errs[0]), errs[0])
			}
		})
	}
}
