package api_test

// Creates whose answer was lost or makes no sense: what the list then tells, how
// often it is asked, how long that takes, and what is said when nobody can know.

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/api"
	"github.com/qovery-alias/qovery-alias-go/api/apitest"
	"github.com/qovery-alias/qovery-alias-go/generated"
)

// labLost are the answers that leave a create open. want is what the error matches
// beside Unknown, if nothing is found.
var labLost = []struct {
	name   string
	fault  apitest.Fault
	want   string
	always bool // takes effect in any case
}{
	{name: "hangup", fault: apitest.Fault{Hangup: true}, want: "Unknown reset"},
	{name: "truncated", fault: apitest.Fault{Truncate: 20}, want: "Unexpected Unknown cut", always: true},
	{name: "408", fault: apitest.Fault{Status: 408}, want: "Server Unknown"},
	{name: "500", fault: apitest.Fault{Status: 500, Body: `{"status":500,"detail":"oops"}`}, want: "Server Unknown"},
	{name: "501", fault: apitest.Fault{Status: 501}, want: "Server Unknown"},
	{name: "502 HTML", fault: apitest.Fault{Status: 502, Body: "<html><title>502 Bad Gateway</title></html>"}, want: "Server Unknown"},
	{name: "503 with Retry-After", fault: apitest.Fault{Status: 503, Header: http.Header{"Retry-After": {"1"}}}, want: "Server Unknown"},
	{name: "504", fault: apitest.Fault{Status: 504}, want: "Server Unknown"},
	{name: "599", fault: apitest.Fault{Status: 599}, want: "Server Unknown"},
	{name: "600", fault: apitest.Fault{Status: 600}, want: "Unexpected Unknown"},
	{name: "301", fault: apitest.Fault{Status: 301, Header: http.Header{"Location": {"/elsewhere"}}}, want: "Unexpected Unknown"},
	{name: "302 bad location", fault: apitest.Fault{Status: 302, Header: http.Header{"Location": {":%zz"}}}, want: "Unexpected Unknown"},
	{name: "303", fault: apitest.Fault{Status: 303}, want: "Unexpected Unknown"},
	{name: "200", fault: apitest.Fault{Status: 200, Body: `{"status":"ok"}`}, want: "Unexpected Unknown"},
	{name: "202", fault: apitest.Fault{Status: 202}, want: "Unexpected Unknown"},
	{name: "204", fault: apitest.Fault{Status: 204}, want: "Unexpected Unknown"},
	{name: "201 empty", fault: apitest.Fault{Status: 201}, want: "Unexpected Unknown"},
	{name: "201 HTML", fault: apitest.Fault{Status: 201, Body: "<html>"}, want: "Unexpected Unknown"},
	{name: "201 null", fault: apitest.Fault{Status: 201, Body: `null`}, want: "Unexpected Unknown"},
	{name: "201 {}", fault: apitest.Fault{Status: 201, Body: `{}`}, want: "Unexpected Unknown"},
	{name: "201 []", fault: apitest.Fault{Status: 201, Body: `[]`}, want: "Unexpected Unknown"},
	{name: "201 no id", fault: apitest.Fault{Status: 201, Body: `{"id":null,"key":"PG","scope":"JOB"}`}, want: "Unexpected Unknown"},
	{name: "201 zero id", fault: apitest.Fault{Status: 201, Body: `{"id":"00000000-0000-0000-0000-000000000000","key":"PG"}`}, want: "Unexpected Unknown"},
	{name: "201 another key", fault: apitest.Fault{Status: 201, Body: `{"id":"4d6ff7fc-0ce7-4a5c-9ef8-2a5ed6ddb39c","key":"pg"}`}, want: "Unexpected Unknown"},
	{name: "201 another target", fault: apitest.Fault{Status: 201,
		Body: `{"id":"4d6ff7fc-0ce7-4a5c-9ef8-2a5ed6ddb39c","key":"PG","aliased_secret":{"id":"4d6ff7fc-0ce7-4a5c-9ef8-2a5ed6ddb39d"}}`}, want: "Unexpected Unknown"},
	{name: "201 two values", fault: apitest.Fault{Status: 201, Body: `{"id":"4d6ff7fc-0ce7-4a5c-9ef8-2a5ed6ddb39c","key":"PG"}{}`}, want: "Unexpected Unknown"},
	{name: "201 too long", fault: apitest.Fault{Status: 201,
		Body: `{"id":"4d6ff7fc-0ce7-4a5c-9ef8-2a5ed6ddb39c","key":"PG"` + strings.Repeat(" ", 1<<20) + `}`}, want: "Unexpected Unknown"},
}

