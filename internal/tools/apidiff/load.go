package main

// Getting hold of the packages, as they are and as they were.

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"

	"golang.org/x/exp/apidiff"
	"golang.org/x/tools/go/packages"
)

// covered are the packages that SemVer covers, relative to the module.
var covered = []string{"/api", "/api/apitest", "/generated"}

// checkout lays the files of the commit base out in a new directory, which the
// caller removes. Work tree, index and the list of git's work trees stay untouched.
func checkout(base string) (dir string, err error) {
	commit, err := git("rev-parse", "--verify", "--end-of-options", base+"^{commit}")
	if err != nil {
		return "", fmt.Errorf("BASE %q is no tag, branch or commit of this repository (are its tags fetched?): %w", base, err)
	}
	archive, err := git("archive", "--format=zip", strings.TrimSpace(string(commit)))
	if err != nil {
		return "", err
	}
	files, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		return "", err
	}
	dir, err = os.MkdirTemp("", "apidiff-")
	if err != nil {
		return "", err
	}
	if err := os.CopyFS(dir, files); err != nil {
		return "", errors.Join(err, os.RemoveAll(dir))
	}
	return dir, nil
}

func git(args ...string) ([]byte, error) {
	output, err := exec.Command("git", args...).Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		err = fmt.Errorf("git %s: %w: %s", args[0], err, bytes.TrimSpace(exit.Stderr))
	}
	return output, err
}

// api is what importers of a module see.
type api struct{ covered, others apidiff.Module }

// load type-checks the packages of the module in dir, regardless of any workspace
// and vendor folder.
func load(dir string) (*api, error) {
	loaded, err := packages.Load(&packages.Config{
		Dir:  dir,
		Mode: packages.NeedName | packages.NeedTypes | packages.NeedModule,
		Env:  append(os.Environ(), "GOWORK=off", "GOFLAGS="+os.Getenv("GOFLAGS")+" -mod=readonly"),
	}, "./...")
	if err != nil {
		return nil, err
	}
	var result api
	for _, p := range loaded {
		for _, e := range p.Errors {
			err = errors.Join(err, e)
		}
		if err != nil || p.Module == nil {
			continue
		}
		path := strings.TrimPrefix(p.PkgPath, p.Module.Path)
		elements := strings.Split(path, "/")
		if p.Name == "main" || slices.Contains(elements, "internal") || slices.Contains(elements, "cmd") {
			continue
		}
		module := &result.others
		if slices.Contains(covered, path) {
			module = &result.covered
		}
		module.Packages = append(module.Packages, p.Types)
		result.covered.Path, result.others.Path = p.Module.Path, p.Module.Path
	}
	if err == nil && result.covered.Path == "" {
		err = errors.New("there are none")
	}
	return &result, err
}
