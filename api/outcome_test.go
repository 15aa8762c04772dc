package api_test

// The table of the documentation: what happens to a request, and what each call then
// reports, how often it has sent, how often it has listed, and what has taken effect.

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/api"
)

func regular(fake http.RoundTripper, req *http.Request) (*http.Response, error) {
	return fake.RoundTrip(req)
}

// read takes the body of a request, as a transport does that sends it.
func read(req *http.Request) {
	if req.Body != nil {
		io.Copy(io.Discard, req.Body)
		req.Body.Close()
	}
}

// answered is a response that some server on the way makes up.
func answered(status int, body string) happening {
	return replied(status, body, http.Header{"Location": {"/elsewhere"}})
}

// replied is one with these headers.
func replied(status int, body string, header http.Header) happening {
	return func(_ http.RoundTripper, req *http.Request) (*http.Response, error) {
		read(req)
		return reply{status, body, header}.response(), nil
	}
}

// limited is a 429 that asks for a wait.
func limited(retryAfter string) happening {
	return replied(429, "", http.Header{"Retry-After": {retryAfter}})
}

// succeeded is the documented success of the operation with another body.
func succeeded(body string) happening {
	return func(fake http.RoundTripper, req *http.Request) (*http.Response, error) {
		return answered(successOf[req.Method], body)(fake, req)
	}
}

var successOf = map[string]int{"POST": 201, "GET": 200, "DELETE": 204}

func connectionReset(_ http.RoundTripper, req *http.Request) (*http.Response, error) {
	read(req)
	return nil, &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}
}

func hangs(_ http.RoundTripper, req *http.Request) (*http.Response, error) {
	read(req)
	<-req.Context().Done()
	return nil, req.Context().Err()
}

// The documented success of which the body breaks off, or does not come.
var (
	truncated   = begun(func(context.Context) io.Reader { return iotest.ErrReader(io.ErrUnexpectedEOF) })
	hangsInBody = begun(func(ctx context.Context) io.Reader {
		r, w := io.Pipe()
		context.AfterFunc(ctx, func() { w.CloseWithError(ctx.Err()) })
		return r
	})
)

func begun(rest func(context.Context) io.Reader) happening {
	return func(_ http.RoundTripper, req *http.Request) (*http.Response, error) {
		read(req)
		resp := reply{status: successOf[req.Method]}.response()
		resp.Body = io.NopCloser(io.MultiReader(strings.NewReader(`{"id":`), rest(req.Context())))
		return resp, nil
	}
}

func connectionRefused(_ http.RoundTripper, req *http.Request) (*http.Response, error) {
	return (&http.Transport{DialContext: refuse}).RoundTrip(req)
}

// unsent is an error of a transport's that has not read the request's body.
func unsent(err error) happening {
	return func(_ http.RoundTripper, req *http.Request) (*http.Response, error) {
		if req.Body != nil {
			req.Body.Close()
		}
		return nil, err
	}
}

// applied lets the request take effect before h happens to its response.
func applied(h happening) happening {
	return func(fake http.RoundTripper, req *http.Request) (*http.Response, error) {
		if resp, err := fake.RoundTrip(req); err == nil {
			resp.Body.Close()
		}
		req = req.Clone(req.Context())
		req.Body = http.NoBody
		return h(fake, req)
	}
}

// cell is what a call reports, and what it does.
type cell struct {
	want   string // sentinels and causes; "-": success; "": the row is not about this call
	status int
	sent   int // how many of the requests in question
	effect bool
	lists  int // besides; 0: not checked
}

// outcome is a row: the same happens to every POST, DELETE or list of a call.
type outcome struct {
	name    string
	happens happening
	auth    *api.Auth
	lists   []happening                        // to the lists of a call that is about something else
	ctx     func(t testing.TB) context.Context // of the call, where it matters
	create  cell
	ensure  cell // each of several, too
	delete  cell
	list    cell
	stops   bool // a batch may stop at the first
}

// clear is a row where one response settles it, for every call alike.
func clear(status int, names string) outcome {
	c := cell{want: names, status: status, sent: 1}
	return outcome{name: fmt.Sprint(status), happens: answered(status, `{"detail":"words"}`), create: c, ensure: c, delete: c, list: c}
}

