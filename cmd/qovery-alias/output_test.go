package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/qovery-alias/qovery-alias-go/api"
	"github.com/qovery-alias/qovery-alias-go/api/apitest"
)

func TestHelp(t *testing.T) {
	f := newFixture(t)
	overview := f.run(nil, "help").stdout
	for _, cmd := range commands() {
		if !strings.Contains(overview, "\n  "+cmd.name+" ") {
			t.Errorf("%s is missing from the overview", cmd.name)
		}
		usage := f.run(nil, "help", cmd.name).stdout
		if got := f.run(nil, cmd.name, "-h").stdout; got != usage {
			t.Errorf("%s -h differs from help %s", cmd.name, cmd.name)
		}
		want := []string{"Usage: qovery-alias " + cmd.name, "\nFlags:\n", "\n  -h, --help ", "\nExample:\n", "  qovery-alias " + cmd.name, "\nExit codes:\n"}
		if strings.Contains(usage, "--job UUID ") && cmd.name != "help" {
			want = append(want, "\nEnvironment;", "QOVERY_API_TOKEN", "QOVERY_CLI_ACCESS_TOKEN", "Q_CLI_ACCESS_TOKEN", "QOVERY_API_URL", "--timeout DURATION", "-v, --verbose")
		}
		for _, w := range want {
			if !strings.Contains(usage, w) {
				t.Errorf("no %q in the help of %s", w, cmd.name)
			}
		}
		for line := range strings.Lines(overview + usage) {
			if strings.ContainsAny(line, "{}") || utf8.RuneCountInString(line) > 91 || strings.TrimRight(line, " \n")+"\n" != line {
				t.Errorf("%s: a line with a placeholder, that is too long or ends in space: %q", cmd.name, line)
			}
		}
	}
}

func TestDemo(t *testing.T) {
	f := newFixture(t)
	t.Setenv("QOVERY_API_TOKEN", "") // not needed
	t.Setenv("QOVERY_API_URL", "")
	r := f.run(nil, "demo")
	for _, want := range []string{
		`(?m)^  POST /job/#ID/secret/#ID/alias$`,
		`(?m)^  Authorization: Token \(not shown\)$`,
		`(?m)^  {"description":".*","key":"DB_PASSWORD"}$`,
		`(?m)^Response: 201 Created$`,
		`(?m)^  DB_PASSWORD  JOB    ALIAS  QOVERY_POSTGRESQL_Z1234_PASSWORD  #ID$`,
		`with exit code 1:\n\n  qovery-alias: create DB_PASSWORD: conflict: .*\n  hint: .*qovery-alias ensure --job #ID DB_PASSWORD=QOVERY_POSTGRESQL_Z1234_PASSWORD\n\n`,
		`(?s)What to do next:\n\n  go install \S+@latest\n.*README.md\.\n$`,
	} {
		if !regexp.MustCompile(f.fill(want)).MatchString(r.stdout) {
			t.Errorf("no %s in:\n%s", want, r.stdout)
		}
	}
	for line := range strings.Lines(r.stdout) {
		if strings.TrimRight(line, " \n")+"\n" != line {
			t.Errorf("white space at the end of %q", line)
		}
	}
}

// serveSecrets points the environment to a server that lists secrets.
func serveSecrets(t *testing.T, secrets ...any) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		json.NewEncoder(w).Encode(map[string]any{"results": secrets})
	}))
	t.Cleanup(srv.Close)
	t.Setenv("QOVERY_API_URL", srv.URL)
}

// A server cannot drive the terminal.
func TestHostileKeys(t *testing.T) {
	f := newFixture(t)
	const key = "\x1b[31mA\u009b\u202e\t\nB\x7f\U000e0041"
	serveSecrets(t, map[string]any{"id": f.secret, "key": key, "scope": key, "variable_type": key,
		"aliased_secret": map[string]any{"id": f.secret, "key": key}})
	for _, args := range [][]string{
		{"list", "--job", some}, {"list", "--job", some, "-o", "json"},
		{"create", "--job", some, "--secret-key", key, "--key", key}, {"create", "--job", some, "--secret-key", "S", "--key", key, "-o", "json"},
		{"ensure", "--job", some, key + "=" + key, "A=B"}, {"delete", "--job", some, "--key", key},
	} {
		r := f.run(nil, args...)
		for _, c := range r.stdout + r.stderr {
			if c != '\n' && (unicode.IsControl(c) || unicode.Is(unicode.Cf, c)) {
				t.Errorf("%q: %U in %q", args, c, r.stdout+r.stderr)
			}
		}
		var got []api.Secret
		if len(args) > 3 && args[0] == "list" && (json.Unmarshal([]byte(r.stdout), &got) != nil || got[0].Key != key) {
			t.Errorf("%q became %q", key, r.stdout)
		}
		if len(args) == 3 && !strings.Contains(r.stdout, `"\x1b[31mA\u009b\u202e\t\nB\x7f\U000e0041"`) {
			t.Errorf("not quoted:\n%s", r.stdout)
		}
	}
}

