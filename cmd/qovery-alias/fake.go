package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/qovery-alias/qovery-alias-go/api"
	"github.com/qovery-alias/qovery-alias-go/api/apitest"
)

// fake serves a fake Qovery until it is interrupted, which is not a failure.
func (c *call) fake(f *flags) runner {
	address := "127.0.0.1:0"
	f.value("addr", "`HOST:PORT` to listen on; default: 127.0.0.1:0, a free port", func(s string) error {
		if _, _, err := net.SplitHostPort(s); err != nil {
			return errors.New("must have the form HOST:PORT, such as 127.0.0.1:8080")
		}
		address = s
		return nil
	})
	return func(ctx context.Context, _ []string) error {
		listener, err := net.Listen("tcp", address)
		if err != nil {
			return advise(err, "choose another --addr; port 0 takes any free one")
		}
		defer listener.Close()
		srv := apitest.NewServer()
		defer srv.Close()
		c.stdout.tokens = nil // that of the fake is to be shown
		if err := c.print(furnish(srv, listener)); err != nil {
			return err
		}
		server := &http.Server{Handler: srv.Handler(), ReadHeaderTimeout: 10 * time.Second, ErrorLog: log.New(c.stderr, "qovery-alias: ", 0)}
		context.AfterFunc(ctx, func() { server.Close() })
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	}
}

// furnish fills the server and says how to reach it and what is there.
func furnish(srv *apitest.Server, listener net.Listener) string {
	addr := listener.Addr().(*net.TCPAddr)
	if addr.IP.IsUnspecified() {
		addr.IP = net.IPv4(127, 0, 0, 1)
	}
	job := srv.AddJob("nightly")
	secret := srv.AddSecret(job, "DB_PASSWORD", api.VariableScopeEnvironment)
	smtp := srv.AddSecret(job, "SMTP_PASSWORD", api.VariableScopeProject)
	srv.AddSecret(job, "QOVERY_POSTGRESQL_Z1A2B3C4D_PASSWORD", api.VariableScopeBuiltIn)
	srv.AddSecret(job, "WEBHOOK_KEY", api.VariableScopeJob)
	srv.AddAlias(job, smtp, "MAIL_PASSWORD")
	secrets := strings.TrimSpace(secretsText(srv.Secrets(job)...))
	return fmt.Sprintf("QOVERY_API_URL=http://%s\nQOVERY_API_TOKEN=%s\nJOB_ID=%s\nSECRET_ID=%s\n# %s\n", addr, srv.Token(),
		job, secret, strings.ReplaceAll(secrets, "\n", "\n# "))
}

// demo creates an alias in a fake Qovery of its own and shows what goes over the wire.
func (c *call) demo(f *flags) runner {
	return func(ctx context.Context, _ []string) error {
		srv := apitest.NewServer()
		defer srv.Close()
		c.job, c.url, c.subject.alias = srv.AddJob("nightly"), srv.URL(), "DB_PASSWORD"
		secret := srv.AddSecret(c.job, "QOVERY_POSTGRESQL_Z1234_PASSWORD", api.VariableScopeBuiltIn)
		client, err := api.NewClient(api.APIToken(srv.Token()), append([]api.Option{api.WithBaseURL(c.url)}, c.opts...)...)
		if err != nil {
			return err
		}
		defer client.CloseIdleConnections()
		req := api.AliasRequest{Key: c.subject.alias, Description: api.Ptr("main database")}
		alias, err := client.CreateJobSecretAlias(ctx, c.job, secret, req)
		if err != nil {
			return err
		}
		_, refused := client.CreateJobSecretAlias(ctx, c.job, secret, req)
		if !errors.Is(refused, api.ErrConflict) {
			return fmt.Errorf("the same key was not refused: %w", cmp.Or(refused, errors.New("no error")))
		}
		c.command, _ = find("create")
		output := helpText("demo-output") // with status 201, without which a create fails
		return c.print(fmt.Sprintf(output, c.url, indent(requestText(srv.Requests()[0])), indent(secretsText(*alias)),
			exitCode(refused), indent(c.explanation(refused))))
	}
}

// requestText shows a request as it arrived; the value of Authorization is not in it.
func requestText(r apitest.Request) string {
	r.Header.Set("Authorization", r.Header.Get("Authorization")+" (not shown)")
	var header strings.Builder
	r.Header.Write(&header)
	return fmt.Sprintf("%s %s\n%s\n%s\n", r.Method, r.Path, strings.ReplaceAll(header.String(), "\r", ""), r.Body)
}

func indent(text string) string {
	text = strings.ReplaceAll("  "+strings.TrimSuffix(text, "\n"), "\n", "\n  ")
	return strings.ReplaceAll(text, "\n  \n", "\n\n") + "\n"
}
