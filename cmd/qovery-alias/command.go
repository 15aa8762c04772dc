package main

import (
	"cmp"
	"context"
	"embed"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"

	"github.com/urfave/cli/v3"
)

func (c *call) root() *cli.Command {
	root := newCommand("qovery-alias", nil)
	if info, ok := debug.ReadBuildInfo(); ok {
		root.Version = cmp.Or(info.Main.Version, "(devel)") + " " + info.GoVersion
	}
	root.Writer = c.stdout
	root.ExitErrHandler = func(context.Context, *cli.Command, error) {} // run returns the exit code
	root.ArgValidator = checkArgs
	root.Action, root.CommandNotFound, root.HideHelpCommand = nil, nil, false
	root.EnableShellCompletion = true
	root.ConfigureShellCompletionCommand = func(cmd *cli.Command) { cmd.Hidden = false }
	root.Commands = c.commands()
	return root
}

func (c *call) commands() []*cli.Command {
	create := c.remoteCommand("create", c.create,
		&cli.StringFlag{Name: "key", Usage: "`KEY` of the alias; case sensitive", Required: true, OnlyOnce: true},
		&cli.StringFlag{Name: "description", Usage: "`TEXT` of a note"},
		&cli.BoolFlag{Name: "interpolate-in-file", Usage: "replace references to the alias inside secret files"})
	create.MutuallyExclusiveFlags = []cli.MutuallyExclusiveFlags{{Required: true, Flags: [][]cli.Flag{
		{&cli.StringFlag{Name: "secret", Usage: "`UUID` of the secret that the alias points to, or"}},
		{&cli.StringFlag{Name: "secret-key", Usage: "`KEY` of that secret"}}}}}
	remove := c.remoteCommand("delete", c.delete,
		&cli.StringFlag{Name: "key", Usage: "`KEY` of the alias", Required: true},
		&cli.BoolFlag{Name: "if-exists", Usage: "succeed if there is no such alias"})
	ensure := c.remoteCommand("ensure", c.ensure,
		&cli.StringFlag{Name: "from", Usage: "`FILE` with further aliases; - is standard input"},
		&cli.BoolFlag{Name: "dry-run", Usage: "change nothing, and show what would be done"},
		&cli.BoolFlag{Name: "replace", Usage: "delete aliases that point elsewhere, and create them anew"},
		&cli.BoolFlag{Name: "keep-going", Usage: "do what can be done, although something cannot"})
	ensure.ArgValidator = c.readSpecs
	list := c.remoteCommand("list", c.list,
		&cli.BoolFlag{Name: "aliases", Usage: "only those that are aliases"},
		&cli.StringFlag{Name: "scope", Usage: "only those of this `SCOPE`, such as JOB or PROJECT"})
	fake := newCommand("fake", c.fake,
		&cli.DurationFlag{Name: "latency", Usage: "`DURATION` that a request takes, such as 200ms"},
		&cli.IntFlag{Name: "rate-limit", Usage: "refuse requests above this `NUMBER` a second"},
		&cli.StringFlag{Name: "fail", Usage: "fail what changes something by a `STATUS`; see above"})
	return []*cli.Command{list, create, ensure, remove, newCommand("demo", c.demo), fake}
}

// helpTexts has a file for each command: a line that says what it is for, one of usage, and a description.
//
//go:embed help/*.txt
var helpTexts embed.FS

func helpText(name string) string {
	text, _ := helpTexts.ReadFile("help/" + name + ".txt") // every name is that of a file
	return strings.TrimSpace(strings.ReplaceAll(string(text), "\r", ""))
}

// newCommand makes a command that the first signal ends by its context, and the second one at once.
func newCommand(name string, action cli.ActionFunc, flags ...cli.Flag) *cli.Command {
	text := strings.SplitN(helpText(name), "\n\n", 3)
	return &cli.Command{
		Name: name, Usage: text[0], UsageText: text[1], Description: text[2], Flags: flags,
		HideHelpCommand: true,
		OnUsageError:    usageError,
		CommandNotFound: func(ctx context.Context, cmd *cli.Command, _ string) { // an argument before --help
			_ = cli.ShowCommandHelp(ctx, cmd.Root(), name)
		},
		Action: func(ctx context.Context, cmd *cli.Command) error {
			ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
			defer stop()
			context.AfterFunc(ctx, stop)
			return action(ctx, cmd)
		},
	}
}

// checkArgs finds an argument where none is expected.
func checkArgs(_ context.Context, cmd *cli.Command) error {
	name := cmd.Args().First()
	switch {
	case cmd.NArg() == 0 || cmd.Name == "ensure" || cmd.Name == "help":
		return nil
	case cmd == cmd.Root():
		return fmt.Errorf("unknown command %q: did you mean %s?", name, cli.SuggestCommand(cmd.Commands, name))
	}
	return fmt.Errorf("unexpected argument %q", name)
}

// usageError says what to do about what the library refuses.
func usageError(ctx context.Context, cmd *cli.Command, err error, isSubcommand bool) error {
	name, isUnknown := strings.CutPrefix(err.Error(), "flag provided but not defined: -")
	switch stray := checkArgs(ctx, cmd); {
	case stray != nil:
		return stray
	case !isUnknown:
		return err
	case !isSubcommand:
		return fmt.Errorf("unexpected flag --%s: flags go behind the command", name)
	}
	advice := map[string]string{"json": "use -o json", "token": "the token comes from QOVERY_API_TOKEN"}[name]
	similar := "did you mean " + cli.SuggestFlag(cmd.VisibleFlags(), name, false) + "?"
	return fmt.Errorf("unknown flag --%s: %s", name, cmp.Or(advice, similar))
}