// undecided is a row where nothing has taken effect and nobody knows: create asks the
// list six times; ensure and delete also before each of three further requests.
func undecided(name string, h happening, status int, names string, lists int) outcome {
	some := cell{want: "Unknown " + names, status: status, sent: 4, lists: 1 + 3 + 6}
	return outcome{name: name, happens: h, create: cell{want: some.want, status: status, sent: 1, lists: 6},
		ensure: some, delete: some, list: cell{want: names, status: status, sent: lists}}
}

// settled is a row where the request takes effect and its response does not say so.
func settled(name string, h happening) outcome {
	done := cell{want: "-", sent: 1, effect: true, lists: 2}
	return outcome{name: name + ", took effect", happens: applied(h), create: cell{want: "-", sent: 1, effect: true, lists: 1}, ensure: done, delete: done}
}

// notSent is a row where every attempt provably does not leave.
func notSent(name string, h happening, attempts int, causes string) outcome {
	c := cell{want: strings.TrimSpace("NotSent " + causes), sent: attempts}
	return outcome{name: name, happens: h, create: c, ensure: c, delete: c, list: c, stops: true}
}

func (o outcome) but(change func(*outcome)) outcome { change(&o); return o }

// client is the fixture's, signing as the row says.
func (o outcome) client(fx *fixture) *api.Client {
	if o.auth == nil {
		return fx.api
	}
	return fx.signed(*o.auth)
}

func outcomes() (rows []outcome) {
	done := cell{want: "-", sent: 1, effect: true, lists: 1}
	rows = append(rows, outcome{name: "as promised", happens: regular,
		create: cell{want: "-", sent: 1, effect: true}, ensure: done, delete: done, list: cell{want: "-", sent: 1}})

	for _, status := range []int{400, 402, 405, 406, 407, 411, 412, 413, 414, 415, 416, 417, 418, 421, 422, 423, 424, 425, 426, 428, 431, 451, 460, 499} {
		rows = append(rows, clear(status, "Invalid"))
	}
	for _, status := range []int{300, 304, 305, 306, 307, 308} {
		rows = append(rows, clear(status, "Unexpected"))
	}
	rows = append(rows,
		clear(401, "Unauthorized").but(func(o *outcome) { o.stops = true }),
		clear(403, "Forbidden"),
		clear(404, "NotFound").but(func(o *outcome) { o.delete.sent = 4 }),
		clear(410, "Invalid").but(func(o *outcome) { o.delete = cell{want: "NotFound", status: 410, sent: 4} }),
		clear(409, "Conflict"),
		clear(429, "RateLimited").but(func(o *outcome) { o.create.sent, o.ensure.sent, o.delete.sent, o.list.sent = 4, 4, 4, 4 }),
	)

	for _, status := range []int{408, 500, 502, 503, 504, 507, 599} {
		rows = append(rows, undecided(fmt.Sprint(status), answered(status, page), status, "Server", 4))
	}
	rows = append(rows, undecided("501", answered(501, ""), 501, "Server", 1))
	for _, status := range []int{101, 202, 203, 206, 299, 301, 302, 303, 309, 399, 600, 999} {
		rows = append(rows, undecided(fmt.Sprint(status), answered(status, ""), status, "Unexpected", 1))
	}
	rows = append(rows,
		undecided("200 for another success", answered(200, `{"detail":"OK"}`), 200, "Unexpected", 1),
		undecided("201 for another success", answered(201, ""), 201, "Unexpected", 1),
		undecided("204 for another success", answered(204, ""), 204, "Unexpected", 1).but(func(o *outcome) { o.delete = cell{} }),
		undecided("reset", connectionReset, 0, "NoResponse reset", 4),
		undecided("timeout", hangs, 0, "NoResponse timeout", 4),
	)
	for name, body := range brokenBodies {
		rows = append(rows, undecided("success, "+name, succeeded(body), 0, "Unexpected", 1).but(ofSuccess))
	}
	rows = append(rows, undecided("success, truncated", truncated, 0, "NoResponse cut", 4).but(ofSuccess))

	for name, h := range map[string]happening{
		"reset": connectionReset, "timeout": hangs, "408": answered(408, ""), "500": answered(500, ""), "502": answered(502, page),
		"503": answered(503, ""), "504": answered(504, ""), "501": answered(501, ""), "301": answered(301, ""), "302": answered(302, ""),
		"200 with HTML": answered(200, page), "202": answered(202, ""), "600": answered(600, ""), "999": answered(999, ""),
	} {
		rows = append(rows, settled(name, h))
	}
	for name, h := range map[string]happening{
		"201 with HTML": answered(201, page), "201 null": answered(201, "null"), "201 {}": answered(201, "{}"),
		"201 for another key": answered(201, alias(fields{"key": "pg"})), "204": answered(204, ""), "truncated": truncated,
	} {
		rows = append(rows, settled(name, h).but(func(o *outcome) { o.delete = cell{} }))
	}
	// A deletion is judged by the list, not by a status that somebody on the way makes up.
	for _, status := range []int{307, 400, 401, 403, 404, 409, 410, 422} {
		rows = append(rows, settled(fmt.Sprint(status), answered(status, "")).but(func(o *outcome) { o.create, o.ensure = cell{}, cell{} }))
	}

	slow := api.APITokenSource(func(context.Context) (string, error) { time.Sleep(31 * time.Second); return plantedToken, nil })
	cause := fmt.Errorf("GET https://vault.example/v1: %w; ask ops@example.com", errWhy) // and not a password
	rows = append(rows,
		notSent("connection refused", connectionRefused, 4, "refused"),
		notSent("no such host", unsent(&net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "no such host", Name: "qovery.invalid", IsNotFound: true}}), 4, ""),
		notSent("dial timeout", unsent(&net.OpError{Op: "dial", Net: "tcp", Err: syscall.ETIMEDOUT}), 4, "timeout"),
		notSent("untrusted certificate", unsent(untrusted), 1, ""),
		notSent("no token", regular, 0, "why").but(func(o *outcome) { o.auth = tokens("", cause) }),
		notSent("no token in time", regular, 0, "timeout").but(func(o *outcome) { o.auth = &slow }),
		notSent("malformed token", regular, 0, "").but(func(o *outcome) { o.auth = tokens("a b", nil) }),
		notSent("no token, as another call says", regular, 0, "").but(func(o *outcome) { o.auth = tokens("", anotherCall) }),
	)
	return rows
}

