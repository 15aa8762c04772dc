package main

// That the client can be copied into another module.

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// checkCopy copies the client by the recipe of CONTRIBUTING.md into a module with
// another path, and builds and tests it there.
func (s *scratch) checkCopy(ctx context.Context, out io.Writer) error {
	text, err := os.ReadFile(filepath.Join(s.module, "CONTRIBUTING.md"))
	if err != nil {
		return err
	}
	commands, err := recipe(string(text), "## Copying instead of importing\n")
	if err != nil {
		return fmt.Errorf("CONTRIBUTING.md: %w", err)
	}
	beside := filepath.Join(s.temp, "copy")
	dir := filepath.Join(beside, "app")
	if err := write(dir, map[string]string{"go.mod": "module example.com/app\n\ngo " + goLine + "\n"}); err != nil {
		return err
	}
	if err := os.Symlink(s.module, filepath.Join(beside, "qovery-alias-go")); err != nil {
		return err
	}
	for _, command := range commands {
		if _, err := s.golang.command(ctx, dir, "sh", "-c", command); err != nil {
			return err
		}
	}
	mod, err := readMod(dir)
	if err != nil {
		return err
	}
	for _, r := range mod.Require {
		if r.Mod.Path == s.released.Path {
			return fmt.Errorf("the copy imports what it is a copy of, %s", r.Mod.Path)
		}
	}
	if mod.Go.Version != goLine {
		return fmt.Errorf("the go %s of the module with the copy becomes go %s", goLine, mod.Go.Version)
	}
	if err := s.golang.runAll(ctx, dir, "vet ./...", "test -count=1 ./..."); err != nil {
		return err
	}
	fmt.Fprintf(out, "copied into another module by %d commands: vet, build, test: ok\n", len(commands))
	return nil
}

// recipe returns the commands of the first shell block under a heading, three at most.
func recipe(text, heading string) ([]string, error) {
	_, section, found := strings.Cut("\n"+text, "\n"+heading)
	section, _, _ = strings.Cut(section, "\n## ")
	_, block, opened := strings.Cut(section, "\n```sh\n")
	block, _, closed := strings.Cut(block, "\n```\n")
	if !found || !opened || !closed {
		return nil, fmt.Errorf("there is no shell block under %q", strings.TrimSpace(heading))
	}
	commands := strings.Split(strings.ReplaceAll(block, "\\\n", ""), "\n")
	if len(commands) > 3 {
		return nil, fmt.Errorf("copying takes %d commands, at most 3 are promised", len(commands))
	}
	return commands, nil
}
