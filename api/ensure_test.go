package api_test

// Ensure: what is there is left alone, what is not is created once, also when many do
// it at the same time, and created is only said of a creation that was seen.

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/api"
	"github.com/qovery-alias/qovery-alias-go/api/apitest"
)

func TestEnsureCreates(t *testing.T) {
	l := newLab(t)
	s, created, err := l.api.EnsureJobSecretAlias(t.Context(), l.job, l.secret, api.AliasRequest{Key: "PG", Description: api.Ptr("main")})
	if err != nil || !created || s.ID != l.held("PG").ID || *l.held("PG").Description != "main" {
		t.Errorf("%v, %v, %v", s, created, err)
	}
	l.wantCounts(1, 1, 0)
}

// What exists is returned as it is: its description stays, and nothing is written.
func TestEnsureExists(t *testing.T) {
	l := newLab(t)
	first, _, err := l.api.EnsureJobSecretAlias(t.Context(), l.job, l.secret, api.AliasRequest{Key: "PG", Description: api.Ptr("first")})
	if err != nil {
		t.Fatal(err)
	}
	for _, req := range []api.AliasRequest{
		{Key: "PG"}, {Key: "PG", Description: api.Ptr("second")}, {Key: "PG", Description: api.Ptr(""), EnableInterpolationInFile: api.Ptr(true)},
	} {
		s, created, err := l.api.EnsureJobSecretAlias(t.Context(), l.job, l.secret, req)
		if err != nil || created || s.ID != first.ID || *s.Description != "first" {
			t.Errorf("%v, %v, %v", s, created, err)
		}
	}
	if s := l.held("PG"); s.ID != first.ID || *s.Description != "first" || s.EnableInterpolationInFile != nil {
		t.Errorf("%+v", s)
	}
	l.wantCounts(1, 4, 0)
}

func TestEnsureHeldByAnother(t *testing.T) {
	for name, hold := range map[string]func(l *lab) uuid.UUID{
		"alias of another secret": func(l *lab) uuid.UUID {
			return l.srv.AddAlias(l.job, l.srv.AddSecret(l.job, "OTHER", api.VariableScopeProject), "PG")
		},
		"plain secret": func(l *lab) uuid.UUID { return l.srv.AddSecret(l.job, "PG", api.VariableScopeJob) },
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			id := hold(l)
			s, created, err := l.ensure(t.Context())
			if e := labWant(t, err, "Conflict", 0); s != nil || created || e.Existing == nil || e.Existing.ID != id || !strings.Contains(err.Error(), `"PG"`) {
				t.Errorf("%v, %v, %+v", s, created, e)
			}
			l.wantCounts(0, 1, 0)
		})
	}
}

// Secrets of other scopes do not hold a key at job level, and keys are case sensitive.
func TestEnsureSameKeyElsewhere(t *testing.T) {
	for _, scope := range []api.VariableScope{api.VariableScopeEnvironment, api.VariableScopeProject, api.VariableScopeBuiltIn, api.VariableScopeApplication, "NEW"} {
		l := newLab(t)
		l.srv.AddSecret(l.job, "PG", scope)
		l.srv.AddSecret(l.job, "pg", api.VariableScopeJob)
		if _, created, err := l.ensure(t.Context()); err != nil || !created {
			t.Errorf("%s: %v, %v", scope, created, err)
		}
		l.wantCounts(1, 1, 0)
	}
}

// The key the secret itself has can be the alias's too.
func TestEnsureOwnKey(t *testing.T) {
	l := newLab(t)
	if _, created, err := l.api.EnsureJobSecretAlias(t.Context(), l.job, l.secret, api.AliasRequest{Key: "DB_PASSWORD"}); err != nil || !created {
		t.Errorf("%v, %v", created, err)
	}
	if _, created, err := l.api.EnsureJobSecretAlias(t.Context(), l.job, l.secret, api.AliasRequest{Key: "DB_PASSWORD"}); err != nil || created {
		t.Errorf("%v, %v", created, err)
	}
}

// A holder whose target the server does not tell cannot be taken for the alias asked
// for. Whatever is said, it is not success, and nothing is written over it.
func TestEnsureHolderWithoutTarget(t *testing.T) {
	l := newLab(t)
	l.listOnce(`{"id":"4d6ff7fc-0ce7-4a5c-9ef8-2a5ed6ddb39c","key":"PG","scope":"JOB","variable_type":"ALIAS","aliased_secret":null}`)
	s, created, err := l.ensure(t.Context())
	if e := labWant(t, err, "Conflict", 0); s != nil || created || e.Existing == nil {
		t.Errorf("%v, %v, %v", s, created, err)
	}
	l.wantCounts(0, 1, 0)
}

