package main

import (
	"cmp"
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/urfave/cli/v3"

	"github.com/qovery-alias/qovery-alias-go/api"
)

func (c *call) root() *cli.Command {
	version, one := "devel", 1
	if info, ok := debug.ReadBuildInfo(); ok && strings.HasPrefix(info.Main.Version, "v") {
		version = info.Main.Version
	}
	root := c.newCommand("qovery-alias", "give the secrets of a Qovery job further keys", nil)
	root.Version = version + " " + runtime.Version()
	root.Writer, root.ErrWriter = c.stdout, io.Discard
	root.StopOnNthArg, root.HideHelpCommand, root.CommandNotFound = &one, false, nil
	root.ExitErrHandler = func(context.Context, *cli.Command, error) {} // run returns the exit code
	root.EnableShellCompletion = true
	root.ConfigureShellCompletionCommand = func(cmd *cli.Command) { cmd.Hidden = false }
	root.Commands = c.commands()
	root.Action = func(_ context.Context, cmd *cli.Command) error {
		if name := cmd.Args().First(); cmd.NArg() > 0 {
			return fmt.Errorf("unknown command %q%s", name, suggestion(name, cli.SuggestCommand(root.Commands, name)))
		}
		return cli.ShowRootCommandHelp(root)
	}
	return root
}

func (c *call) commands() []*cli.Command {
	key := textFlag("key", "`KEY` of the alias; keys are case sensitive")
	key.Required = true
	create := c.remoteCommand("create", "create an alias", c.create, key,
		textFlag("description", fmt.Sprintf("`TEXT` of a note, at most %d characters", api.MaxDescriptionLength)),
		boolFlag("interpolate-in-file", "replace references to the alias inside secret files"))
	create.MutuallyExclusiveFlags = oneOf(
		textFlag("secret", "`UUID` of the secret that the alias points to, or"),
		textFlag("secret-key", "`KEY` of that secret"))
	remove := c.remoteCommand("delete", "delete an alias, and nothing else", c.delete,
		boolFlag("if-exists", "succeed if there is no such alias"))
	remove.MutuallyExclusiveFlags = oneOf(
		textFlag("key", "`KEY` of the alias, or"),
		textFlag("id", "`UUID` of the alias"))
	return []*cli.Command{
		c.remoteCommand("list", "list the secrets that a job sees", c.list,
			boolFlag("aliases", "only those that are aliases"),
			textFlag("scope", "only those of this `SCOPE`, such as JOB or PROJECT")),
		create,
		c.remoteCommand("ensure", "create the aliases that are missing; safe to repeat", c.ensure,
			textFlag("from", "`FILE` with further aliases; - is standard input"),
			boolFlag("dry-run", "change nothing, and show what would be done"),
			boolFlag("replace", "delete aliases of the job that point elsewhere, and create them anew"),
			boolFlag("keep-going", "do what can be done, although something cannot")),
		remove,
		c.newCommand("demo", "try the commands out on a fake Qovery in this process", c.demo),
		c.newCommand("fake", "serve a fake Qovery to try things out on", c.fake,
			textFlag("addr", "`HOST:PORT` to listen on; default: a free port of loopback"),
			durationFlag("latency", "`DURATION` before each response, such as 200ms"),
			&cli.IntFlag{Name: "rate-limit", Usage: "refuse requests above this `NUMBER` a second", OnlyOnce: true},
			textFlag("fail", "fail what changes something by a `STATUS`, or \"lost\"; see above")),
	}
}

// helpTexts has a file for each command: a line of usage, an empty one, and a description.
//
//go:embed help/*.txt
var helpTexts embed.FS

func helpText(name string) string {
	text, _ := helpTexts.ReadFile("help/" + name + ".txt") // every name is that of a file
	return strings.TrimSpace(strings.ReplaceAll(string(text), "\r", ""))
}

// newCommand makes a command whose action leaves its error in c.
func (c *call) newCommand(name, summary string, action cli.ActionFunc, flags ...cli.Flag) *cli.Command {
	usage, description, _ := strings.Cut(helpText(name), "\n\n")
	return &cli.Command{
		Name: name, Usage: summary, UsageText: usage, Description: description, Flags: flags,
		HideHelpCommand: true,
		OnUsageError:    c.onUsageError,
		CommandNotFound: func(ctx context.Context, cmd *cli.Command, _ string) { // an argument before --help
			_ = cli.ShowCommandHelp(ctx, cmd.Root(), name)
		},
		Action: func(ctx context.Context, cmd *cli.Command) error {
			c.command = name
			if c.err = checkArgs(cmd); c.err == nil {
				c.err = action(ctx, cmd)
			}
			return nil
		},
	}
}

// checkArgs finds an argument where none is expected, and a value of a variable that is not set.
func checkArgs(cmd *cli.Command) error {
	if cmd.NArg() > 0 && cmd.Name != "ensure" {
		return wrong("unexpected argument %q", cmd.Args().First())
	}
	for _, flag := range cmd.VisibleFlags() {
		if name := flag.Names()[0]; flag.IsSet() && flag.Get() == "" && name != "description" {
			return wrong("--%s is empty: is a variable not set?", name)
		}
	}
	return nil
}

// onUsageError says in the words of this program what the library refuses.
func (c *call) onUsageError(_ context.Context, cmd *cli.Command, err error, isSubcommand bool) error {
	name, unknown := strings.CutPrefix(err.Error(), "flag provided but not defined: -")
	name = strings.TrimLeft(name, "-")
	if !isSubcommand {
		return fmt.Errorf("unexpected flag --%s: flags go behind the command", name)
	}
	c.command = cmd.Name
	why := suggestion(name, cli.SuggestFlag(cmd.VisibleFlags(), name, false))
	switch {
	case !unknown:
		return cmp.Or(checkArgs(cmd), errors.New(strings.Replace(name, "for flag -", "for --", 1)))
	case name == "json":
		why = ": use -o json"
	case name == "token":
		why = ": the token comes from " + tokenVariables[0]
	}
	return fmt.Errorf("unknown flag --%s%s", name, why)
}

// suggestion asks for the name that the library finds most similar, unless it is quite another.
func suggestion(name, similar string) string {
	bare := strings.TrimLeft(similar, "-")
	if name == "" || bare == "" || bare[0] != name[0] || len(bare) > len(name)+2 || len(name) > len(bare)+2 {
		return ""
	}
	return ": did you mean " + similar + "?"
}

func textFlag(name, usage string) *cli.StringFlag {
	return &cli.StringFlag{Name: name, Usage: usage, OnlyOnce: true}
}

func boolFlag(name, usage string, aliases ...string) cli.Flag {
	return &cli.BoolFlag{Name: name, Usage: usage, Aliases: aliases, OnlyOnce: true}
}

func durationFlag(name, usage string) cli.Flag {
	return &cli.DurationFlag{Name: name, Usage: usage, OnlyOnce: true}
}

// oneOf makes two flags of which exactly one is given.
func oneOf(a, b cli.Flag) []cli.MutuallyExclusiveFlags {
	return []cli.MutuallyExclusiveFlags{{Required: true, Flags: [][]cli.Flag{{a}, {b}}}}
}
