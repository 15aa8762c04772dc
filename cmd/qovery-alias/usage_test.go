package main

import (
	"runtime"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestHelp(t *testing.T) {
	f := newFixture(t)
	overview := f.succeeds(f.run("help"))
	for _, flag := range []string{"-h", "-help", "--help"} {
		if f.succeeds(f.run(flag)) != overview {
			t.Errorf("%s differs from help", flag)
		}
	}
	names := []string{"create", "list", "ensure", "delete", "demo", "fake", "version", "help"}
	if len(names) != len(commands()) {
		t.Errorf("there are %d commands", len(commands()))
	}
	for _, name := range names {
		if !strings.Contains(overview, "\n  "+name+" ") {
			t.Errorf("%s is missing from the overview", name)
		}
		usage := f.succeeds(f.run("help", name))
		for _, args := range [][]string{
			{name, "-h"}, {name, "-help"}, {name, "--help"}, {name, "stray", "-h"}, {"--help", name},
		} {
			if f.succeeds(f.run(args...)) != usage {
				t.Errorf("%q differs from help %s", args, name)
			}
		}
		want := []string{"Usage: qovery-alias " + name, "\nExample:\n", "  qovery-alias " + name, "\nExit codes:\n", "130"}
		if strings.Contains(usage, "--job") && name != "fake" {
			want = append(want, "\nEnvironment;", "QOVERY_API_TOKEN", "QOVERY_CLI_ACCESS_TOKEN", "Q_CLI_ACCESS_TOKEN", "QOVERY_API_URL")
		}
		for _, w := range want {
			if !strings.Contains(usage, w) {
				t.Errorf("no %q in the help of %s", w, name)
			}
		}
		for line := range strings.Lines(overview + usage) {
			if n := utf8.RuneCountInString(line); n > 85 {
				t.Errorf("a line of %d characters: %s", n, line)
			}
		}
	}
}

// Help goes before what is wrong or missing.
func TestHelpAmongOtherFlags(t *testing.T) {
	f := newFixture(t)
	want := f.succeeds(f.run("help", "create"))
	if f.succeeds(f.run("create", "--job", "x", "-o", "y", "-h")) != want {
		t.Error("a wrong flag hides the help")
	}
}

func TestVersion(t *testing.T) {
	f := newFixture(t)
	out := strings.Fields(f.succeeds(f.run("version")))
	if len(out) != 3 || out[0] != "qovery-alias" || out[2] != runtime.Version() {
		t.Errorf("got %q", out)
	}
}
