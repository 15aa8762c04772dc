package apitest_test

// The operations and their rules.

import (
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/api"
	"github.com/qovery-alias/qovery-alias-go/api/apitest"
	"github.com/qovery-alias/qovery-alias-go/generated"
)

func TestCreateResponse(t *testing.T) {
	f := newFixture(t)
	described := f.send(f.request("POST", aliasPath(f.job, f.secret),
		`{"key":"PG","description":"main","enable_interpolation_in_file":false,"unknown":[1]}`))
	plain := f.send(f.request("POST", aliasPath(f.job, f.secret), `{"key":"PG2","description":null}`))
	if id := plain.header.Get("X-Request-Id"); id == described.header.Get("X-Request-Id") {
		t.Errorf("request id %q twice", id)
	}
	for i, c := range []struct {
		got                        response
		key                        string
		description, interpolation any
	}{
		{described, "PG", "main", false},
		{plain, "PG2", "", nil},
	} {
		wantStatus(t, c.got, 201, "")
		var fields map[string]any
		if err := json.Unmarshal([]byte(c.got.body), &fields); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"created_at", "updated_at"} {
			if at, _ := fields[name].(string); !regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$`).MatchString(at) {
				t.Errorf("%s: %v", name, fields[name])
			}
			delete(fields, name)
		}
		want := map[string]any{
			"id": f.Secrets(f.job)[i+1].ID.String(), "key": c.key, "scope": "JOB", "variable_type": "ALIAS",
			"aliased_secret": map[string]any{
				"id": f.secret.String(), "key": "DB", "mount_path": nil, "scope": "ENVIRONMENT", "variable_type": "VALUE",
				"description": "", "enable_interpolation_in_file": nil,
			},
			"overridden_secret": nil,
			"service_id":        f.job.String(), "service_name": "nightly", "service_type": "JOB", "owned_by": "QOVERY",
			"description": c.description, "enable_interpolation_in_file": c.interpolation,
		}
		if !reflect.DeepEqual(fields, want) {
			t.Errorf("got  %v\nwant %v", fields, want)
		}
	}
}

func TestCreateChecksTheBody(t *testing.T) {
	f := newFixture(t)
	description := func(length int) string { return strings.Repeat("é", length) }
	const limit = api.MaxDescriptionLength
	for name, c := range map[string]struct {
		body   string
		status int
		part   string
	}{
		"key alone":              {`{"key":"A1"}`, 201, ""},
		"nulls":                  {`{"key":"A2","description":null,"enable_interpolation_in_file":null}`, 201, ""},
		"all":                    {`{"key":"A3","description":"","enable_interpolation_in_file":false}`, 201, ""},
		"longest description":    {`{"key":"A4","description":"` + description(limit) + `"}`, 201, ""},
		"a character more":       {`{"key":"B","description":"` + description(limit+1) + `"}`, 400, fmt.Sprintf("description: has %d characters, at most %d", limit+1, limit)},
		"no key":                 {`{}`, 400, "key"},
		"empty key":              {`{"key":""}`, 400, "key"},
		"null key":               {`{"key":null}`, 400, "key"},
		"key in capitals":        {`{"KEY":"B"}`, 400, "key"},
		"key a number":           {`{"key":1}`, 400, "key must be a string"},
		"description a list":     {`{"key":"B","description":[]}`, 400, "description must be a string or null"},
		"interpolation a string": {`{"key":"B","enable_interpolation_in_file":"true"}`, 400, "enable_interpolation_in_file must be a boolean or null"},
		"empty":                  {` `, 400, "JSON object"},
		"null":                   {`null`, 400, "JSON object"},
		"list":                   {`[]`, 400, "JSON object"},
		"cut":                    {`{"key":"B"`, 400, "JSON object"},
		"trailing data":          {`{"key":"B"} {}`, 400, "JSON object"},
		"1 MiB":                  {`{"key":"A5"}` + strings.Repeat(" ", 1<<20-12), 201, ""},
		"1 MiB and a byte":       {`{"key":"B"}` + strings.Repeat(" ", 1<<20-10), 400, "larger"},
	} {
		got := f.send(f.request("POST", aliasPath(f.job, f.secret), c.body))
		t.Run(name, func(t *testing.T) { wantStatus(t, got, c.status, c.part) })
	}
	for i, c := range []struct {
		contentType string
		status      int
	}{
		{"application/json", 201},
		{"Application/JSON; charset=utf-8", 201},
		{"", 415},
		{"text/plain", 415},
		{"application/jsonlines", 415},
		{"application/json; charset", 415},
	} {
		r := f.createRequest(fmt.Sprint("C", i))
		r.Header["Content-Type"] = []string{c.contentType}
		wantStatus(t, f.send(r), c.status, "application/json")
	}
	if n := len(f.Secrets(f.job)); n != 1+5+2 {
		t.Errorf("%d secrets", n)
	}
}

func TestCreateRules(t *testing.T) {
	f := newFixture(t)
	own := f.AddSecret(f.job, "OWN", api.VariableScopeJob)
	project := f.AddSecret(f.job, "SMTP", api.VariableScopeProject)
	builtIn := f.AddSecret(f.job, "QOVERY_DB", api.VariableScopeBuiltIn)
	alias := f.AddAlias(f.job, f.secret, "PG")
	foreign := f.AddSecret(f.AddJob("other"), "FOREIGN", api.VariableScopeEnvironment)
	for _, c := range []struct {
		name, path, key string
		status          int
		part            string
	}{
		{"unknown job", aliasPath(uuid.New(), f.secret), "K", 404, "job"},
		{"unknown secret", aliasPath(f.job, uuid.New()), "K", 404, "secret"},
		{"secret of another job", aliasPath(f.job, foreign), "K", 404, "secret"},
		{"alias on an alias", aliasPath(f.job, alias), "K", 400, "alias"},
		{"alias on an alias with its key", aliasPath(f.job, alias), "PG", 400, "alias"},
		{"alias on a secret of the job", aliasPath(f.job, own), "A1", 201, ""},
		{"alias on one of the project", aliasPath(f.job, project), "A2", 201, ""},
		{"alias on a built-in one", aliasPath(f.job, builtIn), "A3", 201, ""},
		{"key of an alias", aliasPath(f.job, own), "PG", 409, "Variable already exists: PG"},
		{"key of a secret of the job", aliasPath(f.job, f.secret), "OWN", 409, "Variable already exists: OWN"},
		{"key of the target, of the job", aliasPath(f.job, own), "OWN", 409, "Variable already exists: OWN"},
		{"key of the target, inherited", aliasPath(f.job, f.secret), "DB", 409, "Variable already exists: DB"},
		{"key of another inherited one", aliasPath(f.job, f.secret), "SMTP", 409, "Variable already exists: SMTP"},
		{"key of a built-in one", aliasPath(f.job, f.secret), "QOVERY_DB", 409, "Variable already exists: QOVERY_DB"},
		{"key of a secret of another job", aliasPath(f.job, f.secret), "FOREIGN", 201, ""},
		{"key in another case", aliasPath(f.job, f.secret), "pg", 201, ""},
	} {
		got := f.send(f.request("POST", c.path, `{"key":"`+c.key+`"}`))
		t.Run(c.name, func(t *testing.T) { wantStatus(t, got, c.status, c.part) })
	}
	f.wantKeys("DB OWN SMTP QOVERY_DB PG A1 A2 A3 FOREIGN pg")
}

func TestOfManyCreatesOfOneKeyOneSucceeds(t *testing.T) {
	f := newFixture(t)
	var mu sync.Mutex
	var wg sync.WaitGroup
	statuses := map[int]int{}
	for range 64 {
		wg.Go(func() {
			got, err := f.do(f.createRequest("PG"))
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			statuses[got.status]++
		})
	}
	wg.Wait()
	if want := map[int]int{201: 1, 409: 63}; !reflect.DeepEqual(statuses, want) {
		t.Errorf("got %v", statuses)
	}
	f.wantKeys("DB PG")
}

func TestList(t *testing.T) {
	f := newFixture(t)
	empty := f.send(f.request("GET", listPath(f.AddJob("empty")), ""))
	if wantStatus(t, empty, 200, ""); empty.body != `{"results":[]}` {
		t.Errorf("%s", empty.body)
	}
	wantStatus(t, f.send(f.request("GET", listPath(uuid.New()), "")), 404, "job")

	f.AddSecret(f.job, "A", "MOON")
	f.AddSecret(f.job, "B", api.VariableScopeBuiltIn)
	f.AddAlias(f.job, f.secret, "M")
	f.AddSecret(f.job, "C", api.VariableScopeJob)
	f.AddSecret(f.AddJob("other"), "X", api.VariableScopeEnvironment)
	f.wantKeys("DB A B M C")
	got := f.send(f.listRequest())
	wantStatus(t, got, 200, "")
	var list generated.SecretList
	var raw struct{ Results []map[string]any }
	if json.Unmarshal([]byte(got.body), &list) != nil || json.Unmarshal([]byte(got.body), &raw) != nil {
		t.Fatalf("%s", got.body)
	}
	if !reflect.DeepEqual(*list.Results, f.Secrets(f.job)) {
		t.Error("Secrets differs from the list")
	}
	null := []string{"overridden_secret", "enable_interpolation_in_file"}
	inherited := append(null, "aliased_secret", "service_id", "service_name", "service_type")
	for i, want := range []struct {
		scope, variableType string
		null                []string
	}{
		{"ENVIRONMENT", "VALUE", inherited},
		{"MOON", "VALUE", inherited},
		{"BUILT_IN", "BUILT_IN", inherited},
		{"JOB", "ALIAS", null},
		{"JOB", "VALUE", append(null, "aliased_secret")},
	} {
		s := raw.Results[i]
		if s["scope"] != want.scope || s["variable_type"] != want.variableType || s["description"] != "" {
			t.Errorf("%v", s)
		}
		for _, name := range want.null {
			if value, ok := s[name]; !ok || value != nil {
				t.Errorf("%v: %s is %v", s["key"], name, value)
			}
		}
	}

	// The caller may modify what Secrets returns.
	secrets := f.Secrets(f.job)
	secrets[0].Key, secrets[3].AliasedSecret.Key, *secrets[3].ServiceName = "changed", "changed", "changed"
	if !reflect.DeepEqual(*list.Results, f.Secrets(f.job)) {
		t.Error("the caller changed the server's secrets")
	}
}

func TestDelete(t *testing.T) {
	f := newFixture(t)
	a := f.AddSecret(f.job, "A", api.VariableScopeJob)
	f.AddAlias(f.job, f.secret, "DB1")
	a1 := f.AddAlias(f.job, a, "A1")
	f.AddAlias(f.job, f.secret, "DB2")
	builtIn := f.AddSecret(f.job, "Q", api.VariableScopeBuiltIn)
	for _, c := range []struct {
		name   string
		id     uuid.UUID
		status int
		left   string
	}{
		{"a secret with aliases", f.secret, 204, "A A1 Q"},
		{"again", f.secret, 404, "A A1 Q"},
		{"a built-in one", builtIn, 403, "A A1 Q"},
		{"an alias", a1, 204, "A Q"},
		{"a secret", a, 204, "Q"},
	} {
		got := f.send(f.request("DELETE", deletePath(f.job, c.id), ""))
		wantStatus(t, got, c.status, "secret "+c.id.String())
		if c.status == 204 && got.body != "" {
			t.Errorf("%s: %s", c.name, got.body)
		}
		f.wantKeys(c.left)
	}
	wantStatus(t, f.send(f.request("DELETE", deletePath(uuid.New(), builtIn), "")), 404, "job")

	// The keys are free again.
	f.AddAlias(f.job, f.AddSecret(f.job, "A1", api.VariableScopeEnvironment), "A")
	f.AddSecret(f.job, "DB1", api.VariableScopeJob)
}

// A key that is both inherited and of the job is what an override gives.
func TestAddSecretWithAnInheritedKey(t *testing.T) {
	f := newFixture(t)
	own := f.AddSecret(f.job, "DB", api.VariableScopeJob)
	f.AddAlias(f.job, f.secret, "PG")
	f.AddSecret(f.job, "PG", api.VariableScopeProject)
	f.AddSecret(f.job, "PG", api.VariableScopeEnvironment)
	f.wantKeys("DB DB PG PG PG")
	// With the secret of the job gone, the key is still inherited.
	wantStatus(t, f.send(f.request("DELETE", deletePath(f.job, own), "")), 204, "")
	wantStatus(t, f.send(f.createRequest("DB")), 409, "Variable already exists: DB")
	f.AddSecret(f.job, "DB", api.VariableScopeJob)
}

func TestMisusePanics(t *testing.T) {
	f := newFixture(t)
	alias := f.AddAlias(f.job, f.secret, "PG")
	for name, misuse := range map[string]func(){
		"AddSecret, unknown job":          func() { f.AddSecret(uuid.New(), "K", api.VariableScopeEnvironment) },
		"AddSecret, key of another":       func() { f.AddSecret(f.job, "PG", api.VariableScopeJob) },
		"AddAlias, unknown job":           func() { f.AddAlias(uuid.New(), f.secret, "K") },
		"AddAlias, unknown target":        func() { f.AddAlias(f.job, uuid.New(), "K") },
		"AddAlias, on an alias":           func() { f.AddAlias(f.job, alias, "K") },
		"AddAlias, empty key":             func() { f.AddAlias(f.job, f.secret, "") },
		"AddAlias, key of another":        func() { f.AddAlias(f.job, f.secret, "PG") },
		"AddAlias, key of an inherited":   func() { f.AddAlias(f.job, f.secret, "DB") },
		"Secrets, unknown job":            func() { f.Secrets(uuid.New()) },
		"Inject, status of no response":   func() { f.Inject(apitest.Fault{Status: 100}) },
		"Inject, status of four digits":   func() { f.Inject(apitest.Fault{Status: 1000}) },
		"Inject, truncation below a byte": func() { f.Inject(apitest.Fault{Truncate: -1}) },
	} {
		func() {
			defer func() {
				if text, _ := recover().(string); !strings.HasPrefix(text, "apitest: ") {
					t.Errorf("%s: %q", name, text)
				}
			}()
			misuse()
		}()
	}
	f.wantKeys("DB PG")
	wantStatus(t, f.send(f.listRequest()), 200, "")
}
