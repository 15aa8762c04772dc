package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/qovery-alias/qovery-alias-go/api"
	"github.com/qovery-alias/qovery-alias-go/api/apitest"
)

func TestHelp(t *testing.T) {
	f := newFixture(t)
	overview := f.run("help").stdout
	for _, cmd := range newCall(nil, nil, nil).commands() {
		usage := f.run("help " + cmd.Name).stdout
		if f.run(cmd.Name+" -h").stdout != usage || !strings.Contains(overview, "\n   "+cmd.Name+" ") ||
			!strings.Contains(usage, "\n   qovery-alias "+cmd.Name) || strings.Contains(usage, "Exit codes") {
			t.Errorf("the help of %s:\n%s", cmd.Name, usage)
		}
		if long := regexp.MustCompile(`(?m)^.{100,}$`).FindString(overview + usage); long != "" {
			t.Errorf("a long line of %s: %s", cmd.Name, long)
		}
	}
}

// A server cannot drive the terminal.
func TestHostileKeys(t *testing.T) {
	f := newFixture(t)
	const key = "\x1b[31mA\u009b\u202e\t\nB\x7f\U000e0041"
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		json.NewEncoder(w).Encode(map[string]any{"results": []any{map[string]any{"id": some, "key": key, "scope": key,
			"variable_type": key, "aliased_secret": map[string]any{"id": some, "key": key}}}})
	}))
	defer srv.Close()
	t.Setenv("QOVERY_API_URL", srv.URL)
	for _, line := range []string{"list --job " + some, "list -o json --job " + some, "create --secret-key '" + key + "' --key K --job " + some,
		"ensure --job " + some + " A=B 'C" + key + "=D'", "delete --key '" + key + "' --job " + some} {
		r := f.run(line)
		for _, c := range r.stdout + r.stderr {
			if c != '\n' && (unicode.IsControl(c) || unicode.Is(unicode.Cf, c)) {
				t.Errorf("%q: %U in %q", line, c, r.stdout+r.stderr)
			}
		}
		var got []api.Secret
		if json.Unmarshal([]byte(r.stdout), &got) == nil && got[0].Key != key {
			t.Errorf("%q became %q", key, got[0].Key)
		}
	}
}

// A list fits a terminal and stays aligned; elsewhere nothing is broken.
func TestListOnTerminals(t *testing.T) {
	f := newFixture(t)
	long := strings.Repeat("K", 100)
	f.srv.AddSecret(f.job, long, api.VariableScopeProject)
	for i := range 500 {
		f.srv.AddAlias(f.job, f.srv.AddSecret(f.job, fmt.Sprintf("QOVERY_POSTGRESQL_Z%d_PASSWORD", i), "PROJECT"), fmt.Sprint("DB", i))
	}
	for _, width := range []int{0, 80, 120, 300, 20} {
		out := f.runCall(t.Context(), "list --job #JOB", func(c *call) { c.width = width }).stdout
		scope := strings.Index(out, "SCOPE")
		for line := range strings.Lines(out) {
			runes := []rune(strings.TrimSuffix(line, "\n"))
			if width >= 80 && len(runes) > width || len(runes) >= scope && runes[scope-1] != ' ' {
				t.Fatalf("at %d: %s", width, line)
			}
		}
		if whole := width == 0 || width == 300; strings.Contains(out, long) != whole || strings.Contains(out, f.names["#SECRET"]) != whole {
			t.Errorf("at %d:\n%.400s", width, out)
		}
	}
}

func TestColours(t *testing.T) {
	f := newFixture(t)
	const line = ensure + "A=DB_PASSWORD OWN=SMTP_PASSWORD OLD=SMTP_PASSWORD --replace --dry-run"
	r := f.runCall(t.Context(), line, func(c *call) { c.colour = true })
	f.matches(r.stdout, `^\x1b\[32m\+ A .*\x1b\[0m\n\x1b\[31m! OWN .*\x1b\[0m\n\x1b\[33m~ OLD .*\x1b\[0m\n1 missing`)
}

