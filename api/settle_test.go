package api_test

// Settling: what the list shows decides, when and how long it is asked, and what is said
// when it decides nothing.

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/api"
	"github.com/qovery-alias/qovery-alias-go/api/apitest"
)

// listed is an entry of a list with key PG at job level; SECRET stands for the id of the
// secret asked for.
func listed(members string) string {
	return `{"id":"4d6ff7fc-0ce7-4a5c-9ef8-2a5ed6ddb39c","key":"PG","scope":"JOB",` + members + `}`
}

// The holder of a key, as a list shows it, decides what became of a POST, and whether
// ensure sends one.
func TestWhatTheListShows(t *testing.T) {
	const (
		mine  = `"aliased_secret":{"id":"SECRET"}`
		other = `"variable_type":"ALIAS","aliased_secret":{"id":"4d6ff7fc-0ce7-4a5c-9ef8-2a5ed6ddb39d"}`
	)
	text, yes := api.Ptr("main"), api.Ptr(true)
	asked := api.AliasRequest{Key: "PG"}
	for _, c := range []struct {
		name   string
		list   []string
		req    api.AliasRequest
		create string // after a 502
		ensure string // before a POST; "POST": one is sent
		after  string // ensure after a 502
	}{
		{"the alias", []string{listed(`"variable_type":"ALIAS",` + mine)}, asked, "-", "-", "-"},
		{"of an unknown type", []string{listed(`"variable_type":"NEW",` + mine)}, asked, "-", "-", "-"},
		{"beside a malformed member", []string{listed(`"service_id":"","created_at":"2026-08-20",` + mine)}, asked, "-", "-", "-"},
		{"among others", []string{`{"id":"` + uuid.NewString() + `","key":"PG","scope":"ENVIRONMENT"}`, strings.Replace(listed(mine), "PG", "pg", 1), listed(mine)}, asked, "-", "-", "-"},

		{"the same description", []string{listed(`"description":"main",` + mine)}, api.AliasRequest{Key: "PG", Description: text}, "-", "-", "-"},
		{"no description of none", []string{listed(`"description":"",` + mine)}, asked, "-", "-", "-"},
		{"an empty one of an empty one", []string{listed(mine)}, api.AliasRequest{Key: "PG", Description: api.Ptr("")}, "-", "-", "-"},
		{"another description", []string{listed(`"description":"older",` + mine)}, api.AliasRequest{Key: "PG", Description: text}, "Unknown Server", "-", "-"},
		{"a description of none", []string{listed(`"description":"older",` + mine)}, asked, "Unknown Server", "-", "-"},
		{"no description of one", []string{listed(mine)}, api.AliasRequest{Key: "PG", Description: text}, "Unknown Server", "-", "-"},
		{"the same interpolation", []string{listed(`"enable_interpolation_in_file":true,` + mine)}, api.AliasRequest{Key: "PG", EnableInterpolationInFile: yes}, "-", "-", "-"},
		{"another interpolation", []string{listed(`"enable_interpolation_in_file":false,` + mine)}, api.AliasRequest{Key: "PG", EnableInterpolationInFile: yes}, "Unknown Server", "-", "-"},
		{"any interpolation of none", []string{listed(`"enable_interpolation_in_file":true,` + mine)}, asked, "-", "-", "-"},

		{"target null", []string{listed(`"variable_type":"ALIAS","aliased_secret":null`)}, asked, "Unknown Server", "-", "Unknown Server"},
		{"target without id", []string{listed(`"variable_type":"ALIAS","aliased_secret":{"id":null,"key":"DB_PASSWORD"}`)}, asked, "Unknown Server", "-", "Unknown Server"},
		{"target with a malformed id", []string{listed(`"variable_type":"ALIAS","aliased_secret":{"id":"?"}`)}, asked, "Unknown Server", "-", "Unknown Server"},
		{"target malformed", []string{listed(`"variable_type":"ALIAS","aliased_secret":"?"`)}, asked, "Unknown Server", "-", "Unknown Server"},
		{"a plain value with a malformed target", []string{listed(`"variable_type":"VALUE","aliased_secret":"?"`)}, asked, "Unknown Server", "-", "Unknown Server"},
		{"no target, no type", []string{listed(`"owned_by":""`)}, asked, "Unknown Server", "-", "Unknown Server"},

		{"a plain value", []string{listed(`"variable_type":"VALUE","aliased_secret":null`)}, asked, "Conflict", "Conflict", "Conflict"},
		{"an override", []string{listed(`"variable_type":"OVERRIDE","overridden_secret":{"id":"SECRET"}`)}, asked, "Conflict", "Conflict", "Conflict"},
		{"another target", []string{listed(other)}, asked, "Conflict", "Conflict", "Conflict"},
		{"another description and the alias", []string{listed(`"description":"older",` + mine), listed(`"description":"main",` + mine)}, api.AliasRequest{Key: "PG", Description: text}, "-", "-", "-"},
		{"another target and the alias", []string{listed(other), listed(mine)}, asked, "-", "-", "-"},
		{"the alias and another target", []string{listed(mine), listed(other)}, asked, "-", "-", "-"},
		{"a plain value and an alias of which nothing is told", []string{listed(`"variable_type":"VALUE"`), listed(`"variable_type":"ALIAS","aliased_secret":null`)}, asked, "Unknown Server", "-", "Unknown Server"},

		{"another scope", []string{strings.Replace(listed(mine), "JOB", "ENVIRONMENT", 1)}, asked, "Unknown Server", "POST", "Unknown Server"},
		{"an unknown scope", []string{strings.Replace(listed(mine), "JOB", "TASK", 1)}, asked, "Unknown Server", "POST", "Unknown Server"},
		{"another case", []string{strings.Replace(listed(mine), "PG", "pg", 1)}, asked, "Unknown Server", "POST", "Unknown Server"},
		{"nothing", nil, asked, "Unknown Server", "POST", "Unknown Server"},
	} {
		t.Run(c.name, func(t *testing.T) {
			check := func(what, names string, s *api.Secret, err error) {
				t.Helper()
				status := 502
				if names == "Conflict" {
					status = 0
				}
				e := want(t, err, names, status)
				if (s != nil) != (err == nil) {
					t.Errorf("%s: %v beside %v", what, s, err)
				}
				if held := strings.Contains(strings.Join(c.list, ""), `"key":"PG","scope":"JOB"`); err != nil && (e.Existing != nil) != held {
					t.Errorf("%s: Existing %+v", what, e.Existing)
				}
			}
			fx := newFixture(t)
			list := strings.ReplaceAll(results(c.list...), "SECRET", fx.secret.String())
			fx.on("POST", answered(502, ""))
			fx.on("GET", answered(200, list))
			s, err := fx.api.CreateJobSecretAlias(t.Context(), fx.job, fx.secret, c.req)
			if check("create", c.create, s, err); fx.sent("POST") != 1 {
				t.Errorf("create: %d POST", fx.sent("POST"))
			}
			fx.on("POST", answered(502, ""))
			s, created, err := fx.api.EnsureJobSecretAlias(t.Context(), fx.job, fx.secret, c.req)
			if c.ensure == "POST" {
				check("ensure", "Unknown Server", s, err)
			} else {
				check("ensure", c.ensure, s, err)
			}
			if (fx.sent("POST") > 0) != (c.ensure == "POST") || created {
				t.Errorf("ensure: %d POST, created %t", fx.sent("POST"), created)
			}
			fx.on("POST", answered(502, ""))
			fx.on("GET", answered(200, results()), answered(200, list))
			s, created, err = fx.api.EnsureJobSecretAlias(t.Context(), fx.job, fx.secret, c.req)
			if check("ensure after a POST", c.after, s, err); created || fx.sent("POST") == 0 {
				t.Errorf("ensure after a POST: %d POST, created %t", fx.sent("POST"), created)
			}
		})
	}
}

