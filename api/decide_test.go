package api_test

// What a list decides: whether the alias is there, something else has its key, or nobody knows; which secret
// a key means; and what may be deleted.

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/api"
)

// entry is an entry of a list with key PG at job level.
func entry(members string) string {
	return `{"id":"` + uuid.NewString() + `","key":"PG","scope":"JOB",` + members + `}`
}

const (
	mine   = `"aliased_secret":{"id":"0b000000-0000-4000-8000-000000000002"}` // of aSecret
	other  = `"variable_type":"ALIAS","aliased_secret":{"id":"0d000000-0000-4000-8000-000000000004"}`
	hidden = `"variable_type":"ALIAS","aliased_secret":null`
	value  = `"variable_type":"VALUE"`
)

// listCase is a list, and what is asked for where that is more than a key.
type listCase struct {
	list        []string
	description *string
	interpolate *bool
}

func TestWhatAListDecides(t *testing.T) {
	in := func(scope, entry string) string { return strings.Replace(entry, "JOB", scope, 1) }
	lists := func(entries ...string) listCase { return listCase{list: entries} }
	main, yes := api.Ptr("main"), api.Ptr(true)
	for _, c := range []struct {
		create string // after a 502
		before string // ensure and plan; "POST": one is sent
		after  string // ensure after a 502
		cases  []listCase
	}{
		{"-", "-", "-", []listCase{
			lists(entry(`"variable_type":"ALIAS",` + mine)), lists(entry(`"variable_type":"NEW",` + mine)),
			lists(entry(`"created_at":"?",` + mine)), lists(in("ENVIRONMENT", entry(value)), entry(mine)),
			lists(entry(other), entry(mine)), lists(entry(mine), entry(other)), lists(entry(hidden), entry(mine)),
			{[]string{entry(`"description":"main",` + mine)}, main, nil}, {[]string{entry(mine)}, api.Ptr(""), nil},
			{[]string{entry(`"enable_interpolation_in_file":true,` + mine)}, nil, yes},
			lists(entry(`"description":"","enable_interpolation_in_file":true,` + mine)),
		}},
		{"Unknown Server", "-", "-", []listCase{ // it may be older
			lists(entry(`"description":"older",` + mine)), {[]string{entry(mine)}, main, nil},
			{[]string{entry(`"description":"older",` + mine)}, main, nil}, {[]string{entry(mine)}, nil, yes},
			{[]string{entry(`"enable_interpolation_in_file":false,` + mine)}, nil, yes},
			lists(in("ENVIRONMENT", entry(mine))), lists(in("TASK", entry(mine))),
		}},
		{"Unknown Server", "-", "Unknown Server", []listCase{ // it may be another's
			lists(entry(hidden)), lists(entry(`"variable_type":"ALIAS","aliased_secret":{"id":null}`)),
			lists(entry(`"variable_type":"ALIAS","aliased_secret":{"id":"?"}`)), lists(entry(`"owned_by":""`)),
			lists(entry(value + `,"aliased_secret":"?"`)), lists(entry(`"variable_type":"NEW"`)),
			lists(entry(value), entry(hidden)),
		}},
		{"Conflict", "Conflict", "Conflict", []listCase{
			lists(entry(value)), lists(entry(other)), lists(entry(`"variable_type":"OVERRIDE"`)),
			lists(in("PROJECT", entry(value))), lists(in("PROJECT", entry(other))),
			lists(in("ENVIRONMENT", entry(mine)), entry(value)),
			lists(in("ENVIRONMENT", entry(value)), in("PROJECT", entry(mine))),
		}},
		{"Unknown Server", "POST", "Unknown Server", []listCase{
			lists(), lists(strings.Replace(entry(mine), "PG", "pg", 1)), lists(alias()),
		}},
	} {
		for _, lc := range c.cases {
			t.Run(strings.Join(lc.list, ","), func(t *testing.T) {
				lc.decides(t, c.create, c.before, c.after)
			})
		}
	}
}

