package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/api"
)

// The program as it is run, with real signals.
func TestProcesses(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("cannot send an interrupt")
	}
	bin := filepath.Join(t.TempDir(), "qovery-alias")
	if out, err := exec.Command("go", "build", "-buildvcs=false", "-o", bin, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for name, test := range map[string]func(*testing.T, string){
		"create against fake":    testCreateAgainstFake,
		"signals":                testSignals,
		"two signals":            testTwoSignals,
		"closed standard output": testClosedOutput,
		"server that is down":    testServerDown,
		"fake with idle clients": testFakeWithIdleConnections,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, bin)
		})
	}
}

const planted = "planted-token-0123456789"

// process is a command with nothing of ours in its environment but env.
func process(t *testing.T, bin string, env map[string]string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(t.Context(), bin, args...)
	cmd.Env = slices.DeleteFunc(os.Environ(), func(v string) bool {
		return strings.HasPrefix(v, "QOVERY_") || strings.HasPrefix(v, "Q_")
	})
	for name, value := range env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	return cmd
}

// finish waits for a command whose output goes to the two buffers.
func finish(t *testing.T, cmd *exec.Cmd) result {
	t.Helper()
	timer := time.AfterFunc(10*time.Second, func() { cmd.Process.Kill() })
	defer timer.Stop()
	if err := cmd.Wait(); err != nil && !errors.As(err, new(*exec.ExitError)) {
		t.Fatal(err)
	}
	r := result{code: cmd.ProcessState.ExitCode()}
	if b, ok := cmd.Stdout.(*bytes.Buffer); ok {
		r.stdout = b.String()
	}
	if b, ok := cmd.Stderr.(*bytes.Buffer); ok {
		r.stderr = b.String()
	}
	if strings.Contains(r.stdout+r.stderr, planted) {
		t.Errorf("the token is printed:\n%s%s", r.stdout, r.stderr)
	}
	return r
}

func start(t *testing.T, cmd *exec.Cmd) *exec.Cmd {
	t.Helper()
	cmd.Stderr = new(bytes.Buffer)
	if cmd.Stdout == nil {
		cmd.Stdout = new(bytes.Buffer)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd
}

// startFake returns the process and the environment for others.
func startFake(t *testing.T, bin string) (*exec.Cmd, map[string]string) {
	t.Helper()
	cmd := process(t, bin, nil, "fake")
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	cmd.Stdout = w
	start(t, cmd)
	w.Close()
	return cmd, readEnv(t, r)
}

func interrupt(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
}

func testCreateAgainstFake(t *testing.T, bin string) {
	fake, env := startFake(t, bin)
	create := func(args ...string) result {
		args = append([]string{"create", "--job", env["JOB_ID"], "--secret", env["SECRET_ID"]}, args...)
		return finish(t, start(t, process(t, bin, env, args...)))
	}
	r := create("--key", "PGPASSWORD")
	if r.code != 0 || !strings.Contains(r.stdout, "\nPGPASSWORD  JOB    ALIAS  DB_PASSWORD  ") {
		t.Errorf("%+v", r)
	}
	r = create("--key", "MYSQL_PWD", "-o", "json")
	var alias api.Secret
	if err := json.Unmarshal([]byte(r.stdout), &alias); r.code != 0 || err != nil || alias.AliasedSecret.ID.String() != env["SECRET_ID"] {
		t.Errorf("%v: %+v", err, r)
	}
	checkFailure(t, create("--key", "PGPASSWORD"), 1, "conflict")
	checkFailure(t, create("--key", "K", "--url", "http://example.com"), 2, "https")
	env["QOVERY_API_TOKEN"] = planted
	checkFailure(t, create("--key", "K"), 1, "unauthorized", "QOVERY_API_TOKEN")
	env["QOVERY_API_TOKEN"] = ""
	checkFailure(t, create("--key", "K"), 2, "no token")

	interrupt(t, fake)
	if r := finish(t, fake); r.code != 0 || r.stderr != "" {
		t.Errorf("interrupted fake: %+v", r)
	}
}

// An idle client must not hold up the end.
func testFakeWithIdleConnections(t *testing.T, bin string) {
	fake, env := startFake(t, bin)
	resp, err := http.Get(env["QOVERY_API_URL"])
	if err != nil {
		t.Fatal(err)
	}
	io.Copy(io.Discard, resp.Body)
	resp.Body.Close()
	started := time.Now()
	interrupt(t, fake)
	if r := finish(t, fake); r.code != 0 || time.Since(started) > 3*time.Second {
		t.Errorf("after %s: %+v", time.Since(started), r)
	}
}

// hangingServer answers nothing; arrived gets a value for each request.
func hangingServer(t *testing.T) (env map[string]string, arrived chan struct{}) {
	arrived = make(chan struct{}, 8)
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		arrived <- struct{}{}
		<-r.Context().Done()
	}))
	t.Cleanup(srv.Close)
	return map[string]string{"QOVERY_API_URL": srv.URL, "QOVERY_API_TOKEN": planted}, arrived
}