func TestSettleLostAnswer(t *testing.T) {
	for _, c := range labLost {
		for _, apply := range []bool{true, false} {
			if c.always && !apply {
				continue
			}
			t.Run(fmt.Sprint(c.name, " apply ", apply), func(t *testing.T) {
				l := newLab(t)
				c.fault.Method, c.fault.Apply = "POST", apply
				l.srv.Inject(c.fault)
				s, err := l.create(t.Context())
				if apply {
					if err != nil {
						t.Fatal(err)
					}
					if held := l.held("PG"); held == nil || s.ID != held.ID || s.AliasedSecret == nil || s.AliasedSecret.ID != l.secret {
						t.Errorf("returned %+v, the server holds %+v", s, held)
					}
					l.wantCounts(1, 1, 0)
					return
				}
				status := c.fault.Status
				if c.always {
					status = 201
				}
				e := labWant(t, err, c.want, status)
				if s != nil {
					t.Errorf("a secret beside an error: %+v", s)
				}
				if e.Operation != "createJobSecretAlias" || e.Existing != nil {
					t.Errorf("%+v", e)
				}
				if !strings.Contains(err.Error(), "may or may not exist") {
					t.Errorf("does not say so: %v", err)
				}
				l.wantCounts(1, 3, 0)
			})
		}
	}
}

// The key is held by something else when the answer is lost: that is a conflict and
// nothing else, since the create cannot have taken effect.
func TestSettleHeldByAnother(t *testing.T) {
	for name, hold := range map[string]func(l *lab) uuid.UUID{
		"alias of another secret": func(l *lab) uuid.UUID {
			return l.srv.AddAlias(l.job, l.srv.AddSecret(l.job, "OTHER", api.VariableScopeProject), "PG")
		},
		"plain secret": func(l *lab) uuid.UUID { return l.srv.AddSecret(l.job, "PG", api.VariableScopeJob) },
	} {
		for _, c := range labLost {
			if c.always { // the fake would refuse it with 409
				continue
			}
			t.Run(name+" "+c.name, func(t *testing.T) {
				l := newLab(t)
				id := hold(l)
				c.fault.Method = "POST"
				l.srv.Inject(c.fault)
				s, err := l.create(t.Context())
				e := labWant(t, err, "Conflict", 0)
				if s != nil || e.Existing == nil || e.Existing.ID != id {
					t.Errorf("%v, Existing %+v, want %s", s, e.Existing, id)
				}
				l.wantCounts(1, 1, 0)
			})
		}
	}
}

// labList answers the next list with these secrets, in JSON.
func (l *lab) listOnce(secrets ...string) {
	l.srv.Inject(apitest.Fault{Method: "GET", Status: 200, Body: `{"results":[` + strings.Join(secrets, ",") + `]}`})
}

