package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/qovery-alias/qovery-alias-go/api"
	"github.com/qovery-alias/qovery-alias-go/api/apitest"
)

func TestInterrupted(t *testing.T) {
	for _, test := range []struct {
		method, line string
		code         int
		want         string
	}{
		{"GET", "list --job JOB", 130, "list: no response: interrupted by signal terminated"},
		{"GET", "create --job JOB --secret-key DB_PASSWORD --key K", 130, "hint: run the command again"},
		{"POST", create + "K", 3, "create K: outcome unknown"},
		{"GET", "ensure --job JOB K=DB_PASSWORD", 130, "hint: run the command again"},
		{"POST", "ensure --job JOB K=DB_PASSWORD", 3, "1 of 1 aliases not confirmed: K: outcome unknown"},
		{"POST", "ensure --job JOB K=DB_PASSWORD -o json", 3, `"kind":"ErrOutcomeUnknown"`},
		{"GET", "delete --job JOB --key OLD", 130, "hint: run the command again"},
		{"DELETE", "delete --job JOB --key OLD", 3, "delete OLD: outcome unknown"},
		{"", create + "K", 130, "create K: not sent: interrupted"},
	} {
		t.Run(test.line, func(t *testing.T) {
			f := newFixture(t)
			ctx, cancel := context.WithCancelCause(context.Background())
			interrupt := func() { cancel(interruption{syscall.SIGTERM}) }
			if test.method == "" {
				interrupt()
			}
			client := &http.Client{Transport: roundTripFunc(func(req *http.Request) (*http.Response, error) {
				if req.Method != test.method {
					return http.DefaultTransport.RoundTrip(req)
				}
				if req.Body != nil {
					io.Copy(io.Discard, req.Body)
				}
				interrupt()
				return nil, req.Context().Err()
			})}
			var stdout, stderr bytes.Buffer
			c := newCall(nil, &stdout, &stderr, quick(api.WithHTTPClient(client))...)
			r := f.finish(ctx, c, &stdout, &stderr, split(f.fill(plain(test.line)))...)
			if r.code != test.code || !strings.Contains(r.stderr, test.want) {
				t.Errorf("%+v", r)
			}
			f.wellFormed(r)
		})
	}
}

// A standard input that does not end can be interrupted, and timed out.
func TestHangingInput(t *testing.T) {
	f := newFixture(t)
	r, w := io.Pipe()
	defer w.Close()
	got := f.run(r, "ensure", "--job", f.job.String(), "--from", "-", "--timeout", "50ms")
	if got.code != 1 || !strings.Contains(got.stderr, "ensure: nothing was sent: --timeout of 50ms is over") {
		t.Errorf("%+v", got)
	}
}

func TestTimeout(t *testing.T) {
	for line, want := range map[string]string{
		"list --job JOB --timeout 200ms": "hint: give the command more time with --timeout",
		create + "K --timeout 200ms":     "hint: run: qovery-alias list",
	} {
		f := newFixture(t)
		for range 20 {
			f.srv.Inject(apitest.Fault{Delay: time.Minute})
		}
		start := time.Now()
		r := f.run(nil, split(f.fill(plain(line)))...)
		if time.Since(start) > 5*time.Second || r.code == 0 || !strings.Contains(r.stderr, want) {
			t.Errorf("%s: %+v", line, r)
		}
	}
}

func TestProgress(t *testing.T) {
	t.Setenv("QOVERY_API_TOKEN", "replaced")
	var tests sync.WaitGroup
	defer tests.Wait()
	for _, test := range []struct {
		method, line string
		terminal     bool
		want         string
	}{
		{"POST", "ensure --job JOB K=DB_PASSWORD L=DB_PASSWORD", true, "\rensure: 1 of 2 aliases created, 1s"},
		{"GET", "list --job JOB", true, "\rlist: waiting for the server, 1s"},
		{"GET", "list --job JOB", false, ""},
		{"GET", "list --job JOB -o json", true, ""},
	} {
		tests.Go(func() {
			srv := apitest.NewServer()
			defer srv.Close()
			job := srv.AddJob("nightly")
			srv.AddSecret(job, "DB_PASSWORD", api.VariableScopeProject)
			srv.Inject(apitest.Fault{Method: test.method, Delay: 1500 * time.Millisecond})
			client := &http.Client{Transport: roundTripFunc(func(req *http.Request) (*http.Response, error) {
				req = req.Clone(req.Context())
				req.Header.Set("Authorization", "Token "+srv.Token())
				return http.DefaultTransport.RoundTrip(req)
			})}
			var stdout, stderr bytes.Buffer
			c := newCall(nil, &stdout, &stderr, api.WithHTTPClient(client))
			c.terminal = test.terminal
			code := c.run(t.Context(), append(split(strings.ReplaceAll(test.line, "JOB", job.String())), "--url", srv.URL()))
			got := stderr.String()
			if code != 0 || test.want == "" && got != "" || !strings.Contains(got, test.want) {
				t.Errorf("%s: exit code %d: %q", test.line, code, got)
			}
			if test.want != "" && !strings.HasSuffix(got, " \r") {
				t.Errorf("%s: the line stays: %q", test.line, got)
			}
		})
	}
}
