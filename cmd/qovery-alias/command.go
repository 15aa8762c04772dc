package main

import (
	"cmp"
	"context"
	"embed"
	"errors"
	"flag"
	"fmt"
	"regexp"
	"runtime"
	"runtime/debug"
	"strings"
)

// command is one of the things that the program can do.
type command struct {
	name  string
	setup func(*call, *flags) runner // defines the flags
}

// runner executes a command after its flags are parsed.
type runner func(ctx context.Context, args []string) error

func commands() []command {
	return []command{
		{"list", (*call).list}, {"create", (*call).create}, {"ensure", (*call).ensure}, {"delete", (*call).delete},
		{"demo", (*call).demo}, {"fake", (*call).fake}, {"version", (*call).version}, {"help", (*call).help},
	}
}

// dispatch finds the command, parses its flags and runs it.
func (c *call) dispatch(ctx context.Context, args []string) (err error) {
	if len(args) == 0 {
		args = []string{"help"}
	}
	name, args := args[0], args[1:]
	aliases := map[string]string{"-h": "help", "-help": "help", "--help": "help", "-version": "version", "--version": "version"}
	name = cmp.Or(aliases[name], name)
	if c.command, err = find(name); err != nil {
		return err
	}
	f := &flags{}
	run := c.command.setup(c, f)
	args, err = f.parse(args)
	if errors.Is(err, flag.ErrHelp) {
		return c.print(helpText(c.command.name))
	}
	if err != nil {
		return err
	}
	if c.timeout > 0 {
		over := fmt.Errorf("--timeout of %s is over: %w", c.timeout, context.DeadlineExceeded)
		limited, cancel := context.WithTimeoutCause(ctx, c.timeout, over)
		defer cancel()
		ctx = limited
	}
	if f.remote {
		if err := c.connect(); err != nil {
			return err
		}
		c.showProgress(ctx)
		defer c.stop()
	}
	return run(ctx, args)
}

func find(name string) (*command, error) {
	var names []string
	for _, cmd := range commands() {
		if cmd.name == name {
			return &cmd, nil
		}
		names = append(names, cmd.name)
	}
	why := suggestion(name, names, "")
	if strings.HasPrefix(name, "-") {
		why = ": flags go behind the command"
	}
	return &command{}, advise(wrong("unknown command %q%s", name, why),
		"the commands are "+strings.Join(names, ", ")+"; for help run: qovery-alias help")
}

// suggestion asks for the name that is most like a misspelt one; empty: none is near.
func suggestion(misspelt string, names []string, prefix string) string {
	for edits := 1; edits <= 2; edits++ {
		for _, name := range names {
			if len(name) > edits && near(misspelt, name, edits) {
				return ": did you mean " + prefix + name + "?"
			}
		}
	}
	return ""
}

// near reports whether that many insertions, deletions and replacements make b of a.
func near(a, b string, edits int) bool {
	shorterA, shorterB := a[min(1, len(a)):], b[min(1, len(b)):]
	if a == b || edits == 0 {
		return a == b
	}
	if a != "" && b != "" && a[0] == b[0] {
		return near(shorterA, shorterB, edits)
	}
	return near(shorterA, b, edits-1) || near(a, shorterB, edits-1) || near(shorterA, shorterB, edits-1)
}

// helpTexts has a file for each command, one without a command, and parts of these.
//
//go:embed help/*.txt
var helpTexts embed.FS

// helpText returns one of them with its parts in place of their names in braces.
func helpText(name string) string {
	text, _ := helpTexts.ReadFile("help/" + name + ".txt") // every name is that of a file
	return regexp.MustCompile(`\{[a-z-]+\}\n`).ReplaceAllStringFunc(strings.ReplaceAll(string(text), "\r", ""), func(part string) string {
		if part == "{flags}\n" {
			f := &flags{}
			cmd, _ := find(name)
			cmd.setup(&call{}, f)
			return f.usage()
		}
		return helpText(strings.Trim(part, "{}\n"))
	})
}

func (c *call) help(f *flags) runner {
	f.maxArgs = 1
	return func(_ context.Context, names []string) error {
		if len(names) == 0 {
			return c.print(helpText("overview"))
		}
		cmd, err := find(names[0])
		if err != nil {
			return err
		}
		return c.print(helpText(cmd.name))
	}
}

// version shows the version that Go has recorded in the program, which is also in the
// User-Agent.
func (c *call) version(f *flags) runner {
	f.output(&c.json)
	return func(context.Context, []string) error {
		version := ""
		if info, ok := debug.ReadBuildInfo(); ok {
			version = info.Main.Version
		}
		version = cmp.Or(strings.Trim(version, "()"), "devel")
		return c.show(map[string]string{"version": version, "go": runtime.Version()},
			fmt.Sprintf("qovery-alias %s %s\n", version, runtime.Version()))
	}
}
