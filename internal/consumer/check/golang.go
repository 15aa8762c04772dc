package main

// The go command, and nothing of the machine's settings.

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// golang is a go command with its environment. What the caller's environment, the
// user's go settings or an enclosing workspace say does not count.
type golang struct {
	bin string
	env []string
}

// isolated is the go command bin without network: modules come from the proxies,
// which are folders, in this order, and stay in modCache. With -trimpath what is
// built does not depend on the folder, so that the next run finds it in buildCache.
func isolated(bin, buildCache, modCache string, proxies ...string) golang {
	var urls []string
	for _, dir := range proxies {
		urls = append(urls, fileURL(dir))
	}
	goproxy := cmp.Or(strings.Join(urls, ","), "off")
	return golang{bin, []string{
		"GOENV=off", "GOWORK=off", "GO111MODULE=on", "GOROOT=", "GOTOOLCHAIN=local",
		"GOFLAGS=-trimpath -modcacherw", "GOCACHE=" + buildCache, "GOMODCACHE=" + modCache,
		"GOPROXY=" + goproxy, "GONOPROXY=none", "GOSUMDB=off", "GOVCS=*:off",
	}}
}

// with is g with further settings, which win.
func (g golang) with(env ...string) golang {
	return golang{g.bin, append(g.env[:len(g.env):len(g.env)], env...)}
}

// run runs the go command in dir and returns what it prints.
func (g golang) run(ctx context.Context, dir string, args ...string) (string, error) {
	return g.command(ctx, dir, g.bin, args...)
}

// command runs any command in dir, with the environment of g.
func (g golang) command(ctx context.Context, dir, name string, args ...string) (string, error) {
	var out, errs strings.Builder
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), g.env...)
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		said := strings.TrimSpace(out.String() + errs.String())
		return "", fmt.Errorf("%s %s: %w\n%s", filepath.Base(name), strings.Join(args, " "), err, said)
	}
	return strings.TrimSpace(out.String()), nil
}

// runAll runs one go command after the other, each given as a line.
func (g golang) runAll(ctx context.Context, dir string, lines ...string) error {
	for _, line := range lines {
		if _, err := g.run(ctx, dir, strings.Fields(line)...); err != nil {
			return err
		}
	}
	return nil
}

// fileURL is a folder as an entry of GOPROXY, where commas separate entries.
func fileURL(dir string) string {
	slashed := filepath.ToSlash(dir)
	if !strings.HasPrefix(slashed, "/") {
		slashed = "/" + slashed
	}
	return strings.ReplaceAll((&url.URL{Scheme: "file", Path: slashed}).String(), ",", "%2C")
}
