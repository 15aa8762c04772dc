package main

import (
	"archive/zip"
	"bytes"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// moduleProxy makes a module proxy of files that has this checkout, and returns an
// environment in which Go uses it and keeps what it installs apart.
func moduleProxy(t *testing.T, version string) []string {
	const module = "github.com/qovery-alias/qovery-alias-go"
	proxy, gopath := t.TempDir(), t.TempDir()
	goMod, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	var archive bytes.Buffer
	w := zip.NewWriter(&archive)
	root := os.DirFS("../..")
	err = fs.WalkDir(root, ".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil || path == ".":
			return err
		case d.IsDir():
			_, err := fs.Stat(root, path+"/go.mod")
			if strings.HasPrefix(d.Name(), ".") || path == "bin" || path == "dist" || path == "vendor" || err == nil {
				return fs.SkipDir
			}
			return nil
		case !d.Type().IsRegular():
			return nil
		}
		file, err := w.Create(module + "@" + version + "/" + path)
		if err != nil {
			return err
		}
		data, err := fs.ReadFile(root, path)
		if err != nil {
			return err
		}
		_, err = file.Write(data)
		return err
	})
	if err := errors.Join(err, w.Close(), os.MkdirAll(filepath.Join(proxy, module, "@v"), 0o755)); err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{"list": []byte(version + "\n"), version + ".info": []byte(`{"Version":"` + version + `"}`),
		version + ".mod": goMod, version + ".zip": archive.Bytes()} {
		if err := os.WriteFile(filepath.Join(proxy, module, "@v", name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cache, err := exec.Command("go", "env", "GOMODCACHE").Output()
	if err != nil {
		t.Fatal(err)
	}
	downloads := filepath.Join(strings.TrimSpace(string(cache)), "cache", "download")
	return []string{"GOPATH=" + gopath, "GOBIN=", "GOMODCACHE=", "GOFLAGS=-modcacherw -trimpath", "GOSUMDB=off", "GOWORK=off",
		"GOPROXY=" + (&url.URL{Scheme: "file", Path: proxy}).String() + "," + (&url.URL{Scheme: "file", Path: downloads}).String(),
		"PATH=" + filepath.Join(gopath, "bin") + ":" + os.Getenv("PATH")}
}

// watchStarts makes the installed command note the process id of each start in $STARTS.
func watchStarts(t *testing.T, goEnv []string) {
	bin := filepath.Join(strings.TrimPrefix(goEnv[0], "GOPATH="), "bin", "qovery-alias")
	script := "#!/bin/sh\n[ -z \"$STARTS\" ] || echo $$ >>\"$STARTS\"\nexec \"$0-installed\" \"$@\"\n"
	if err := errors.Join(os.Rename(bin, bin+"-installed"), os.WriteFile(bin, []byte(script), 0o700)); err != nil {
		t.Fatal(err)
	}
}