// ofSuccess gives a row the status that each operation succeeds with. A deletion's has
// no body.
func ofSuccess(o *outcome) {
	o.create.status, o.ensure.status, o.list.status, o.delete = 201, 201, 200, cell{}
}

// anotherCall is the error of one: what it matches says nothing of those whose cause it is.
var anotherCall = &api.Error{StatusCode: 502, Err: api.ErrOutcomeUnknown}

func tokens(token string, err error) *api.Auth {
	auth := api.APITokenSource(func(context.Context) (string, error) { return token, err })
	return &auth
}

var brokenBodies = map[string]string{
	"empty": "", "null": "null", "{}": "{}", "[]": "[]", "a string": `"x"`, "HTML": page, "half of it": `{"id":"0c0`,
	"two values": `{"results":[]}` + `{}`, "a brace too many": alias(fields{"results": []int{}}) + `}`,
	"results null": `{"results":null}`, "results an object": `{"results":{}}`, "UTF-16": "\xfe\xff\x00{\x00}",
}

// calls are the columns. Each makes a call on the fixture, the requests in question of
// which are those of a method.
var calls = []struct {
	name, method, operation string
	aliases                 int
	cell                    func(outcome) cell
	call                    func(ctx context.Context, fx *fixture, c *api.Client) (created bool, errs []error)
	hasEffect               func(fx *fixture) bool
}{
	{"create", "POST", creating, 1, func(o outcome) cell { return o.create }, func(ctx context.Context, fx *fixture, c *api.Client) (bool, []error) {
		s, err := c.CreateJobSecretAlias(ctx, fx.job, fx.secret, api.AliasRequest{Key: "PG"})
		fx.wantSecret(s, err)
		return err == nil, []error{err}
	}, isThere},
	{"ensure", "POST", creating, 1, func(o outcome) cell { return o.ensure }, func(ctx context.Context, fx *fixture, c *api.Client) (bool, []error) {
		s, created, err := c.EnsureJobSecretAlias(ctx, fx.job, fx.secret, api.AliasRequest{Key: "PG"})
		fx.wantSecret(s, err)
		return created, []error{err}
	}, isThere},
	{"ensure many", "POST", creating, 2, func(o outcome) cell { return o.ensure }, func(ctx context.Context, fx *fixture, c *api.Client) (bool, []error) {
		specs := []api.AliasSpec{{SecretID: fx.secret, Request: api.AliasRequest{Key: "PG"}}, {SecretKey: "DB_PASSWORD", Request: api.AliasRequest{Key: "PG2"}}}
		got, err := c.EnsureJobSecretAliases(ctx, fx.job, specs)
		fx.wantResults(specs, got, err)
		return got[0].Created && got[1].Created, []error{got[0].Err, got[1].Err}
	}, func(fx *fixture) bool { return isThere(fx) && fx.holder("PG2") != nil }},
	{"delete", "DELETE", deleting, 1, func(o outcome) cell { return o.delete }, func(ctx context.Context, fx *fixture, c *api.Client) (bool, []error) {
		return false, []error{c.DeleteJobSecretAlias(ctx, fx.job, fx.srv.AddAlias(fx.job, fx.secret, "PG"))}
	}, func(fx *fixture) bool { return !isThere(fx) }},
	{"list", "GET", listing, 1, func(o outcome) cell { return o.list }, func(ctx context.Context, fx *fixture, c *api.Client) (bool, []error) {
		list, err := c.ListJobSecrets(ctx, fx.job)
		if (list == nil) != (err != nil) {
			fx.t.Errorf("%v beside %v", list, err)
		}
		return false, []error{err}
	}, func(*fixture) bool { return false }},
}

