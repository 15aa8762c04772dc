package main

import (
	"bytes"
	"context"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/api"
	"github.com/qovery-alias/qovery-alias-go/api/apitest"
)

// fixture is a fake Qovery that the environment points to. Its job has DB_PASSWORD (#SECRET) of the
// environment, SMTP_PASSWORD and another DB_PASSWORD of the project, OWN and DB_PASSWORD of its own, and OLD
// (#ALIAS), an alias of #SECRET.
type fixture struct {
	*testing.T
	srv   *apitest.Server
	job   uuid.UUID
	names map[string]string // what they stand for in command lines and patterns
}

func newFixture(t *testing.T) *fixture {
	srv := apitest.Start(t)
	job, empty := srv.AddJob("nightly"), srv.AddJob("empty")
	secret := srv.AddSecret(job, "DB_PASSWORD", api.VariableScopeEnvironment)
	alias := srv.AddAlias(job, secret, "OLD")
	srv.AddSecret(job, "DB_PASSWORD", api.VariableScopeProject)
	srv.AddSecret(job, "SMTP_PASSWORD", api.VariableScopeProject)
	srv.AddSecret(job, "OWN", api.VariableScopeJob)
	srv.AddSecret(job, "DB_PASSWORD", api.VariableScopeJob)
	for _, name := range []string{"QOVERY_CLI_ACCESS_TOKEN", "Q_CLI_ACCESS_TOKEN", "QOVERY_JOB_ID"} {
		t.Setenv(name, "")
		os.Unsetenv(name)
	}
	t.Setenv("QOVERY_API_TOKEN", srv.Token())
	t.Setenv("QOVERY_API_URL", srv.URL())
	return &fixture{t, srv, job, map[string]string{"#JOB": job.String(), "#EMPTY": empty.String(), "#SECRET": secret.String(),
		"#ALIAS": alias.String(), "#TOKEN": srv.Token(), "#ID": "[0-9a-f]{8}-[0-9a-f-]{27}", "#DIR": t.TempDir(), "#URL": srv.URL()}}
}

var named = regexp.MustCompile(`#[A-Z]+`)

func (f *fixture) fill(text string) string {
	return named.ReplaceAllStringFunc(text, func(name string) string { return f.names[name] })
}

type result struct {
	code           int
	stdout, stderr string
}

// quick makes retries not wait.
var quick = api.WithBackoff(func(int) time.Duration { return 0 })

func (f *fixture) run(line string, opts ...api.Option) result {
	f.Helper()
	return f.runCall(context.Background(), line, func(*call) {}, opts...)
}

// failureText matches lines of what happened and one of what to do next, or one JSON object.
var failureText = regexp.MustCompile(`^(qovery-alias[^\r\n\x1b{}]*\n)+hint: [^\r\n\x1b{}]{4,}\n$|^\{"error":.*"next":".+"\}\n$`)

// runCall runs a command line as prepare wants it.
func (f *fixture) runCall(ctx context.Context, line string, prepare func(*call), opts ...api.Option) result {
	f.Helper()
	var stdout, stderr bytes.Buffer
	c := newCall(strings.NewReader(""), &stdout, &stderr, append(opts, quick)...)
	prepare(c)
	code := c.run(ctx, split(f.fill(line)))
	r := result{code, stdout.String(), stderr.String()}
	if strings.Contains(strings.ToLower(r.stdout+r.stderr), strings.ToLower(f.srv.Token())) {
		f.Errorf("%s: the token is shown:\n%s%s", line, r.stdout, r.stderr)
	}
	if code != 0 && !failureText.MatchString(r.stderr) {
		f.Errorf("%s: not a failure:\n%s", line, r.stderr)
	}
	return r
}

// split splits words at spaces, except within single quotes.
func split(line string) (words []string) {
	for _, word := range regexp.MustCompile(`(?:[^ ']|'[^']*')+`).FindAllString(line, -1) {
		words = append(words, strings.ReplaceAll(word, "'", ""))
	}
	return words
}

// matches checks an output against a regular expression; an empty one stands for no output.
func (f *fixture) matches(got, want string) {
	f.Helper()
	if want == "" && got != "" || !regexp.MustCompile(f.fill(want)).MatchString(got) {
		f.Errorf("%s\nwant %s", got, want)
	}
}
