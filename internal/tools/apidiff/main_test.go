package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A module with a package of each kind.
var module = map[string]string{
	"go.mod":                       "module example.com/m\n\ngo 1.25.0\n",
	"root.go":                      "package m\n\nvar Spec []byte\n",
	"api/api.go":                   "package api\n\nimport \"example.com/m/generated\"\n\ntype Secret = generated.Secret\n\nconst MaxKeyLength = 255\n\nfunc Create(key string) error { return nil }\n",
	"api/apitest/apitest.go":       "package apitest\n\nfunc NewServer() {}\n",
	"generated/client.go":          "package generated\n\ntype ClientInterface interface{ Create() }\n",
	"generated/types.go":           "package generated\n\ntype Secret struct{ Key string }\n",
	"api/apitest/internal/server/server.go":   "package server\n\ntype Routes struct{}\n",
	"internal/resolve/resolve.go":  "package resolve\n\nfunc Find() {}\n",
	"cmd/tool/main.go":             "package main\n\nfunc main() {}\n",
	"cmd/tool/flags/flags.go":      "package flags\n\nfunc Parse() {}\n",
	"generated/internal/x/x.go":    "package x\n\nfunc X() {}\n",
	"internal/tools/other/go.mod":  "module example.com/m/internal/tools/other\n\ngo 1.25.0\n",
	"internal/tools/other/main.go": "package main\n\nfunc main() {}\n",
}

// scratch makes a repository of module, tagged v0.1.0 and v1.2.0, and moves there.
func scratch(t *testing.T) {
	t.Helper()
	t.Chdir(t.TempDir())
	t.Setenv("GIT_CONFIG_GLOBAL", os.DevNull)
	t.Setenv("TMPDIR", t.TempDir())
	for name, content := range module {
		write(t, name, content)
	}
	command(t, "git", "init", "-q")
	command(t, "git", "add", "-A")
	command(t, "git", "-c", "user.name=A", "-c", "user.email=a@example.com", "commit", "-q", "-m", "Start")
	command(t, "git", "tag", "v0.1.0")
	command(t, "git", "tag", "v1.2.0")
}

func write(t *testing.T, name, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func command(t *testing.T, name string, args ...string) string {
	t.Helper()
	output, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, args, err, output)
	}
	return string(output)
}

func call(args ...string) (code int, stdout, stderr string) {
	var out, err strings.Builder
	code = run(args, &out, &err)
	return code, out.String(), err.String()
}

func TestChanges(t *testing.T) {
	const breaks = ", which takes a new import path; before v1.0.0: minor"
	tests := map[string]struct {
		edit func(t *testing.T)
		want string
	}{
		"nothing": {
			func(*testing.T) {},
			"SemVer step since v1.2.0: patch\n",
		},
		"name removed": {
			func(t *testing.T) { write(t, "api/apitest/apitest.go", "package apitest\n") },
			"Incompatible changes:\n- ./api/apitest.NewServer: removed\nSemVer step since v1.2.0: major" + breaks + "\n",
		},
		"name added": {
			func(t *testing.T) {
				write(t, "api/apitest/apitest.go", "package apitest\n\nfunc NewServer() {}\nfunc Start() {}\n")
			},
			"Compatible changes:\n- ./api/apitest.Start: added\nSemVer step since v1.2.0: minor\n",
		},
		"signature changed": {
			func(t *testing.T) {
				write(t, "api/api.go", strings.Replace(module["api/api.go"], "key string", "key []byte", 1))
			},
			"Incompatible changes:\n- ./api.Create: changed from func(string) error to func([]byte) error\nSemVer step since v1.2.0: major" + breaks + "\n",
		},
		"regenerated": {
			func(t *testing.T) {
				write(t, "generated/types.go", "package generated\n\ntype Secret struct{ Key string; Note *string }\n")
			},
			"Compatible changes:\n- ./generated.Secret.Note: added\nSemVer step since v1.2.0: minor\n",
		},
		"limit raised": {
			func(t *testing.T) {
				write(t, "api/api.go", strings.Replace(module["api/api.go"], "255", "300", 1))
			},
			"Compatible changes:\n- ./api.MaxKeyLength: value changed from 255 to 300\nSemVer step since v1.2.0: minor\n",
		},
		"limit lowered": {
			func(t *testing.T) {
				write(t, "api/api.go", strings.Replace(module["api/api.go"], "255", "100", 1))
			},
			"Incompatible changes:\n- ./api.MaxKeyLength: value changed from 255 to 100\nSemVer step since v1.2.0: major" + breaks + "\n",
		},
		"operation added": {
			func(t *testing.T) {
				write(t, "generated/client.go", "package generated\n\ntype ClientInterface interface{ Create(); Delete() }\n")
			},
			"Compatible changes:\n- ./generated.ClientInterface.Delete: added\nSemVer step since v1.2.0: minor\n",
		},
		"operation removed": {
			func(t *testing.T) {
				write(t, "generated/client.go", "package generated\n\ntype ClientInterface interface{}\n")
			},
			"Incompatible changes:\n- ./generated.ClientInterface.Create: removed\nSemVer step since v1.2.0: major" + breaks + "\n",
		},
		"package added": {
			func(t *testing.T) { write(t, "extra/extra.go", "package extra\n\nfunc Extra() {}\n") },
			"Not covered by SemVer:\n- package example.com/m/extra: added\nSemVer step since v1.2.0: patch\n",
		},
		"package removed": {
			func(t *testing.T) { command(t, "rm", "-r", "api/apitest") },
			"Incompatible changes:\n- package example.com/m/api/apitest: removed\nSemVer step since v1.2.0: major" + breaks + "\n",
		},
		"not covered": {
			func(t *testing.T) {
				write(t, "root.go", "package m\n")
				write(t, "api/apitest/internal/server/server.go", "package server\n\ntype Routes struct{}\n\nfunc New() Routes { return Routes{} }\n")
			},
			"Not covered by SemVer:\n- Spec: removed\n- ./api/apitest/internal/server.New: added\nSemVer step since v1.2.0: patch\n",
		},
		"internal and commands": {
			func(t *testing.T) {
				for _, name := range []string{"internal/resolve/resolve.go", "cmd/tool/flags/flags.go", "generated/internal/x/x.go"} {
					command(t, "rm", name)
				}
				write(t, "cmd/tool/main.go", "package main\n\nfunc Other() {}\n\nfunc main() {}\n")
			},
			"SemVer step since v1.2.0: patch\n",
		},
		"workspace and vendor folder": {
			func(t *testing.T) {
				write(t, "go.work", "go 1.25.0\n\nuse ./internal/tools/other\n")
				write(t, "vendor/modules.txt", "# example.com/other v1.0.0\n")
				t.Setenv("GOFLAGS", "-mod=vendor")
			},
			"SemVer step since v1.2.0: patch\n",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			scratch(t)
			test.edit(t)
			before := command(t, "git", "status", "--porcelain")
			code, stdout, stderr := call("v1.2.0")
			if code != 0 || stdout != test.want || stderr != "" {
				t.Errorf("exit %d, want 0\n%swant\n%s%s", code, stdout, test.want, stderr)
			}
			if after := command(t, "git", "status", "--porcelain"); after != before {
				t.Errorf("the work tree was\n%sand is\n%s", before, after)
			}
			if worktrees := command(t, "git", "worktree", "list"); strings.Count(worktrees, "\n") != 1 {
				t.Errorf("there are work trees now:\n%s", worktrees)
			}
			if left, _ := filepath.Glob(filepath.Join(os.TempDir(), "apidiff-*")); left != nil {
				t.Errorf("%s was left behind", left)
			}
		})
	}
}