// Between the list and the create somebody else has made the alias: 409, and the list
// decides.
func TestEnsureConflict(t *testing.T) {
	empty := apitest.Fault{Method: "GET", Status: 200, Body: `{"results":[]}`}
	for name, c := range map[string]struct {
		make  func(l *lab) uuid.UUID
		lists []apitest.Fault
		want  string
		gets  int
	}{
		"the same":         {func(l *lab) uuid.UUID { return l.srv.AddAlias(l.job, l.secret, "PG") }, nil, "-", 2},
		"the same, late":   {func(l *lab) uuid.UUID { return l.srv.AddAlias(l.job, l.secret, "PG") }, []apitest.Fault{empty, empty}, "-", 4},
		"the same, unseen": {func(l *lab) uuid.UUID { return l.srv.AddAlias(l.job, l.secret, "PG") }, []apitest.Fault{empty, empty, empty}, "Conflict", 4},
		"list fails":       {func(l *lab) uuid.UUID { return l.srv.AddAlias(l.job, l.secret, "PG") }, labTimes(3, apitest.Fault{Method: "GET", Status: 403}), "Conflict", 4},
		"another":          {func(l *lab) uuid.UUID { return l.srv.AddAlias(l.job, l.srv.AddSecret(l.job, "O", "PROJECT"), "PG") }, nil, "Conflict", 2},
		"a plain secret":   {func(l *lab) uuid.UUID { return l.srv.AddSecret(l.job, "PG", "JOB") }, nil, "Conflict", 2},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			id := c.make(l)
			l.srv.Inject(empty) // the first list was too early
			for _, f := range c.lists {
				l.srv.Inject(f)
			}
			s, created, err := l.ensure(t.Context())
			e := labWant(t, err, c.want, 409)
			if created {
				t.Error("created")
			}
			if err == nil && s.ID != id {
				t.Errorf("%+v", s)
			}
			if err != nil && c.lists == nil && (e.Existing == nil || e.Existing.ID != id) {
				t.Errorf("Existing %+v", e.Existing)
			}
			l.wantCounts(1, c.gets, 0)
		})
	}
}

// Lost answers are settled as those of a create are; what was only found is not said
// to be created.
func TestEnsureLostAnswer(t *testing.T) {
	for _, c := range labLost {
		for _, apply := range []bool{true, false} {
			if c.always && !apply {
				continue
			}
			t.Run(fmt.Sprint(c.name, " apply ", apply), func(t *testing.T) {
				l := newLab(t)
				c.fault.Method, c.fault.Apply = "POST", apply
				l.srv.Inject(c.fault)
				s, created, err := l.ensure(t.Context())
				if created {
					t.Error("created, although no 201 was seen")
				}
				if apply {
					if err != nil || s.ID != l.held("PG").ID {
						t.Errorf("%v, %v", s, err)
					}
					l.wantCounts(1, 2, 0)
					return
				}
				status := c.fault.Status
				if c.always {
					status = 201
				}
				labWant(t, err, c.want, status)
				l.wantCounts(1, 4, 0)
			})
		}
	}
}

func TestEnsureErrors(t *testing.T) {
	for name, c := range map[string]struct {
		fault       apitest.Fault
		want        string
		status      int
		posts, gets int
	}{
		"list 500":        {apitest.Fault{Method: "GET", Status: 500}, "Server", 500, 0, 4},
		"list reset":      {apitest.Fault{Method: "GET", Hangup: true}, "reset", 0, 0, 4},
		"list 404":        {apitest.Fault{Method: "GET", Status: 404}, "NotFound", 404, 0, 1},
		"list broken":     {apitest.Fault{Method: "GET", Status: 200, Body: "<html>"}, "Unexpected", 200, 0, 1},
		"create 400":      {apitest.Fault{Method: "POST", Status: 400}, "Invalid", 400, 1, 1},
		"create 403":      {apitest.Fault{Method: "POST", Status: 403}, "Forbidden", 403, 1, 1},
		"create 404":      {apitest.Fault{Method: "POST", Status: 404}, "NotFound", 404, 1, 1},
		"create 429":      {apitest.Fault{Method: "POST", Status: 429}, "RateLimited", 429, 4, 1},
		"create 307":      {apitest.Fault{Method: "POST", Status: 307}, "Unexpected", 307, 1, 1},
		"create 429 once": {apitest.Fault{Method: "POST", Status: 429, Header: http.Header{"Retry-After": {"61"}}}, "RateLimited", 429, 1, 1},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			for range 4 {
				l.srv.Inject(c.fault)
			}
			s, created, err := l.ensure(t.Context())
			labWant(t, err, c.want, c.status)
			if s != nil || created {
				t.Errorf("%v, %v", s, created)
			}
			l.wantCounts(c.posts, c.gets, 0)
		})
	}
	l := newLab(t)
	for _, c := range []struct {
		job, secret uuid.UUID
		req         api.AliasRequest
	}{
		{uuid.Nil, l.secret, api.AliasRequest{Key: "PG"}},
		{l.job, uuid.Nil, api.AliasRequest{Key: "PG"}},
		{l.job, l.secret, api.AliasRequest{}},
		{l.job, l.secret, api.AliasRequest{Key: "\xff"}},
		{l.job, l.secret, api.AliasRequest{Key: "PG", Description: api.Ptr(strings.Repeat("ä", 256))}},
		{l.job, l.secret, api.AliasRequest{Key: "PG", Description: api.Ptr("\xff")}},
	} {
		_, created, err := l.api.EnsureJobSecretAlias(t.Context(), c.job, c.secret, c.req)
		labWant(t, err, "Invalid", 0)
		if created {
			t.Error("created")
		}
	}
	l.wantCounts(0, 0, 0)
}

