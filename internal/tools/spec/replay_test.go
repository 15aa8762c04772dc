package main

// The update, over and over: from the oldest snapshot of a history to the newest.

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestReplay starts from the operations as the oldest snapshot has them, and follows
// each later one. It prints a line for each.
//
// HISTORY names a folder of snapshots, whose names are in the order of time; then the
// whole repository follows, in a copy: it generates and runs the tests. Without it,
// a small history is followed by the document alone.
func TestReplay(t *testing.T) {
	folder, whole := os.Getenv("HISTORY"), true
	if folder == "" {
		folder, whole = "testdata/history", false
	}
	snapshots, err := filepath.Glob(filepath.Join(folder, "*.yaml"))
	if err != nil || len(snapshots) < 2 {
		t.Fatalf("%s has %d snapshots *.yaml, %v", folder, len(snapshots), err)
	}
	slices.Sort(snapshots)
	r := newReplay(t, whole)
	r.names = r.today(snapshots[len(snapshots)-1])
	r.restart(snapshots[0])
	var lines []string
	for _, snapshot := range snapshots[1:] {
		lines = append(lines, r.follow(snapshot))
	}
	if whole {
		return
	}
	want, err := os.ReadFile("testdata/history/expected.txt")
	if got := strings.Join(lines, "\n") + "\n"; err != nil || got != string(want) {
		t.Errorf("got\n%swant\n%s%v", got, want, err)
	}
}

// replay is a document on its way.
type replay struct {
	*testing.T
	dir        string // holds openapi.yaml, and with whole the repository
	whole      bool
	original   []byte // the document of today
	exceptions string // today's list
	fits       bool   // package api builds with the document as it is
	names      map[string]string
}

func newReplay(t *testing.T, whole bool) *replay {
	r := &replay{T: t, dir: t.TempDir(), whole: whole}
	from := "testdata"
	if whole {
		from = "../../.."
		files := strings.Fields(r.run(from, "git", "ls-files", "-co", "--exclude-standard"))
		for _, name := range files {
			if data, err := os.ReadFile(filepath.Join(from, name)); err == nil {
				r.write(name, data, name)
			}
		}
		r.run(r.dir, "git", "init", "-q")
	} else {
		data, err := os.ReadFile("testdata/openapi.yaml")
		if err != nil {
			t.Fatal(err)
		}
		r.write("openapi.yaml", data, "")
	}
	list, err := os.ReadFile(map[bool]string{true: "exceptions.txt", false: "testdata/exceptions.txt"}[whole])
	if err != nil {
		t.Fatal(err)
	}
	r.original, r.exceptions = r.read("openapi.yaml"), string(list)
	return r
}

const exceptionsFile = "internal/tools/spec/exceptions.txt"

// restart trims the document to what a snapshot has.
func (r *replay) restart(snapshot string) {
	r.write("openapi.yaml", r.original, "")
	r.write(exceptionsFile, []byte(r.exceptions), "")
	r.decide(snapshot)
	r.settle()
	r.Logf("%s: the start; package api builds: %t", filepath.Base(snapshot), r.fits)
}

// follow follows a snapshot and returns the line about it.
func (r *replay) follow(snapshot string) string {
	name := strings.TrimSuffix(filepath.Base(snapshot), ".yaml")
	if _, err := load(snapshot); err != nil {
		line := name + ": cannot be read: " + err.Error()
		r.Log(line)
		return line
	}
	if operation := r.returned(snapshot); operation != "" {
		r.restart(snapshot)
		line := name + ": needs a person, who adds the operation " + operation
		r.Log(line)
		return line
	}
	start := time.Now()
	before := string(r.read("openapi.yaml"))
	result := r.update(snapshot, false)
	line := fmt.Sprintf("%s: applied %d", name, len(result.applied))
	if left := len(result.left) + len(result.stale); left > 0 {
		line += fmt.Sprintf(", needs a person for %d", left)
	}
	for _, text := range slices.Concat(result.left, result.stale) {
		r.Log("    " + text)
	}
	additive := len(result.left)+len(result.stale) == 0
	switch {
	case !r.whole:
		r.write("openapi.yaml", result.text, "")
	case string(result.text) == before:
	case r.fits:
		line += "; " + r.script(snapshot, additive)
	default:
		r.write("openapi.yaml", result.text, "")
		line += "; " + r.generate(additive) + ", SemVer " + [...]string{"patch", "minor", "major"}[result.effect] + " by the drift"
	}
	if additive {
		if again := r.update(snapshot, false); len(again.applied)+len(again.left)+len(again.stale) > 0 {
			r.Errorf("%s: there is drift afterwards: %q", name, again.report())
		}
	} else {
		r.decide(snapshot)
	}
	if findings, err := check("openapi.yaml", r.read("openapi.yaml")); err != nil || len(findings) > 0 {
		r.Errorf("%s: the document is not valid: %q %v", name, findings, err)
	}
	if string(r.read("openapi.yaml")) != before {
		r.settle()
	}
	if r.whole {
		line += fmt.Sprintf("; %.1fs", time.Since(start).Seconds())
	}
	r.Log(line)
	return line
}

// update returns what an update comes to.
func (r *replay) update(snapshot string, all bool) *outcome {
	result, err := update(sources{filepath.Join(r.dir, "openapi.yaml"), filepath.Join(r.dir, exceptionsFile), snapshot, all, r.names})
	if err != nil {
		r.Fatalf("%s: %v", snapshot, err)
	}
	return result
}

