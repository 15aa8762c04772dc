package main

import (
	"bytes"
	"cmp"
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/api"
	"github.com/qovery-alias/qovery-alias-go/api/apitest"
)

// fixture is a fake Qovery that the environment points to.
type fixture struct {
	*testing.T
	srv         *apitest.Server
	job, secret uuid.UUID // secret: DB_PASSWORD of the environment
	token       string    // never to be printed
}

func newFixture(t *testing.T) *fixture {
	srv := apitest.Start(t)
	job := srv.AddJob("nightly")
	f := &fixture{t, srv, job, srv.AddSecret(job, "DB_PASSWORD", api.VariableScopeEnvironment), srv.Token()}
	t.Setenv("QOVERY_API_TOKEN", f.token)
	t.Setenv("QOVERY_CLI_ACCESS_TOKEN", "")
	t.Setenv("Q_CLI_ACCESS_TOKEN", "")
	t.Setenv("QOVERY_API_URL", srv.URL())
	return f
}

type result struct {
	code           int
	stdout, stderr string
}

// run runs the program with "JOB" and "SECRET" in args replaced; retries do not wait.
func (f *fixture) run(args ...string) result {
	f.Helper()
	return f.runWith(context.Background(), nil, args...)
}

func (f *fixture) runWith(ctx context.Context, opts []api.Option, args ...string) result {
	f.Helper()
	ids := map[string]string{"JOB": f.job.String(), "SECRET": f.secret.String()}
	for i, arg := range args {
		args[i] = cmp.Or(ids[arg], arg)
	}
	var stdout, stderr bytes.Buffer
	opts = append(opts, api.WithBackoff(func(int) time.Duration { return 0 }))
	code := run(ctx, args, &stdout, &stderr, opts...)
	r := result{code, stdout.String(), stderr.String()}
	if strings.Contains(r.stdout+r.stderr, f.token) {
		f.Errorf("%q: the token is printed:\n%s%s", args, r.stdout, r.stderr)
	}
	return r
}

// succeeds checks that a run is silent but for its result, which is returned.
func (f *fixture) succeeds(r result) string {
	f.Helper()
	if r.code != 0 || r.stderr != "" || r.stdout == "" {
		f.Fatalf("code %d, stdout:\n%s\nstderr:\n%s", r.code, r.stdout, r.stderr)
	}
	return r.stdout
}

// fails checks the exit code, that nothing else is printed than one line with a hint,
// and what that has to hold.
func (f *fixture) fails(r result, code int, want ...string) {
	f.Helper()
	if r.stdout != "" {
		f.Errorf("stdout of a failure: %q", r.stdout)
	}
	f.explains(r, code, want...)
}

// explains is fails for what may print something.
func (f *fixture) explains(r result, code int, want ...string) {
	f.Helper()
	checkLine(f.T, r, code, want...)
}

func checkLine(t *testing.T, r result, code int, want ...string) {
	t.Helper()
	if r.code != code {
		t.Errorf("exit code %d, want %d", r.code, code)
	}
	line, isLine := strings.CutSuffix(r.stderr, "\n")
	if !isLine || strings.ContainsAny(line, "\n\r\x1b") || !strings.HasPrefix(line, "qovery-alias: ") {
		t.Errorf("stderr is not one line of its own: %q", r.stderr)
	}
	_, hint, _ := strings.Cut(line, "; ")
	if !strings.Contains(hint, "run") && !strings.Contains(hint, "check") && !strings.Contains(hint, "give") &&
		!strings.Contains(hint, "choose") && !strings.Contains(hint, "put") {
		t.Errorf("no hint in %q", line)
	}
	for _, w := range want {
		if !strings.Contains(line, w) {
			t.Errorf("no %q in %q", w, line)
		}
	}
}

func TestNoCommand(t *testing.T) {
	f := newFixture(t)
	f.fails(f.run(), 2, "no command", "qovery-alias help")
	f.fails(f.run("crate"), 2, `unknown command "crate"`, "qovery-alias help")
	f.fails(f.run(f.token), 2, "unknown command", "[masked]")
}

