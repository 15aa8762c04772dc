// Command qovery-alias gives the secrets of a Qovery job further keys, from the
// shell and in pipelines. "qovery-alias help" says how.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/api"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // the first signal cancels, a second one kills
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run is the whole program but for the process around it: the token and QOVERY_API_URL
// come from the environment. opts go to every client that it makes.
func run(ctx context.Context, args []string, stdout, stderr io.Writer, opts ...api.Option) int {
	c := &call{args: args, stdout: stdout, stderr: stderr, opts: opts}
	err := c.dispatch(ctx)
	if err != nil {
		fmt.Fprintln(stderr, c.explain(err))
	}
	return exitCode(err)
}

// call is one run of the program.
type call struct {
	command *command // nil until it is known
	args    []string // those of the command
	stdout  io.Writer
	stderr  io.Writer
	opts    []api.Option

	job uuid.UUID // --job
	url string    // --url, empty: not given
}

// command is one of the things that the program can do.
type command struct {
	name     string
	synopsis string // the arguments
	summary  string // one line
	details  string // what the help says below that
	run      func(*call, context.Context) error
}

func (c *call) dispatch(ctx context.Context) error {
	if len(c.args) == 0 {
		return wrong("no command")
	}
	name := c.args[0]
	c.args = c.args[1:]
	switch name {
	case "-h", "-help", "--help":
		name = "help"
	}
	if c.command = find(name); c.command == nil {
		return wrong("unknown command %q", name)
	}
	err := c.command.run(c, ctx)
	if errors.Is(err, flag.ErrHelp) {
		return c.print(c.command.usage())
	}
	return err
}

func find(name string) *command {
	for _, cmd := range commands() {
		if cmd.name == name {
			return &cmd
		}
	}
	return nil
}

// The exit codes.
const (
	exitDone        = 0
	exitFailed      = 1
	exitWrong       = 2
	exitUnknown     = 3
	exitInterrupted = 130
)

func exitCode(err error) int {
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, api.ErrOutcomeUnknown):
		return exitUnknown
	case errors.Is(err, context.Canceled):
		return exitInterrupted
	case isWrongInput(err):
		return exitWrong
	default:
		return exitFailed
	}
}
