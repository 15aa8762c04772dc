package bench

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// importers are minimal programs that create an alias, one for each way to do it. The
// first needs nothing but the standard library.
var importers = []struct{ name, dir string }{
	{handWritten, "handwritten"},
	{bareGenerated, "generated"},
	{thisClient, "api"},
}

// buildResult is what an importer costs to build.
type buildResult struct {
	name     string
	binary   int64     // bytes
	packages int       // all that are linked in
	files    int       // of the packages that are not in the standard library
	vendored int64     // bytes of them
	foreign  int       // those of them that are not in the standard library
	cold     []float64 // seconds with nothing built before
	further  []float64 // seconds with the first importer built before
}

// buildCosts measures the importers, their build times as often as they begin within a time.
func buildCosts(within time.Duration) ([]buildResult, error) {
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	results := make([]buildResult, len(importers))
	for i, importer := range importers {
		if results[i], err = inspect(importer.name, importer.dir, dir); err != nil {
			return nil, err
		}
	}
	for start := time.Now(); time.Since(start) < within; {
		if err := timeBuilds(dir, results); err != nil {
			return nil, err
		}
	}
	return results, nil
}

// inspect looks at an importer, built with whatever has been built before.
func inspect(name, importer, dir string) (buildResult, error) {
	r := buildResult{name: name}
	binary := filepath.Join(dir, importer)
	if _, err := golang("", "build", "-o", binary, "./importers/"+importer); err != nil {
		return r, err
	}
	file, err := os.Stat(binary)
	if err != nil {
		return r, err
	}
	r.binary = file.Size()
	packages, err := golang("", "list", "-deps", "-f", "{{if .Standard}}-{{else}}{{.Dir}}{{end}}", "./importers/"+importer)
	if err != nil {
		return r, err
	}
	dirs := strings.Split(strings.TrimSpace(packages), "\n")
	r.packages = len(dirs)
	for _, dir := range dirs {
		if dir == "-" {
			continue
		}
		r.foreign++
		if err := r.vendor(dir); err != nil {
			return r, err
		}
	}
	return r, nil
}

// vendor adds what go mod vendor copies of the folder of a package.
func (r *buildResult) vendor(dir string) error {
	if filepath.Base(filepath.Dir(dir)) == "importers" {
		return nil // the importer itself
	}
	files, err := os.ReadDir(dir)
	for _, file := range files {
		info, infoErr := file.Info()
		if err = errors.Join(err, infoErr); err == nil && info.Mode().IsRegular() && !strings.HasSuffix(file.Name(), "_test.go") {
			r.files++
			r.vendored += info.Size()
		}
	}
	return err
}

// timeBuilds builds each importer from nothing and, but for the first, on top of what
// that has left.
func timeBuilds(dir string, results []buildResult) error {
	first, fresh := filepath.Join(dir, "first"), filepath.Join(dir, "fresh")
	defer os.RemoveAll(first)
	for i, importer := range importers {
		cache := fresh
		if i == 0 {
			cache = first
		}
		took, err := timeBuild(importer.dir, dir, cache)
		results[i].cold = append(results[i].cold, took)
		if i > 0 {
			err = errors.Join(err, os.RemoveAll(fresh), os.CopyFS(fresh, os.DirFS(first)))
			took, further := timeBuild(importer.dir, dir, fresh)
			results[i].further = append(results[i].further, took)
			err = errors.Join(err, further, os.RemoveAll(fresh))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func timeBuild(importer, dir, cache string) (seconds float64, err error) {
	start := time.Now()
	_, err = golang(cache, "build", "-o", filepath.Join(dir, importer), "./importers/"+importer)
	return time.Since(start).Seconds(), err
}

// golang runs the go command, with the user's build cache unless another is given.
func golang(cache string, args ...string) (string, error) {
	cmd := exec.Command("go", args...)
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=readonly -buildvcs=false")
	if cache != "" {
		cmd.Env = append(cmd.Env, "GOCACHE="+cache)
	}
	out, err := cmd.Output()
	if failed := (*exec.ExitError)(nil); errors.As(err, &failed) {
		err = fmt.Errorf("go %s: %w: %s", strings.Join(args, " "), err, failed.Stderr)
	}
	return string(out), err
}