func isThere(fx *fixture) bool { return fx.holder("PG") != nil }

// wantSecret checks that a success is the alias that the server has.
func (fx *fixture) wantSecret(s *api.Secret, err error) {
	fx.t.Helper()
	held := fx.holder("PG")
	if (s == nil) == (err == nil) || s != nil && (held == nil || s.ID != held.ID || s.AliasedSecret == nil || s.AliasedSecret.ID != fx.secret) {
		fx.t.Errorf("got %+v, %v; the server has %+v", s, err, held)
	}
}

func TestOutcomes(t *testing.T) {
	for _, row := range outcomes() {
		for _, col := range calls {
			expected := col.cell(row)
			if expected.want == "" {
				continue
			}
			bubble(t, row.name+"/"+col.name, func(t *testing.T) {
				fx := newFixture(t)
				fx.on(col.method, row.happens)
				created, errs := col.call(t.Context(), fx, row.client(fx))
				for _, err := range errs {
					if row.stops && col.aliases > 1 && matches(err) == "NotSent "+expected.want {
						continue
					}
					e := want(t, err, expected.want, expected.status)
					if err != nil && row.auth == nil && e.Operation != col.operation {
						t.Errorf("operation %q", e.Operation)
					}
				}
				n, most := fx.sent(col.method), expected.sent*col.aliases
				if n > most || n < most && (!row.stops || n < expected.sent) {
					t.Errorf("sent %d times, want %d", n, most)
				}
				if n := fx.sent("GET"); expected.lists != 0 && n != expected.lists {
					t.Errorf("listed %d times, want %d", n, expected.lists)
				}
				if got := col.hasEffect(fx); got != expected.effect {
					t.Errorf("took effect: %t", got)
				}
				if seen := row.name == "as promised"; col.method == "POST" && col.name != "create" && created != seen {
					t.Errorf("created: %t", created)
				}
			})
		}
	}
}

