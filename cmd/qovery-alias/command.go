package main

import (
	"cmp"
	"context"
	"embed"
	"errors"
	"flag"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
)

// command is one of the things that the program can do.
type command struct {
	name, synopsis, summary string
	setup                   func(*call, *flags) runner // defines the flags
}

// runner executes a command after its flags are parsed.
type runner func(ctx context.Context, args []string) error

// commands returns all of them, in the order of the help.
func commands() []command {
	return []command{
		{"list", "--job UUID", "list the secrets that a job sees", (*call).list},
		{"create", "--job UUID (--secret UUID | --secret-key KEY) --key KEY", "create an alias", (*call).create},
		{"ensure", "--job UUID [ALIAS=SECRET_KEY ...] [--from FILE]", "create the aliases that are missing; safe to repeat", (*call).ensure},
		{"delete", "--job UUID (--key KEY | --id UUID)", "delete an alias, and nothing else", (*call).delete},
		{"demo", "", "create an alias in a fake Qovery and show the traffic", (*call).demo},
		{"fake", "", "serve a fake Qovery to try things out on", (*call).fake},
		{"version", "", "show the version", (*call).version},
		{"help", "[COMMAND]", "show this, or how a command is used", (*call).help},
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
	f := newFlags()
	run := c.command.setup(c, f)
	c.json = f.asksForJSON(args)
	args, err = f.parse(args)
	if errors.Is(err, flag.ErrHelp) {
		return c.print(c.command.usage())
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
	if f.set.Lookup("url") != nil {
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
	return &command{}, advise(wrong("unknown command %q%s", name, suggestion(name, names, "")),
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

// helpTexts has a file for each command: what it does and, below two dashes, an example.
//
//go:embed help/*.txt
var helpTexts embed.FS

func helpText(name string) (above, below string) {
	text, _ := helpTexts.ReadFile("help/" + name + ".txt") // every name is that of a file
	above, below, _ = strings.Cut(strings.ReplaceAll(string(text), "\r", ""), "--\n")
	return above, below
}

// usage is the help of one command.
func (cmd *command) usage() string {
	f := newFlags()
	cmd.setup(&call{}, f)
	details, example := helpText(cmd.name)
	environment, exitCodes := helpText("common")
	if f.set.Lookup("url") == nil {
		environment = ""
	}
	return strings.Join(strings.Fields("Usage: qovery-alias "+cmd.name+" "+cmd.synopsis+" [flags]"), " ") + "\n" +
		details + "\nFlags:\n\n" + f.usage() + example + environment + exitCodes
}

func (c *call) help(*flags) runner {
	return func(_ context.Context, names []string) error {
		switch len(names) {
		case 0:
			list := ""
			for _, cmd := range commands() {
				list += fmt.Sprintf("  %-9s %s\n", cmd.name, cmd.summary)
			}
			above, below := helpText("overview")
			environment, exitCodes := helpText("common")
			return c.print(above + list + below + environment + exitCodes)
		case 1:
			cmd, err := find(names[0])
			if err == nil {
				err = c.print(cmd.usage())
			}
			return err
		}
		return wrong("unexpected argument %q", names[1])
	}
}

// version shows the version that Go has recorded in the program, which is also in the
// User-Agent.
func (c *call) version(f *flags) runner {
	f.output(&c.json)
	f.alone = true
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
