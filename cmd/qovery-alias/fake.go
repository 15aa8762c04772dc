package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"os"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"github.com/urfave/cli/v3"

	"github.com/qovery-alias/qovery-alias-go/api"
	"github.com/qovery-alias/qovery-alias-go/api/apitest"
)

// fake serves a fake Qovery until it is interrupted, which is not a failure. --fail is a status or "lost"
// and, after a comma, how many requests it is for.
func (c *call) fake(ctx context.Context, cmd *cli.Command) error {
	what, times, _ := strings.Cut(cmd.String("fail"), ",")
	status, _ := strconv.Atoi(what)
	n, _ := strconv.Atoi(cmp.Or(times, "1000000"))
	lost, latency := what == "lost", cmd.Duration("latency")
	if what != "" && !lost && (status < 400 || status > 599) || n < 1 {
		return errors.New("--fail must be a status from 400 to 599 or lost, and may have a number after a comma")
	}
	srv, job, password := newFake()
	defer srv.Close()
	fault := apitest.Fault{Delay: latency, Status: status, Apply: lost, Hangup: lost, Times: n}
	for _, method := range []string{http.MethodPost, http.MethodDelete} {
		fault.Method = method
		srv.Inject(fault)
	}
	srv.Inject(apitest.Fault{Delay: latency, Times: math.MaxInt})
	srv.RateLimit(max(0, cmd.Int("rate-limit")), http.StatusTooManyRequests)
	secrets := strings.ReplaceAll(strings.TrimSpace(c.table(srv.Secrets(job)...)), "\n", "\n# ")
	err := c.show(nil, fmt.Sprintf("QOVERY_API_URL=%s\nQOVERY_API_TOKEN=%s\nJOB_ID=%s\nQOVERY_JOB_ID=%[3]s\n"+
		"SECRET_ID=%[4]s\n# %[5]s\n", srv.URL(), srv.Token(), job, password, secrets))
	if err == nil {
		<-ctx.Done()
	}
	return err
}

// newFake makes a Qovery with what README.md and the demo name.
func newFake() (srv *apitest.Server, job, password uuid.UUID) {
	srv = apitest.NewServer()
	job = srv.AddJob("nightly")
	password = srv.AddSecret(job, "QOVERY_POSTGRESQL_Z1234_PASSWORD", api.VariableScopeBuiltIn)
	srv.AddSecret(job, "QOVERY_POSTGRESQL_Z1234_HOST", api.VariableScopeBuiltIn)
	smtp := srv.AddSecret(job, "SMTP_PASSWORD", api.VariableScopeProject)
	srv.AddSecret(job, "WEBHOOK_KEY", api.VariableScopeJob)
	srv.AddAlias(job, smtp, "MAIL_PASSWORD")
	return srv, job, password
}

// demo shows command lines and what they do on a fake Qovery.
func (c *call) demo(ctx context.Context, _ *cli.Command) error {
	srv, job, _ := newFake()
	defer srv.Close()
	os.Setenv("QOVERY_API_URL", srv.URL())
	os.Setenv("QOVERY_API_TOKEN", srv.Token())
	os.Setenv("QOVERY_JOB_ID", job.String())
	for line := range strings.SplitSeq(helpText("demo-lines"), "\n") {
		fmt.Fprintf(c.stdout, "$ qovery-alias %s\n", line)
		code := newCall(nil, c.stdout, c.stdout).run(ctx, strings.Fields(line))
		fmt.Fprintf(c.stdout, "(exit code %d)\n\n", code)
	}
	return nil
}
