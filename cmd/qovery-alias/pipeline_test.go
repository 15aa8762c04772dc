package main

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/api"
	"github.com/qovery-alias/qovery-alias-go/api/apitest"
	"github.com/qovery-alias/qovery-alias-go/generated"
)

// The pipelines of the README, by their own shell lines: they install the command from a
// module proxy that has this checkout as v1.2.3, and use it on a fake Qovery.
func TestPipelines(t *testing.T) {
	if _, err := exec.LookPath("bash"); err != nil || runtime.GOOS == "windows" {
		t.Skip("needs bash")
	}
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(string(readme), -1)
	if len(blocks) != 2 {
		t.Fatalf("%d pipelines", len(blocks))
	}
	goEnv := moduleProxy(t, "v1.2.3")
	ensures := map[string]string{} // scripts
	for i, name := range []string{"GitHub", "GitLab"} {
		scripts := shellScripts(blocks[i][1])
		if len(scripts) != 2 {
			t.Fatalf("the scripts are %q", scripts)
		}
		install := pipeline{script: scripts[0], env: goEnv, dir: t.TempDir()}
		if code := install.run(t); code != 0 {
			t.Fatalf("%q: exit code %d", scripts[0], code)
		}
		ensures[name] = scripts[1]
	}
	watchStarts(t, goEnv)
	version := pipeline{script: "qovery-alias --version | grep '^qovery-alias v1.2.3 '", env: goEnv, dir: t.TempDir()}
	if code := version.run(t); code != 0 {
		t.Error("--version is not that of the module")
	}
	t.Run("command lines", func(t *testing.T) { testREADMECommands(t, string(readme), goEnv) })
	for name, test := range map[string]struct {
		prepare              func(*pipeline)
		gitHub, gitHubStarts int // the exit code, and how often the command is started
		gitLab               int // GitLab starts it again by itself
	}{
		"success":           {func(*pipeline) {}, 0, 1, 0},
		"conflict":          {func(p *pipeline) { p.srv.AddSecret(p.job, "DB_HOST", api.VariableScopeJob) }, 1, 1, 1},
		"one lost response": {func(p *pipeline) { p.losing = 1 }, 0, 2, 3},
		"lost responses":    {func(p *pipeline) { p.losing = 3 }, 3, 3, 3},
		"SIGTERM":           {func(p *pipeline) { p.terminate = true }, 130, 1, 130},
	} {
		check := func(on string, wantCode, wantStarts int) {
			t.Run(on+" "+name, func(t *testing.T) {
				t.Parallel()
				p := newPipeline(t, ensures[on], goEnv, test.prepare)
				if code, starts := p.run(t), len(p.starts()); code != wantCode || starts != wantStarts {
					t.Errorf("exit code %d after %d starts, want %d after %d", code, starts, wantCode, wantStarts)
				}
				if secrets := p.srv.Secrets(p.job); wantCode == 0 && len(secrets) != 4 {
					t.Errorf("the job has %d secrets", len(secrets))
				}
				for _, r := range p.srv.Requests() {
					if got := r.Header.Get("User-Agent"); got != "qovery-alias-go/1.2.3" {
						t.Errorf("User-Agent %q", got)
					}
				}
			})
		}
		check("GitHub", test.gitHub, test.gitHubStarts)
		check("GitLab", test.gitLab, 1)
	}
}