// What the list shows decides, also where it is not quite what the API promises.
func TestSettleByWhatTheListShows(t *testing.T) {
	const id, other = `"id":"4d6ff7fc-0ce7-4a5c-9ef8-2a5ed6ddb39c"`, `"4d6ff7fc-0ce7-4a5c-9ef8-2a5ed6ddb39d"`
	for name, c := range map[string]struct {
		list []string // SECRET stands for the id of the one asked for
		want string
	}{
		"the alias":               {[]string{`{` + id + `,"key":"PG","scope":"JOB","variable_type":"ALIAS","aliased_secret":{"id":"SECRET"}}`}, "-"},
		"of an unknown type":      {[]string{`{` + id + `,"key":"PG","scope":"JOB","variable_type":"NEW","aliased_secret":{"id":"SECRET"}}`}, "-"},
		"without a type":          {[]string{`{` + id + `,"key":"PG","scope":"JOB","aliased_secret":{"id":"SECRET"}}`}, "-"},
		"among others":            {[]string{`{"key":"PG","scope":"ENVIRONMENT"}`, `{"key":"pg","scope":"JOB"}`, `{` + id + `,"key":"PG","scope":"JOB","aliased_secret":{"id":"SECRET"}}`}, "-"},
		"target null":             {[]string{`{` + id + `,"key":"PG","scope":"JOB","variable_type":"ALIAS","aliased_secret":null}`}, "Server Unknown"},
		"target without id":       {[]string{`{` + id + `,"key":"PG","scope":"JOB","variable_type":"ALIAS","aliased_secret":{"id":null,"key":"DB_PASSWORD"}}`}, "Server Unknown"},
		"target zero":             {[]string{`{` + id + `,"key":"PG","scope":"JOB","variable_type":"ALIAS","aliased_secret":{"id":"00000000-0000-0000-0000-000000000000"}}`}, "Server Unknown"},
		"no target, no type":      {[]string{`{` + id + `,"key":"PG","scope":"JOB"}`}, "Server Unknown"},
		"no target, unknown type": {[]string{`{` + id + `,"key":"PG","scope":"JOB","variable_type":"NEW"}`}, "Server Unknown"},
		"a plain value":           {[]string{`{` + id + `,"key":"PG","scope":"JOB","variable_type":"VALUE","aliased_secret":null}`}, "Conflict"},
		"an override":             {[]string{`{` + id + `,"key":"PG","scope":"JOB","variable_type":"OVERRIDE","overridden_secret":{"id":"SECRET"}}`}, "Conflict"},
		"another target":          {[]string{`{` + id + `,"key":"PG","scope":"JOB","variable_type":"ALIAS","aliased_secret":{"id":` + other + `}}`}, "Conflict"},
		"another scope":           {[]string{`{` + id + `,"key":"PG","scope":"ENVIRONMENT","variable_type":"ALIAS","aliased_secret":{"id":"SECRET"}}`}, "Server Unknown"},
		"scope unknown":           {[]string{`{` + id + `,"key":"PG","scope":"TASK","variable_type":"ALIAS","aliased_secret":{"id":"SECRET"}}`}, "Server Unknown"},
		"scope null":              {[]string{`{` + id + `,"key":"PG","scope":null,"variable_type":"ALIAS","aliased_secret":{"id":"SECRET"}}`}, "Server Unknown"},
		"another case":            {[]string{`{` + id + `,"key":"pg","scope":"JOB","variable_type":"ALIAS","aliased_secret":{"id":"SECRET"}}`}, "Server Unknown"},
		"null":                    {[]string{`null`}, "Server Unknown"},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			l.srv.Inject(apitest.Fault{Method: "POST", Status: 502})
			for range 3 {
				l.listOnce(strings.ReplaceAll(strings.Join(c.list, ","), "SECRET", l.secret.String()))
			}
			s, err := l.create(t.Context())
			status := 502
			if c.want == "Conflict" {
				status = 0
			}
			if e := labWant(t, err, c.want, status); c.want == "Conflict" && e.Existing == nil {
				t.Error("no Existing")
			}
			if (s != nil) != (err == nil) {
				t.Errorf("%v beside %v", s, err)
			}
		})
	}
}

// An alias that shows late is found at the second and at the third look, and there
// is no fourth.
func TestSettleLooks(t *testing.T) {
	stale := apitest.Fault{Method: "GET", Status: 200, Body: `{"results":[]}`}
	for late := range 4 {
		t.Run(fmt.Sprint(late), func(t *testing.T) {
			l := newLab(t)
			l.srv.Inject(apitest.Fault{Method: "POST", Hangup: true, Apply: true})
			for range late {
				l.srv.Inject(stale)
			}
			s, err := l.create(t.Context())
			if late < 3 {
				if err != nil || s.ID != l.held("PG").ID {
					t.Errorf("%v, %v", s, err)
				}
				l.wantCounts(1, late+1, 0)
				return
			}
			labWant(t, err, "Unknown reset", 0)
			l.wantCounts(1, 3, 0)
		})
	}
}

// Between the looks there is the same wait as before retries 1 and 2.
func TestSettleWaitsBetweenLooks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, api.WithBackoff(func(retry int) time.Duration { return time.Duration(retry) * time.Second }))
		l.srv.Inject(apitest.Fault{Method: "POST", Status: 500})
		_, err := l.create(t.Context())
		labWant(t, err, "Server Unknown", 500)
		l.wantElapsed(3 * time.Second)
		l.wantCounts(1, 3, 0)
	})
}

