package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/qovery-alias/qovery-alias-go/api"
	"github.com/qovery-alias/qovery-alias-go/api/apitest"
)

func TestList(t *testing.T) {
	f := newFixture(t)
	wide := f.srv.AddSecret(f.job, "A_TOKEN", api.VariableScopeBuiltIn)
	near := f.srv.AddSecret(f.job, "A_TOKEN", api.VariableScopeJob)
	alias := f.srv.AddAlias(f.job, f.secret, "PGPASSWORD")
	out := f.succeeds(f.run("list", "--job", "JOB"))
	want := "KEY          SCOPE        TYPE      ALIAS OF     ID\n" +
		"A_TOKEN      JOB          VALUE     -            " + near.String() + "\n" +
		"A_TOKEN      BUILT_IN     BUILT_IN  -            " + wide.String() + "\n" +
		"DB_PASSWORD  ENVIRONMENT  VALUE     -            " + f.secret.String() + "\n" +
		"PGPASSWORD   JOB          ALIAS     DB_PASSWORD  " + alias.String() + "\n"
	if out != want {
		t.Errorf("got:\n%swant:\n%s", out, want)
	}

	var got []api.Secret
	if err := json.Unmarshal([]byte(f.succeeds(f.run("list", "--job", "JOB", "-o", "json"))), &got); err != nil {
		t.Fatal(err)
	}
	keys := []string{}
	for _, s := range got {
		keys = append(keys, s.Key)
	}
	if !slices.Equal(keys, []string{"A_TOKEN", "A_TOKEN", "DB_PASSWORD", "PGPASSWORD"}) {
		t.Errorf("got %q", keys)
	}
}

func TestListOfNothing(t *testing.T) {
	f := newFixture(t)
	f.job = f.srv.AddJob("new")
	if out := f.succeeds(f.run("list", "--job", "JOB")); out != "KEY  SCOPE  TYPE  ALIAS OF  ID\n" {
		t.Errorf("got %q", out)
	}
	if out := f.succeeds(f.run("list", "--job", "JOB", "-o", "json")); out != "[]\n" {
		t.Errorf("got %q", out)
	}
}

func TestListFails(t *testing.T) {
	for _, test := range []struct {
		fault apitest.Fault
		times int
		want  string
	}{
		{apitest.Fault{Status: 404}, 1, "check --job"},
		{apitest.Fault{Status: 405}, 1, "is the Qovery API"},
		{apitest.Fault{Status: 200, Body: "<html>"}, 1, "is the Qovery API"},
		{apitest.Fault{Status: 503}, 4, "in a few minutes"},
		{apitest.Fault{Status: 429}, 4, "in a few minutes"},
		{apitest.Fault{Hangup: true}, 20, "check the network"},
	} {
		f := newFixture(t)
		for range test.times {
			f.srv.Inject(test.fault)
		}
		f.fails(f.run("list", "--job", "JOB"), 1, test.want)
	}
}

// A server must not be able to drive the terminal.
func TestHostileKeys(t *testing.T) {
	f := newFixture(t)
	const key = "\x1b[31mA\u009b\u202e\t\nB\x7f\U000e0041"
	secret := map[string]any{"id": f.secret, "key": key, "scope": key, "variable_type": key,
		"aliased_secret": map[string]any{"id": f.secret, "key": key}}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		json.NewEncoder(w).Encode(map[string]any{"results": []any{secret}})
	}))
	defer srv.Close()
	t.Setenv("QOVERY_API_URL", srv.URL)
	tame := func(out string) {
		t.Helper()
		for _, r := range out {
			if r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r)) {
				t.Errorf("%q holds %U", out, r)
			}
		}
	}
	out := f.succeeds(f.run("list", "--job", "JOB"))
	tame(out)
	if strings.Count(out, "\n") != 2 || !strings.Contains(out, "[31mA B") {
		t.Errorf("got %q", out)
	}
	out = f.succeeds(f.run("list", "--job", "JOB", "-o", "json"))
	tame(out)
	var got []api.Secret
	if err := json.Unmarshal([]byte(out), &got); err != nil || got[0].Key != key {
		t.Errorf("%v: %q became %q", err, key, out)
	}
	r := f.run("create", "--job", "JOB", "--secret-key", key, "--key", "K")
	tame(r.stderr)
	f.fails(r, 1, "that an alias can point to")
	r = f.run("ensure", "--job", "JOB", "K\x1b=S\x1b")
	tame(r.stdout)
	f.explains(r, 1)
}
