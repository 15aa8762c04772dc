package main

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/qovery-alias/qovery-alias-go/api"
	"github.com/qovery-alias/qovery-alias-go/api/apitest"
)

func TestCreate(t *testing.T) {
	f := newFixture(t)
	out := f.succeeds(f.run("create", "--job", "JOB", "--secret", "SECRET", "--key", "PGPASSWORD"))
	alias := f.srv.Secrets(f.job)[1]
	want := "KEY         PGPASSWORD\n" +
		"ID          " + alias.ID.String() + "\n" +
		"ALIAS OF    DB_PASSWORD (" + f.secret.String() + ")\n" +
		"SCOPE       JOB\n" +
		"CREATED AT  " + alias.CreatedAt.Format("2006-01-02T15:04:05.999999Z") + "\n"
	if out != want {
		t.Errorf("got:\n%swant:\n%s", out, want)
	}
}

func TestCreateAsJSON(t *testing.T) {
	f := newFixture(t)
	out := f.succeeds(f.run("create", "--job", "JOB", "--secret", strings.ToUpper(f.secret.String()), "--key", "K", "-o=json"))
	var got api.Secret
	if err := json.Unmarshal([]byte(out), &got); err != nil {
		t.Fatal(err)
	}
	if got.ID != f.srv.Secrets(f.job)[1].ID || got.AliasedSecret.ID != f.secret || !strings.HasSuffix(out, "\n}\n") {
		t.Errorf("got:\n%s", out)
	}
}

func TestCreateSendsWhatIsGiven(t *testing.T) {
	umlauts := strings.Repeat("ü", 255)
	for _, test := range []struct {
		args []string
		want string
	}{
		{nil, `{"key":"K"}`},
		{[]string{"--description", ""}, `{"description":"","key":"K"}`},
		{[]string{"--description=" + umlauts}, `{"description":"` + umlauts + `","key":"K"}`},
		{[]string{"--description", "-h"}, `{"description":"-h","key":"K"}`},
		{[]string{"--interpolate-in-file"}, `{"enable_interpolation_in_file":true,"key":"K"}`},
		{[]string{"--interpolate-in-file=false"}, `{"enable_interpolation_in_file":false,"key":"K"}`},
	} {
		f := newFixture(t)
		f.succeeds(f.run(append([]string{"create", "--job", "JOB", "--secret", "SECRET", "--key", "K"}, test.args...)...))
		if got := string(f.srv.Requests()[0].Body); got != test.want {
			t.Errorf("%q sends %s, want %s", test.args, got, test.want)
		}
	}
}

func TestCreateBySecretKey(t *testing.T) {
	f := newFixture(t)
	f.srv.AddSecret(f.job, "DB_PASSWORD", api.VariableScopeProject)
	f.srv.AddSecret(f.job, "DB_PASSWORD", api.VariableScopeJob)
	f.srv.AddAlias(f.job, f.secret, "OLD")
	create := func(key string) result {
		return f.run("create", "--job", "JOB", "--secret-key", key, "--key", "NEW")
	}
	f.fails(create("db_password"), 1, `no secret "db_password"; there is "DB_PASSWORD"`, "qovery-alias list --job "+f.job.String())
	f.fails(create("OLD"), 1, `no secret "OLD" that an alias can point to`)
	if out := f.succeeds(create("DB_PASSWORD")); !strings.Contains(out, f.secret.String()) {
		t.Errorf("not the narrowest above the job:\n%s", out)
	}
}

// What a server or the way to it may do to a create.
func TestCreateFails(t *testing.T) {
	const elsewhere = "https://example.com/"
	for _, test := range []struct {
		name  string
		fault apitest.Fault
		code  int
		want  []string
	}{
		{"400", apitest.Fault{Status: 400, Body: `{"detail":"no \u001b[31mred\u0007\n\u202eevil"}`}, 1, []string{"invalid request: no [31mred evil (status 400,", "must be no alias"}},
		{"401", apitest.Fault{Status: 401}, 1, []string{"unauthorized", "check the token in QOVERY_API_TOKEN"}},
		{"403", apitest.Fault{Status: 403}, 1, []string{"forbidden", "may change this job"}},
		{"404", apitest.Fault{Status: 404}, 1, []string{"not found", "qovery-alias list --job "}},
		{"409", apitest.Fault{Status: 409}, 1, []string{"conflict", "choose another --key", "qovery-alias ensure --job "}},
		{"429", apitest.Fault{Status: 429, Header: http.Header{"Retry-After": {"90"}}}, 1, []string{"rate limited", "run the command again in 1m30s"}},
		{"redirect", apitest.Fault{Status: 307, Header: http.Header{"Location": {elsewhere}}}, 1, []string{"unexpected response", "is the Qovery API"}},
		{"500", apitest.Fault{Status: 500}, 3, []string{"outcome unknown", "the same command again is safe", "qovery-alias list --job "}},
		{"HTML", apitest.Fault{Status: 201, Body: "<html><title>Sign in"}, 3, []string{"outcome unknown", "Sign in"}},
		{"reset", apitest.Fault{Hangup: true}, 3, []string{"outcome unknown"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := newFixture(t)
			test.fault.Method = http.MethodPost
			f.srv.Inject(test.fault)
			f.fails(f.run("create", "--job", "JOB", "--secret", "SECRET", "--key", "K", "-o", "json"), test.code, test.want...)
		})
	}
}