// Lists that fail while settling do not hide what the create said.
func TestSettleWithFailingLists(t *testing.T) {
	for name, c := range map[string]struct {
		faults []apitest.Fault
		want   string
		lists  int
	}{
		"one retried":         {labTimes(1, apitest.Fault{Status: 500}), "-", 2},
		"one look lost":       {labTimes(4, apitest.Fault{Status: 503}), "-", 5},
		"two looks lost":      {labTimes(8, apitest.Fault{Hangup: true}), "-", 9},
		"all lost":            {labTimes(12, apitest.Fault{Status: 503}), "Unknown reset", 12},
		"all reset":           {labTimes(12, apitest.Fault{Hangup: true}), "Unknown reset", 12},
		"forbidden":           {labTimes(3, apitest.Fault{Status: 403}), "Unknown reset", 3},
		"unauthorized":        {labTimes(3, apitest.Fault{Status: 401}), "Unknown reset", 3},
		"not found":           {labTimes(3, apitest.Fault{Status: 404}), "Unknown reset", 3},
		"not implemented":     {labTimes(3, apitest.Fault{Status: 501}), "Unknown reset", 3},
		"a conflict":          {labTimes(3, apitest.Fault{Status: 409}), "Unknown reset", 3},
		"redirected":          {labTimes(3, apitest.Fault{Status: 302, Header: http.Header{"Location": {"/"}}}), "Unknown reset", 3},
		"HTML":                {labTimes(3, apitest.Fault{Status: 200, Body: "<html>"}), "Unknown reset", 3},
		"results missing":     {labTimes(3, apitest.Fault{Status: 200, Body: "{}"}), "Unknown reset", 3},
		"results null":        {labTimes(3, apitest.Fault{Status: 200, Body: `{"results":null}`}), "Unknown reset", 3},
		"rate limited":        {labTimes(12, apitest.Fault{Status: 429}), "Unknown reset", 12},
		"rate limited, hours": {labTimes(3, apitest.Fault{Status: 429, Header: http.Header{"Retry-After": {"7200"}}}), "Unknown reset", 3},
		"forbidden, then not": {labTimes(2, apitest.Fault{Status: 403}), "-", 3},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			l.srv.Inject(apitest.Fault{Method: "POST", Hangup: true, Apply: true})
			for _, f := range c.faults {
				f.Method = "GET"
				l.srv.Inject(f)
			}
			s, err := l.create(t.Context())
			e := labWant(t, err, c.want, 0)
			if err == nil && s.ID != l.held("PG").ID {
				t.Errorf("%+v", s)
			}
			if err != nil && e.Operation != "createJobSecretAlias" {
				t.Errorf("Operation %q", e.Operation)
			}
			l.wantCounts(1, c.lists, 0)
		})
	}
}

func labTimes(n int, f apitest.Fault) (faults []apitest.Fault) {
	for range n {
		faults = append(faults, f)
	}
	return faults
}

// Answers that say what became of the create are not looked up, but for 409.
func TestSettleNothingThatIsClear(t *testing.T) {
	for status, want := range map[int]string{
		400: "Invalid", 401: "Unauthorized", 402: "Invalid", 403: "Forbidden", 404: "NotFound", 405: "Invalid",
		410: "Invalid", 412: "Invalid", 418: "Invalid", 422: "Invalid", 451: "Invalid", 499: "Invalid",
		300: "Unexpected", 304: "Unexpected", 305: "Unexpected", 306: "Unexpected", 307: "Unexpected", 308: "Unexpected",
	} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			l := newLab(t)
			l.srv.Inject(apitest.Fault{Method: "POST", Status: status, Header: http.Header{"Location": {"/elsewhere"}}})
			_, err := l.create(t.Context())
			labWant(t, err, want, status)
			l.wantCounts(1, 0, 0)
		})
	}
	t.Run("429", func(t *testing.T) {
		l := newLab(t)
		for range 4 {
			l.srv.Inject(apitest.Fault{Method: "POST", Status: 429})
		}
		_, err := l.create(t.Context())
		labWant(t, err, "RateLimited", 429)
		l.wantCounts(4, 0, 0)
	})
	t.Run("429, then created", func(t *testing.T) {
		l := newLab(t)
		l.srv.Inject(apitest.Fault{Method: "POST", Status: 429})
		if s, err := l.create(t.Context()); err != nil || s.ID != l.held("PG").ID {
			t.Errorf("%v, %v", s, err)
		}
		l.wantCounts(2, 0, 0)
	})
	t.Run("429, then lost", func(t *testing.T) {
		l := newLab(t)
		l.srv.Inject(apitest.Fault{Method: "POST", Status: 429})
		l.srv.Inject(apitest.Fault{Method: "POST", Status: 500})
		_, err := l.create(t.Context())
		labWant(t, err, "Server Unknown", 500)
		l.wantCounts(2, 3, 0)
	})
}

