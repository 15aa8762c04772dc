package main

import (
	"encoding/json"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/qovery-alias/qovery-alias-go/api"
	"github.com/qovery-alias/qovery-alias-go/api/apitest"
)

func TestEnsure(t *testing.T) {
	f := newFixture(t)
	// Flags and aliases may be mixed, and a secret's key may hold equals signs.
	f.srv.AddSecret(f.job, "X=Y=Z", api.VariableScopeProject)
	args := []string{"ensure", "A=DB_PASSWORD", "--job", "JOB", "B=X=Y=Z", "-o", "table", "--", "C=DB_PASSWORD"}
	if out := f.succeeds(f.run(args...)); out != "created   A\ncreated   B\ncreated   C\n" {
		t.Errorf("first:\n%s", out)
	}
	if out := f.succeeds(f.run(args...)); out != "exists    A\nexists    B\nexists    C\n" {
		t.Errorf("second:\n%s", out)
	}
}

func TestEnsureInPart(t *testing.T) {
	f := newFixture(t)
	f.srv.AddSecret(f.job, "TAKEN", api.VariableScopeJob)
	f.srv.AddAlias(f.job, f.secret, "OLD")
	r := f.run("ensure", "--job", "JOB", "TAKEN=DB_PASSWORD", "OLD=DB_PASSWORD", "NONE=db_password", "NEW=DB_PASSWORD")
	f.explains(r, 1, "2 of 4 aliases not confirmed: ", "conflict", "choose another key")
	lines := strings.Split(r.stdout, "\n")
	for i, want := range []string{"conflict  TAKEN: ", "exists    OLD", "failed    NONE: ", "created   NEW", ""} {
		if len(lines) != 5 || !strings.HasPrefix(lines[i], want) {
			t.Fatalf("got:\n%s", r.stdout)
		}
	}
	if !strings.Contains(lines[2], `there is "DB_PASSWORD"`) {
		t.Errorf("no reason in %q", lines[2])
	}
}

func TestEnsureAsJSON(t *testing.T) {
	f := newFixture(t)
	f.srv.AddSecret(f.job, "TAKEN", api.VariableScopeJob)
	r := f.run("ensure", "--job", "JOB", "-o", "json", "TAKEN=DB_PASSWORD", "NEW=DB_PASSWORD")
	f.explains(r, 1, "1 of 2")
	var got []map[string]any
	if err := json.Unmarshal([]byte(r.stdout), &got); err != nil {
		t.Fatal(err)
	}
	reason, _ := got[0]["error"].(string)
	if want := map[string]any{"key": "TAKEN", "status": "conflict", "error": reason}; reason == "" || !reflect.DeepEqual(got[0], want) {
		t.Errorf("got %v", got[0])
	}
	secret, _ := got[1]["secret"].(map[string]any)
	if want := map[string]any{"key": "NEW", "status": "created", "secret": secret}; secret["key"] != "NEW" || !reflect.DeepEqual(got[1], want) {
		t.Errorf("got %v", got[1])
	}
}

// An unknown outcome decides the exit code, whatever else has failed.
func TestEnsureUnknown(t *testing.T) {
	f := newFixture(t)
	f.srv.AddSecret(f.job, "TAKEN", api.VariableScopeJob)
	f.srv.Inject(apitest.Fault{Method: http.MethodPost, Hangup: true})
	r := f.run("ensure", "--job", "JOB", "TAKEN=DB_PASSWORD", "NEW=DB_PASSWORD")
	f.explains(r, 3, "2 of 2", "the same command again is safe")
	if !strings.Contains(r.stdout, "conflict  TAKEN: ") || !strings.Contains(r.stdout, "\nunknown   NEW: ") {
		t.Errorf("got:\n%s", r.stdout)
	}
}

func TestEnsureWithoutAList(t *testing.T) {
	f := newFixture(t)
	f.srv.Inject(apitest.Fault{Status: 403})
	r := f.run("ensure", "--job", "JOB", "A=DB_PASSWORD", "B=DB_PASSWORD")
	f.explains(r, 1, "2 of 2", "forbidden")
	if strings.Count(r.stdout, "failed ") != 2 {
		t.Errorf("got:\n%s", r.stdout)
	}
}
