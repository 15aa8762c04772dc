package api_test

// What a list decides: whether the alias is there, something else has its key, or nobody knows; which secret
// a key means; and what may be deleted.

import (
	"fmt"
	"net/http"
	"slices"
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
	shown, listed := answered(200, results(c.list...)), before != "POST"
	fx := newFixture(t)
	check := func(call, names string, status, posts int, s *api.Secret, err error) {
		t.Helper()
		if names == "Conflict" && status != 409 {
			status = 0
		}
		e := want(t, err, names, status)
		if (s != nil) != (err == nil) || err != nil && (e.Existing != nil) != listed {
			t.Errorf("%s: got %v, Existing %v", call, s, e.Existing)
		}
		if fx.sent("POST") != posts {
			t.Errorf("%s: %d POST", call, fx.sent("POST"))
		}
	}
	fx.on("POST", answered(502, ""))
	fx.on("GET", shown)
	s, err := fx.api.CreateJobSecretAlias(t.Context(), fx.job, aSecret, req)
	check("create", create, 502, 1, s, err)

	fx.on("POST", answered(409, ""))
	s, err = fx.api.CreateJobSecretAlias(t.Context(), fx.job, aSecret, req)
	check("create after a conflict", "Conflict", 409, 1, s, err)

	specs := []api.AliasSpec{{SecretID: aSecret, Request: req}}
	fx.on("POST", answered(502, ""))
	plan, err := fx.api.PlanJobSecretAliases(t.Context(), fx.job, specs)
	if listed {
		check("plan", before, 502, 0, plan[0].Secret, err)
	} else if !plan[0].Created || err != nil || plan[0].Secret != nil {
		t.Errorf("plan: %+v, %v", plan, err)
	}
	s, made, err := fx.api.EnsureJobSecretAlias(t.Context(), fx.job, aSecret, req)
	if listed {
		check("ensure", before, 502, 0, s, err)
	} else {
		check("ensure", "Unknown Server", 502, 4, s, err)
	}
	if made || plan[0].Created == listed {
		t.Errorf("ensure: created %t; plan: %t", made, plan[0].Created)
	}
	if !listed {
		return
	}
	fx.on("POST", answered(502, ""))
	fx.on("GET", answered(200, results()), shown)
	s, _, err = fx.api.EnsureJobSecretAlias(t.Context(), fx.job, aSecret, req)
	check("ensure after a POST", after, 502, 1, s, err)

	fx.on("POST", answered(409, ""))
	fx.on("GET", answered(200, results()), answered(200, results()), shown) // which lags
	s, _, err = fx.api.EnsureJobSecretAlias(t.Context(), fx.job, aSecret, req)
	check("ensure after a conflict", strings.Replace(after, "Server", "Conflict", 1), 409, 1, s, err)
}