func TestCreateConflictNamesTheHolder(t *testing.T) {
	f := newFixture(t)
	alias := f.srv.AddAlias(f.job, f.secret, "TAKEN")
	own := f.srv.AddSecret(f.job, "OWN", api.VariableScopeJob)
	create := func(key string) result {
		return f.run("create", "--job", "JOB", "--secret", "SECRET", "--key", key)
	}
	f.fails(create("TAKEN"), 1, "the key belongs to alias "+alias.String()+" of DB_PASSWORD ("+f.secret.String()+")")
	f.fails(create("OWN"), 1, "the key belongs to secret "+own.String()+", which is no alias")
}

func TestCreateSettlesALostAnswer(t *testing.T) {
	f := newFixture(t)
	f.srv.Inject(apitest.Fault{Method: http.MethodPost, Apply: true, Hangup: true})
	f.succeeds(f.run("create", "--job", "JOB", "--secret", "SECRET", "--key", "K"))
}

func TestTokenThatIsEchoed(t *testing.T) {
	f := newFixture(t)
	f.srv.Inject(apitest.Fault{Status: 403, Body: `{"detail":"bad token ` + f.token + `"}`,
		Header: http.Header{"X-Request-Id": {f.token}}})
	f.fails(f.run("create", "--job", "JOB", "--secret", "SECRET", "--key", "K"), 1, "bad token [masked]")
	f.srv.Inject(apitest.Fault{Status: 403, Body: f.token})
	f.explains(f.run("ensure", "--job", "JOB", "-o", "json", "K=DB_PASSWORD"), 1, "[masked]")
}

// interruption cancels when a request of the method is about to be sent.
type interruption struct {
	method string
	cancel func()
}

func (i interruption) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Method == i.method {
		i.cancel()
		return nil, req.Context().Err()
	}
	return http.DefaultTransport.RoundTrip(req)
}

func (f *fixture) interrupted(method string, args ...string) result {
	f.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	client := &http.Client{Transport: interruption{method, cancel}}
	return f.runWith(ctx, []api.Option{api.WithHTTPClient(client)}, args...)
}

func TestInterrupted(t *testing.T) {
	f := newFixture(t)
	f.srv.AddAlias(f.job, f.secret, "OLD")
	const again = "interrupted: run the command again"
	f.fails(f.interrupted("GET", "list", "--job", "JOB"), 130, again)
	f.fails(f.interrupted("GET", "create", "--job", "JOB", "--secret-key", "DB_PASSWORD", "--key", "K"), 130, again)
	f.fails(f.interrupted("POST", "create", "--job", "JOB", "--secret", "SECRET", "--key", "K"), 3, "outcome unknown")
	f.explains(f.interrupted("GET", "ensure", "--job", "JOB", "K=DB_PASSWORD"), 130, again)
	f.explains(f.interrupted("POST", "ensure", "--job", "JOB", "K=DB_PASSWORD"), 3, "outcome unknown")
	f.fails(f.interrupted("GET", "delete", "--job", "JOB", "--key", "OLD"), 130, again)
	f.fails(f.interrupted("DELETE", "delete", "--job", "JOB", "--key", "OLD"), 3, "may or may not be gone")

	over, cancel := context.WithCancel(context.Background())
	cancel()
	f.fails(f.runWith(over, nil, "create", "--job", "JOB", "--secret", "SECRET", "--key", "K"), 130, "not sent", again)
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left") }

func TestOutputThatCannotBeWritten(t *testing.T) {
	f := newFixture(t)
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"create", "--job", f.job.String(), "--secret", f.secret.String(), "--key", "K"}, "the server has answered, but cannot write the output: no space left"},
		{[]string{"ensure", "--job", f.job.String(), "L=DB_PASSWORD"}, "the server has answered, but"},
		{[]string{"list", "--job", f.job.String()}, "cannot write the output: no space left"},
		{[]string{"delete", "--job", f.job.String(), "--key", "K"}, "the server has answered, but"},
		{[]string{"help"}, "cannot write the output"},
		{[]string{"fake"}, "cannot write the output"},
	} {
		var stderr strings.Builder
		code := run(context.Background(), test.args, full{}, &stderr)
		f.fails(result{code, "", stderr.String()}, 1, test.want)
	}
}
