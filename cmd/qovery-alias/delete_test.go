package main

import (
	"net/http"
	"testing"

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/api"
	"github.com/qovery-alias/qovery-alias-go/api/apitest"
)

func TestDelete(t *testing.T) {
	f := newFixture(t)
	a, b := f.srv.AddAlias(f.job, f.secret, "A"), f.srv.AddAlias(f.job, f.secret, "B")
	f.srv.AddSecret(f.job, "A", api.VariableScopeProject)
	if out := f.succeeds(f.run("delete", "--job", "JOB", "--key", "A")); out != "deleted A ("+a.String()+")\n" {
		t.Errorf("got %q", out)
	}
	if out := f.succeeds(f.run("delete", "--job", "JOB", "--id", b.String())); out != "deleted "+b.String()+"\n" {
		t.Errorf("got %q", out)
	}
	if n := len(f.srv.Secrets(f.job)); n != 2 {
		t.Errorf("%d secrets are left", n)
	}
}

func TestDeleteRefuses(t *testing.T) {
	f := newFixture(t)
	own := f.srv.AddSecret(f.job, "OWN", api.VariableScopeJob)
	f.srv.AddAlias(f.job, f.secret, "A")
	f.fails(f.run("delete", "--job", "JOB", "--key", "a"), 1, `no secret "a"; there is "A"`, "qovery-alias list")
	f.fails(f.run("delete", "--job", "JOB", "--key", "DB_PASSWORD"), 1, "only a secret of scope ENVIRONMENT")
	f.fails(f.run("delete", "--job", "JOB", "--key", "OWN"), 1, "is no alias", "only an alias at job level can be deleted")
	f.fails(f.run("delete", "--job", "JOB", "--id", own.String()), 1, "is no alias", "only an alias at job level can be deleted")
	f.fails(f.run("delete", "--job", "JOB", "--id", "SECRET"), 1, "is no alias")
	f.fails(f.run("delete", "--job", "JOB", "--id", uuid.NewString()), 1, "not found")
	if n := len(f.srv.Secrets(f.job)); n != 3 {
		t.Errorf("%d secrets are left", n)
	}
}

func TestDeleteFails(t *testing.T) {
	for _, test := range []struct {
		fault apitest.Fault
		code  int
		want  string
	}{
		{apitest.Fault{Status: 403}, 1, "may change this job"},
		{apitest.Fault{Status: 404}, 1, "not found"},
		{apitest.Fault{Status: 409}, 1, "to see what is there now"},
		{apitest.Fault{Status: 503}, 1, "in a few minutes"},
		{apitest.Fault{Hangup: true}, 3, "may or may not be gone"},
	} {
		f := newFixture(t)
		alias := f.srv.AddAlias(f.job, f.secret, "A")
		for range 20 { // retries, and those of net/http
			test.fault.Method = http.MethodDelete
			f.srv.Inject(test.fault)
		}
		f.fails(f.run("delete", "--job", "JOB", "--id", alias.String()), test.code, test.want)
	}
}
