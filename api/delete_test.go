package api_test

// Deleting an alias: what is refused before anything is deleted, what is tried again,
// and what a second "not found" means.

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/api"
	"github.com/qovery-alias/qovery-alias-go/api/apitest"
)

func TestDeleteAlias(t *testing.T) {
	l := newLab(t)
	keep, drop := l.srv.AddAlias(l.job, l.secret, "KEEP"), l.srv.AddAlias(l.job, l.secret, "DROP")
	if err := l.api.DeleteJobSecretAlias(t.Context(), l.job, drop); err != nil {
		t.Fatal(err)
	}
	if left := l.srv.Secrets(l.job); len(left) != 2 || left[0].ID != l.secret || left[1].ID != keep {
		t.Errorf("left are %+v", left)
	}
	l.wantCounts(0, 1, 1)
	r := l.srv.Requests()[1]
	if want := fmt.Sprintf("/job/%s/secret/%s", l.job, drop); r.Path != want || len(r.Body) != 0 {
		t.Errorf("%s with %q", r.Path, r.Body)
	}
}

// Nothing but an alias at job level is deleted, and the error says what it is.
func TestDeleteRefuses(t *testing.T) {
	const id = "4d6ff7fc-0ce7-4a5c-9ef8-2a5ed6ddb39c"
	for name, c := range map[string]struct {
		secret string
		says   string // "": it is deleted
	}{
		"own value":               {`"scope":"JOB","variable_type":"VALUE"`, "VALUE"},
		"own file":                {`"scope":"JOB","variable_type":"FILE"`, "FILE"},
		"external":                {`"scope":"JOB","variable_type":"EXTERNAL_SECRET"`, "EXTERNAL_SECRET"},
		"override":                {`"scope":"JOB","variable_type":"OVERRIDE","overridden_secret":{"id":"` + id + `"}`, "OVERRIDE"},
		"override with alias":     {`"scope":"JOB","variable_type":"OVERRIDE","aliased_secret":{"id":"` + id + `"}`, "OVERRIDE"},
		"built in":                {`"scope":"BUILT_IN","variable_type":"BUILT_IN"`, "BUILT_IN"},
		"of the environment":      {`"scope":"ENVIRONMENT","variable_type":"VALUE"`, "ENVIRONMENT"},
		"alias of another scope":  {`"scope":"ENVIRONMENT","variable_type":"ALIAS","aliased_secret":{"id":"` + id + `"}`, "ENVIRONMENT"},
		"alias of an application": {`"scope":"APPLICATION","variable_type":"ALIAS","aliased_secret":{"id":"` + id + `"}`, "APPLICATION"},
		"unknown scope":           {`"scope":"NEW","variable_type":"ALIAS","aliased_secret":{"id":"` + id + `"}`, "NEW"},
		"scope null":              {`"scope":null,"variable_type":"ALIAS","aliased_secret":{"id":"` + id + `"}`, "scope"},
		"scope in lower case":     {`"scope":"job","variable_type":"ALIAS","aliased_secret":{"id":"` + id + `"}`, "job"},
		"no type":                 {`"scope":"JOB"`, "unknown"},
		"unknown type":            {`"scope":"JOB","variable_type":"NEW"`, "NEW"},
		"alias":                   {`"scope":"JOB","variable_type":"ALIAS","aliased_secret":{"id":"` + id + `"}`, ""},
		"alias, target unknown":   {`"scope":"JOB","variable_type":"ALIAS","aliased_secret":null`, ""},
		"no type, but a target":   {`"scope":"JOB","variable_type":null,"aliased_secret":{"id":"` + id + `"}`, ""},
		"new type, but a target":  {`"scope":"JOB","variable_type":"NEW","aliased_secret":{"id":"` + id + `"}`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			l.listOnce(`{"id":"` + id + `","key":"SOME_KEY",` + c.secret + `}`)
			l.srv.Inject(apitest.Fault{Method: "DELETE", Status: 204})
			err := l.api.DeleteJobSecretAlias(t.Context(), l.job, uuid.MustParse(id))
			if c.says == "" {
				if err != nil {
					t.Error(err)
				}
				l.wantCounts(0, 1, 1)
				return
			}
			labWant(t, err, "Invalid", 0)
			if !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), "SOME_KEY") {
				t.Errorf("%q does not say %s", err, c.says)
			}
			l.wantCounts(0, 1, 0)
		})
	}
	t.Run("ids", func(t *testing.T) {
		l := newLab(t)
		alias := l.srv.AddAlias(l.job, l.secret, "PG")
		labWant(t, l.api.DeleteJobSecretAlias(t.Context(), l.job, uuid.Nil), "Invalid", 0)
		labWant(t, l.api.DeleteJobSecretAlias(t.Context(), uuid.Nil, alias), "Invalid", 0)
		l.wantCounts(0, 0, 0)
		unknown := uuid.New()
		err := l.api.DeleteJobSecretAlias(t.Context(), l.job, unknown)
		labWant(t, err, "NotFound", 0)
		if !strings.Contains(err.Error(), unknown.String()) {
			t.Errorf("%v does not name it", err)
		}
		other := l.srv.AddJob("other")
		labWant(t, l.api.DeleteJobSecretAlias(t.Context(), other, alias), "NotFound", 0)
		labWant(t, l.api.DeleteJobSecretAlias(t.Context(), uuid.New(), alias), "NotFound", 404)
		labWant(t, l.api.DeleteJobSecretAlias(t.Context(), l.job, l.secret), "Invalid", 0)
		l.wantCounts(0, 4, 0)
		if n := len(l.srv.Secrets(l.job)); n != 2 {
			t.Errorf("%d secrets", n)
		}
	})
}