// The list is asked at once and until 5.25 s after the failure, closer together where
// less time is reserved, and after the pauses of WithBackoff where that is set. No
// wait follows that no list could come after.
func TestSettleSchedule(t *testing.T) {
	for _, c := range []struct {
		name     string
		opt      api.Option
		deadline time.Duration
		want     string
		lists    []apitest.Fault
	}{
		{"default", api.WithBackoff(nil), 0, "[0s 250ms 750ms 1.75s 3.25s 5.25s]", nil},
		{"a long deadline", api.WithBackoff(nil), time.Hour, "[0s 250ms 750ms 1.75s 3.25s 5.25s]", nil},
		{"pauses of the caller's", api.WithBackoff(func(n int) time.Duration { return time.Duration(n) * time.Second }), 0, "[0s 1s 3s 6s 10s 15s]", nil},
		{"a short deadline", api.WithBackoff(nil), 4 * time.Second, "", nil},
		{"asked to wait for too long", api.WithBackoff(nil), 0, "[0s 250ms 750ms]",
			append(times(2, apitest.Fault{Status: 503}), apitest.Fault{Status: 503, Header: http.Header{"Retry-After": {"29.5"}}})},
	} {
		bubble(t, c.name, func(t *testing.T) {
			fx := newFixture(t, c.opt)
			fx.inject("POST", apitest.Fault{Status: 504})
			fx.inject("GET", c.lists...)
			_, err := fx.create(within(t, c.deadline))
			want(t, err, "Unknown Server", 504)
			at := fx.at["GET"]
			if fx.wantElapsed(at[len(at)-1]); c.want != "" && fmt.Sprint(at) != c.want {
				t.Errorf("listed at %v, want %s", at, c.want)
			}
			if last := at[len(at)-1]; c.deadline == 4*time.Second && (len(at) < 4 || last > time.Second || last < 500*time.Millisecond) {
				t.Errorf("listed at %v, with 1 s reserved", at)
			}
		})
	}
	for _, late := range []time.Duration{time.Second, 2 * time.Second, 5 * time.Second} {
		bubble(t, fmt.Sprint("shows after ", late), func(t *testing.T) {
			fx := newFixture(t, api.WithBackoff(nil))
			fx.inject("POST", apitest.Fault{Status: 504})
			time.AfterFunc(late, func() { fx.srv.AddAlias(fx.job, fx.secret, "PG") })
			s, err := fx.create(within(t, 30*time.Second))
			fx.wantSecret(s, err)
			want(t, err, "-", 0)
		})
	}
}

