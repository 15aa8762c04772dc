package main

// That the module leaves the versions alone that an importer has.

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"golang.org/x/mod/module"
)

// neighbours are modules that an importer may have in any version, with a package
// of each. They come as stand-ins of the lowest version there can be: whatever asks
// for any version of them moves it.
//
// Out of reach is what github.com/oapi-codegen/runtime names in its go.mod without
// using it here, such as golang.org/x/text: an importer who has that gets at least
// the version named, and what that one asks for, golang.org/x/tools included. It
// names gopkg.in/yaml.v3 too, so that this has its last version.
var neighbours = []struct {
	module.Version
	pkg string
}{
	{module.Version{Path: "github.com/getkin/kin-openapi", Version: "v0.0.0-0"}, "github.com/getkin/kin-openapi/openapi3"},
	{module.Version{Path: "go.yaml.in/yaml/v3", Version: "v3.0.0-0"}, "go.yaml.in/yaml/v3"},
	{module.Version{Path: "go.yaml.in/yaml/v4", Version: "v4.0.0-0"}, "go.yaml.in/yaml/v4"},
	{module.Version{Path: "golang.org/x/tools", Version: "v0.0.0-0"}, "golang.org/x/tools/imports"},
	{module.Version{Path: "gopkg.in/yaml.v2", Version: "v2.0.0-0"}, "gopkg.in/yaml.v2"},
	{module.Version{Path: "gopkg.in/yaml.v3", Version: "v3.0.1"}, "gopkg.in/yaml.v3"},
}

// checkVersions adds the module to an importer that uses all the neighbours.
func (s *scratch) checkVersions(ctx context.Context, out io.Writer) error {
	dir, standIns := filepath.Join(s.temp, "neighbours"), filepath.Join(s.temp, "standins")
	requires, imports, paths := "", "", []string(nil)
	for _, n := range neighbours {
		if err := publishStandIn(standIns, n.Version, n.pkg); err != nil {
			return err
		}
		requires += fmt.Sprintf("require %s %s\n", n.Path, n.Version.Version)
		imports += fmt.Sprintf("import _ %q\n", n.pkg)
		paths = append(paths, n.Path)
	}
	err := write(dir, map[string]string{
		"go.mod":    "module example.com/neighbours\n\ngo " + goLine + "\n\n" + requires,
		"before.go": "package neighbours\n\n" + imports,
	})
	if err != nil {
		return err
	}
	// Stand-ins must not meet the real modules in one module cache.
	g := s.isolated("modcache-neighbours", standIns)
	if err := g.runAll(ctx, dir, "mod tidy"); err != nil {
		return err
	}
	err = write(dir, map[string]string{
		"after.go": fmt.Sprintf("package neighbours\n\nimport _ %q\nimport _ %q\n", s.released.Path+"/api", s.released.Path+"/api/apitest"),
	})
	if err != nil {
		return err
	}
	for _, line := range []string{"get " + s.released.String(), "mod tidy"} {
		if err := g.runAll(ctx, dir, line); err != nil {
			return err
		}
		if err := checkNeighbours(dir); err != nil {
			return err
		}
	}
	fmt.Fprintf(out, "versions kept of %s: ok\n", strings.Join(paths, ", "))
	return nil
}

// checkNeighbours compares the go.mod in dir with what was there before.
func checkNeighbours(dir string) error {
	mod, err := readMod(dir)
	if err != nil {
		return err
	}
	now := make(map[string]string)
	for _, r := range mod.Require {
		now[r.Mod.Path] = r.Mod.Version
	}
	for _, n := range neighbours {
		if now[n.Path] != n.Version.Version {
			return fmt.Errorf("the importer's %s %s becomes %s", n.Path, n.Version.Version, now[n.Path])
		}
	}
	return nil
}