// Once a request is undecided, only a documented success or a list that decides ends the
// call with certainty. Before that, a refusal means what it says.
func TestOnceUndecided(t *testing.T) {
	failed := answered(503, "")
	refusal := func(status int) happening { return answered(status, "") }
	for _, c := range []struct {
		call   string
		name   string
		steps  []happening
		want   string
		status int
		sent   int
		effect bool
	}{
		{"create", "429, then created", []happening{refusal(429), regular}, "-", 0, 2, true},
		{"create", "429, then lost", []happening{refusal(429), failed}, "Unknown Server", 503, 2, false},
		{"create", "429, then refused", []happening{refusal(429), refusal(403)}, "Forbidden", 403, 2, false},
		{"create", "not sent, then lost", []happening{connectionRefused, connectionReset}, "Unknown NoResponse reset", 0, 2, false},
		{"create", "not sent, then created", []happening{connectionRefused, connectionRefused, connectionRefused, regular}, "-", 0, 4, true},

		{"ensure", "503, then created", []happening{failed, regular}, "-", 0, 2, true},
		{"ensure", "three lost, then created", []happening{failed, connectionReset, hangs, regular}, "-", 0, 4, true},
		{"ensure", "503, then 400", []happening{failed, refusal(400)}, "Unknown Invalid", 400, 2, false},
		{"ensure", "503, then 401", []happening{failed, refusal(401)}, "Unknown Unauthorized", 401, 2, false},
		{"ensure", "503, then 403", []happening{failed, refusal(403)}, "Unknown Forbidden", 403, 2, false},
		{"ensure", "503, then 404", []happening{failed, refusal(404)}, "Unknown NotFound", 404, 2, false},
		{"ensure", "503, then 307", []happening{failed, refusal(307)}, "Unknown Unexpected", 307, 2, false},
		{"ensure", "503, then 429", []happening{failed, refusal(429)}, "Unknown RateLimited", 429, 4, false},
		{"ensure", "503, then a conflict without a holder", []happening{failed, refusal(409)}, "Unknown Conflict", 409, 2, false},
		{"ensure", "503, then the token expired, yet it took effect", []happening{applied(failed), refusal(401)}, "-", 0, 1, true},
		{"ensure", "not sent, then refused", []happening{connectionRefused, refusal(403)}, "Forbidden", 403, 2, false},
		{"ensure", "429, then refused", []happening{refusal(429), refusal(403)}, "Forbidden", 403, 2, false},

		{"delete", "lost, then deleted", []happening{connectionReset, regular}, "-", 0, 2, true},
		{"delete", "503 and 404 of an ingress, then deleted", []happening{failed, refusal(404), regular}, "-", 0, 3, true},
		{"delete", "503 and 404 for good", []happening{failed, refusal(404)}, "Unknown NotFound", 404, 4, false},
		{"delete", "429, then 404", []happening{refusal(429), refusal(404)}, "NotFound", 404, 4, false},
		{"delete", "503, then 403", []happening{failed, refusal(403)}, "Unknown Forbidden", 403, 2, false},
		{"delete", "503, then 403 that took effect", []happening{failed, applied(refusal(403))}, "-", 0, 2, true},
		{"delete", "503, then 401", []happening{failed, refusal(401)}, "Unknown Unauthorized", 401, 2, false},
		{"delete", "503, then 409", []happening{failed, refusal(409)}, "Unknown Conflict", 409, 2, false},
		{"delete", "503, then 429", []happening{failed, refusal(429)}, "Unknown RateLimited", 429, 4, false},
		{"delete", "not sent, then deleted", []happening{connectionRefused, regular}, "-", 0, 2, true},
		{"delete", "deleted, then another request of the transport is refused", []happening{applied(connectionRefused)}, "-", 0, 4, true},
		{"delete", "429, then the same", []happening{refusal(429), applied(connectionRefused)}, "-", 0, 4, true},
		{"delete", "429 that took effect", []happening{applied(refusal(429))}, "-", 0, 4, true},

		{"list", "lost in every way, then had", []happening{failed, connectionReset, truncated, regular}, "-", 0, 4, false},
		{"list", "429, then refused", []happening{refusal(429), refusal(403)}, "Forbidden", 403, 2, false},
	} {
		for _, col := range calls {
			if col.name != c.call {
				continue
			}
			bubble(t, c.call+"/"+c.name, func(t *testing.T) {
				fx := newFixture(t)
				fx.on(col.method, c.steps...)
				_, errs := col.call(t.Context(), fx, fx.api)
				want(t, errs[0], c.want, c.status)
				if n := fx.sent(col.method); n != c.sent || col.hasEffect(fx) != c.effect {
					t.Errorf("sent %d times, took effect: %t", n, col.hasEffect(fx))
				}
			})
		}
	}
	// Where no connection is had any more, or no token, that does not undo what was sent before.
	for _, col := range calls {
		for _, token := range []bool{true, false} {
			bubble(t, fmt.Sprintf("%s/lost, then nothing is sent, with a token %t", col.name, token), func(t *testing.T) {
				fx := newFixture(t)
				fx.on(col.method, failed, failed, connectionRefused)
				_, errs := col.call(t.Context(), fx, fx.signed(api.APITokenSource(func(context.Context) (string, error) {
					if !token && fx.sent(col.method) > 1 {
						return "", errWhy
					}
					return fx.srv.Token(), nil
				})))
				for _, err := range errs {
					if got := sentinels(err); got == "NotSent" || col.name != "list" && !strings.HasPrefix(got, "Unknown") {
						t.Errorf("matches %q: %v", got, err)
					}
				}
			})
		}
	}
}