// decides makes all calls to which a list may be shown.
func (c listCase) decides(t *testing.T, create, before, after string) {
	req := api.AliasRequest{Key: "PG", Description: c.description, EnableInterpolationInFile: c.interpolate}
	none, shown, listed := answered(200, results()), answered(200, results(c.list...)), before != "POST"
	fx, specs := newFixture(t), []api.AliasSpec{{SecretID: aSecret, Request: req}}
	ask := func(status int, names string, posts int, call func() (*api.Secret, error), lists ...happening) {
		t.Helper()
		fx.on("POST", answered(status, ""))
		fx.on("GET", lists...)
		s, err := call()
		if names == "Conflict" && status != 409 {
			status = 0 // it is found by listing
		}
		e := want(t, err, names, status)
		if (s != nil) != (err == nil) || err != nil && (e.Existing != nil) != listed || fx.sent("POST") != posts {
			t.Errorf("got %v, Existing %v, %d POST", s, e.Existing, fx.sent("POST"))
		}
		says := err != nil && strings.Contains(err.Error(), "but a variable may")
		if says != (names == "Conflict" && !listed) {
			t.Error(err)
		}
	}
	creates := func() (*api.Secret, error) {
		return fx.api.CreateJobSecretAlias(t.Context(), fx.job, aSecret, req)
	}
	ensures := func() (*api.Secret, error) {
		s, made, err := fx.api.EnsureJobSecretAlias(t.Context(), fx.job, aSecret, req)
		if made {
			t.Error("created")
		}
		return s, err
	}
	plans := func() (*api.Secret, error) {
		plan, err := fx.api.PlanJobSecretAliases(t.Context(), fx.job, specs)
		if plan[0].Created == listed {
			t.Errorf("planned: %+v", plan)
		}
		return plan[0].Secret, err
	}
	ask(502, create, 1, creates, shown)
	ask(409, "Conflict", 1, creates, shown)
	if !listed {
		ask(502, "Unknown Server", 4, ensures, shown)
		ask(409, "Conflict", 1, ensures, shown)
		plans()
		return
	}
	ask(502, before, 0, plans, shown)
	ask(502, before, 0, ensures, shown)
	ask(502, after, 1, ensures, none, shown)
	ask(409, strings.Replace(after, "Server", "Conflict", 1), 1, ensures, none, none, shown) // which lags
}

// FindJobSecret returns the narrowest, of equals the first. What an alias can point to is the narrowest that
// is not an alias, of a scope above the job's where there is one, for a batch and FindAliasTarget alike.
func TestFind(t *testing.T) {
	kinds := map[string]string{"": value, "OVERRIDE": `"variable_type":"OVERRIDE"`, "ALIAS": other}
	for list, c := range map[string]struct{ narrowest, target int }{ // -1: none
		"PROJECT": {0, 0}, "PROJECT ENVIRONMENT": {1, 1}, "ENVIRONMENT PROJECT": {0, 0},
		"BUILT_IN PROJECT": {1, 1}, "PROJECT BUILT_IN": {0, 0}, "ENVIRONMENT APPLICATION": {1, 1},
		"NEW ENVIRONMENT": {0, 0}, "HELM NEW": {0, 0}, "NEW HELM job": {0, 0}, "BUILT_IN HELM PROJECT NEW": {1, 1},
		"JOB BUILT_IN": {0, 1}, "CONTAINER JOB": {1, 0}, "JOB": {0, 0}, "JOB/OVERRIDE PROJECT": {0, 1},
		"PROJECT ENVIRONMENT/OVERRIDE": {1, 1}, "PROJECT/ALIAS JOB": {1, 1}, "ENVIRONMENT/ALIAS PROJECT": {0, 1},
		"ENVIRONMENT/ALIAS JOB/ALIAS": {1, -1}, "TERRAFORM AGENTIC_WORKFLOW ENVIRONMENT": {0, 0}, "": {-1, -1},
	} {
		t.Run(list, func(t *testing.T) {
			var entries []string
			for _, s := range strings.Fields(list) {
				scope, kind, _ := strings.Cut(s, "/")
				entries = append(entries, strings.Replace(entry(kinds[kind]), "JOB", scope, 1))
			}
			fx := newFixture(t)
			fx.on("GET", answered(200, results(entries...)))
			check := func(s *api.Secret, err error, index int) {
				t.Helper()
				if index < 0 {
					if want(t, err, "NotFound", 0); s != nil || !strings.Contains(err.Error(), `"PG"`) {
						t.Errorf("%v, %v", s, err)
					}
				} else if err != nil || !strings.Contains(entries[index], s.ID.String()) {
					t.Errorf("%v, %v; want %s", s, err, entries[index])
				}
			}
			s, err := fx.api.FindJobSecret(t.Context(), fx.job, "PG")
			check(s, err, c.narrowest)
			target, err := fx.api.FindAliasTarget(t.Context(), fx.job, "PG")
			check(target, err, c.target)
			fx.on("POST", func(_ http.RoundTripper, r *http.Request) (*http.Response, error) {
				if !strings.Contains(r.URL.Path, target.ID.String()) {
					t.Errorf("sent to %s, want %s", r.URL.Path, target.ID)
				}
				return reply{status: 403}.response(), nil
			})
			specs := []api.AliasSpec{{SecretKey: "PG", Request: api.AliasRequest{Key: "NEW"}}}
			if _, err := fx.api.EnsureJobSecretAliases(t.Context(), fx.job, specs); c.target >= 0 {
				want(t, err, "Forbidden", 403)
			} else {
				check(nil, err, -1)
			}
		})
	}
}