// Everything that is found before a request is sent.
func TestWrongInput(t *testing.T) {
	f := newFixture(t)
	const id = "01234567-89ab-cdef-0123-456789abcdef"
	const form = "must be a UUID such as 01234567-89ab-cdef-0123-456789abcdef"
	create := func(more ...string) []string {
		return append([]string{"create", "--job", id, "--secret", id, "--key", "K"}, more...)
	}
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"create"}, "create: --job is required; for help run: qovery-alias help create"},
		{[]string{"create", "--job", id, "--secret", id}, "--key is required"},
		{[]string{"create", "--job", id, "--key", "K"}, "--secret or --secret-key is required"},
		{create("--secret-key", "S"), "--secret and --secret-key exclude each other"},
		{[]string{"create", "--job", "x", "--secret", id, "--key", "K"}, "--job " + form},
		{[]string{"create", "--job", "--key", "K"}, "--job " + form},
		{[]string{"create", "--job", "", "--secret", id, "--key", "K"}, "--job must not be empty"},
		{[]string{"create", "--job", id, "--secret", f.token, "--key", "K"}, "--secret " + form},
		{[]string{"list", "--job", "urn:uuid:" + id}, form},
		{[]string{"list", "--job", "{" + id + "}"}, form},
		{[]string{"list", "--job", strings.ReplaceAll(id, "-", "")}, form},
		{[]string{"list", "--job", id + " "}, form},
		{[]string{"list", "--job", strings.Replace(id, "0", "g", 1)}, form},
		{[]string{"list", "--job", uuid.Nil.String()}, "--job must not be the zero UUID"},
		{[]string{"create", "--job", id, "--secret", id, "--key", ""}, "--key must not be empty"},
		{[]string{"create", "--job", id, "--secret-key=", "--key", "K"}, "--secret-key must not be empty"},
		{[]string{"create", "--job", id, "--secret", id, "--key", "\xff"}, "key: is not valid UTF-8"},
		{create("--description", strings.Repeat("ü", 256)), "description: has 256 characters, at most 255 are allowed"},
		{create("--interpolate-in-file=perhaps"), "--interpolate-in-file must be true or false"},
		{create("--interpolate-in-file", "false"), `unexpected argument "false"`},
		{create("--key", "L"), "--key is given more than once"},
		{create("--interpolate-in-file", "--interpolate-in-file"), "--interpolate-in-file is given more than once"},
		{create("-o", ""), "-o must be table or json"},
		{create("-o", "JSON"), "-o must be table or json"},
		{create("-o"), "flag needs an argument: -o"},
		{create("--token", "t"), "flag provided but not defined: -token"},
		{create("--token=" + f.token), "flag provided but not defined: -token"},
		{create(f.token), "unexpected argument"},
		{create("---key"), "bad flag syntax: ---key"},
		{create("stray\x1b[31m\nline"), `unexpected argument "stray\x1b[31m\nline"`},
		{create("--url", ""), "--url must not be empty"},
		{create("--url", "http://example.com"), "--url: invalid request: the base URL must be https; plain http is for loopback addresses only; give an https:// address"},
		{create("--url", "https://me:"+f.token+"@example.com"), "--url: invalid request"},
		{create("--url", "://"+f.token), "--url: invalid request"},
		{create("--url", "api.qovery.com"), "must be absolute"},
		{[]string{"list", "--job", id, "-o", "yaml"}, "-o must be table or json"},
		{[]string{"list", "--job", id, "--key", "K"}, "flag provided but not defined: -key"},
		{[]string{"list", "--job", id, "x"}, `unexpected argument "x"`},
		{[]string{"ensure", "--job", id}, "at least one ALIAS=SECRET_KEY is required"},
		{[]string{"ensure", "A=B"}, "--job is required"},
		{[]string{"ensure", "--job", id, "A"}, `argument "A" must have the form ALIAS=SECRET_KEY`},
		{[]string{"ensure", "--job", id, "=B"}, `argument "=B" must have`},
		{[]string{"ensure", "--job", id, "A="}, `argument "A=" must have`},
		{[]string{"ensure", "--job", id, ""}, `argument "" must have`},
		{[]string{"ensure", "--job", id, "A=B", "-o", "json", "A=C"}, `the key "A" is asked for twice`},
		{[]string{"ensure", "--job", id, "A=B", "--", "--job"}, `argument "--job" must have`},
		{[]string{"delete", "--job", id}, "--key or --id is required"},
		{[]string{"delete", "--job", id, "--key", "K", "--id", id}, "--key and --id exclude each other"},
		{[]string{"delete", "--job", id, "--key", ""}, "--key must not be empty"},
		{[]string{"delete", "--job", id, "--id", "7"}, "--id " + form},
		{[]string{"delete", "--job", id, "--id", id, "-o", "json"}, "not defined: -o"},
		{[]string{"demo", "x"}, `demo: unexpected argument "x"`},
		{[]string{"demo", "-x"}, "not defined: -x"},
		{[]string{"fake", "x"}, `unexpected argument "x"`},
		{[]string{"fake", "--addr", ""}, "--addr must have the form HOST:PORT"},
		{[]string{"fake", "--addr", "127.0.0.1"}, "--addr must have the form HOST:PORT"},
		{[]string{"version", "x"}, `unexpected argument "x"`},
		{[]string{"help", "crate"}, `unknown command "crate"`},
		{[]string{"help", "create", "list"}, `unexpected argument "list"`},
	} {
		t.Run(strings.Join(test.args, " "), func(t *testing.T) {
			f := *f
			f.T = t
			f.fails(f.run(test.args...), 2, test.want)
		})
	}
	if n := len(f.srv.Requests()); n > 0 {
		t.Errorf("%d requests were sent", n)
	}
}

