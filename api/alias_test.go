package api_test

// Ensure, plan and delete: what is there is left alone, what the call's own list shows is
// not asked of the server, and nothing but an alias at job level is deleted.

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/api"
	"github.com/qovery-alias/qovery-alias-go/api/apitest"
)

// What exists is returned as it is: its description stays, and nothing is written.
func TestEnsureExists(t *testing.T) {
	fx := newFixture(t)
	first, created, err := fx.api.EnsureJobSecretAlias(t.Context(), fx.job, fx.secret, api.AliasRequest{Key: "PG", Description: api.Ptr("first")})
	if err != nil || !created {
		t.Fatal(created, err)
	}
	for _, req := range []api.AliasRequest{
		{Key: "PG"}, {Key: "PG", Description: api.Ptr("second")}, {Key: "PG", Description: api.Ptr(""), EnableInterpolationInFile: api.Ptr(true)},
	} {
		s, created, err := fx.api.EnsureJobSecretAlias(t.Context(), fx.job, fx.secret, req)
		if err != nil || created || s.ID != first.ID || *s.Description != "first" {
			t.Errorf("%v, %v, %v", s, created, err)
		}
	}
	if s := fx.holder("PG"); s.ID != first.ID || *s.Description != "first" || s.EnableInterpolationInFile != nil {
		t.Errorf("%+v", s)
	}
	fx.wantCounts(1, 4, 0)
}

// A list that cannot be had ends the call before anything is written.
func TestWithoutAList(t *testing.T) {
	for _, row := range outcomes() {
		for _, col := range calls {
			if col.name == "create" || col.name == "list" || row.list.want == "" || row.list.want == "-" {
				continue
			}
			bubble(t, row.name+"/"+col.name, func(t *testing.T) {
				fx := newFixture(t)
				fx.on("GET", row.happens)
				_, errs := col.call(t.Context(), fx, row.client(fx))
				for _, err := range errs {
					want(t, err, row.list.want, row.list.status)
				}
				if fx.sent("GET") != row.list.sent || fx.sent(col.method) != 0 {
					t.Errorf("%d lists, %d %s", fx.sent("GET"), fx.sent(col.method), col.method)
				}
			})
		}
	}
}

// A key as a target means the narrowest secret of it that is no alias, of a scope above
// the job's where there is one; for a batch and for FindAliasTarget alike.
func TestFindAliasTarget(t *testing.T) {
	type secret struct{ scope, kind string }
	alias, value, override := "ALIAS", "VALUE", "OVERRIDE"
	for name, c := range map[string]struct {
		secrets []secret
		want    int // which of them; -1: none
	}{
		"the only one":                  {[]secret{{"PROJECT", value}}, 0},
		"environment before project":    {[]secret{{"PROJECT", value}, {"ENVIRONMENT", value}}, 1},
		"project before built in":       {[]secret{{"BUILT_IN", "BUILT_IN"}, {"PROJECT", value}}, 1},
		"another service first":         {[]secret{{"PROJECT", value}, {"ENVIRONMENT", value}, {"APPLICATION", value}}, 2},
		"unknown scope first":           {[]secret{{"PROJECT", value}, {"ENVIRONMENT", value}, {"NEW", value}}, 2},
		"above the job's own":           {[]secret{{"JOB", value}, {"BUILT_IN", "BUILT_IN"}}, 1},
		"above an override":             {[]secret{{"JOB", override}, {"PROJECT", value}}, 1},
		"own, where there is no other":  {[]secret{{"JOB", value}}, 0},
		"own beside an alias above":     {[]secret{{"PROJECT", alias}, {"JOB", value}}, 1},
		"not an alias":                  {[]secret{{"ENVIRONMENT", alias}, {"PROJECT", value}}, 1},
		"only aliases":                  {[]secret{{"ENVIRONMENT", alias}, {"JOB", alias}}, -1},
		"an override of an environment": {[]secret{{"PROJECT", value}, {"ENVIRONMENT", override}}, 1},
		"the first of equals":           {[]secret{{"HELM", value}, {"NEW", value}}, 0},
		"none":                          {nil, -1},
	} {
		t.Run(name, func(t *testing.T) {
			fx := newFixture(t)
			var list []string
			ids := []uuid.UUID{}
			for _, s := range c.secrets {
				ids = append(ids, uuid.New())
				target := "null"
				if s.kind == alias {
					target = `{"id":"` + uuid.NewString() + `"}`
				}
				list = append(list, fmt.Sprintf(`{"id":%q,"key":"DB","scope":%q,"variable_type":%q,"aliased_secret":%s}`, ids[len(ids)-1], s.scope, s.kind, target))
			}
			fx.listOnce(list...)
			found, err := fx.api.FindAliasTarget(t.Context(), fx.job, "DB")
			fx.listOnce(list...)
			_, batchErr := fx.api.EnsureJobSecretAliases(t.Context(), fx.job, []api.AliasSpec{{SecretKey: "DB", Request: api.AliasRequest{Key: "PG"}}})
			if c.want < 0 {
				for _, err := range []error{err, batchErr} {
					if want(t, err, "NotFound", 0); !strings.Contains(err.Error(), `"DB"`) {
						t.Error(err)
					}
				}
				fx.wantCounts(0, 2, 0)
				return
			}
			if err != nil || found.ID != ids[c.want] {
				t.Errorf("%v, %v; want %s", found, err, ids[c.want])
			}
			// The fake does not know these secrets; where the request went is what matters.
			want(t, batchErr, "NotFound", 404)
			if i := slices.IndexFunc(fx.srv.Requests(), func(r apitest.Request) bool { return r.Method == http.MethodPost }); !strings.Contains(fx.srv.Requests()[i].Path, ids[c.want].String()) {
				t.Errorf("sent to %s, want %s", fx.srv.Requests()[i].Path, ids[c.want])
			}
		})
	}
}