// decide is the person: it follows upstream where an edit can, and else takes the
// difference for a deliberate one.
func (r *replay) decide(snapshot string) {
	for range 2 { // an exception that is in the way may be gone afterwards
		result := r.update(snapshot, true)
		r.write("openapi.yaml", result.text, "")
		list := string(r.read(exceptionsFile))
		for _, line := range result.stale {
			_, text, _ := strings.Cut(line, "remove it: ")
			list = strings.Replace("\n"+list, "\n"+text+"\n", "\n", 1)[1:]
		}
		for _, line := range result.left {
			text, _, _ := strings.Cut(line, " [")
			list = strings.TrimRight(list, "\n") + "\n" + text + "\n"
		}
		r.write(exceptionsFile, []byte(list), "")
	}
	if result := r.update(snapshot, true); len(result.applied)+len(result.left)+len(result.stale) > 0 {
		r.Errorf("%s: still left after all decisions: %q", snapshot, result.report())
	}
}

// today returns the names that the schemas of a snapshot have in the document of today.
func (r *replay) today(snapshot string) map[string]string {
	ours, err1 := loadData("openapi.yaml", r.original)
	theirs, err2 := load(snapshot)
	if err := errors.Join(err1, err2); err != nil {
		r.Fatal(err)
	}
	if _, err := compare(ours, theirs); err != nil {
		r.Fatal(err)
	}
	return pairs(ours, theirs)
}

// returned names an operation that snapshot has, and the document of today, but not
// the one on its way.
func (r *replay) returned(snapshot string) string {
	now, err1 := loadData("openapi.yaml", r.read("openapi.yaml"))
	today, err2 := loadData("openapi.yaml", r.original)
	upstream, err3 := load(snapshot)
	if err := errors.Join(err1, err2, err3); err != nil {
		r.Fatalf("%s: %v", snapshot, err)
	}
	known := addresses(now)
	for _, op := range operations(today) {
		item := upstream.Paths.Find(op.path)
		if item != nil && item.GetOperation(op.method) != nil && known[op.OperationID] == "" {
			return op.OperationID
		}
	}
	return ""
}

// settle generates what goes with the document, finds out whether package api fits it,
// and commits that.
func (r *replay) settle() {
	if !r.whole {
		return
	}
	r.fits = r.generate(false) == builds && r.ok("build")
	r.run(r.dir, "git", "add", "-A")
	r.run(r.dir, "git", "-c", "user.name=R", "-c", "user.email=r@example.com", "commit", "-q", "--allow-empty", "-m", "Step")
}

var verdict = regexp.MustCompile(`SemVer step since \S+ (\w+)`)

// script runs the whole update as a person does, and returns what it says.
func (r *replay) script(snapshot string, additive bool) string {
	path, err := filepath.Abs(snapshot)
	if err != nil {
		r.Fatal(err)
	}
	cmd := exec.Command("bash", filepath.Join(r.dir, ".ci/update"), path)
	cmd.Env = append(os.Environ(), "BASE=HEAD", "GOFLAGS=-buildvcs=false")
	output, err := cmd.CombinedOutput()
	tests := "does not generate"
	switch _, tested, found := strings.Cut(string(output), "== tests"); {
	case found && strings.Contains(tested, "FAIL"):
		tests = "tests fail"
	case found:
		tests = "tests pass"
	}
	switch {
	case err != nil && !r.ok("vet"):
		tests = "the tests are of a later time"
	case err != nil && additive:
		r.Errorf("%s: .ci/update: %v\n%s", snapshot, err, output)
	}
	if match := verdict.FindSubmatch(output); match != nil {
		return tests + ", SemVer " + string(match[1])
	}
	return tests + ", no SemVer step"
}

// generate generates, and builds what is generated, without package api.
func (r *replay) generate(strict bool) string {
	output, err := r.command(r.dir, "go", "generate", "./...")
	if err == nil {
		constants := r.read("api/spec.gen.go")
		r.write("internal/replayed/spec.gen.go", []byte(strings.Split(string(constants), "// The operations of the spec.")[0]), "")
		output, err = r.command(r.dir, "go", "vet", "./generated/...", "./internal/replayed")
		if err := os.RemoveAll(filepath.Join(r.dir, "internal/replayed")); err != nil {
			r.Fatal(err)
		}
	}
	if err != nil {
		if strict {
			r.Errorf("generating: %v\n%s", err, output)
		}
		return "does not generate: " + output
	}
	return builds
}

const builds = "the generated code builds; package api is of a later time"

// ok reports whether a command of Go is content with package api and what uses it.
func (r *replay) ok(command string) bool {
	_, err := r.command(r.dir, "go", command, "./api/...", "./cmd/...")
	return err == nil
}

func (r *replay) command(dir, name string, args ...string) (string, error) {
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS=-buildvcs=false")
	output, err := cmd.CombinedOutput()
	return string(output), err
}

func (r *replay) run(dir, name string, args ...string) string {
	r.Helper()
	output, err := r.command(dir, name, args...)
	if err != nil {
		r.Fatalf("%s %s: %v\n%s", name, args, err, output)
	}
	return output
}

func (r *replay) read(name string) []byte {
	r.Helper()
	data, err := os.ReadFile(filepath.Join(r.dir, name))
	if err != nil {
		r.Fatal(err)
	}
	return data
}

// write writes a file, with the mode of another one below the repository.
func (r *replay) write(name string, data []byte, like string) {
	r.Helper()
	mode := os.FileMode(0o644)
	if info, err := os.Stat(filepath.Join("../../..", like)); like != "" && err == nil {
		mode = info.Mode()
	}
	path := filepath.Join(r.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		r.Fatal(err)
	}
	if err := os.WriteFile(path, data, mode); err != nil {
		r.Fatal(err)
	}
}
