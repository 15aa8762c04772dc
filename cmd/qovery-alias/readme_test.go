package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/api"
	"github.com/qovery-alias/qovery-alias-go/api/apitest"
	"github.com/qovery-alias/qovery-alias-go/generated"
)

// stage is where a script runs: against a fake Qovery as the command fake has it, with a stand-in for go that
// installs the program, and a script in front of that which notes each start.
type stage struct {
	dir    string
	env    []string
	srv    *apitest.Server
	job    uuid.UUID
	losing int          // so many first starts get no response to a change, and no list after it
	lost   atomic.Int64 // the last such start
}

const standIn = `#!/bin/sh
case "$*" in
"env GOPATH") echo "$STAGE" ;;
install\ *cmd/qovery-alias@latest) mkdir -p "$STAGE/bin" && cp "$STAGE/command" "$STAGE/bin/qovery-alias" ;;
*) exit 9 ;;
esac
`

func newStage(t *testing.T, prepare func(*stage)) *stage {
	if _, err := exec.LookPath("bash"); err != nil || runtime.GOOS == "windows" {
		t.Skip("needs bash")
	}
	srv, job, password := newFake()
	t.Cleanup(srv.Close)
	s := &stage{dir: t.TempDir(), srv: srv, job: job}
	prepare(s)
	front := httptest.NewServer(s)
	t.Cleanup(front.Close)
	command := "#!/bin/sh\necho >>\"$STAGE/starts\"\nRUN_AS_PROGRAM=1 exec " + os.Args[0] + " \"$@\"\n"
	for name, text := range map[string]string{"go": standIn, "command": command,
		"aliases.txt": "# of the database\nDB_HOST=QOVERY_POSTGRESQL_Z1234_HOST\n"} {
		if err := os.WriteFile(filepath.Join(s.dir, name), []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	s.env = append(os.Environ(), "STAGE="+s.dir, "PATH="+s.dir+":"+s.dir+"/bin:"+os.Getenv("PATH"), "no_proxy=127.0.0.1",
		"QOVERY_API_URL="+front.URL, "QOVERY_API_TOKEN="+srv.Token(), "JOB_ID="+job.String(), "SECRET_ID="+password.String())
	return s
}

// starts is how often the command was started.
func (s *stage) starts() int {
	notes, _ := os.ReadFile(filepath.Join(s.dir, "starts")) // none before the first
	return len(notes)
}

func (s *stage) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch now := s.starts(); {
	case now <= s.losing && r.Method == http.MethodPost:
		s.lost.Store(int64(now))
		panic(http.ErrAbortHandler)
	case now <= s.losing && now == int(s.lost.Load()):
		w.Header().Set("Retry-After", "100")
		w.WriteHeader(http.StatusTooManyRequests)
	default:
		s.srv.Handler().ServeHTTP(w, r)
	}
}

// run runs a script as the runners of GitHub and GitLab do.
func (s *stage) run(t *testing.T, script string, code, starts int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "bash", "-e", "-o", "pipefail", "-c", script)
	cmd.Dir, cmd.Env, cmd.WaitDelay = s.dir, s.env, time.Second
	out, err := cmd.CombinedOutput()
	if got, n := cmd.ProcessState.ExitCode(), s.starts(); got != code || n != starts {
		t.Errorf("exit code %d after %d starts, want %d after %d: %v\n%s", got, n, code, starts, err, out)
	}
}

// page returns the text of a file of this repository.
func page(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile("../../" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// The pipelines of docs/pipelines.md, by their own shell lines.
func TestPipelines(t *testing.T) {
	scripts := map[string]string{}
	for _, block := range regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(page(t, "docs/pipelines.md"), -1) {
		on := "GitLab"
		if strings.Contains(block[1], "runs-on:") {
			on = "GitHub"
		}
		scripts[on] = shellScript(block[1])
	}
	for name, test := range map[string]struct {
		prepare              func(*stage)
		gitHub, gitHubStarts int // the exit code, and how often the command is started
		gitLab               int // GitLab starts it again by itself
	}{
		"success":           {func(*stage) {}, 0, 1, 0},
		"conflict":          {func(s *stage) { s.srv.AddSecret(s.job, "DB_HOST", api.VariableScopeJob) }, 1, 1, 1},
		"one lost response": {func(s *stage) { s.losing = 1 }, 0, 2, 3},
		"lost responses":    {func(s *stage) { s.losing = 3 }, 3, 3, 3},
	} {
		check := func(on string, code, starts int) {
			t.Run(on+" "+name, func(t *testing.T) {
				t.Parallel()
				newStage(t, test.prepare).run(t, scripts[on], code, starts)
			})
		}
		check("GitHub", test.gitHub, test.gitHubStarts)
		check("GitLab", test.gitLab, 1)
	}
}

// The command lines of README.md from the first to the last, and then curl's.
func TestREADME(t *testing.T) {
	command := regexp.MustCompile(`(?m)^(go install \S*/cmd/qovery-alias@|qovery-alias ).*\n`)
	lines := command.FindAllString(page(t, "README.md"), -1)
	curl := regexp.MustCompile("(?s)```sh\n(curl .*?)```").FindStringSubmatch(page(t, "docs/migration.md"))
	if len(lines) < 6 || curl == nil {
		t.Fatalf("the command lines are %q and %q", lines, curl)
	}
	script := strings.Join(lines, "")
	if _, err := exec.LookPath("curl"); err == nil {
		script += strings.ReplaceAll(curl[1], generated.ServerURLQovery, "$QOVERY_API_URL")
	}
	newStage(t, func(*stage) {}).run(t, script, 0, len(lines)-1)
}

// shellBlock matches what a pipeline gives to a shell: a line that installs, and a block behind a bar.
var shellBlock = regexp.MustCompile(`- (?:run: )?(?:(go install .*\n)|\|\n((?: {10}.*\n)+|(?: {6}\S.*\n(?: {8}.*\n)*)+))`)

func shellScript(pipeline string) (script string) {
	for _, match := range shellBlock.FindAllStringSubmatch(pipeline, -1) {
		script += match[1] + match[2]
	}
	return script
}