func many(n int) (pairs string) {
	for i := range n {
		pairs += fmt.Sprintf(" A%d=DB_PASSWORD", i)
	}
	return pairs
}

func TestProgress(t *testing.T) {
	f := newFixture(t)
	shows := func(c *call) { c.showsProgress = true }
	r := f.runCall(t.Context(), ensure+many(450), shows)
	f.matches(r.stderr, `\r\x1b\[K0 of 450 aliases.*200 of 450 aliases.*400 of 450 aliases\r\x1b\[K$`)
	f.matches(r.stdout, "\n450 created\n$")
	f.matches(f.runCall(t.Context(), ensure+"-o json B=DB_PASSWORD", shows).stderr, "")
}

// Where every further request must fail alike, the rest of a batch is not sent.
func TestBatchStops(t *testing.T) {
	f := newFixture(t)
	f.srv.Inject(apitest.Fault{Method: http.MethodPost, Status: 401, Times: 1000})
	r := f.run(ensure + many(120))
	if n := len(f.srv.Requests()); r.code != 1 || n > 12 || strings.Count(r.stdout, "unauthorized") > n {
		t.Errorf("%d requests: %+v", n, r)
	}
	f.matches(r.stdout, `: not sent\n.* failed, .* not sent\n$`)
}

func TestOutputThatCannotBeWritten(t *testing.T) {
	_, unwritable := io.Pipe()
	unwritable.Close()
	for line, want := range map[string]string{
		create + "K":                         "the output cannot be written: .*\nhint: .* list --job #JOB",
		ensure + "K=DB_PASSWORD -o json":     `"error":"the output cannot`,
		ensure + "OWN=DB_PASSWORD --dry-run": "1 of 1.*\n.*the output cannot be written",
		"list --job #JOB":                    "list: the output cannot be written",
		"fake":                               "the output cannot be written",
	} {
		f := newFixture(t)
		var stderr bytes.Buffer
		if code := newCall(nil, unwritable, &stderr).run(t.Context(), split(f.fill(line))); code != 1 {
			t.Errorf("%s: exit code %d", line, code)
		}
		f.matches(stderr.String(), want)
	}
	if r := newFixture(t).runCall(t.Context(), ensure+"--from -", func(c *call) { c.stdin = nil }); r.code != 3 {
		t.Errorf("a panic: exit code %d: %s", r.code, r.stderr)
	}
}

// A signal and --timeout end a command, which says so and how far it came.
func TestEnds(t *testing.T) {
	const pairs = "A=DB_PASSWORD B=DB_PASSWORD"
	for _, test := range []struct {
		method, line   string
		code           int
		stdout, stderr string
	}{
		{"GET", "list --job #JOB", 130, "", "list: interrupted by a signal: .*\nhint: run the command again"},
		{"POST", create + "K", 3, "", "create: interrupted by a signal: .*outcome unknown"},
		{"DELETE", "delete --job #JOB --key OLD", 3, "", "delete: interrupted by a signal: .*outcome unknown"},
		{"POST", ensure + pairs, 3, "\n[12] unknown", "interrupted by a signal: 2 of 2 aliases not confirmed"},
		{"GET", "list --job #JOB --timeout 100ms", 1, "", "hint: give the command more time"},
		{"POST", ensure + pairs + " --timeout 300ms", 3, "\n[12] unknown",
			"--timeout of 300ms is over: 2 of 2 aliases not confirmed\nhint: run the command again"},
	} {
		f := newFixture(t)
		f.srv.Inject(apitest.Fault{Method: test.method, Delay: time.Minute, Times: 100})
		ctx, cancel := context.WithCancel(t.Context())
		if !strings.Contains(test.line, "--timeout") {
			time.AfterFunc(300*time.Millisecond, cancel)
		}
		r := f.runCall(ctx, test.line, func(*call) {})
		if r.code != test.code {
			t.Errorf("%s: exit code %d", test.line, r.code)
		}
		f.matches(r.stdout, test.stdout)
		f.matches(r.stderr, test.stderr)
		cancel()
	}
}