// testREADMECommands runs the command lines of the README, from the first to the last, and
// the curl line.
func testREADMECommands(t *testing.T, readme string, goEnv []string) {
	commands := regexp.MustCompile(`(?m)^qovery-alias .*\n`).FindAllString(readme, -1)
	curl := regexp.MustCompile("(?s)```sh\n(curl .*?)```").FindStringSubmatch(readme)
	if len(commands) < 5 || curl == nil {
		t.Fatalf("commands %q, curl %q", commands, curl)
	}
	p := newPipeline(t, strings.Join(commands, ""), goEnv, func(*pipeline) {})
	if _, err := exec.LookPath("curl"); err == nil {
		p.script += strings.ReplaceAll(curl[1], generated.ServerURLQovery, "$QOVERY_API_URL")
	}
	if err := os.WriteFile(filepath.Join(p.dir, "aliases.txt"), []byte("# of the database\nDB_HOST=QOVERY_POSTGRESQL_Z1234_HOST\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p.env = append(slices.Clone(p.env), "SECRET_ID="+p.srv.Secrets(p.job)[0].ID.String(), "no_proxy=127.0.0.1")
	if code := p.run(t); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

// shellScripts returns what a pipeline gives to a shell: blocks, and lines that install.
func shellScripts(pipeline string) (scripts []string) {
	lines := strings.Split(pipeline, "\n")
	for i, line := range lines {
		if at := strings.Index(line, "go install"); at >= 0 {
			scripts = append(scripts, line[at:])
		}
		if !strings.HasSuffix(line, "|") {
			continue
		}
		margin := lines[i+1][:len(lines[i+1])-len(strings.TrimLeft(lines[i+1], " "))]
		block := ""
		for _, line := range lines[i+1:] {
			code, inside := strings.CutPrefix(line, margin)
			if !inside {
				break
			}
			block += code + "\n"
		}
		scripts = append(scripts, block)
	}
	return scripts
}

// pipeline is a script, and the Qovery that its commands talk to.
type pipeline struct {
	script, dir string
	env         []string
	srv         *apitest.Server
	url         string
	job         uuid.UUID
	losing      int          // the first starts, whose creates have no response and cannot be looked for
	lost        atomic.Int64 // the last such start
	terminate   bool         // the command, when it has sent a request
}

// newPipeline makes a pipeline, with what prepare says before the first request can come.
func newPipeline(t *testing.T, script string, env []string, prepare func(*pipeline)) *pipeline {
	p := &pipeline{script: script, dir: t.TempDir(), env: env, srv: apitest.Start(t)}
	p.job = p.srv.AddJob("nightly")
	p.srv.AddSecret(p.job, "QOVERY_POSTGRESQL_Z1234_PASSWORD", api.VariableScopeBuiltIn)
	p.srv.AddSecret(p.job, "QOVERY_POSTGRESQL_Z1234_HOST", api.VariableScopeBuiltIn)
	prepare(p)
	front := httptest.NewServer(p)
	t.Cleanup(front.Close)
	p.url = front.URL
	return p
}

func (p *pipeline) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	starts := p.starts()
	now := int64(len(starts))
	switch {
	case p.terminate:
		if command, err := os.FindProcess(starts[0]); err == nil {
			_ = command.Signal(syscall.SIGTERM) // without it, the exit code is not that of the test
		}
		<-r.Context().Done()
	case now <= int64(p.losing) && r.Method == http.MethodPost:
		p.lost.Store(now)
		panic(http.ErrAbortHandler)
	case now <= int64(p.losing) && now == p.lost.Load():
		w.Header().Set("Retry-After", "100")
		w.WriteHeader(http.StatusTooManyRequests)
	default:
		p.srv.Handler().ServeHTTP(w, r)
	}
}

// starts returns the process id of each start of the command.
func (p *pipeline) starts() (ids []int) {
	text, _ := os.ReadFile(filepath.Join(p.dir, "starts")) // none before the first
	for _, line := range strings.Fields(string(text)) {
		id, _ := strconv.Atoi(line)
		ids = append(ids, id)
	}
	return ids
}

// run runs the script as GitHub's and GitLab's runners do, and returns its exit code.
func (p *pipeline) run(t *testing.T) int {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "bash", "-e", "-o", "pipefail", "-c", p.script)
	cmd.Dir, cmd.Env = p.dir, append(os.Environ(), p.env...)
	cmd.WaitDelay = time.Second
	if p.srv != nil {
		cmd.Env = append(cmd.Env, "STARTS="+filepath.Join(p.dir, "starts"),
			"QOVERY_API_URL="+p.url, "QOVERY_API_TOKEN="+p.srv.Token(), "JOB_ID="+p.job.String())
	}
	out, err := cmd.CombinedOutput()
	if err != nil && !errors.As(err, new(*exec.ExitError)) {
		t.Fatal(err)
	}
	t.Logf("%s", out)
	return cmd.ProcessState.ExitCode()
}