// If the list fails, nothing is deleted.
func TestDeleteWithoutList(t *testing.T) {
	for name, c := range map[string]struct {
		fault  apitest.Fault
		want   string
		status int
	}{
		"500":  {apitest.Fault{Method: "GET", Status: 500}, "Server", 500},
		"401":  {apitest.Fault{Method: "GET", Status: 401}, "Unauthorized", 401},
		"HTML": {apitest.Fault{Method: "GET", Status: 200, Body: "<html>"}, "Unexpected", 200},
		"cut":  {apitest.Fault{Method: "GET", Truncate: 40}, "Unexpected cut", 200},
		"429":  {apitest.Fault{Method: "GET", Status: 429}, "RateLimited", 429},
		"null": {apitest.Fault{Method: "GET", Status: 200, Body: `{"results":null}`}, "Unexpected", 200},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			alias := l.srv.AddAlias(l.job, l.secret, "PG")
			for range 4 {
				l.srv.Inject(c.fault)
			}
			labWant(t, l.api.DeleteJobSecretAlias(t.Context(), l.job, alias), c.want, c.status)
			if l.count("DELETE") != 0 || l.held("PG") == nil {
				t.Error("it was deleted")
			}
		})
	}
}

func TestDeleteAnswers(t *testing.T) {
	for name, c := range map[string]struct {
		faults []apitest.Fault
		want   string
		status int
		sent   int
		gone   bool
	}{
		"gone before":              {[]apitest.Fault{{Status: 404}}, "NotFound", 404, 1, false},
		"lost, then gone":          {[]apitest.Fault{{Apply: true, Hangup: true}}, "-", 0, 2, true},
		"lost before, then done":   {[]apitest.Fault{{Hangup: true}}, "-", 0, 2, true},
		"500 after, then gone":     {[]apitest.Fault{{Apply: true, Status: 500}}, "-", 0, 2, true},
		"408 after, then gone":     {[]apitest.Fault{{Apply: true, Status: 408}}, "-", 0, 2, true},
		"502 twice, then gone":     {[]apitest.Fault{{Apply: true, Status: 502, Body: "<html>"}, {Status: 502}}, "-", 0, 3, true},
		"lost four times":          {labTimes(4, apitest.Fault{Hangup: true}), "reset", 0, 4, false},
		"lost four times, applied": {append(labTimes(3, apitest.Fault{Hangup: true}), apitest.Fault{Apply: true, Hangup: true}), "reset", 0, 4, true},
		"503 four times":           {labTimes(4, apitest.Fault{Status: 503}), "Server", 503, 4, false},
		"429 twice":                {labTimes(2, apitest.Fault{Status: 429}), "-", 0, 3, true},
		"429 four times":           {labTimes(4, apitest.Fault{Status: 429}), "RateLimited", 429, 4, false},
		"429 for hours":            {[]apitest.Fault{{Status: 429, Header: http.Header{"Retry-After": {"7200"}}}}, "RateLimited", 429, 1, false},
		"429, then gone":           {[]apitest.Fault{{Status: 429}, {Status: 404}}, "-", 0, 2, false}, // by another's hand
		"501":                      {[]apitest.Fault{{Status: 501}}, "Server", 501, 1, false},
		"409":                      {[]apitest.Fault{{Status: 409}}, "Conflict", 409, 1, false},
		"400":                      {[]apitest.Fault{{Status: 400}}, "Invalid", 400, 1, false},
		"401":                      {[]apitest.Fault{{Status: 401}}, "Unauthorized", 401, 1, false},
		"403":                      {[]apitest.Fault{{Status: 403}}, "Forbidden", 403, 1, false},
		"lost, then 403":           {[]apitest.Fault{{Apply: true, Hangup: true}, {Status: 403}}, "Forbidden", 403, 2, true},
		"lost, then 410":           {[]apitest.Fault{{Apply: true, Hangup: true}, {Status: 410}}, "Invalid", 410, 2, true},
		"200":                      {[]apitest.Fault{{Apply: true, Status: 200, Body: "{}"}}, "Unexpected", 200, 1, true},
		"202":                      {[]apitest.Fault{{Apply: true, Status: 202}}, "Unexpected", 202, 1, true},
		"302":                      {[]apitest.Fault{{Status: 302, Header: http.Header{"Location": {"/"}}}}, "Unexpected", 302, 1, false},
		"307":                      {[]apitest.Fault{{Status: 307, Header: http.Header{"Location": {"/"}}}}, "Unexpected", 307, 1, false},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			alias := l.srv.AddAlias(l.job, l.secret, "PG")
			for _, f := range c.faults {
				f.Method = "DELETE"
				l.srv.Inject(f)
			}
			err := l.api.DeleteJobSecretAlias(t.Context(), l.job, alias)
			e := labWant(t, err, c.want, c.status)
			if err != nil && e.Operation != "deleteJobSecret" {
				t.Errorf("Operation %q", e.Operation)
			}
			l.wantCounts(0, 1, c.sent)
			if gone := l.held("PG") == nil; gone != c.gone {
				t.Errorf("gone: %v", gone)
			}
			if l.srv.Secrets(l.job)[0].ID != l.secret {
				t.Error("the secret is gone")
			}
		})
	}
}

