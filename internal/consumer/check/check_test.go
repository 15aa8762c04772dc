package main

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/module"
)

// A release that importers would regret is refused, with the reason.
func TestRefused(t *testing.T) {
	imported := func(s *scratch, ctx context.Context) error { return s.require(ctx) }
	vendored := func(s *scratch, ctx context.Context) error {
		if err := s.require(ctx); err != nil {
			return err
		}
		if err := s.golang.runAll(ctx, s.importer, "mod vendor"); err != nil {
			return err
		}
		return s.checkCost(ctx, io.Discard)
	}
	beside := func(s *scratch, ctx context.Context) error { return s.checkVersions(ctx, io.Discard) }

	copied := func(s *scratch, ctx context.Context) error { return s.checkCopy(ctx, io.Discard) }

	const added = "example.com/added"
	tests := []struct {
		name    string
		files   map[string]string // put into the module
		require string            // added to its go.mod
		replace [2]string         // in its go.mod
		check   func(*scratch, context.Context) error
		want    string
	}{
		{name: "one dependency more", require: "require example.com/added v1.2.3",
			files: map[string]string{"api/added.go": "package api\n\nimport _ \"" + added + "\"\n"},
			check: vendored, want: "modules added to go.mod: 5 (at most 4)"},
		{name: "a large file", files: map[string]string{"api/large.go": "package api\n\n//" + strings.Repeat(" large", 100<<10)},
			check: vendored, want: "vendored size: "},
		{name: "the generator", require: "require github.com/getkin/kin-openapi v0.1.0",
			check: beside, want: "github.com/getkin/kin-openapi v0.0.0-0 becomes v0.1.0"},
		{name: "a tool", require: "require golang.org/x/tools v0.1.0",
			check: beside, want: "golang.org/x/tools v0.0.0-0 becomes v0.1.0"},
		{name: "a package that the recipe does not copy",
			files: map[string]string{"internal/more/more.go": "package more\n", "api/more.go": "package api\n\nimport _ \"github.com/qovery-alias/qovery-alias-go/internal/more\"\n"},
			check: copied, want: "example.com/app/internal/qovery/internal/more"},
		{name: "a recipe that leaves an import", files: map[string]string{"CONTRIBUTING.md": "## Copying instead of importing\n\n```sh\ncp -R ../qovery-alias-go/generated . && go get github.com/qovery-alias/qovery-alias-go/generated@v0.0.0-check\n```\n"},
			check: copied, want: "imports what it is a copy of"},
		{name: "a newer Go", replace: [2]string{"\ngo 1.25.0\n", "\ngo 1.25.1\n"},
			check: imported, want: "1.25.1"},
		{name: "a replace, which counts here alone", require: "require example.com/local v1.2.3\nreplace example.com/local => ./local",
			files: map[string]string{"local/go.mod": "module example.com/local\n", "local/local.go": "package local\n",
				"api/local.go": "package api\n\nimport _ \"example.com/local\"\n"},
			check: imported, want: "example.com/local@v1.2.3"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			ctx := t.Context()
			s, err := newScratch(ctx, t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			if err := s.warmUp(ctx); err != nil {
				t.Fatal(err)
			}
			mod, err := os.ReadFile(filepath.Join(s.module, "go.mod"))
			if err != nil {
				t.Fatal(err)
			}
			changed := strings.Replace(string(mod), test.replace[0], test.replace[1], 1) + "\n" + test.require + "\n"
			if err := write(s.module, map[string]string{"go.mod": changed}); err != nil {
				t.Fatal(err)
			}
			if err := write(s.module, test.files); err != nil {
				t.Fatal(err)
			}
			for path, version := range map[string]string{
				added: "v1.2.3", "github.com/getkin/kin-openapi": "v0.1.0", "golang.org/x/tools": "v0.1.0",
			} {
				if err := publishStandIn(s.proxy, module.Version{Path: path, Version: version}, path); err != nil {
					t.Fatal(err)
				}
			}
			if err := s.publish(); err != nil {
				t.Fatal(err)
			}
			if err := test.check(s, ctx); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error is %v, want one with %q", err, test.want)
			}
		})
	}
}

// What git ignores and what is a module of its own is no part of a release.
func TestReleased(t *testing.T) {
	ctx := t.Context()
	s, err := newScratch(ctx, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := s.publish(); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	err = write(dir, map[string]string{"go.mod": "module example.com/empty\n\ngo 1.25.0\n"})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.golang.runAll(ctx, dir, "mod download "+s.released.String()); err != nil {
		t.Fatal(err)
	}
	unpacked := filepath.Join(s.temp, "modcache", filepath.FromSlash(s.released.String()))
	for _, want := range []string{"go.mod", "LICENSE", "openapi.yaml", "api/client.go"} {
		if _, err := os.Stat(filepath.Join(unpacked, want)); err != nil {
			t.Error(err)
		}
	}
	for _, unwanted := range []string{".git", "bin", "vendor", "go.work", "internal/tools", "internal/consumer"} {
		if _, err := os.Stat(filepath.Join(unpacked, unwanted)); err == nil {
			t.Errorf("%s is released", unwanted)
		}
	}
}

func TestRecipe(t *testing.T) {
	const heading = "## Copy\n"
	for name, test := range map[string]struct{ text, want string }{
		"no section":    {"## Other\n\n```sh\nls\n```\n", "no shell block"},
		"no block":      {"## Copy\n\nWords.\n\n## Other\n\n```sh\nls\n```\n", "no shell block"},
		"four commands": {"## Copy\n\n```sh\na\nb\nc\nd\n```\n", "4 commands"},
	} {
		if _, err := recipe(test.text, heading); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error is %v, want one with %q", name, err, test.want)
		}
	}
	got, err := recipe("# Title\n## Copy\n\nWords.\n\n```sh\na \\\n  b\nc\n```\n\n## Other\n", heading)
	if err != nil || strings.Join(got, ";") != "a   b;c" {
		t.Errorf("got %q, %v", got, err)
	}
}
