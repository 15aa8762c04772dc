package main

import (
	"bytes"
	"context"
	"io"
	"regexp"
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
	srv                            *apitest.Server
	job, empty, secret, own, alias uuid.UUID
	token                          string // never to be printed
	dir                            string
}

func newFixture(t *testing.T) *fixture {
	srv := apitest.Start(t)
	f := &fixture{T: t, srv: srv, job: srv.AddJob("nightly"), empty: srv.AddJob("empty"), token: srv.Token(), dir: t.TempDir()}
	f.secret = srv.AddSecret(f.job, "DB_PASSWORD", api.VariableScopeEnvironment)
	f.alias = srv.AddAlias(f.job, f.secret, "OLD")
	srv.AddSecret(f.job, "DB_PASSWORD", api.VariableScopeProject)
	srv.AddSecret(f.job, "SMTP_PASSWORD", api.VariableScopeProject)
	f.own = srv.AddSecret(f.job, "OWN", api.VariableScopeJob)
	srv.AddSecret(f.job, "DB_PASSWORD", api.VariableScopeJob)
	t.Setenv("QOVERY_API_TOKEN", f.token)
	t.Setenv("QOVERY_CLI_ACCESS_TOKEN", "")
	t.Setenv("Q_CLI_ACCESS_TOKEN", "")
	t.Setenv("QOVERY_API_URL", srv.URL())
	return f
}

var marked = regexp.MustCompile(`#[A-Z]+\b`)

// fill replaces what is marked by #.
func (f *fixture) fill(text string) string {
	return marked.ReplaceAllStringFunc(text, func(name string) string {
		return map[string]string{"#JOB": f.job.String(), "#EMPTY": f.empty.String(), "#SECRET": f.secret.String(), "#ALIAS": f.alias.String(),
			"#OWN": f.own.String(), "#ID": "[0-9a-f]{8}-[0-9a-f-]{27}", "#TOKEN": f.token, "#DIR": f.dir}[name]
	})
}

// plain marks names in a text that has them without #.
func plain(text string) string {
	return regexp.MustCompile(`\b(JOB|EMPTY|SECRET|ALIAS|TOKEN|DIR)\b`).ReplaceAllString(text, "#$1")
}

type result struct {
	code           int
	stdout, stderr string
}

// quick are options with which retries do not wait.
func quick(opts ...api.Option) []api.Option {
	return append(opts, api.WithBackoff(func(int) time.Duration { return 0 }))
}

func (f *fixture) run(stdin io.Reader, args ...string) result {
	f.Helper()
	var stdout, stderr bytes.Buffer
	return f.finish(context.Background(), newCall(stdin, &stdout, &stderr, quick()...), &stdout, &stderr, args...)
}

// finish runs a call that writes to the buffers.
func (f *fixture) finish(ctx context.Context, c *call, stdout, stderr *bytes.Buffer, args ...string) result {
	f.Helper()
	code := c.run(ctx, args)
	r := result{code, stdout.String(), stderr.String()}
	if strings.Contains(strings.ToLower(r.stdout+r.stderr), strings.ToLower(f.token)) {
		f.Errorf("%q: the token is printed:\n%s%s", args, r.stdout, r.stderr)
	}
	return r
}
