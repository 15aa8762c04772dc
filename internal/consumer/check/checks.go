package main

// That the module works for an importer.

import (
	"context"
	"errors"
	"fmt"
	"go/version"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// checkImport uses the module as a dependency.
func (s *scratch) checkImport(ctx context.Context, out io.Writer) error {
	if err := s.require(ctx); err != nil {
		return err
	}
	if err := s.golang.runAll(ctx, s.importer, "vet ./...", "build ./...", "test -count=1 ./..."); err != nil {
		return err
	}
	fmt.Fprintln(out, "as a dependency from a module proxy: get, tidy, vet, build, test: ok")
	fmt.Fprintf(out, "the importer keeps its go %s: ok\n", goLine)
	return nil
}

// require adds the module to the importer's go.mod.
func (s *scratch) require(ctx context.Context) error {
	if err := s.golang.runAll(ctx, s.importer, "get "+s.released.String(), "mod tidy"); err != nil {
		return err
	}
	mod, err := readMod(s.importer)
	switch {
	case err != nil:
		return err
	case mod.Go.Version != goLine:
		return fmt.Errorf("the importer's go %s becomes go %s", goLine, mod.Go.Version)
	case mod.Toolchain != nil:
		return fmt.Errorf("the importer gets a toolchain line: %s", mod.Toolchain.Name)
	}
	return nil
}

// checkVendor uses the module from the importer's vendor folder.
func (s *scratch) checkVendor(ctx context.Context, out io.Writer) error {
	if err := s.golang.runAll(ctx, s.importer, "mod vendor"); err != nil {
		return err
	}
	if err := s.vendored(s.golang.bin).runAll(ctx, s.importer, "vet ./...", "build ./...", "test -count=1 ./..."); err != nil {
		return err
	}
	if _, err := os.Stat(s.noModules()); !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("the vendored build uses the module cache (%v)", err)
	}
	fmt.Fprintln(out, "vendored, without network and module cache: vet, build, test: ok")
	return nil
}

// vendored is the go command that has the vendor folder and nothing else.
func (s *scratch) vendored(bin string) golang {
	return isolated(bin, s.buildCache, s.noModules()).with("GOFLAGS=-trimpath -mod=vendor")
}

func (s *scratch) noModules() string { return filepath.Join(s.temp, "nomodules") }

// checkOlderGo does both with the toolchain that the importer's go line names, if
// the machine has it or lets it be downloaded.
func (s *scratch) checkOlderGo(ctx context.Context, out io.Writer) error {
	older := "go" + goLine
	if version.Lang(s.version) == version.Lang(older) {
		fmt.Fprintf(out, "with %s: skipped, the one installed is %s\n", older, s.version)
		return nil
	}
	download, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	goroot, err := s.machine.with("GOTOOLCHAIN="+older).run(download, "", "env", "GOROOT")
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		reason := err.Error()
		fmt.Fprintf(out, "with %s: skipped, it cannot be had: %s\n", older, reason[strings.LastIndex(reason, "\n")+1:])
		return nil
	}
	bin := filepath.Join(goroot, "bin", "go")
	dependency := golang{bin, s.golang.env}.with("GOFLAGS=-trimpath -modcacherw -mod=readonly")
	for _, g := range []golang{dependency, s.vendored(bin)} {
		if err := g.runAll(ctx, s.importer, "build ./...", "test -count=1 ./..."); err != nil {
			return fmt.Errorf("with %s: %w", older, err)
		}
	}
	fmt.Fprintf(out, "with %s: build, test, as a dependency and vendored: ok\n", older)
	return nil
}