func testSignals(t *testing.T, bin string) {
	id := uuid.NewString()
	for _, sig := range []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT} {
		if signal.Ignored(sig) { // as SIGHUP is under nohup, which the command respects
			continue
		}
		for _, test := range []struct {
			line string
			code int
			want string
		}{
			{"create --job " + id + " --secret " + id + " --key K", 3, "create K: outcome unknown"},
			{"list --job " + id, 130, "interrupted by signal " + sig.String()},
		} {
			env, arrived := hangingServer(t)
			cmd := start(t, process(t, bin, env, strings.Fields(test.line)...))
			<-arrived
			if err := cmd.Process.Signal(sig); err != nil {
				t.Fatal(err)
			}
			r := finish(t, cmd)
			checkFailure(t, r, test.code, test.want)
			if r.stdout != "" {
				t.Errorf("stdout: %q", r.stdout)
			}
		}
	}
}

// The second signal ends what the first one cannot: writing to a pipe that nobody reads.
func testTwoSignals(t *testing.T, bin string) {
	secret := api.Secret{ID: uuid.New(), Key: strings.Repeat("K", 1<<16), Scope: api.VariableScopeJob}
	secret.AliasedSecret = &api.SecretReference{ID: uuid.New()}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			w.WriteHeader(http.StatusCreated)
			json.NewEncoder(w).Encode(secret)
			return
		}
		json.NewEncoder(w).Encode(map[string]any{"results": []api.Secret{secret}})
	}))
	defer srv.Close()
	for _, test := range []struct {
		line string
		code int
	}{
		{"list --job " + uuid.NewString(), 130},
		{"create --job " + uuid.NewString() + " --secret " + secret.AliasedSecret.ID.String() + " --key " + secret.Key, 1},
	} {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		cmd := process(t, bin, map[string]string{"QOVERY_API_URL": srv.URL, "QOVERY_API_TOKEN": planted}, strings.Fields(test.line)...)
		cmd.Stdout = w
		start(t, cmd)
		w.Close()
		if _, err := r.Read(make([]byte, 1)); err != nil { // it is writing
			t.Fatal(err)
		}
		go func() {
			for cmd.Process.Signal(syscall.SIGQUIT) == nil {
				time.Sleep(50 * time.Millisecond)
			}
		}()
		if got := finish(t, cmd); got.code != test.code {
			t.Errorf("%.10s: %+v", test.line, got)
		}
	}
}

func testClosedOutput(t *testing.T, bin string) {
	_, env := startFake(t, bin)
	for line, want := range map[string]string{
		"create --job " + env["JOB_ID"] + " --secret " + env["SECRET_ID"] + " --key K": "the server has responded, but the output cannot be written: ",
		"list --job " + env["JOB_ID"]: "list: the output cannot be written: ",
	} {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		r.Close()
		cmd := process(t, bin, env, strings.Fields(line)...)
		cmd.Stdout = w
		start(t, cmd)
		w.Close()
		checkFailure(t, finish(t, cmd), 1, want, "broken pipe")
	}
}

func testServerDown(t *testing.T, bin string) {
	srv := httptest.NewServer(nil)
	url := srv.URL
	srv.Close()
	id := uuid.NewString()
	env := map[string]string{"QOVERY_API_URL": url, "QOVERY_API_TOKEN": planted}
	create := start(t, process(t, bin, env, "create", "--job", id, "--secret", id, "--key", "K"))
	checkFailure(t, finish(t, create), 1, "not sent", "connection refused", "check that the server at "+url+" is up")
}

func checkFailure(t *testing.T, r result, code int, want ...string) {
	t.Helper()
	if r.code != code {
		t.Errorf("exit code %d, want %d", r.code, code)
	}
	(&fixture{T: t}).wellFormed(r)
	for _, w := range want {
		if !strings.Contains(r.stderr, w) {
			t.Errorf("no %q in %q", w, r.stderr)
		}
	}
}

// readEnv reads what fake prints first, and that comments follow.
func readEnv(t *testing.T, r io.Reader) map[string]string {
	t.Helper()
	env := map[string]string{}
	lines := bufio.NewScanner(r)
	for _, want := range []string{"QOVERY_API_URL", "QOVERY_API_TOKEN", "JOB_ID", "SECRET_ID"} {
		if !lines.Scan() {
			t.Fatalf("the output ends before %s: %v", want, lines.Err())
		}
		name, value, _ := strings.Cut(lines.Text(), "=")
		if name != want || value == "" {
			t.Fatalf("%q is not %s", lines.Text(), want)
		}
		env[name] = value
	}
	for n := range 6 {
		if !lines.Scan() || !strings.HasPrefix(lines.Text(), "# ") {
			t.Fatalf("comment %d is %q", n, lines.Text())
		}
	}
	return env
}