func TestLongKeys(t *testing.T) {
	f := newFixture(t)
	long := strings.Repeat("K", 200)
	f.srv.AddSecret(f.job, long, api.VariableScopeProject)
	out := f.run(nil, "list", "--job", f.job.String()).stdout
	for line := range strings.Lines(out) {
		if len(line) > 140 && !strings.HasPrefix(line, long) {
			t.Errorf("widened to %d: %s", len(line), line)
		}
	}
}

// The token of the fake itself is shown, whatever is in the environment.
func TestFakeShowsItsToken(t *testing.T) {
	f := newFixture(t)
	var stdout, stderr bytes.Buffer
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if newCall(nil, &stdout, &stderr).run(ctx, []string{"fake"}); strings.Contains(stdout.String(), "masked") || !strings.Contains(stdout.String(), f.token[:9]) {
		t.Error(stdout.String(), stderr.String())
	}
}

type writerFunc func() (int, error)

func (f writerFunc) Write([]byte) (int, error) { return f() }

func TestOutputThatCannotBeWritten(t *testing.T) {
	full := writerFunc(func() (int, error) { return 0, errors.New("no space left") })
	for _, test := range []struct {
		line  string
		fault []apitest.Fault
		code  int
		want  string
	}{
		{create + "K", nil, 1, "the server has responded, but the output cannot be written: no space left\nhint: to see what the job has now run: qovery-alias list --job "},
		{create + "K -o json", nil, 1, `"error":"the server has responded, but`},
		{"ensure --job JOB K=DB_PASSWORD", nil, 1, "the server has responded, but"},
		{"ensure --job JOB K=DB_PASSWORD", post(apitest.Fault{Hangup: true}), 3, "the output cannot be written: no space left\nhint: run the command again"},
		{"delete --job JOB --key OLD", nil, 1, "the server has responded, but"},
		{"list --job JOB", nil, 1, "list: the output cannot be written"},
		{"help", nil, 1, "the output cannot be written"},
		{"fake", nil, 1, "the output cannot be written"},
	} {
		t.Run(test.line, func(t *testing.T) {
			f := newFixture(t)
			for _, fault := range test.fault {
				f.srv.Inject(fault)
			}
			var stderr bytes.Buffer
			code := newCall(nil, full, &stderr, quick()...).run(context.Background(), split(f.fill(plain(test.line))))
			if code != test.code || !strings.Contains(stderr.String(), test.want) {
				t.Errorf("exit code %d: %s", code, stderr.String())
			}
		})
	}
}

type roundTripFunc func(*http.Request) (*http.Response, error)

func (f roundTripFunc) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// A panic does not end with exit code 2, which promises that nothing was changed.
func TestPanics(t *testing.T) {
	f := newFixture(t)
	whileSending := api.WithHTTPClient(&http.Client{Transport: roundTripFunc(func(*http.Request) (*http.Response, error) { panic("oops") })})
	whileWriting := writerFunc(func() (int, error) { panic("oops") })
	for _, test := range []struct {
		line   string
		stdout writerFunc
		opts   []api.Option
		code   int
	}{
		{"list --job JOB", nil, quick(whileSending), 1},
		{create + "K", nil, quick(whileSending), 3},
		{"delete --job JOB --id ALIAS", nil, quick(whileSending), 3},
		{create + "K", whileWriting, nil, 1},
		{"help", whileWriting, nil, 1},
	} {
		var stderr bytes.Buffer
		code := newCall(nil, test.stdout, &stderr, test.opts...).run(context.Background(), split(f.fill(plain(test.line))))
		if code != test.code || !strings.Contains(stderr.String(), "internal error: oops\nhint: report this at") {
			t.Errorf("%s: exit code %d: %s", test.line, code, stderr.String())
		}
	}
}

func TestUntrustedCertificate(t *testing.T) {
	f := newFixture(t)
	srv := httptest.NewUnstartedServer(f.srv.Handler())
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	srv.StartTLS()
	defer srv.Close()
	r := f.run(nil, "list", "--job", f.job.String(), "--url", srv.URL)
	if r.code != 1 || !strings.Contains(r.stderr, "not sent: ") || !strings.Contains(r.stderr, "hint: check that "+srv.URL+" is right; if its certificate") {
		t.Errorf("%+v", r)
	}
}