// Lists that fail while settling do not hide what the POST said.
func TestSettleWithFailingLists(t *testing.T) {
	for name, c := range map[string]struct {
		faults []apitest.Fault
		want   string
	}{
		"one retried":         {times(1, apitest.Fault{Status: 500}), "-"},
		"several lost":        {times(5, apitest.Fault{Hangup: true}), "-"},
		"forbidden, then not": {times(2, apitest.Fault{Status: 403}), "-"},
		"all lost":            {times(99, apitest.Fault{Status: 503}), "Unknown NoResponse reset"},
		"all reset":           {times(99, apitest.Fault{Hangup: true}), "Unknown NoResponse reset"},
		"forbidden":           {times(99, apitest.Fault{Status: 403}), "Unknown NoResponse reset"},
		"a conflict":          {times(99, apitest.Fault{Status: 409}), "Unknown NoResponse reset"},
		"HTML":                {times(99, apitest.Fault{Status: 200, Body: "<html>"}), "Unknown NoResponse reset"},
		"rate limited":        {times(99, apitest.Fault{Status: 429}), "Unknown NoResponse reset"},
		"rate limited, hours": {times(99, apitest.Fault{Status: 429, Header: http.Header{"Retry-After": {"7200"}}}), "Unknown NoResponse reset"},
	} {
		for _, ensures := range []bool{false, true} {
			t.Run(fmt.Sprint(name, ", ensure ", ensures), func(t *testing.T) {
				fx := newFixture(t)
				call := fx.create
				if ensures { // which begins with a list, and without another sends nothing again
					fx.inject("GET", apitest.Fault{})
					call = func(ctx context.Context) (*api.Secret, error) { s, _, err := fx.ensure(ctx); return s, err }
				}
				fx.inject("POST", apitest.Fault{Hangup: true, Apply: true})
				fx.inject("GET", c.faults...)
				s, err := call(t.Context())
				if e := want(t, err, c.want, 0); err == nil && s.ID != fx.holder("PG").ID || err != nil && e.Operation != creating {
					t.Errorf("%v, operation %q", s, e.Operation)
				}
				fx.wantCounts(1, fx.count("GET"), 0)
			})
		}
	}
	// Where the list is to decide and cannot be had, nobody knows.
	t.Run("delete, 403", func(t *testing.T) {
		fx := newFixture(t)
		fx.inject("GET", append([]apitest.Fault{{}}, times(99, apitest.Fault{Status: 404})...)...)
		fx.inject("DELETE", apitest.Fault{Status: 403, Apply: true})
		want(t, fx.api.DeleteJobSecretAlias(t.Context(), fx.job, fx.srv.AddAlias(fx.job, fx.secret, "PG")), "Unknown Forbidden", 403)
	})
}