// What Generated sends has the same meaning, but nothing is settled there, and a create
// that may have taken effect says so.
func TestOutcomesOfGenerated(t *testing.T) {
	for _, row := range outcomes() {
		if row.create.want == "" || row.create.want == "-" && row.name != "as promised" || strings.HasPrefix(row.name, "success") || row.name == "201 for another success" {
			continue
		}
		bubble(t, row.name, func(t *testing.T) {
			fx := newFixture(t)
			fx.on("POST", row.happens)
			_, err := row.client(fx).Generated().CreateJobSecretAliasWithResponse(t.Context(), fx.job, fx.secret, api.AliasRequest{Key: "PG"})
			want(t, err, row.create.want, row.create.status)
			if n := fx.sent("POST"); n != row.create.sent || fx.sent("GET") != 0 {
				t.Errorf("sent %d times, listed %d times", n, fx.sent("GET"))
			}
		})
	}
}

// wantResults checks results against the server: in order, joined, and nothing claimed
// that is not so.
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
	failed := 0
	for i, r := range got {
		key := specs[i].Request.Key
		switch held := own[key]; {
		case (r.Secret == nil) == (r.Err == nil), r.Created && r.Err != nil:
			fx.t.Errorf("%s: %+v", key, r)
		case r.Err != nil:
			failed++
			if e := (*api.Error)(nil); !errors.As(r.Err, &e) {
				fx.t.Errorf("%s: a %T", key, r.Err)
			}
		case held == nil || held.ID != r.Secret.ID || r.Secret.Key != key || r.Secret.AliasedSecret == nil:
			fx.t.Errorf("%s: got %+v, the server has %+v", key, r.Secret, held)
		}
		if r.Err != nil && err != r.Err && (err == nil || failed <= 20 && !strings.Contains(err.Error(), key)) {
			fx.t.Errorf("%s: %v is not among %v", key, r.Err, err)
		}
	}
	if (err != nil) != (failed > 0) {
		fx.t.Errorf("%d have failed: %v", failed, err)
	}
}

// Sixty-four at once for one alias, half of them for another target: one POST takes
// effect, its side has what it asked for, one has created it, and the others are told of
// a conflict. All make their list before the first POST.
func TestManyEnsureAtOnce(t *testing.T) {
	for _, targets := range []int{1, 2} {
		var listed sync.WaitGroup
		listed.Add(64)
		fx := newFixture(t)
		fx.on("GET", func(fake http.RoundTripper, r *http.Request) (*http.Response, error) {
			resp, err := fake.RoundTrip(r)
			if fx.sent("POST") == 0 {
				listed.Done()
				listed.Wait()
			}
			return resp, err
		})
		ids := []uuid.UUID{fx.secret, fx.srv.AddSecret(fx.job, "OTHER", api.VariableScopeProject)}
		var all sync.WaitGroup
		var mu sync.Mutex
		won, createds := map[uuid.UUID]int{}, 0
		for i := range 64 {
			all.Go(func() {
				s, created, err := fx.api.EnsureJobSecretAlias(t.Context(), fx.job, ids[i%targets], api.AliasRequest{Key: "PG"})
				mu.Lock()
				defer mu.Unlock()
				if created {
					createds++
				}
				if err == nil {
					won[s.AliasedSecret.ID]++
				} else if m := matches(err); m != "Conflict" || targets == 1 {
					t.Error(m, err)
				}
			})
		}
		all.Wait()
		if target := fx.holder("PG").AliasedSecret.ID; createds != 1 || len(won) != 1 || won[target] != 64/targets || fx.count("POST") != 64 {
			t.Errorf("%d created, %v, %d POST", createds, won, fx.count("POST"))
		}
	}
}
