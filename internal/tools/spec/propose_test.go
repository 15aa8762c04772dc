package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// proposal is a checkout with the scripts and the checker as they are, targets of make
// that only say their name, a remote, and a gh that notes how it is called.
type proposal struct {
	*testing.T
	dir string // has checkout, remote.git, bin and gh, the calls
}

func newProposal(t *testing.T) proposal {
	p := proposal{t, t.TempDir()}
	for to, from := range map[string]string{
		"checkout/.ci/update":                         "../../../.ci/update",
		"checkout/.ci/propose":                        "../../../.ci/propose",
		"checkout/openapi.yaml":                       root,
		"checkout/internal/tools/spec/exceptions.txt": os.DevNull,
		"checkout/CHANGELOG.md":                       "../../../CHANGELOG.md",
		"checkout/internal/tools/spec/testdata/.keep": os.DevNull,
	} {
		data, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		p.write(to, string(data))
	}
	p.write("checkout/.gitignore", "/bin/\n")
	p.write("checkout/Makefile", fmt.Sprintf("bin/spec:\n\t@go build -C %q -o '$(CURDIR)/bin/' .\n"+
		"generate test apidiff:\n\t@echo \"$@ ran, token: $$GH_TOKEN\"\n.PHONY: bin/spec generate test apidiff\n", p.run(".", "pwd", "-P")))
	// What it is told to find is in the file found-KIND; the body is kept, and a push is allowed.
	p.write("bin/gh", `#!/bin/sh
cd "${0%/*}/.."
printf '%s\n' "$*" | sed 's/ --body-file [^ ]*//; s/ --jq.*//' >>gh
case $2 in list) cat "found-$1" 2>/dev/null ;; esac
while [ $# -gt 0 ]; do [ "$1" != --body-file ] || cp "$2" body; shift; done
`)
	p.run(".", "git", "init", "-q", "--bare", "-b", "main", p.dir+"/remote.git")
	p.git("init", "-q", "-b", "main")
	p.git("remote", "add", "origin", p.dir+"/remote.git")
	p.git("add", ".")
	p.git("-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-q", "-m", "Start")
	p.git("push", "-q", "origin", "main")
	return p
}

func (p proposal) write(name, content string) {
	p.Helper()
	path := filepath.Join(p.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		p.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o755); err != nil {
		p.Fatal(err)
	}
}

func (p proposal) read(name string) string {
	data, _ := os.ReadFile(filepath.Join(p.dir, name))
	return string(data)
}