// A key that nobody has is answered with the most similar one, if any is.
func TestSimilarKeys(t *testing.T) {
	for key, says := range map[string]string{
		"db_password": `did you mean "DB_PASSWORD"?`, "DB_PASWORD": `did you mean "DB_PASSWORD"?`,
		"Db_Hxst": `did you mean "DB_HOST"?`, "PASSWORD": "", "DB_XXXX": "", "REDIS_URL": "",
	} {
		fx := newFixture(t)
		fx.srv.AddSecret(fx.job, "DB_HOST", api.VariableScopeProject)
		specs := []api.AliasSpec{{SecretKey: key, Request: api.AliasRequest{Key: "PG"}}}
		for _, err := range []error{errOf(fx.api.FindJobSecret(t.Context(), fx.job, key)),
			errOf(fx.api.FindAliasTarget(t.Context(), fx.job, key)),
			errOf(fx.api.EnsureJobSecretAliases(t.Context(), fx.job, specs))} {
			want(t, err, "NotFound", 0)
			text := err.Error()
			if !strings.Contains(text, fmt.Sprintf("%q", key)) || !strings.HasSuffix(text, says) ||
				says == "" && strings.Contains(text, ";") {
				t.Errorf("%s: %v", key, err)
			}
		}
	}
}

// What is not an alias at job level is not deleted, and the error says what it is.
func TestDeleteRefuses(t *testing.T) {
	const target = "," + mine
	for _, c := range []struct{ scope, kind, more, says string }{ // "": it is deleted
		{"JOB", `"VALUE"`, "", "VALUE"}, {"JOB", `"OVERRIDE"`, target, "OVERRIDE"},
		{"ENVIRONMENT", `"VALUE"`, "", "ENVIRONMENT"}, {"ENVIRONMENT", `"ALIAS"`, target, "ENVIRONMENT"},
		{"NEW", `"ALIAS"`, target, "NEW"}, {"job", `"ALIAS"`, "", "job"}, {"JOB", `null`, "", "unknown"},
		{"JOB", `"NEW"`, "", "NEW"}, {"JOB", `["ALIAS"]`, "", "unknown"}, {"JOB", `"ALIAS"`, target, ""},
		{"JOB", `"ALIAS"`, "", ""}, {"JOB", `null`, target, ""}, {"JOB", `"NEW"`, target, ""},
	} {
		fx := newFixture(t)
		fx.on("DELETE", answered(204, ""))
		fx.on("GET", answered(200, results(fmt.Sprintf(`{"id":%q,"key":"KEY","scope":%q,"variable_type":%s%s}`,
			anAlias, c.scope, c.kind, c.more))))
		err := fx.api.DeleteJobSecretAlias(t.Context(), fx.job, anAlias)
		if c.says == "" {
			want(t, err, "-", 0)
			fx.wantSent(0, 1, 1)
			continue
		}
		want(t, err, "Invalid", 0)
		fx.wantSent(0, 1, 0)
		if !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), `"KEY"`) {
			t.Errorf("%+v: %v", c, err)
		}
	}
	fx := newFixture(t)
	err := fx.api.DeleteJobSecretAlias(t.Context(), fx.job, anAlias)
	if want(t, err, "NotFound", 0); !strings.Contains(err.Error(), anAlias.String()) {
		t.Errorf("%v does not name it", err)
	}
	fx.wantSent(0, 1, 0)
}