// A conflict names the holder of the key, where it can be looked up, and stays a
// conflict where it cannot. One look is enough.
func TestSettleConflict(t *testing.T) {
	t.Run("held by another alias", func(t *testing.T) {
		l := newLab(t)
		id := l.srv.AddAlias(l.job, l.srv.AddSecret(l.job, "OTHER", api.VariableScopeProject), "PG")
		_, err := l.create(t.Context())
		if e := labWant(t, err, "Conflict", 409); e.Existing == nil || e.Existing.ID != id || !strings.Contains(e.Detail, "PG") {
			t.Errorf("%+v", e)
		}
		l.wantCounts(1, 1, 0)
	})
	t.Run("held by the same alias", func(t *testing.T) {
		l := newLab(t)
		id := l.srv.AddAlias(l.job, l.secret, "PG")
		s, err := l.create(t.Context())
		if e := labWant(t, err, "Conflict", 409); s != nil || e.Existing == nil || e.Existing.ID != id {
			t.Errorf("%v, %+v", s, e)
		}
		l.wantCounts(1, 1, 0)
	})
	t.Run("held by a variable", func(t *testing.T) { // which no list of secrets shows
		l := newLab(t)
		l.srv.Inject(apitest.Fault{Method: "POST", Status: 409})
		_, err := l.create(t.Context())
		if e := labWant(t, err, "Conflict", 409); e.Existing != nil {
			t.Errorf("%+v", e)
		}
		l.wantCounts(1, 1, 0)
	})
	t.Run("list fails", func(t *testing.T) {
		l := newLab(t)
		l.srv.AddAlias(l.job, l.secret, "PG")
		for range 4 {
			l.srv.Inject(apitest.Fault{Method: "GET", Status: 500})
		}
		_, err := l.create(t.Context())
		if e := labWant(t, err, "Conflict", 409); e.Existing != nil {
			t.Errorf("%+v", e)
		}
		l.wantCounts(1, 4, 0)
	})
	t.Run("list is broken", func(t *testing.T) {
		l := newLab(t)
		l.srv.AddAlias(l.job, l.secret, "PG")
		l.srv.Inject(apitest.Fault{Method: "GET", Status: 200, Body: "<html>"})
		_, err := l.create(t.Context())
		labWant(t, err, "Conflict", 409)
		l.wantCounts(1, 1, 0)
	})
	labBubble(t, "list hangs", func(t *testing.T) {
		l := newLab(t)
		l.srv.AddAlias(l.job, l.secret, "PG")
		for range 4 {
			l.srv.Inject(apitest.Fault{Method: "GET", Delay: time.Hour})
		}
		_, err := l.create(t.Context())
		labWant(t, err, "Conflict", 409)
		l.wantElapsed(30 * time.Second)
	})
	labBubble(t, "cancelled in the look", func(t *testing.T) {
		l := newLab(t)
		l.srv.AddAlias(l.job, l.secret, "PG")
		l.srv.Inject(apitest.Fault{Method: "GET", Delay: time.Hour})
		ctx, cancel := context.WithTimeout(t.Context(), 4*time.Second)
		defer cancel()
		_, err := l.create(ctx)
		labWant(t, err, "Conflict", 409)
		l.wantElapsed(time.Second) // a quarter of the time is for the look
	})
}

