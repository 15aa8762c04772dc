package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"math"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/urfave/cli/v3"

	"github.com/qovery-alias/qovery-alias-go/api"
	"github.com/qovery-alias/qovery-alias-go/api/apitest"
)

// fake serves a fake Qovery until it is interrupted, which is not a failure.
func (c *call) fake(ctx context.Context, cmd *cli.Command) error {
	srv, job, password := newFake()
	defer srv.Close()
	if err := injectFaults(srv, cmd.String("fail")); err != nil {
		return err
	}
	if cmd.Int("rate-limit") < 0 {
		return wrong("--rate-limit must not be negative")
	}
	srv.RateLimit(cmd.Int("rate-limit"), http.StatusTooManyRequests)
	listener, err := net.Listen("tcp", cmp.Or(cmd.String("addr"), "127.0.0.1:0"))
	if err != nil {
		return hinted{err, "address"}
	}
	defer listener.Close()
	c.tokens = nil // that of the fake is to be shown
	addr := listener.Addr().(*net.TCPAddr)
	if addr.IP.IsUnspecified() {
		addr.IP = net.IPv4(127, 0, 0, 1)
	}
	secrets := strings.TrimSpace(c.secretsText(srv.Secrets(job)...))
	fmt.Fprintf(c.stdout, "QOVERY_API_URL=http://%s\nQOVERY_API_TOKEN=%s\nJOB_ID=%s\nQOVERY_JOB_ID=%[3]s\n"+
		"SECRET_ID=%[4]s\n# %[5]s\n", addr, srv.Token(), job, password, strings.ReplaceAll(secrets, "\n", "\n# "))
	if c.stdout.err != nil {
		return nil
	}
	server := &http.Server{ReadHeaderTimeout: 10 * time.Second, ErrorLog: log.New(c.stderr, "qovery-alias: ", 0)}
	server.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(cmd.Duration("latency"))
		srv.Handler().ServeHTTP(w, r)
	})
	context.AfterFunc(ctx, func() { server.Close() })
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
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

// injectFaults reads --fail.
func injectFaults(srv *apitest.Server, fail string) error {
	what, times, limited := strings.Cut(fail, ",")
	f := apitest.Fault{Times: math.MaxInt, Apply: what == "lost", Hangup: what == "lost"}
	f.Status, _ = strconv.Atoi(what)
	if limited {
		f.Times, _ = strconv.Atoi(times)
	}
	if fail != "" && (!f.Hangup && (f.Status < 400 || f.Status > 599) || f.Times < 1) {
		return wrong("--fail must be a status from 400 to 599 or lost, and a number after a comma; it is %q", fail)
	}
	for _, method := range []string{http.MethodPost, http.MethodDelete} {
		if f.Method = method; fail != "" {
			srv.Inject(f)
		}
	}
	return nil
}

// demo shows command lines and what they do on a fake Qovery.
func (c *call) demo(ctx context.Context, _ *cli.Command) error {
	srv, job, _ := newFake()
	defer srv.Close()
	os.Setenv("QOVERY_API_URL", srv.URL())
	os.Setenv("QOVERY_API_TOKEN", srv.Token())
	os.Setenv("QOVERY_JOB_ID", job.String())
	io.WriteString(c.stdout, "On a fake Qovery in this process:\n")
	for _, line := range strings.Split(helpText("demo-lines"), "\n") {
		fmt.Fprintf(c.stdout, "\n$ qovery-alias %s\n", line)
		run := newCall(nil, c.stdout, c.stdout, c.opts...)
		run.width, run.colour = c.width, c.colour
		if code := run.run(ctx, strings.Fields(line)); code != 0 {
			fmt.Fprintf(c.stdout, "(exit code %d)\n", code)
		}
	}
	return nil
}