func (p proposal) run(dir string, args ...string) string {
	p.Helper()
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		p.Fatalf("%q: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

func (p proposal) git(args ...string) string {
	p.Helper()
	return p.run(p.dir+"/checkout", append([]string{"git"}, args...)...)
}

// propose runs the script on main and returns its exit code, what it prints, and the
// calls of gh, a line each.
func (p proposal) propose(upstream string) (code int, out, calls string) {
	p.Helper()
	p.git("checkout", "-q", "--force", "main")
	p.write("gh", "")
	cmd := exec.Command(p.dir+"/checkout/.ci/propose", upstream)
	cmd.Env = append(os.Environ(), "PATH="+p.dir+"/bin:"+os.Getenv("PATH"), "GH_TOKEN=secret-of-the-job", "BASE=main")
	text, _ := cmd.CombinedOutput()
	return cmd.ProcessState.ExitCode(), string(text), p.read("gh")
}

// remote returns a file on a branch of the remote; without the branch it is empty.
func (p proposal) remote(branch, name string) string {
	out, _ := exec.Command("git", "-C", p.dir+"/remote.git", "show", branch+":"+name).Output()
	return string(out)
}

const (
	listPR      = "pr list --state open --head qovery-spec --json number,isCrossRepository\n"
	createPR    = "pr create --title Follow Qovery's spec --base main --head qovery-spec\n"
	listIssue   = "issue list --state open --app github-actions --json number,title\n"
	createIssue = "issue create --title Qovery's spec takes a decision\n"
)

func addition(doc object) {
	schema(doc, "Secret", "properties")["hash"] = object{"type": "string"}
}

func decision(doc object) { schema(doc, "Secret", "properties", "owned_by")["type"] = "integer" }

// What the runs have in common is in one repository, as it is from week to week.
func TestPropose(t *testing.T) {
	both := func(doc object) {
		addition(doc)
		decision(doc)
		schema(doc, "SecretList", "properties")["total"] = object{"type": "integer"}
	}
	unreadable := file(t, "page.html", "<html>")
	p := newProposal(t)
	for _, test := range []struct {
		name        string
		upstream    string
		pr, issue   string // the numbers of those that are open
		code        int
		calls       string
		body        string // is in the text
		onTheBranch bool   // the remote's branch has the addition
	}{
		{name: "nothing changed", upstream: edited(t, func(object) {})},
		{name: "unreadable", upstream: unreadable, code: 2},
		{name: "decision", upstream: edited(t, decision), calls: listIssue + createIssue,
			body: "    needs a person: Secret.owned_by type"},
		{name: "changed", upstream: edited(t, addition), calls: listPR + createPR, onTheBranch: true,
			body: "    applied: Secret.hash: upstream string, here absent\n"},
		{name: "changed further", upstream: edited(t, both), pr: "7", issue: "8", onTheBranch: true,
			calls: listPR + "pr edit 7\n" + listIssue + "issue edit 8\n", body: "    test ran, token: \n"},
		{name: "unreadable while open", upstream: unreadable, pr: "7", code: 2, onTheBranch: true},
		{name: "no change while open", upstream: edited(t, func(object) {}), pr: "7", onTheBranch: true},
	} {
		p.write("found-pr", test.pr)
		p.write("found-issue", test.issue)
		p.write("body", "")
		before := p.git("ls-remote", "origin")
		code, out, calls := p.propose(test.upstream)
		if code != test.code || calls != test.calls {
			t.Errorf("%s: exit %d, gh\n%s%s", test.name, code, calls, out)
		}
		if body := p.read("body"); !strings.Contains(body, test.body) || test.calls != "" && !strings.Contains(body, "    == what has changed upstream\n") {
			t.Errorf("%s: the text is\n%s", test.name, body)
		}
		if has := strings.Contains(p.remote("qovery-spec", "openapi.yaml"), "hash:"); has != test.onTheBranch {
			t.Errorf("%s: the branch has the change: %t", test.name, has)
		}
		if !strings.Contains(test.calls, listPR) && p.git("ls-remote", "origin") != before {
			t.Errorf("%s: the remote has changed", test.name)
		}
		if strings.Contains(p.remote("main", "openapi.yaml"), "hash:") || strings.Contains(out, "secret-of-the-job") {
			t.Errorf("%s: main has the change, or the token shows\n%s", test.name, out)
		}
	}
	if n := p.git("rev-list", "--count", "main..origin/qovery-spec"); n != "1" {
		t.Errorf("the branch has %s commits, want one", n)
	}

	// A person writes the descriptions; that is not overwritten.
	p.git("checkout", "-q", "--force", "origin/qovery-spec")
	p.git("-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-q", "--allow-empty", "-m", "Describe hash")
	p.git("push", "-q", "origin", "HEAD:qovery-spec")
	before := p.git("ls-remote", "origin")
	code, out, calls := p.propose(edited(t, addition))
	if code != 0 || calls != listIssue+"issue edit 8\n" && calls != listIssue+createIssue || p.git("ls-remote", "origin") != before {
		t.Errorf("exit %d, gh\n%s%s", code, calls, out)
	}
}

// What upstream writes is text, to the shell, the workflow and GitHub.
func TestProposeRunsNothing(t *testing.T) {
	p := newProposal(t)
	const hostile = "$(touch ran)`touch ran`;touch ran\n::error::ran\n```\n@everyone ${{ github.token }} \r# ran"
	upstream := edited(t, func(doc object) {
		service := schema(doc, "ServiceType")
		service["enum"] = append(service["enum"].([]any), hostile)
		schema(doc, "Secret", "properties")[hostile] = object{"type": "string"}
		schema(doc, "Secret", "properties", "key")["pattern"] = hostile
		schema(doc, "VariableType")["enum"] = []any{hostile}
	})
	code, out, calls := p.propose(upstream)
	if code != 0 || calls != listPR+createPR+listIssue+createIssue {
		t.Errorf("exit %d, gh\n%s%s", code, calls, out)
	}
	body := p.read("body")
	_, report, _ := strings.Cut(body, "\n\n")
	for line := range strings.Lines(report) {
		if !strings.HasPrefix(line, "    ") || strings.Contains(line, "\r") {
			t.Errorf("no line of code: %q", line)
		}
	}
	if !strings.Contains(body, "touch ran") {
		t.Errorf("the text does not show it:\n%s", body)
	}
	err := filepath.WalkDir(p.dir, func(path string, _ os.DirEntry, err error) error {
		if filepath.Base(path) == "ran" {
			t.Errorf("%s was made", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	opened, closed := strings.Index(out, "::stop-commands::"), strings.LastIndex(out, "::report-")
	if i := strings.Index(out, "::error::"); opened < 0 || i < opened || i > closed {
		t.Errorf("a command of the log, or none in it:\n%s", out)
	}
}
