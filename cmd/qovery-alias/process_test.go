package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
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

// TestMain makes the test binary the program itself where a test runs it as that.
func TestMain(m *testing.M) {
	if os.Getenv("RUN_AS_PROGRAM") != "" {
		main()
	}
	m.Run()
}

// start starts the program with an API at url, and returns its standard output.
func start(t *testing.T, url, line string) (*exec.Cmd, *os.File) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("cannot send an interrupt")
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], strings.Fields(line)...)
	cmd.Env = append(os.Environ(), "RUN_AS_PROGRAM=1", "QOVERY_API_URL="+url, "QOVERY_API_TOKEN="+planted,
		"QOVERY_JOB_ID="+some)
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	cmd.Stdout, cmd.Stderr = w, new(bytes.Buffer)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	w.Close()
	return cmd, r
}

// finish waits for a command.
func finish(t *testing.T, cmd *exec.Cmd, code int, want string) {
	t.Helper()
	timer := time.AfterFunc(10*time.Second, func() { cmd.Process.Kill() })
	defer timer.Stop()
	err := cmd.Wait()
	stderr := cmd.Stderr.(*bytes.Buffer).String()
	if got := cmd.ProcessState.ExitCode(); got != code || !strings.Contains(stderr, want) || want == "" && stderr != "" {
		t.Errorf("%.80q: exit code %d, want %d: %v: %s", cmd.Args[1:], got, code, err, stderr)
	}
	if strings.Contains(stderr, planted) {
		t.Errorf("the token is shown: %s", stderr)
	}
}

func TestSignals(t *testing.T) {
	arrived := make(chan struct{}, 8)
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		arrived <- struct{}{}
		<-r.Context().Done()
	}))
	defer srv.Close()
	for _, sig := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		for line, code := range map[string]int{"create --key K --secret " + some: 3, "list": 130, "ensure K=S": 130} {
			cmd, _ := start(t, srv.URL, line)
			<-arrived
			cmd.Process.Signal(sig)
			finish(t, cmd, code, "interrupted by a signal: ")
		}
	}
}

// A pipe that its reader has closed is not a failure of what changes nothing. The one secret does not fit into it.
func TestClosedOutput(t *testing.T) {
	secret := api.Secret{ID: uuid.New(), Key: strings.Repeat("K", 1<<16), Scope: api.VariableScopeJob}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			w.WriteHeader(http.StatusCreated)
			json.NewEncoder(w).Encode(secret)
			return
		}
		json.NewEncoder(w).Encode(map[string]any{"results": []api.Secret{secret}})
	}))
	defer srv.Close()
	create := "create --secret " + some + " --key " + secret.Key
	for line, code := range map[string]int{"list": 0, "list -o json": 0, create: 1} {
		cmd, stdout := start(t, srv.URL, line)
		stdout.Read(make([]byte, 1))
		stdout.Close()
		finish(t, cmd, code, map[int]string{1: "the output cannot be written: "}[code])
	}
}

// The command fake has the names of README.md, and fails as it is told.
func TestFake(t *testing.T) {
	for flags, codes := range map[string][]int{
		"": {0, 0}, "--fail 503": {3, 3}, "--fail 403,1": {1, 0}, "--fail lost": {0, 0}, "--latency 50ms --rate-limit 50": {0, 0},
	} {
		cmd, stdout := start(t, "", "fake "+flags)
		text := make([]byte, 4096)
		n, _ := stdout.Read(text) // it writes all of it at once
		for _, env := range regexp.MustCompile(`(?m)^([A-Z_]+)=(\S+)$`).FindAllStringSubmatch(string(text[:n]), -1) {
			t.Setenv(env[1], env[2])
		}
		began := time.Now()
		for _, want := range codes {
			args := []string{"ensure", "DB_PASSWORD=QOVERY_POSTGRESQL_Z1234_PASSWORD"}
			if code := newCall(nil, io.Discard, io.Discard, quick).run(t.Context(), args); code != want {
				t.Errorf("%q: exit code %d, want %d", flags, code, want)
			}
		}
		if strings.Contains(flags, "latency") && time.Since(began) < 100*time.Millisecond {
			t.Errorf("%q: only %s", flags, time.Since(began))
		}
		cmd.Process.Signal(os.Interrupt) // idle connections do not hold it up
		finish(t, cmd, 0, "")
	}
}