// A conflict names the holder of the key where it can be looked up, the job's own before
// an inherited one, and says what may hold it where no list shows it. To an
// ensure it means that somebody was faster since its list, and the list decides.
func TestConflict(t *testing.T) {
	empty := apitest.Fault{Status: 200, Body: results()}
	same := func(fx *fixture) uuid.UUID { return fx.srv.AddAlias(fx.job, fx.secret, "PG") }
	secret := func(scopes ...api.VariableScope) func(fx *fixture) uuid.UUID {
		return func(fx *fixture) (last uuid.UUID) {
			for _, scope := range scopes {
				last = fx.srv.AddSecret(fx.job, "PG", scope)
			}
			return last
		}
	}
	for name, c := range map[string]struct {
		hold   func(fx *fixture) uuid.UUID
		lists  []apitest.Fault // after the 409
		says   string          // by create
		ensure string
	}{
		"another alias": {func(fx *fixture) uuid.UUID {
			return fx.srv.AddAlias(fx.job, fx.srv.AddSecret(fx.job, "OTHER", api.VariableScopeProject), "PG")
		}, nil, "PG", "Conflict"},
		"the very alias":                  {same, nil, "exists as asked for", "-"},
		"the very alias, shown late":      {same, times(2, empty), "variable", "-"},
		"the very alias, not shown":       {same, times(9, empty), "variable", "Conflict"},
		"a plain secret":                  {secret("JOB"), nil, "PG", "Conflict"},
		"an inherited secret":             {secret("PROJECT", "ENVIRONMENT"), nil, "PG", "Conflict"},
		"its own before an inherited one": {secret("ENVIRONMENT", "JOB"), nil, "PG", "Conflict"},
		"a variable": {func(fx *fixture) uuid.UUID { fx.inject("POST", apitest.Fault{Status: 409}); return uuid.Nil },
			nil, "variable", "Conflict"},
		"lists fail":       {same, times(99, apitest.Fault{Status: 500}), "", "Unknown Conflict"},
		"lists are broken": {same, times(99, apitest.Fault{Status: 200, Body: page}), "", "Unknown Conflict"},
	} {
		t.Run(name, func(t *testing.T) {
			check := func(fx *fixture, id uuid.UUID, s *api.Secret, e *api.Error) {
				t.Helper()
				if c.lists != nil && s == nil {
					id = uuid.Nil
				}
				found := cmp.Or(s, e.Existing)
				if (found == nil) != (id == uuid.Nil) || found != nil && found.ID != id || fx.count("POST") != 1 {
					t.Errorf("found %+v, want %s; %d POST: %v", found, id, fx.count("POST"), e)
				}
			}
			fx := newFixture(t)
			id := c.hold(fx)
			fx.inject("GET", c.lists...)
			s, err := fx.create(t.Context())
			e := want(t, err, "Conflict", 409)
			if check(fx, id, s, e); !strings.Contains(err.Error(), c.says) || c.lists == nil && fx.count("GET") != 1 {
				t.Errorf("%d GET: %v", fx.count("GET"), err)
			}
			fx = newFixture(t)
			id = c.hold(fx)
			fx.inject("GET", append([]apitest.Fault{empty}, c.lists...)...)
			s, created, err := fx.ensure(t.Context())
			if check(fx, id, s, want(t, err, c.ensure, 409)); created {
				t.Error("created")
			}
		})
	}
}