// TestSettleTime: a quarter of the time left is for settling, 30 s without a
// deadline; and the create is cut short enough to leave it that.
func TestSettleTime(t *testing.T) {
	const never = time.Hour
	for _, c := range []struct {
		name         string
		deadline     time.Duration // 0: none
		attempt      time.Duration // the attempt timeout
		answer       time.Duration // how long the create takes; it answers 500 then
		lists        time.Duration // how long each list takes
		apply        bool
		posted, took time.Duration // when the settling begins, when all ends
		want         string
		status, gets int
	}{
		{name: "deadline, lists at once", deadline: 40 * time.Second, attempt: time.Minute, answer: never,
			posted: 30 * time.Second, took: 30 * time.Second, want: "Unknown", gets: 3},
		{name: "deadline, lists hang", deadline: 40 * time.Second, attempt: time.Minute, answer: never, lists: never,
			posted: 30 * time.Second, took: 40 * time.Second, want: "Unknown", gets: 1},
		{name: "deadline, found", deadline: 40 * time.Second, attempt: time.Minute, answer: never, apply: true,
			posted: 30 * time.Second, took: 30 * time.Second, want: "-", gets: 1},
		{name: "long deadline, lists hang", deadline: 100 * time.Second, attempt: 30 * time.Second, answer: never, lists: never,
			posted: 30 * time.Second, took: 55 * time.Second, want: "Unknown", gets: 1},
		{name: "short deadline, lists hang", deadline: 4 * time.Millisecond, attempt: 30 * time.Second, answer: never, lists: never,
			posted: 3 * time.Millisecond, took: 4 * time.Millisecond, want: "Unknown", gets: 1},
		{name: "no deadline, lists hang", attempt: 31 * time.Second, answer: never, lists: never,
			posted: 31 * time.Second, took: 61 * time.Second, want: "Unknown", gets: 1},
		{name: "no deadline, lists are slow", attempt: 30 * time.Second, answer: never, lists: 12 * time.Second,
			posted: 30 * time.Second, took: 60 * time.Second, want: "Unknown", gets: 3},
		{name: "quick answer, lists hang", deadline: 40 * time.Second, attempt: 30 * time.Second, answer: 5 * time.Second, lists: never,
			posted: 5 * time.Second, took: 15 * time.Second, want: "Server Unknown", status: 500, gets: 1},
		{name: "last moment, lists hang", deadline: 40 * time.Second, attempt: time.Minute, answer: 29 * time.Second, lists: never,
			posted: 29 * time.Second, took: 39 * time.Second, want: "Server Unknown", status: 500, gets: 1},
	} {
		labBubble(t, c.name, func(t *testing.T) {
			var listed time.Duration
			var l *lab
			l = newLabOver(t, func(fake http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if r.Method == "GET" && listed == 0 {
						listed = time.Since(l.start)
					}
					if r.Method == "POST" && c.apply {
						(&labAnswer{header: http.Header{}}).serve(fake, r)
						<-r.Context().Done()
						return
					}
					fake.ServeHTTP(w, r)
				})
			}, api.WithAttemptTimeout(c.attempt))
			if !c.apply {
				l.srv.Inject(apitest.Fault{Method: "POST", Delay: c.answer, Status: 500})
			}
			for range 12 {
				l.srv.Inject(apitest.Fault{Method: "GET", Delay: c.lists})
			}
			ctx := t.Context()
			if c.deadline > 0 {
				var cancel context.CancelFunc
				ctx, cancel = context.WithTimeout(ctx, c.deadline)
				defer cancel()
			}
			_, err := l.create(ctx)
			if c.took == c.deadline { // both end in the same instant
				labWantEither(t, err, c.want, c.status)
			} else {
				labWant(t, err, c.want, c.status)
			}
			l.wantElapsed(c.took)
			if listed != c.posted {
				t.Errorf("settling began at %s, want %s", listed, c.posted)
			}
			l.wantCounts(1, c.gets, 0)
		})
	}
}

// labWantEither also allows the context's error, for what ends just with its deadline.
func labWantEither(t *testing.T, err error, want string, status int) {
	t.Helper()
	if labMatches(err) == want+" deadline" {
		want += " deadline"
	}
	labWant(t, err, want, status)
}

// A 429 that is waited out shortens what is left, for the attempt and for settling.
func TestSettleTimeAfterRetries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, api.WithAttemptTimeout(time.Minute))
		l.srv.Inject(apitest.Fault{Method: "POST", Status: 429, Header: http.Header{"Retry-After": {"20"}}})
		l.srv.Inject(apitest.Fault{Method: "POST", Delay: time.Hour})
		l.srv.Inject(apitest.Fault{Method: "GET", Delay: time.Hour})
		ctx, cancel := context.WithTimeout(t.Context(), 40*time.Second)
		defer cancel()
		_, err := l.create(ctx)
		labWantEither(t, err, "Unknown", 0)
		l.wantElapsed(40 * time.Second)
		l.wantCounts(2, 1, 0) // at 35 s the second create is given up
	})
}