// What else it may be is refused before anything is sent, and the error says what it is.
func TestDeleteRefuses(t *testing.T) {
	const (
		id     = "4d6ff7fc-0ce7-4a5c-9ef8-2a5ed6ddb39c"
		target = `,"aliased_secret":{"id":"` + id + `"}`
	)
	for name, c := range map[string]struct {
		secret string
		says   string // "": it is deleted
	}{
		"own value":              {`"scope":"JOB","variable_type":"VALUE"`, "VALUE"},
		"override":               {`"scope":"JOB","variable_type":"OVERRIDE","overridden_secret":{"id":"` + id + `"}`, "OVERRIDE"},
		"override with alias":    {`"scope":"JOB","variable_type":"OVERRIDE"` + target, "OVERRIDE"},
		"built in":               {`"scope":"BUILT_IN","variable_type":"BUILT_IN"`, "BUILT_IN"},
		"of the environment":     {`"scope":"ENVIRONMENT","variable_type":"VALUE"`, "ENVIRONMENT"},
		"alias of another scope": {`"scope":"ENVIRONMENT","variable_type":"ALIAS"` + target, "ENVIRONMENT"},
		"unknown scope":          {`"scope":"NEW","variable_type":"ALIAS"` + target, "NEW"},
		"scope in lower case":    {`"scope":"job","variable_type":"ALIAS"` + target, "job"},
		"no type":                {`"scope":"JOB"`, "unknown"},
		"unknown type":           {`"scope":"JOB","variable_type":"NEW"`, "NEW"},
		"alias":                  {`"scope":"JOB","variable_type":"ALIAS"` + target, ""},
		"alias, target unknown":  {`"scope":"JOB","variable_type":"ALIAS","aliased_secret":null`, ""},
		"no type, but a target":  {`"scope":"JOB","variable_type":null` + target, ""},
		"new type, but a target": {`"scope":"JOB","variable_type":"NEW"` + target, ""},
	} {
		t.Run(name, func(t *testing.T) {
			fx := newFixture(t)
			fx.listOnce(`{"id":"` + id + `","key":"SOME_KEY",` + c.secret + `}`)
			fx.inject("DELETE", apitest.Fault{Status: 204})
			err := fx.api.DeleteJobSecretAlias(t.Context(), fx.job, uuid.MustParse(id))
			if c.says == "" {
				want(t, err, "-", 0)
				fx.wantCounts(0, 1, 1)
				return
			}
			want(t, err, "Invalid", 0)
			if !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), "SOME_KEY") {
				t.Errorf("%q does not say %s", err, c.says)
			}
			fx.wantCounts(0, 1, 0)
		})
	}
	t.Run("ids", func(t *testing.T) {
		fx := newFixture(t)
		alias := fx.srv.AddAlias(fx.job, fx.secret, "PG")
		unknown := uuid.New()
		err := fx.api.DeleteJobSecretAlias(t.Context(), fx.job, unknown)
		if want(t, err, "NotFound", 0); !strings.Contains(err.Error(), unknown.String()) {
			t.Errorf("%v does not name it", err)
		}
		want(t, fx.api.DeleteJobSecretAlias(t.Context(), fx.srv.AddJob("other"), alias), "NotFound", 0)
		want(t, fx.api.DeleteJobSecretAlias(t.Context(), uuid.New(), alias), "NotFound", 404)
		fx.wantCounts(0, 3, 0)
	})
}

// Other aliases stay. A list that was made before the DELETE decides nothing: it is listed
// again, and whatever of its key came since is left alone.
func TestDeleteIsAboutTheID(t *testing.T) {
	fx := newFixture(t)
	keep, id := fx.srv.AddAlias(fx.job, fx.secret, "KEEP"), fx.srv.AddAlias(fx.job, fx.secret, "PG")
	var again uuid.UUID
	client := fx.client(roundTrip(func(req *http.Request) (*http.Response, error) {
		if req.Method != "DELETE" {
			return fx.wire.RoundTrip(req)
		}
		resp, err := applied(answered(502, ""))(fx.wire, req)
		again = fx.srv.AddAlias(fx.job, fx.secret, "PG")
		return resp, err
	}))
	want(t, client.DeleteJobSecretAlias(t.Context(), fx.job, id), "-", 0)
	if left := fx.srv.Secrets(fx.job); len(left) != 3 || left[0].ID != fx.secret || left[1].ID != keep || left[2].ID != again {
		t.Errorf("left are %+v", left)
	}
	if r := fx.srv.Requests()[1]; r.Path != fmt.Sprintf("/job/%s/secret/%s", fx.job, id) || len(r.Body) != 0 {
		t.Errorf("%s with %q", r.Path, r.Body)
	}
	fx.wantCounts(0, 2, 1)
}