func TestRelease(t *testing.T) {
	const (
		none     = "package apitest\n\nfunc NewServer() {}\n"
		additive = "package apitest\n\nfunc NewServer() {}\nfunc Start() {}\n"
		breaking = "package apitest\n"
	)
	for _, test := range []struct {
		base, release, change string
		want                  int
	}{
		{"v1.2.0", "v1.2.1", none, 0},
		{"v1.2.0", "v1.3.0", none, 0},
		{"v1.2.0", "v1.2.1", additive, 1},
		{"v1.2.0", "v1.3.0", additive, 0},
		{"v1.2.0", "v1.3.0", breaking, 1},
		{"v1.2.0", "v2.0.0", breaking, 0},
		{"v0.1.0", "v0.1.1", none, 0},
		{"v0.1.0", "v0.1.1", additive, 1},
		{"v0.1.0", "v0.1.1", breaking, 1},
		{"v0.1.0", "v0.2.0", breaking, 0},
		{"v0.1.0", "v1.0.0", breaking, 0},
		{"v1.2.0", "v1.2.0", none, 2},
		{"v1.2.0", "v1.1.9", none, 2},
		{"v1.2.0", "1.3.0", none, 2},
		{"HEAD", "v1.3.0", none, 2},
	} {
		t.Run(test.base+" "+test.release, func(t *testing.T) {
			scratch(t)
			write(t, "api/apitest/apitest.go", test.change)
			if code, stdout, stderr := call("-release", test.release, test.base); code != test.want {
				t.Errorf("exit %d, want %d\n%s%s", code, test.want, stdout, stderr)
			}
		})
	}
}

func TestNoComparison(t *testing.T) {
	scratch(t)
	for _, args := range [][]string{{}, {"v1.2.0", "HEAD"}, {"-unknown"}, {"v9.9.9"}, {"HEAD:api"}, {"--", "--help"}} {
		if code, stdout, stderr := call(args...); code != 2 || stdout != "" || stderr == "" {
			t.Errorf("%q: exit %d, want 2\n%s%s", args, code, stdout, stderr)
		}
	}
	write(t, "api/api.go", "package api\n\nvar A int = \"\"\n")
	if code, stdout, stderr := call("v1.2.0"); code != 2 || stdout != "" || !strings.Contains(stderr, "work tree") {
		t.Errorf("code that does not compile: exit %d, want 2\n%s%s", code, stdout, stderr)
	}
	t.Chdir(t.TempDir())
	if code, stdout, stderr := call("v1.2.0"); code != 2 || stdout != "" || stderr == "" {
		t.Errorf("no repository: exit %d, want 2\n%s%s", code, stdout, stderr)
	}
}