func TestURLVariable(t *testing.T) {
	f := newFixture(t)
	for url, want := range map[string]string{
		"http://example.com":                     "QOVERY_API_URL: invalid request: the base URL must be https",
		"https://me:" + f.token + "@example.com": "QOVERY_API_URL: invalid request: the base URL must not hold a user name",
		"https://example.com?token=" + f.token:   "QOVERY_API_URL: invalid request: the base URL must not hold a query",
		"https://example.com/\x7f" + f.token:     "QOVERY_API_URL: invalid request: the base URL must be absolute",
	} {
		t.Setenv("QOVERY_API_URL", url)
		f.fails(f.run("list", "--job", "JOB"), 2, want)
		// The flag goes before the variable.
		f.succeeds(f.run("list", "--job", "JOB", "--url", f.srv.URL()))
	}
	t.Setenv("QOVERY_API_URL", "")
	if got := (&call{}).baseURL(); got != "https://api.qovery.com" {
		t.Errorf("the default is %s", got)
	}
}

func TestTokenVariables(t *testing.T) {
	f := newFixture(t)
	list := func() result { return f.run("list", "--job", "JOB") }

	t.Setenv("QOVERY_API_TOKEN", "")
	f.fails(list(), 2, "no token", "put an API token of your organization into QOVERY_API_TOKEN")

	t.Setenv("Q_CLI_ACCESS_TOKEN", f.token)
	f.succeeds(list())
	t.Setenv("QOVERY_CLI_ACCESS_TOKEN", "some-other-token")
	f.fails(list(), 1, "unauthorized", "check the token in QOVERY_CLI_ACCESS_TOKEN")
	t.Setenv("QOVERY_API_TOKEN", "yet-another-token")
	f.fails(list(), 1, "unauthorized", "check the token in QOVERY_API_TOKEN")

	for _, malformed := range []string{"Bearer " + f.token, f.token + "\n" + f.token, " \n"} {
		t.Setenv("QOVERY_API_TOKEN", malformed)
		f.fails(list(), 2, "QOVERY_API_TOKEN: invalid request: the token")
	}
}
