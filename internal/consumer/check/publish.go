package main

// A module proxy in a folder.

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/module"
	"golang.org/x/mod/zip"
)

// publish adds the module in dir to the proxy in the folder proxy, the way a
// repository's tag gets there: without nested modules, and without vendor folders.
func publish(proxy string, m module.Version, dir string) error {
	escaped, err := module.EscapePath(m.Path)
	if err != nil {
		return err
	}
	var zipped bytes.Buffer
	if err := zip.CreateFromDir(&zipped, m, dir); err != nil {
		return err
	}
	mod, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	if err != nil {
		return err
	}
	return write(filepath.Join(proxy, filepath.FromSlash(escaped), "@v"), map[string]string{
		"list":              m.Version + "\n",
		m.Version + ".info": `{"Version":"` + m.Version + `"}`,
		m.Version + ".mod":  string(mod),
		m.Version + ".zip":  zipped.String(),
	})
}

// publishStandIn publishes a module that has nothing but the package of this import
// path, and that one empty.
func publishStandIn(proxy string, m module.Version, pkg string) error {
	dir, err := os.MkdirTemp(filepath.Dir(proxy), "standin-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	err = write(dir, map[string]string{
		"go.mod": "module " + m.Path + "\n\ngo 1.25.0\n",
		"." + strings.TrimPrefix(pkg, m.Path) + "/standin.go": "package standin\n",
	})
	if err != nil {
		return err
	}
	return publish(proxy, m, dir)
}

// write creates the files, by their names below dir.
func write(dir string, files map[string]string) error {
	for name, content := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			return err
		}
		if err := os.WriteFile(path, []byte(content), 0o666); err != nil {
			return err
		}
	}
	return nil
}