// TestSettleTime: a quarter of the time left when the call starts is reserved for
// settling, 30 s at the most; the attempts are shortened to leave it, no wait eats into
// it, and no list goes beyond it.
func TestSettleTime(t *testing.T) {
	const never = time.Hour
	lists := func(d time.Duration, status int) []apitest.Fault {
		return times(99, apitest.Fault{Delay: d, Status: status})
	}
	for _, c := range []struct {
		name          string
		deadline      time.Duration // 0: none
		attempt       time.Duration // the attempt timeout
		posts         []apitest.Fault
		lists         []apitest.Fault
		settles, ends time.Duration // when the settling begins; by when the call ends
		want          string
		status        int
	}{
		{"lists at once", 40 * time.Second, time.Minute, []apitest.Fault{{Delay: never}}, nil, 30 * time.Second, 40 * time.Second, "Unknown NoResponse", 0},
		{"lists hang", 40 * time.Second, time.Minute, []apitest.Fault{{Delay: never}}, lists(never, 0), 30 * time.Second, 40 * time.Second, "Unknown NoResponse", 0},
		{"attempt is short", 100 * time.Second, 30 * time.Second, []apitest.Fault{{Delay: never}}, lists(never, 0), 30 * time.Second, 55 * time.Second, "Unknown NoResponse", 0},
		{"deadline is short", 4 * time.Millisecond, 30 * time.Second, []apitest.Fault{{Delay: never}}, lists(never, 0), 3 * time.Millisecond, 4 * time.Millisecond, "Unknown NoResponse", 0},
		{"no deadline", 0, 31 * time.Second, []apitest.Fault{{Delay: never}}, lists(never, 0), 31 * time.Second, 61 * time.Second, "Unknown NoResponse", 0},
		{"a long deadline", time.Hour, 30 * time.Second, []apitest.Fault{{Status: 503}}, lists(never, 0), 0, 30 * time.Second, "Unknown Server", 503},
		{"lists limited for long", time.Hour, 30 * time.Second, []apitest.Fault{{Status: 503}}, lists(0, 429), 0, 30 * time.Second, "Unknown Server", 503},
		{"a quick response", 40 * time.Second, 30 * time.Second, []apitest.Fault{{Delay: 5 * time.Second, Status: 500}}, lists(never, 0), 5 * time.Second, 15 * time.Second, "Unknown Server", 500},
		{"after a 429", 40 * time.Second, time.Minute, []apitest.Fault{{Status: 429, Header: http.Header{"Retry-After": {"20"}}}, {Delay: never}}, lists(never, 0), 30 * time.Second, 40 * time.Second, "Unknown NoResponse", 0},
		{"a known conflict", time.Hour, 30 * time.Second, []apitest.Fault{{Status: 409}}, lists(never, 0), 0, 30 * time.Second, "Conflict", 409},
	} {
		bubble(t, c.name, func(t *testing.T) {
			fx := newFixture(t, api.WithAttemptTimeout(c.attempt))
			fx.inject("POST", c.posts...)
			fx.inject("GET", c.lists...)
			_, err := fx.create(within(t, c.deadline))
			if got := sentinels(err); got != c.want {
				t.Errorf("matches %q, want %q: %v", got, c.want, err)
			}
			at, took := fx.at["GET"][0], time.Since(fx.start)
			if took > c.ends || at > c.settles || at < c.settles*3/4 {
				t.Errorf("settling began at %v, want %s or a quarter before; took %s, want up to %s", at, c.settles, took, c.ends)
			}
		})
	}
}