func TestEnsureCancelled(t *testing.T) {
	for _, c := range []struct {
		name  string
		fault apitest.Fault
		want  string
		posts int
	}{
		{"in the list", apitest.Fault{Method: "GET", Delay: time.Hour}, "canceled", 0},
		{"in the create", apitest.Fault{Method: "POST", Delay: time.Hour}, "Unknown canceled", 1},
		{"in the create, which takes effect", apitest.Fault{Method: "POST", Delay: time.Hour, Apply: true}, "Unknown canceled", 1},
		{"while settling", apitest.Fault{Method: "POST", Status: 503}, "Server Unknown canceled", 1},
		{"before a create is tried again", apitest.Fault{Method: "POST", Status: 429}, "RateLimited canceled", 1},
	} {
		labBubble(t, c.name, func(t *testing.T) {
			l := newLab(t, api.WithBackoff(func(int) time.Duration { return time.Minute }))
			l.srv.Inject(c.fault)
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(5*time.Second, cancel)
			s, created, err := l.ensure(ctx)
			labWant(t, err, c.want, c.fault.Status)
			if s != nil || created {
				t.Errorf("%v, %v", s, created)
			}
			l.wantElapsed(5 * time.Second)
			if n := l.count("POST"); n != c.posts {
				t.Errorf("%d POST", n)
			}
		})
	}
}

// TestEnsureManyAtOnce: 64 at once for one alias. One POST takes effect, all succeed,
// one has created it; through real connections, and in memory with every list made
// before the first create, so that all of them try.
func TestEnsureManyAtOnce(t *testing.T) {
	const many = 64
	run := func(t *testing.T, l *lab, client *api.Client) {
		var all sync.WaitGroup
		var mu sync.Mutex
		ids, createds := map[uuid.UUID]bool{}, 0
		for range many {
			all.Go(func() {
				s, created, err := client.EnsureJobSecretAlias(t.Context(), l.job, l.secret, api.AliasRequest{Key: "PG"})
				mu.Lock()
				defer mu.Unlock()
				if err != nil {
					t.Error(err)
					return
				}
				if ids[s.ID] = true; created {
					createds++
				}
			})
		}
		all.Wait()
		if len(ids) != 1 || createds != 1 || !ids[l.held("PG").ID] || len(l.srv.Secrets(l.job)) != 2 {
			t.Errorf("%d ids, %d created, %d secrets", len(ids), createds, len(l.srv.Secrets(l.job)))
		}
	}
	t.Run("real connections", func(t *testing.T) {
		l := newLab(t)
		client, err := api.NewClient(api.APIToken(l.srv.Token()), api.WithBaseURL(l.srv.URL()))
		if err != nil {
			t.Fatal(err)
		}
		defer client.CloseIdleConnections()
		run(t, l, client)
	})
	t.Run("all create", func(t *testing.T) {
		var listed sync.WaitGroup
		listed.Add(many)
		var l *lab
		l = newLabOver(t, func(fake http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if fake.ServeHTTP(w, r); r.Method == "GET" && l.count("POST") == 0 {
					listed.Done()
					listed.Wait()
				}
			})
		})
		run(t, l, l.api)
		if n := l.count("POST"); n != many {
			t.Errorf("%d POST, want %d", n, many)
		}
	})
}

// Many at once, half of them for one target, half for another: one side wins, the
// other is told so.
func TestEnsureContention(t *testing.T) {
	l := newLab(t)
	targets := []uuid.UUID{l.secret, l.srv.AddSecret(l.job, "OTHER", api.VariableScopeProject)}
	var all sync.WaitGroup
	var mu sync.Mutex
	won, createds := map[uuid.UUID]int{}, 0
	for i := range 64 {
		all.Go(func() {
			target := targets[i%2]
			s, created, err := l.api.EnsureJobSecretAlias(t.Context(), l.job, target, api.AliasRequest{Key: "PG"})
			mu.Lock()
			defer mu.Unlock()
			if created {
				createds++
			}
			if err == nil {
				if won[target]++; s.AliasedSecret.ID != target {
					t.Errorf("got %s, want %s", s.AliasedSecret.ID, target)
				}
			} else if m := labMatches(err); m != "Conflict" {
				t.Error(m, err)
			}
		})
	}
	all.Wait()
	if target := l.held("PG").AliasedSecret.ID; createds != 1 || len(won) != 1 || won[target] != 32 {
		t.Errorf("%d created, %v, the server holds one of %s", createds, won, target)
	}
}
