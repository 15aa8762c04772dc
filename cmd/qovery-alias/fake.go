package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/api"
	"github.com/qovery-alias/qovery-alias-go/api/apitest"
)

// fake serves a fake Qovery until it is interrupted, which is no failure.
func (c *call) fake(ctx context.Context) error {
	address := "127.0.0.1:0"
	f := newFlags()
	f.add("addr", func(s string) error {
		if _, _, err := net.SplitHostPort(s); err != nil {
			return errors.New("must have the form HOST:PORT, such as 127.0.0.1:8080")
		}
		address = s
		return nil
	})
	if err := f.parseAlone(c.args); err != nil {
		return err
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return advise(err, "choose another --addr; port 0 takes any free one")
	}
	defer listener.Close()
	srv := apitest.NewServer()
	defer srv.Close()
	if err := c.print(furnish(srv, urlOf(listener))); err != nil {
		return err
	}
	return serve(ctx, listener, &http.Server{
		Handler:           srv.Handler(),
		ReadHeaderTimeout: 10 * time.Second,
		ErrorLog:          log.New(c.stderr, "qovery-alias: ", 0),
	})
}

// serve returns when the context ends and the requests under way, for which there is
// a second, have been answered.
func serve(ctx context.Context, listener net.Listener, server *http.Server) error {
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	if server.Shutdown(grace) != nil {
		server.Close()
	}
	return nil
}

// urlOf is where a listener is reached from this machine.
func urlOf(listener net.Listener) string {
	addr := listener.Addr().(*net.TCPAddr)
	if addr.IP.IsUnspecified() {
		addr.IP = net.IPv4(127, 0, 0, 1)
	}
	return "http://" + addr.String()
}

// furnish fills the server and says how to reach it and what is there.
func furnish(srv *apitest.Server, url string) string {
	job := srv.AddJob("nightly")
	secret := srv.AddSecret(job, "DB_PASSWORD", api.VariableScopeEnvironment)
	smtp := srv.AddSecret(job, "SMTP_PASSWORD", api.VariableScopeProject)
	builtIn := srv.AddSecret(job, "QOVERY_POSTGRESQL_Z1A2B3C4D_PASSWORD", api.VariableScopeBuiltIn)
	own := srv.AddSecret(job, "WEBHOOK_KEY", api.VariableScopeJob)
	alias := srv.AddAlias(job, smtp, "MAIL_PASSWORD")

	var b strings.Builder
	fmt.Fprintf(&b, "QOVERY_API_URL=%s\nQOVERY_API_TOKEN=%s\nJOB_ID=%s\nSECRET_ID=%s\n", url, srv.Token(), job, secret)
	row := func(key string, id uuid.UUID, note string) []string { return []string{"# " + key, id.String(), note} }
	b.WriteString(grid(
		row("DB_PASSWORD", secret, "ENVIRONMENT, the SECRET_ID above"),
		row("SMTP_PASSWORD", smtp, "PROJECT"),
		row("QOVERY_POSTGRESQL_Z1A2B3C4D_PASSWORD", builtIn, "BUILT_IN"),
		row("WEBHOOK_KEY", own, "JOB, its own: cannot be aliased"),
		row("MAIL_PASSWORD", alias, "JOB, an alias of SMTP_PASSWORD"),
	))
	return b.String()
}