// A 409 whose holder no list shows says what may have the key. Where there is no list, ensure does not know.
func TestConflictWithoutAHolder(t *testing.T) {
	for name, c := range map[string]struct {
		lists          []happening // of ensure after the first
		create, ensure string
		says           string
	}{
		"a variable":  {[]happening{regular}, "Conflict", "Conflict", "no secret of the job has the key, but a"},
		"lists fail":  {[]happening{answered(500, "")}, "Conflict", "Unknown Conflict", ""},
		"lists break": {[]happening{answered(200, page)}, "Conflict", "Unknown Conflict", ""},
	} {
		fx := newFixture(t)
		fx.on("POST", answered(409, ""))
		fx.on("GET", c.lists...)
		_, err := fx.create(t.Context())
		if e := want(t, err, c.create, 409); e.Existing != nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
		fx.on("GET", append([]happening{regular}, c.lists...)...)
		_, _, err = fx.ensure(t.Context())
		if e := want(t, err, c.ensure, 409); e.Existing != nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// scoped is an entry with key DB; an alias has a target.
func scoped(scope, kind string) string {
	target := "null"
	if kind == "ALIAS" {
		target = `{"id":"` + uuid.NewString() + `"}`
	}
	return fmt.Sprintf(`{"id":%q,"key":"DB","scope":%q,"variable_type":%q,"aliased_secret":%s}`,
		uuid.NewString(), scope, kind, target)
}

// FindJobSecret returns the narrowest, of equals the first. What an alias can point to is the narrowest that
// is not an alias, of a scope above the job's where there is one, for a batch and FindAliasTarget alike.
func TestFind(t *testing.T) {
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
				scope, kind, typed := strings.Cut(s, "/")
				if !typed {
					kind = "VALUE"
				}
				entries = append(entries, scoped(scope, kind))
			}
			fx := newFixture(t)
			fx.on("GET", answered(200, results(entries...)))
			check := func(s *api.Secret, err error, index int) {
				t.Helper()
				if index < 0 {
					if want(t, err, "NotFound", 0); s != nil || !strings.Contains(err.Error(), `"DB"`) {
						t.Errorf("%v, %v", s, err)
					}
				} else if err != nil || !strings.Contains(entries[index], s.ID.String()) {
					t.Errorf("%v, %v; want %s", s, err, entries[index])
				}
			}
			s, err := fx.api.FindJobSecret(t.Context(), fx.job, "DB")
			check(s, err, c.narrowest)
			target, err := fx.api.FindAliasTarget(t.Context(), fx.job, "DB")
			check(target, err, c.target)
			fx.on("POST", func(_ http.RoundTripper, r *http.Request) (*http.Response, error) {
				if !strings.Contains(r.URL.Path, target.ID.String()) {
					t.Errorf("sent to %s, want %s", r.URL.Path, target.ID)
				}
				return reply{status: 403}.response(), nil
			})
			specs := []api.AliasSpec{{SecretKey: "DB", Request: api.AliasRequest{Key: "PG"}}}
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
		"db_password": `there is "DB_PASSWORD", and keys are case sensitive`,
		"DB_PASWORD":  `did you mean "DB_PASSWORD"?`, "DB_PASSWORDS": `did you mean "DB_PASSWORD"?`,
		"QB_PASSWORD": `did you mean "DB_PASSWORD"?`, "Db_Hxst": `did you mean "DB_HOST"?`,
		"PASSWORD": "", "DB_XXXX": "", "ß": "", "REDIS_URL": "",
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
	const target = `,"aliased_secret":{"id":"0b000000-0000-4000-8000-000000000002"}`
	for secret, says := range map[string]string{ // "": it is deleted
		`"scope":"JOB","variable_type":"VALUE"`:             "VALUE",
		`"scope":"JOB","variable_type":"OVERRIDE"` + target: "OVERRIDE",
		`"scope":"BUILT_IN","variable_type":"BUILT_IN"`:     "BUILT_IN",
		`"scope":"ENVIRONMENT","variable_type":"VALUE"`:     "ENVIRONMENT",
		`"scope":"ENVIRONMENT","variable_type":"ALIAS"`:     "ENVIRONMENT",
		`"scope":"NEW","variable_type":"ALIAS"` + target:    "NEW",
		`"scope":"job","variable_type":"ALIAS"` + target:    "job",
		`"scope":"JOB"`:                                       "unknown",
		`"scope":"JOB","variable_type":"NEW"`:                 "NEW",
		`"scope":"JOB","variable_type":"ALIAS"` + target:      "",
		`"scope":"JOB","variable_type":"ALIAS"`:               "",
		`"scope":"JOB","variable_type":null` + target:         "",
		`"scope":"JOB","variable_type":"NEW"` + target:        "",
		`"scope":"JOB","variable_type":"FILE"` + target:       "FILE",
		`"scope":"PROJECT","variable_type":"NEW"` + target:    "PROJECT",
		`"scope":"JOB","variable_type":"EXTERNAL_SECRET"`:     "EXTERNAL_SECRET",
		`"scope":"JOB","variable_type":"","owned_by":"Q"`:     "unknown",
		`"scope":"JOB","variable_type":["ALIAS"],"key":"KEY"`: "unknown",
	} {
		fx := newFixture(t)
		fx.on("DELETE", answered(204, ""))
		fx.on("GET", answered(200, results(`{"id":"`+anAlias.String()+`","key":"KEY",`+secret+`}`)))
		err := fx.api.DeleteJobSecretAlias(t.Context(), fx.job, anAlias)
		if says == "" {
			want(t, err, "-", 0)
			fx.wantSent(0, 1, 1)
			continue
		}
		want(t, err, "Invalid", 0)
		fx.wantSent(0, 1, 0)
		if !strings.Contains(err.Error(), says) || !strings.Contains(err.Error(), `"KEY"`) {
			t.Errorf("%s: %v does not say %s", secret, err, says)
		}
	}
	fx := newFixture(t)
	err := fx.api.DeleteJobSecretAlias(t.Context(), fx.job, anAlias)
	if want(t, err, "NotFound", 0); !strings.Contains(err.Error(), anAlias.String()) {
		t.Errorf("%v does not name it", err)
	}
	fx.wantSent(0, 1, 0)
}

// Other aliases stay, and one that got the key of the deleted one since.
func TestDeleteIsAboutTheID(t *testing.T) {
	fx := newFixture(t)
	keep, id := fx.srv.AddAlias(fx.job, fx.secret, "KEEP"), fx.srv.AddAlias(fx.job, fx.secret, "PG")
	var again uuid.UUID
	fx.on("DELETE", func(fake http.RoundTripper, req *http.Request) (*http.Response, error) {
		resp, err := applied(answered(502, ""))(fake, req)
		again = fx.srv.AddAlias(fx.job, fx.secret, "PG")
		return resp, err
	})
	want(t, fx.api.DeleteJobSecretAlias(t.Context(), fx.job, id), "-", 0)
	var left []uuid.UUID
	for _, s := range fx.srv.Secrets(fx.job) {
		left = append(left, s.ID)
	}
	if !slices.Equal(left, []uuid.UUID{fx.secret, keep, again}) {
		t.Errorf("left are %v", left)
	}
	fx.wantSent(0, 2, 1)
}
