package main

import (
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
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/api"
)

const planted = "planted-token-0123456789"

// build builds the program once for all tests that run it.
func build(t *testing.T) string {
	if runtime.GOOS == "windows" {
		t.Skip("cannot send an interrupt")
	}
	bin := filepath.Join(t.TempDir(), "qovery-alias")
	if out, err := exec.Command("go", "build", "-buildvcs=false", "-o", bin, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return bin
}

// start starts the program with an API at url. Its outputs go to buffers, unless stdout is given.
func start(t *testing.T, bin, url, line string, stdout *os.File) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), bin, strings.Fields(line)...)
	cmd.Env = append(os.Environ(), "QOVERY_API_URL="+url, "QOVERY_API_TOKEN="+planted, "QOVERY_JOB_ID="+some)
	cmd.Stdout, cmd.Stderr = new(bytes.Buffer), new(bytes.Buffer)
	if stdout != nil {
		cmd.Stdout = stdout
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd
}

// finish waits for a command, and checks what it says of a failure.
func finish(t *testing.T, cmd *exec.Cmd, code int, want string) {
	t.Helper()
	timer := time.AfterFunc(10*time.Second, func() { cmd.Process.Kill() })
	defer timer.Stop()
	if err := cmd.Wait(); err != nil && !errors.As(err, new(*exec.ExitError)) {
		t.Fatal(err)
	}
	stderr := cmd.Stderr.(*bytes.Buffer).String()
	if got := cmd.ProcessState.ExitCode(); got != code || !strings.Contains(stderr, want) || want == "" && stderr != "" {
		t.Errorf("%q: exit code %d, want %d: %s", cmd.Args[1:], got, code, stderr)
	}
	if strings.Contains(stderr, planted) {
		t.Errorf("the token is shown: %s", stderr)
	}
}

// The program as it is run, with real signals and pipes.
func TestProcesses(t *testing.T) {
	bin := build(t)
	for name, test := range map[string]func(*testing.T, string){
		"signals": testSignals, "two signals": testTwoSignals, "closed output": testClosedOutput,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, bin)
		})
	}
	testFake(t, bin)
	// Nothing listens on port 1, and no other process is given it.
	finish(t, start(t, bin, "http://127.0.0.1:1", "create --key K --secret "+some, nil), 1, "not sent: ")
}

func testSignals(t *testing.T, bin string) {
	arrived := make(chan struct{}, 8)
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		arrived <- struct{}{}
		<-r.Context().Done()
	}))
	defer srv.Close()
	for _, sig := range []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT} {
		for line, code := range map[string]int{"create --key K --secret " + some: 3, "list": 130, "ensure K=S": 130} {
			cmd := start(t, bin, srv.URL, line, nil)
			<-arrived
			if err := cmd.Process.Signal(sig); err != nil || signal.Ignored(sig) { // as SIGHUP is under nohup
				cmd.Process.Kill()
				continue
			}
			finish(t, cmd, code, "interrupted by signal "+sig.String())
		}
	}
}

// hugeServer has a job with one alias, whose key does not fit into a pipe.
func hugeServer(t *testing.T) (url, key string) {
	secret := api.Secret{ID: uuid.New(), Key: strings.Repeat("K", 1<<16), Scope: api.VariableScopeJob}
	secret.AliasedSecret = &api.SecretReference{ID: uuid.MustParse(some)}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			w.WriteHeader(http.StatusCreated)
			json.NewEncoder(w).Encode(secret)
			return
		}
		json.NewEncoder(w).Encode(map[string]any{"results": []api.Secret{secret}})
	}))
	t.Cleanup(srv.Close)
	return srv.URL, secret.Key
}

// The second signal ends what the first one cannot: writing to a pipe that nobody reads.
func testTwoSignals(t *testing.T, bin string) {
	url, key := hugeServer(t)
	for line, code := range map[string]int{"list": 130, "create --secret " + some + " --key " + key: 3} {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		cmd := start(t, bin, url, line, w)
		w.Close()
		if _, err := r.Read(make([]byte, 1)); err != nil { // it is writing
			t.Fatal(err)
		}
		go func() {
			for cmd.Process.Signal(syscall.SIGQUIT) == nil {
				time.Sleep(50 * time.Millisecond)
			}
		}()
		finish(t, cmd, code, "")
	}
}

// A pipe that its reader has closed is not a failure of what changes nothing.
func testClosedOutput(t *testing.T, bin string) {
	url, key := hugeServer(t)
	for line, code := range map[string]int{"list": 0, "list -o json": 0, "help": 0, "completion bash": 0,
		"create --secret " + some + " --key " + key: 1} {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		r.Close()
		cmd := start(t, bin, url, line, w)
		w.Close()
		finish(t, cmd, code, map[int]string{1: "the server has responded, but the output cannot be written: "}[code])
	}
}

// startFake runs the command fake, and returns the environment that it prints.
func startFake(t *testing.T, bin, flags string) (cmd *exec.Cmd, env map[string]string) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	cmd = start(t, bin, "", "fake "+flags, w)
	w.Close()
	text := make([]byte, 4096)
	n, err := r.Read(text) // it writes all of it at once
	if err != nil {
		t.Fatal(err)
	}
	env = map[string]string{}
	for _, line := range regexp.MustCompile(`(?m)^([A-Z_]+)=(\S+)$`).FindAllStringSubmatch(string(text[:n]), -1) {
		env[line[1]] = line[2]
	}
	return cmd, env
}

func testFake(t *testing.T, bin string) {
	for flags, wants := range map[string][]int{
		"": {0, 0}, "--fail 503": {3, 3}, "--fail 403,1": {1, 0}, "--fail lost": {0, 0}, "--latency 50ms --rate-limit 50": {0, 0},
	} {
		cmd, env := startFake(t, bin, flags)
		for name, value := range env {
			t.Setenv(name, value)
		}
		began := time.Now()
		for i, want := range wants {
			code := newCall(nil, io.Discard, io.Discard, quick).run(t.Context(), []string{"ensure", "DB_PASSWORD=QOVERY_POSTGRESQL_Z1234_PASSWORD"})
			if code != want || strings.Contains(flags, "latency") && time.Since(began) < 50*time.Millisecond {
				t.Errorf("%q: %d: exit code %d, want %d", flags, i, code, want)
			}
		}
		if err := cmd.Process.Signal(os.Interrupt); err != nil { // idle connections do not hold it up
			t.Fatal(err)
		}
		finish(t, cmd, 0, "")
	}
}