// TestSettleCancelled: a context that ends while the create is under way, or while it
// is being settled, ends the call in the same instant.
func TestSettleCancelled(t *testing.T) {
	const at = 5 * time.Second
	slow := api.WithBackoff(func(int) time.Duration { return time.Minute })
	for _, c := range []struct {
		name   string
		faults []apitest.Fault
		hang   string // the method whose answers hang in their body
		want   string
		status int
	}{
		{"waiting for the answer", []apitest.Fault{{Method: "POST", Delay: time.Hour}}, "", "Unknown", 0},
		{"waiting for the answer, which takes effect", []apitest.Fault{{Method: "POST", Delay: time.Hour, Apply: true}}, "", "Unknown", 0},
		{"in the body of the answer", nil, "POST", "Unknown", 201},
		{"in the first look", []apitest.Fault{{Method: "POST", Status: 502}, {Method: "GET", Delay: time.Hour}}, "", "Server Unknown", 502},
		{"in the body of the first look", []apitest.Fault{{Method: "POST", Status: 502, Apply: true}}, "GET", "Server Unknown", 502},
		{"before the second look", []apitest.Fault{{Method: "POST", Status: 502}}, "", "Server Unknown", 502},
		{"before the retry of a look", []apitest.Fault{{Method: "POST", Status: 502}, {Method: "GET", Status: 500}}, "", "Server Unknown", 502},
		{"in the Retry-After of a look", []apitest.Fault{{Method: "POST", Status: 502}, {Method: "GET", Status: 429, Header: http.Header{"Retry-After": {"20"}}}}, "", "Server Unknown", 502},
	} {
		for _, how := range []string{"canceled", "deadline"} {
			labBubble(t, c.name+" "+how, func(t *testing.T) {
				l := newLab(t)
				transport := labServe(t, labHang(l.srv.Handler(), c.hang))
				client := l.client(transport, api.WithBaseURL("http://localhost"), slow)
				for _, f := range c.faults {
					l.srv.Inject(f)
				}
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				time.AfterFunc(at, cancel)
				want, took := c.want+" canceled", at
				if how == "deadline" {
					// The attempt ends at three quarters, and there the settling begins; so
					// a deadline strikes while settling, at the latest when that has no time left.
					ctx, cancel = context.WithTimeout(t.Context(), at)
					defer cancel()
					want, took = "", at
				}
				s, err := client.CreateJobSecretAlias(ctx, l.job, l.secret, api.AliasRequest{Key: "PG"})
				got := time.Since(l.start)
				if how == "canceled" {
					if c.status == 201 {
						want = "Unexpected " + want // as the doubtful status says
					}
					labWant(t, err, want, c.status)
					if s != nil || got != took {
						t.Errorf("%v after %s, want %s", s, got, took)
					}
				} else if got > at {
					t.Errorf("took %s, the deadline was %s", got, at)
				}
				l.wantCountsAtMostOnePost()
			})
		}
	}
}

func (l *lab) wantCountsAtMostOnePost() {
	l.t.Helper()
	if n := l.count("POST"); n > 1 {
		l.t.Errorf("%d POST", n)
	}
}

// labHang lets the answers to a method hang in the middle of their body.
func labHang(fake http.Handler, method string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != method {
			fake.ServeHTTP(w, r)
			return
		}
		a := &labAnswer{header: http.Header{}}
		a.serve(fake, r)
		for name, values := range a.sent {
			w.Header()[name] = values
		}
		w.WriteHeader(a.status)
		w.Write(a.body.Bytes()[:a.body.Len()/2])
		http.NewResponseController(w).Flush()
		<-r.Context().Done()
	})
}