// TestDeleteLastWord: once an attempt may have been processed, no error says that the
// request was not sent, however the later attempts end. Before that it does.
func TestDeleteLastWord(t *testing.T) {
	type step = func(l *lab, req *http.Request) (*http.Response, error)
	refused := func(_ *lab, req *http.Request) (*http.Response, error) {
		return (&http.Transport{DialContext: labRefuse}).RoundTrip(req)
	}
	answer := func(f apitest.Fault) step {
		return func(l *lab, req *http.Request) (*http.Response, error) {
			l.srv.Inject(f)
			return l.wire.RoundTrip(req)
		}
	}
	lost, failed, regular := answer(apitest.Fault{Apply: true, Hangup: true}), answer(apitest.Fault{Status: 503}), answer(apitest.Fault{})
	missing := answer(apitest.Fault{Status: 404})
	for name, c := range map[string]struct {
		steps  []step
		want   string
		status int
	}{
		"refused":                       {[]step{refused, refused, refused, refused}, "NotSent refused", 0},
		"refused, then done":            {[]step{refused, refused, refused, regular}, "-", 0},
		"refused, then not there":       {[]step{refused, missing}, "NotFound", 404},
		"lost, then refused":            {[]step{lost, refused, refused, refused}, "reset refused", 0},
		"refused, lost, refused":        {[]step{refused, lost, refused, refused}, "reset refused", 0},
		"failed, then refused":          {[]step{failed, refused, refused, refused}, "Server refused", 503},
		"lost, refused, then not there": {[]step{lost, refused, missing}, "-", 0},
		"lost at last":                  {[]step{refused, refused, refused, lost}, "reset", 0},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			alias := l.srv.AddAlias(l.job, l.secret, "PG")
			n := 0
			client := l.client(labFunc(func(req *http.Request) (*http.Response, error) {
				if req.Method == "GET" {
					return l.wire.RoundTrip(req)
				}
				n++
				return c.steps[n-1](l, req)
			}))
			labWant(t, client.DeleteJobSecretAlias(t.Context(), l.job, alias), c.want, c.status)
			if n != len(c.steps) {
				t.Errorf("%d attempts, want %d", n, len(c.steps))
			}
		})
	}
	t.Run("lost, then no token", func(t *testing.T) {
		l := newLab(t)
		alias := l.srv.AddAlias(l.job, l.secret, "PG")
		l.srv.Inject(apitest.Fault{Method: "DELETE", Apply: true, Hangup: true})
		asked, expired := 0, errors.New("the session has expired")
		client, err := api.NewClient(api.BearerTokenSource(func(context.Context) (string, error) {
			if asked++; asked > 2 {
				return "", expired
			}
			return "e30.e30.e30", nil
		}), api.WithBaseURL(labAt), api.WithHTTPClient(&http.Client{Transport: l.wire}), labNoWait)
		if err != nil {
			t.Fatal(err)
		}
		err = client.DeleteJobSecretAlias(t.Context(), l.job, alias)
		labWant(t, err, "reset", 0)
		if !errors.Is(err, expired) {
			t.Errorf("%v does not name the cause", err)
		}
	})
}

func TestDeleteCancelled(t *testing.T) {
	for _, c := range []struct {
		name  string
		fault apitest.Fault
		want  string
		sent  int
	}{
		{"in the list", apitest.Fault{Method: "GET", Delay: time.Hour}, "canceled", 0},
		{"waiting", apitest.Fault{Method: "DELETE", Delay: time.Hour}, "canceled", 1},
		{"before a retry", apitest.Fault{Method: "DELETE", Status: 500}, "Server canceled", 1},
		{"after it took effect", apitest.Fault{Method: "DELETE", Hangup: true, Apply: true}, "canceled reset", 1},
	} {
		labBubble(t, c.name, func(t *testing.T) {
			l := newLab(t, api.WithBackoff(func(int) time.Duration { return time.Minute }))
			alias := l.srv.AddAlias(l.job, l.secret, "PG")
			l.srv.Inject(c.fault)
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(5*time.Second, cancel)
			labWant(t, l.api.DeleteJobSecretAlias(ctx, l.job, alias), c.want, c.fault.Status)
			l.wantElapsed(5 * time.Second)
			if n := l.count("DELETE"); n != c.sent {
				t.Errorf("%d DELETE", n)
			}
		})
	}
	l := newLab(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	labWant(t, l.api.DeleteJobSecretAlias(ctx, l.job, uuid.New()), "NotSent canceled", 0)
}
