package main

// What an importer pays.

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// figure is one cost, and the most it may be; 0: anything.
type figure struct {
	name  string
	value int
	unit  string
	most  int
}

func (f figure) String() string {
	if f.most == 0 {
		return fmt.Sprintf("%s: %d%s", f.name, f.value, f.unit)
	}
	return fmt.Sprintf("%s: %d%s (at most %d%s)", f.name, f.value, f.unit, f.most, f.unit)
}

// checkCost measures the importer, which was given the module and a vendor folder,
// and had neither requirements nor a go.sum before.
func (s *scratch) checkCost(ctx context.Context, out io.Writer) error {
	mod, err := readMod(s.importer)
	if err != nil {
		return err
	}
	sums, err := os.ReadFile(filepath.Join(s.importer, "go.sum"))
	if err != nil {
		return err
	}
	vendor := filepath.Join(s.importer, "vendor")
	packages, err := vendoredPackages(vendor)
	if err != nil {
		return err
	}
	size, files, err := sizeOf(vendor)
	if err != nil {
		return err
	}
	all, err := s.golang.run(ctx, s.importer, "list", "-mod=readonly", "-m", "all")
	if err != nil {
		return err
	}
	graph := strings.Count(all, "\n") // without the importer itself
	for _, f := range []figure{
		{"modules added to go.mod", len(mod.Require), "", 4},
		{"lines added to go.sum", bytes.Count(sums, []byte("\n")), "", 0},
		{"other modules it sets a minimum version for", graph - len(mod.Require), "", 0},
		{"vendored size", (size + 1023) / 1024, " KiB", 600},
		{"vendored files", files, "", 0},
		{"vendored packages", packages, "", 0},
	} {
		fmt.Fprintln(out, f)
		if f.most > 0 && f.value > f.most {
			return fmt.Errorf("too much for an importer: %s", f)
		}
	}
	return nil
}

func vendoredPackages(vendor string) (n int, err error) {
	list, err := os.ReadFile(filepath.Join(vendor, "modules.txt"))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(list)) {
		if !strings.HasPrefix(line, "#") {
			n++
		}
	}
	return n, nil
}

func sizeOf(dir string) (size, files int, err error) {
	err = filepath.WalkDir(dir, func(_ string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		size, files = size+int(info.Size()), files+1
		return nil
	})
	return size, files, err
}