// A context that is over before anything is sent leaves nothing open.
func TestSettleNotSent(t *testing.T) {
	t.Run("cancelled before", func(t *testing.T) {
		l := newLab(t)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := l.create(ctx)
		labWant(t, err, "NotSent canceled", 0)
		l.wantCounts(0, 0, 0)
	})
	t.Run("deadline passed", func(t *testing.T) {
		l := newLab(t)
		ctx, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
		defer cancel()
		_, err := l.create(ctx)
		labWant(t, err, "NotSent deadline", 0)
		l.wantCounts(0, 0, 0)
	})
	// The source answers although its context is over: net/http does not send the
	// request then, whatever transport the caller has.
	for name, own := range map[string]bool{"caller's transport": false, "default transport": true} {
		t.Run("cancelled while asking for a token, "+name, func(t *testing.T) {
			srv := apitest.Start(t)
			job := srv.AddJob("nightly")
			secret := srv.AddSecret(job, "DB", api.VariableScopeProject)
			ctx, cancel := context.WithCancel(t.Context())
			opts := []api.Option{api.WithBaseURL(srv.URL()), labNoWait}
			if !own {
				transport := &http.Transport{}
				defer transport.CloseIdleConnections()
				opts = append(opts, api.WithHTTPClient(&http.Client{Transport: transport}))
			}
			client, err := api.NewClient(api.BearerTokenSource(func(context.Context) (string, error) {
				cancel()
				return "e30.e30.e30", nil
			}), opts...)
			if err != nil {
				t.Fatal(err)
			}
			defer client.CloseIdleConnections()
			_, err = client.CreateJobSecretAlias(ctx, job, secret, api.AliasRequest{Key: "PG"})
			labWant(t, err, "NotSent canceled", 0)
			if n := len(srv.Requests()); n != 0 {
				t.Errorf("%d requests", n)
			}
		})
	}
	labBubble(t, "refused", func(t *testing.T) {
		l := newLab(t)
		transport := &http.Transport{DialContext: labRefuse}
		_, err := l.client(transport).CreateJobSecretAlias(t.Context(), l.job, l.secret, api.AliasRequest{Key: "PG"})
		labWant(t, err, "NotSent refused", 0)
	})
	labBubble(t, "dial hangs", func(t *testing.T) {
		l := newLab(t)
		transport := &http.Transport{DialContext: labHangingDial(t)}
		_, err := l.client(transport).CreateJobSecretAlias(t.Context(), l.job, l.secret, api.AliasRequest{Key: "PG"})
		labWant(t, err, "NotSent", 0)
		l.wantElapsed(4 * 30 * time.Second)
	})
	labBubble(t, "cancelled while dialling", func(t *testing.T) {
		l := newLab(t)
		transport := &http.Transport{DialContext: labHangingDial(t)}
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		_, err := l.client(transport).CreateJobSecretAlias(ctx, l.job, l.secret, api.AliasRequest{Key: "PG"})
		labWant(t, err, "NotSent canceled", 0)
		l.wantElapsed(time.Second)
	})
}

// A timeout of the caller's http.Client is one of the attempt, not of the call.
func TestSettleAfterClientTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t)
		client := l.client(nil, api.WithHTTPClient(&http.Client{Transport: labHangAfter(l, "POST"), Timeout: 5 * time.Second}))
		s, err := client.CreateJobSecretAlias(t.Context(), l.job, l.secret, api.AliasRequest{Key: "PG"})
		if err != nil || s.ID != l.held("PG").ID {
			t.Errorf("%v, %v", s, err)
		}
		l.wantElapsed(5 * time.Second)
		l.wantCounts(1, 1, 0)
	})
}

// labHangAfter lets requests of a method take effect and their answers get lost.
func labHangAfter(l *lab, method string) labFunc {
	return func(req *http.Request) (*http.Response, error) {
		resp, err := l.wire.RoundTrip(req)
		if req.Method == method {
			<-req.Context().Done()
			return nil, req.Context().Err()
		}
		return resp, err
	}
}

// Generated leaves a create whose answer was lost as it is: one request, no look, and
// an error that tells what happened.
func TestSettleIsNotForGenerated(t *testing.T) {
	l := newLab(t)
	l.srv.Inject(apitest.Fault{Method: "POST", Status: 500, Apply: true})
	_, err := l.api.Generated().CreateJobSecretAliasWithResponse(t.Context(), l.job, l.secret, generated.SecretAliasRequest{Key: "PG"})
	labWant(t, err, "Server", 500)
	l.wantCounts(1, 0, 0)
}
