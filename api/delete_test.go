package api_test

// Deletion: nothing but an alias at job level is deleted.

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/api/apitest"
)

func TestDelete(t *testing.T) {
	fx := newFixture(t)
	keep, drop := fx.srv.AddAlias(fx.job, fx.secret, "KEEP"), fx.srv.AddAlias(fx.job, fx.secret, "DROP")
	if err := fx.api.DeleteJobSecretAlias(t.Context(), fx.job, drop); err != nil {
		t.Fatal(err)
	}
	if left := fx.srv.Secrets(fx.job); len(left) != 2 || left[0].ID != fx.secret || left[1].ID != keep {
		t.Errorf("left are %+v", left)
	}
	fx.wantCounts(0, 1, 1)
	r := fx.srv.Requests()[1]
	if want := fmt.Sprintf("/job/%s/secret/%s", fx.job, drop); r.Path != want || len(r.Body) != 0 {
		t.Errorf("%s with %q", r.Path, r.Body)
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
		"own value":               {`"scope":"JOB","variable_type":"VALUE"`, "VALUE"},
		"own file":                {`"scope":"JOB","variable_type":"FILE"`, "FILE"},
		"external":                {`"scope":"JOB","variable_type":"EXTERNAL_SECRET"`, "EXTERNAL_SECRET"},
		"override":                {`"scope":"JOB","variable_type":"OVERRIDE","overridden_secret":{"id":"` + id + `"}`, "OVERRIDE"},
		"override with alias":     {`"scope":"JOB","variable_type":"OVERRIDE"` + target, "OVERRIDE"},
		"built in":                {`"scope":"BUILT_IN","variable_type":"BUILT_IN"`, "BUILT_IN"},
		"of the environment":      {`"scope":"ENVIRONMENT","variable_type":"VALUE"`, "ENVIRONMENT"},
		"alias of another scope":  {`"scope":"ENVIRONMENT","variable_type":"ALIAS"` + target, "ENVIRONMENT"},
		"alias of an application": {`"scope":"APPLICATION","variable_type":"ALIAS"` + target, "APPLICATION"},
		"unknown scope":           {`"scope":"NEW","variable_type":"ALIAS"` + target, "NEW"},
		"scope in lower case":     {`"scope":"job","variable_type":"ALIAS"` + target, "job"},
		"no type":                 {`"scope":"JOB"`, "unknown"},
		"unknown type":            {`"scope":"JOB","variable_type":"NEW"`, "NEW"},
		"alias":                   {`"scope":"JOB","variable_type":"ALIAS"` + target, ""},
		"alias, target unknown":   {`"scope":"JOB","variable_type":"ALIAS","aliased_secret":null`, ""},
		"no type, but a target":   {`"scope":"JOB","variable_type":null` + target, ""},
		"new type, but a target":  {`"scope":"JOB","variable_type":"NEW"` + target, ""},
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
		want(t, fx.api.DeleteJobSecretAlias(t.Context(), fx.job, fx.secret), "Invalid", 0)
		fx.wantCounts(0, 4, 0)
		if n := len(fx.srv.Secrets(fx.job)); n != 2 {
			t.Errorf("%d secrets", n)
		}
	})
}

// A list that was made before the DELETE decides nothing: it is listed again, and
// whatever of its key came since is left alone.
func TestDeleteIsAboutTheID(t *testing.T) {
	fx := newFixture(t)
	id := fx.srv.AddAlias(fx.job, fx.secret, "PG")
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
	if held := fx.holder("PG"); held == nil || held.ID != again {
		t.Errorf("%+v", held)
	}
	fx.wantCounts(0, 2, 1)
}
