package apitest_test

// The three operations and their rules.

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/api/apitest"
	"github.com/qovery-alias/qovery-alias-go/generated"
)

func TestCreateAnswersAsTheRealServer(t *testing.T) {
	srv := apitest.Start(t)
	job := srv.AddJob("nightly")
	secret := srv.AddSecret(job, "DB", environment)
	got := call(t, srv, "POST", aliasPath(job, secret), `{"key":"PG","unknown":[1]}`)
	if got.status != http.StatusCreated || got.header.Get("Content-Type") != "application/json" || got.header.Get("X-Request-Id") == "" {
		t.Fatalf("%d %v %s", got.status, got.header, got.body)
	}
	var fields map[string]any
	if err := json.Unmarshal(got.body, &fields); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"created_at", "updated_at"} {
		if at, _ := fields[name].(string); !regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$`).MatchString(at) {
			t.Errorf("%s: %v", name, fields[name])
		}
		delete(fields, name)
	}
	id := srv.Secrets(job)[1].ID
	want := map[string]any{
		"id": id.String(), "key": "PG", "scope": "JOB", "variable_type": "ALIAS",
		"aliased_secret": map[string]any{
			"id": secret.String(), "key": "DB", "mount_path": nil, "scope": "ENVIRONMENT", "variable_type": "VALUE",
			"description": nil, "enable_interpolation_in_file": nil,
		},
		"overridden_secret": nil,
		"service_id":        job.String(), "service_name": "nightly", "service_type": "JOB", "owned_by": "QOVERY",
		"description": nil, "enable_interpolation_in_file": nil,
	}
	if !reflect.DeepEqual(fields, want) {
		t.Errorf("got  %v\nwant %v", fields, want)
	}
}

func TestCreateChecksTheBody(t *testing.T) {
	srv := apitest.Start(t)
	job := srv.AddJob("nightly")
	secret := srv.AddSecret(job, "DB", environment)
	for name, c := range map[string]struct {
		body   string
		status int
		part   string
	}{
		"key alone":              {`{"key":"A1"}`, 201, ""},
		"nulls":                  {`{"key":"A2","description":null,"enable_interpolation_in_file":null}`, 201, ""},
		"all":                    {`{"key":"A3","description":"","enable_interpolation_in_file":false}`, 201, ""},
		"255 characters":         {`{"key":"A4","description":"` + strings.Repeat("é", 255) + `"}`, 201, ""},
		"256 characters":         {`{"key":"B","description":"` + strings.Repeat("é", 256) + `"}`, 400, "description"},
		"no key":                 {`{}`, 400, "key"},
		"empty key":              {`{"key":""}`, 400, "key"},
		"null key":               {`{"key":null}`, 400, "key"},
		"key in capitals":        {`{"KEY":"B"}`, 400, "key"},
		"key a number":           {`{"key":1}`, 400, "key"},
		"description a list":     {`{"key":"B","description":[]}`, 400, "description"},
		"interpolation a string": {`{"key":"B","enable_interpolation_in_file":"true"}`, 400, "enable_interpolation_in_file"},
		"empty":                  {` `, 400, ""},
		"null":                   {`null`, 400, ""},
		"list":                   {`[]`, 400, ""},
		"cut":                    {`{"key":"B"`, 400, ""},
		"trailing data":          {`{"key":"B"} {}`, 400, ""},
		"1 MiB":                  {`{"key":"A5"}` + strings.Repeat(" ", 1<<20-12), 201, ""},
		"1 MiB and a byte":       {`{"key":"B"}` + strings.Repeat(" ", 1<<20-10), 400, "larger"},
	} {
		t.Run(name, func(t *testing.T) {
			got := call(t, srv, "POST", aliasPath(job, secret), c.body)
			if c.status != 201 {
				wantProblem(t, got, c.status, c.part)
			} else if got.status != 201 {
				t.Errorf("%d %s", got.status, got.body)
			}
		})
	}
	for _, s := range srv.Secrets(job) {
		switch {
		case s.Key == "B":
			t.Error("a refused request took effect")
		case s.Key == "A2" && (s.Description != nil || s.EnableInterpolationInFile != nil),
			s.Key == "A3" && (s.Description == nil || *s.Description != "" || s.EnableInterpolationInFile == nil || *s.EnableInterpolationInFile):
			t.Errorf("%s: description %v, interpolation %v", s.Key, s.Description, s.EnableInterpolationInFile)
		}
	}
}

func TestCreateChecksTheContentType(t *testing.T) {
	srv := apitest.Start(t)
	job := srv.AddJob("nightly")
	secret := srv.AddSecret(job, "DB", environment)
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
		r := request(t, srv, srv.URL(), "POST", aliasPath(job, secret), fmt.Sprintf(`{"key":"K%d"}`, i))
		r.Header.Del("Content-Type")
		if c.contentType != "" {
			r.Header.Set("Content-Type", c.contentType)
		}
		if got := send(t, r); got.status != c.status {
			t.Errorf("%q: %d %s", c.contentType, got.status, got.body)
		} else if c.status != 201 {
			wantProblem(t, got, c.status, "application/json")
		}
	}
}

func TestCreateRules(t *testing.T) {
	srv := apitest.Start(t)
	job, other := srv.AddJob("nightly"), srv.AddJob("other")
	secret := srv.AddSecret(job, "DB", environment)
	own := srv.AddSecret(job, "OWN", generated.VariableScopeJob)
	alias := srv.AddAlias(job, secret, "PG")
	foreign := srv.AddSecret(other, "DB", environment)
	builtIn := srv.AddSecret(job, "QOVERY_DB", generated.VariableScopeBuiltIn)
	for name, c := range map[string]struct {
		path, key string
		status    int
		part      string
	}{
		"unknown job":         {aliasPath(uuid.New(), secret), "K", 404, "job"},
		"unknown secret":      {aliasPath(job, uuid.New()), "K", 404, "secret"},
		"another job's":       {aliasPath(job, foreign), "K", 404, "secret"},
		"alias on an alias":   {aliasPath(job, alias), "K", 400, "alias"},
		"alias on an own one": {aliasPath(job, own), "K", 400, "scope"},
		"an alias's key":      {aliasPath(job, secret), "PG", 409, "Variable already exists: PG"},
		"an own one's key":    {aliasPath(job, secret), "OWN", 409, "Variable already exists: OWN"},
		"a target's own key":  {aliasPath(job, secret), "DB", 201, ""},
		"another case":        {aliasPath(job, secret), "pg", 201, ""},
		"of a built-in one":   {aliasPath(job, builtIn), "QDB", 201, ""},
	} {
		t.Run(name, func(t *testing.T) {
			got := call(t, srv, "POST", c.path, `{"key":"`+c.key+`"}`)
			if c.status != 201 {
				wantProblem(t, got, c.status, c.part)
			} else if got.status != 201 {
				t.Errorf("%d %s", got.status, got.body)
			}
		})
	}
	if n := len(srv.Secrets(job)); n != 7 {
		t.Errorf("%d secrets", n)
	}
}

func TestOfManyCreatesOfOneKeyOneSucceeds(t *testing.T) {
	srv := apitest.Start(t)
	job := srv.AddJob("nightly")
	secret := srv.AddSecret(job, "DB", environment)
	c := client(t)
	var mu sync.Mutex
	var wg sync.WaitGroup
	statuses := map[int]int{}
	for range 64 {
		wg.Go(func() {
			got, err := do(c, request(t, srv, srv.URL(), "POST", aliasPath(job, secret), `{"key":"PG"}`))
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
	if len(srv.Secrets(job)) != 2 || len(srv.Requests()) != 64 {
		t.Errorf("%d secrets, %d requests", len(srv.Secrets(job)), len(srv.Requests()))
	}
}

func TestList(t *testing.T) {
	srv := apitest.Start(t)
	job := srv.AddJob("nightly")
	if got := call(t, srv, "GET", listPath(job), ""); got.status != 200 || string(got.body) != `{"results":[]}` {
		t.Errorf("%d %s", got.status, got.body)
	}
	wantProblem(t, call(t, srv, "GET", listPath(uuid.New()), ""), 404, "job")

	secret := srv.AddSecret(job, "Z", environment)
	srv.AddSecret(job, "A", "MOON")
	srv.AddSecret(job, "B", generated.VariableScopeBuiltIn)
	srv.AddAlias(job, secret, "M")
	srv.AddSecret(srv.AddJob("other"), "X", environment)
	got := call(t, srv, "GET", listPath(job), "")
	var list generated.SecretList
	if err := json.Unmarshal(got.body, &list); err != nil {
		t.Fatal(err)
	}
	if all := keys(*list.Results); all != "Z A B M" {
		t.Errorf("keys %s", all)
	}
	if !reflect.DeepEqual(*list.Results, srv.Secrets(job)) {
		t.Error("Secrets differs from the list")
	}
	var raw struct{ Results []map[string]any }
	if err := json.Unmarshal(got.body, &raw); err != nil {
		t.Fatal(err)
	}
	for i, want := range [][2]string{{"ENVIRONMENT", "VALUE"}, {"MOON", "VALUE"}, {"BUILT_IN", "BUILT_IN"}, {"JOB", "ALIAS"}} {
		s := raw.Results[i]
		if s["scope"] != want[0] || s["variable_type"] != want[1] {
			t.Errorf("%v: %v %v", s["key"], s["scope"], s["variable_type"])
		}
		if i == 3 {
			continue
		}
		for _, name := range []string{"aliased_secret", "overridden_secret", "service_id", "service_name", "service_type", "description"} {
			if value, ok := s[name]; !ok || value != nil {
				t.Errorf("%v: %s is %v", s["key"], name, value)
			}
		}
	}
}

func TestListOfTenThousand(t *testing.T) {
	srv := apitest.Start(t)
	job := srv.AddJob("nightly")
	for i := range 10_000 {
		srv.AddSecret(job, fmt.Sprint("K", i), environment)
	}
	start := time.Now()
	var list generated.SecretList
	if err := json.Unmarshal(call(t, srv, "GET", listPath(job), "").body, &list); err != nil {
		t.Fatal(err)
	}
	if n := len(*list.Results); n != 10_000 || (*list.Results)[9_999].Key != "K9999" {
		t.Errorf("%d secrets", n)
	}
	t.Log(time.Since(start))
}

func TestSecretsAreTheCallersOwn(t *testing.T) {
	srv := apitest.Start(t)
	job := srv.AddJob("nightly")
	srv.AddAlias(job, srv.AddSecret(job, "DB", environment), "PG")
	got := srv.Secrets(job)
	got[1].AliasedSecret.Key, *got[1].ServiceName, got[0].Key = "changed", "changed", "changed"
	got = srv.Secrets(job)
	if got[1].AliasedSecret.Key != "DB" || *got[1].ServiceName != "nightly" || got[0].Key != "DB" {
		t.Errorf("%+v", got)
	}
}

func TestDelete(t *testing.T) {
	srv := apitest.Start(t)
	job := srv.AddJob("nightly")
	a, b := srv.AddSecret(job, "A", environment), srv.AddSecret(job, "B", environment)
	srv.AddAlias(job, a, "A1")
	b1 := srv.AddAlias(job, b, "B1")
	srv.AddAlias(job, a, "A2")
	builtIn := srv.AddSecret(job, "Q", generated.VariableScopeBuiltIn)

	for _, c := range []struct {
		name   string
		id     uuid.UUID
		status int
		left   string
	}{
		{"a secret with aliases", a, 204, "B B1 Q"},
		{"again", a, 404, "B B1 Q"},
		{"built in", builtIn, 403, "B B1 Q"},
		{"an alias", b1, 204, "B Q"},
		{"a secret", b, 204, "Q"},
	} {
		got := call(t, srv, "DELETE", deletePath(job, c.id), "")
		if c.status != 204 {
			wantProblem(t, got, c.status, "secret "+c.id.String())
		} else if got.status != 204 || len(got.body) > 0 || got.header.Get("X-Request-Id") == "" {
			t.Errorf("%s: %d %v %s", c.name, got.status, got.header, got.body)
		}
		if left := keys(srv.Secrets(job)); left != c.left {
			t.Errorf("%s: left %s, want %s", c.name, left, c.left)
		}
	}
	wantProblem(t, call(t, srv, "DELETE", deletePath(uuid.New(), builtIn), ""), 404, "job")

	// The keys are free again.
	srv.AddAlias(job, srv.AddSecret(job, "A", environment), "A1")
	srv.AddSecret(job, "B1", generated.VariableScopeJob)
}

func TestMisusePanics(t *testing.T) {
	srv := apitest.Start(t)
	job := srv.AddJob("nightly")
	secret := srv.AddSecret(job, "DB", environment)
	alias := srv.AddAlias(job, secret, "PG")
	for name, misuse := range map[string]func(){
		"AddSecret, unknown job":   func() { srv.AddSecret(uuid.New(), "K", environment) },
		"AddSecret, duplicate key": func() { srv.AddSecret(job, "PG", generated.VariableScopeJob) },
		"AddAlias, unknown job":    func() { srv.AddAlias(uuid.New(), secret, "K") },
		"AddAlias, unknown target": func() { srv.AddAlias(job, uuid.New(), "K") },
		"AddAlias, on an alias":    func() { srv.AddAlias(job, alias, "K") },
		"AddAlias, duplicate key":  func() { srv.AddAlias(job, secret, "PG") },
		"Secrets, unknown job":     func() { srv.Secrets(uuid.New()) },
		"Inject, no status":        func() { srv.Inject(apitest.Fault{Status: 100}) },
		"Inject, negative":         func() { srv.Inject(apitest.Fault{Truncate: -1}) },
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
	if all := keys(srv.Secrets(job)); all != "DB PG" {
		t.Errorf("keys %s", all)
	}
}
