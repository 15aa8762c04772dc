package main

// The scratch folder: the module as it would be released, and its importer.

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
)

// goLine is the importer's, the oldest that the module promises to work with.
const goLine = "1.25.0"

// scratch has everything that a run makes.
type scratch struct {
	temp     string
	module   string // the working tree, without what git ignores
	proxy    string // serves the module
	importer string // the importer's module

	released module.Version // the module as the proxy has it

	machine golang // the installed go command as the machine has it set up
	golang  golang // the same without network: the proxy, and what the module cache has

	version    string // of the go command
	buildCache string
	downloads  string // what the machine's module cache has fetched, which is a proxy too
}

// newScratch copies the module and its importer to temp. The importer has no
// requirements yet.
func newScratch(ctx context.Context, temp string) (*scratch, error) {
	in := func(name string) string { return filepath.Join(temp, name) }
	s := &scratch{temp: temp, module: in("module"), proxy: in("proxy"), importer: in("importer")}

	s.machine = golang{"go", []string{"GOWORK=off", "GOFLAGS="}}
	env, err := s.machine.run(ctx, "", "env", "GOCACHE", "GOMODCACHE", "GOVERSION")
	if err != nil {
		return nil, err
	}
	vars := strings.Split(env, "\n")
	s.buildCache, s.downloads, s.version = vars[0], filepath.Join(vars[1], "cache", "download"), vars[2]
	s.golang = s.isolated("modcache")

	if err := copyTree(ctx, s.module, root); err != nil {
		return nil, err
	}
	mod, err := readMod(s.module)
	if err != nil {
		return nil, err
	}
	s.released = module.Version{Path: mod.Module.Mod.Path, Version: "v0.0.0-check"}
	return s, s.copyImporter()
}

// isolated is the go command that gets modules from these proxy folders, then the
// module's, then the machine's module cache, into a cache of its own.
func (s *scratch) isolated(modCache string, proxies ...string) golang {
	return isolated("go", s.buildCache, filepath.Join(s.temp, modCache), append(proxies, s.proxy, s.downloads)...)
}

// copyImporter leaves out what the repository's copy has for development.
func (s *scratch) copyImporter() error {
	from := filepath.Join(s.module, "internal", "consumer")
	mod, err := readMod(from)
	if err != nil {
		return err
	}
	files, err := filepath.Glob(filepath.Join(from, "*.go"))
	if err != nil {
		return err
	}
	content := map[string]string{"go.mod": fmt.Sprintf("module %s\n\ngo %s\n", mod.Module.Mod.Path, goLine)}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		content[filepath.Base(file)] = string(data)
	}
	return write(s.importer, content)
}

// warmUp fetches what the importer needs beside the module into the machine's
// module cache, and what go list asks about every module that those name. With a
// download of an older Go, it alone may use the network.
func (s *scratch) warmUp(ctx context.Context) error {
	return s.machine.runAll(ctx, filepath.Join(s.module, "internal", "consumer"), "mod tidy", "list -m all")
}

func (s *scratch) publish() error { return publish(s.proxy, s.released, s.module) }

// copyTree copies the files that git tracks or does not ignore.
func copyTree(ctx context.Context, to, from string) error {
	cmd := exec.CommandContext(ctx, "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	cmd.Dir = from
	list, err := cmd.Output()
	if failed := (*exec.ExitError)(nil); errors.As(err, &failed) {
		err = fmt.Errorf("%w: %s", err, failed.Stderr)
	}
	if err != nil {
		return fmt.Errorf("git ls-files: %w", err)
	}
	for name := range strings.SplitSeq(strings.TrimSuffix(string(list), "\x00"), "\x00") {
		info, err := os.Lstat(filepath.Join(from, name))
		if errors.Is(err, fs.ErrNotExist) || err == nil && !info.Mode().IsRegular() {
			continue // deleted and still in the index, or nothing that a release can contain
		}
		if err != nil {
			return err
		}
		data, err := os.ReadFile(filepath.Join(from, name))
		if err != nil {
			return err
		}
		if err := write(to, map[string]string{name: string(data)}); err != nil {
			return err
		}
	}
	return nil
}

func readMod(dir string) (*modfile.File, error) {
	path := filepath.Join(dir, "go.mod")
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return modfile.Parse(path, data, nil)
}
