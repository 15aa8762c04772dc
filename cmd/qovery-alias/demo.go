package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/qovery-alias/qovery-alias-go/api"
	"github.com/qovery-alias/qovery-alias-go/api/apitest"
)

// demo creates an alias in a fake Qovery of its own and shows what goes over the wire.
func (c *call) demo(ctx context.Context) error {
	if err := newFlags().parseAlone(c.args); err != nil {
		return err
	}
	srv := apitest.NewServer()
	defer srv.Close()
	c.job, c.url = srv.AddJob("nightly"), srv.URL()
	secret := srv.AddSecret(c.job, "QOVERY_POSTGRESQL_Z1234_PASSWORD", api.VariableScopeBuiltIn)

	answers := &lastStatus{RoundTripper: &http.Transport{}}
	opts := append([]api.Option{api.WithBaseURL(c.url), api.WithHTTPClient(&http.Client{Transport: answers})}, c.opts...)
	client, err := api.NewClient(api.APIToken(srv.Token()), opts...)
	if err != nil {
		return err
	}
	defer client.CloseIdleConnections()
	req := api.AliasRequest{Key: "DB_PASSWORD", Description: api.Ptr("main database")}
	alias, err := client.CreateJobSecretAlias(ctx, c.job, secret, req)
	if err != nil {
		return err
	}
	status := answers.status
	_, refused := client.CreateJobSecretAlias(ctx, c.job, secret, req)
	if !errors.Is(refused, api.ErrConflict) {
		return errors.Join(errors.New("the same key was not refused"), refused)
	}

	var b strings.Builder
	fmt.Fprintf(&b, "A fake Qovery on %s has the job \"nightly\", which sees the built-in\n", c.url)
	fmt.Fprintf(&b, "secret QOVERY_POSTGRESQL_Z1234_PASSWORD. The job is to see it as DB_PASSWORD too.\n\n")
	fmt.Fprintf(&b, "Request:\n\n%s\n", indent(requestText(srv.Requests()[0])))
	fmt.Fprintf(&b, "Answer: %s\n\n%s\n", status, indent(secretText(alias)))
	fmt.Fprintf(&b, "The same once more is refused, with exit code %d:\n\n", exitCode(refused))
	fmt.Fprintf(&b, "%s", indent((&call{command: find("create"), job: c.job, url: c.url}).explain(refused)+"\n"))
	return c.print(b.String())
}

// requestText shows a request as it arrived; the value of Authorization is not in it.
func requestText(r apitest.Request) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s\n", r.Method, r.Path)
	for _, name := range slices.Sorted(maps.Keys(r.Header)) {
		value := strings.Join(r.Header[name], ", ")
		if name == "Authorization" {
			value += " (not shown)"
		}
		fmt.Fprintf(&b, "%s: %s\n", name, value)
	}
	fmt.Fprintf(&b, "\n%s\n", r.Body)
	return b.String()
}

func indent(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		if line != "\n" {
			b.WriteString("  ")
		}
		b.WriteString(line)
	}
	return b.String()
}

// lastStatus notes the status line of the latest answer.
type lastStatus struct {
	http.RoundTripper
	status string
}

func (l *lastStatus) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := l.RoundTripper.RoundTrip(req)
	if err == nil {
		l.status = resp.Status
	}
	return resp, err
}
