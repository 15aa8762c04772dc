// Command qovery-alias gives the secrets of a Qovery job further keys, from the
// shell and in pipelines. "qovery-alias help" says how.
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/api"
)

func main() {
	// A write to a closed pipe returns an error instead of ending the process.
	signal.Ignore(syscall.SIGPIPE)
	c := newCall(os.Stdin, os.Stdout, os.Stderr)
	c.terminal = isTerminal(os.Stdout) && isTerminal(os.Stderr) && os.Getenv("TERM") != "dumb"
	ctx, cancel := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGQUIT)
	if !signal.Ignored(syscall.SIGHUP) { // as it is under nohup
		signal.Notify(signals, syscall.SIGHUP)
	}
	go c.handle(signals, cancel)
	os.Exit(c.run(ctx, os.Args[1:]))
}

// handle cancels the command on the first signal and ends the process on the second:
// the command may be writing to a pipe that is not read.
func (c *call) handle(signals <-chan os.Signal, cancel context.CancelCauseFunc) {
	cancel(interruption{<-signals})
	<-signals
	os.Exit(cmp.Or(c.exitCodeNow(), exitInterrupted))
}

// interruption is the cause of a context that a signal ended.
type interruption struct{ os.Signal }

func (i interruption) Error() string { return "interrupted by signal " + i.String() }
func (interruption) Unwrap() error   { return context.Canceled }

// call is one run of the program.
type call struct {
	command  *command // without a name until it is known
	stdin    io.Reader
	stdout   masked
	stderr   masked
	terminal bool // both outputs are one
	opts     []api.Option
	client   *api.Client // nil: the command does not talk to Qovery

	state          atomic.Int32
	created, total atomic.Int64 // aliases; no total: the command is about one
	stop           func()       // erases the line of progress

	job     uuid.UUID // --job
	url     string    // --url; empty: not given
	timeout time.Duration
	verbose bool
	json    bool // -o json
	subject subject
}

// subject is the alias that a command is about, as far as it is known.
type subject struct{ alias, secretKey string }

func newCall(stdin io.Reader, stdout, stderr io.Writer, opts ...api.Option) *call {
	tokens := tokensInEnv()
	return &call{command: &command{}, stdin: stdin, stdout: masked{stdout, tokens}, stderr: masked{stderr, tokens},
		opts: opts, stop: func() {}}
}

// run executes a command line and returns the exit code.
func (c *call) run(ctx context.Context, args []string) (code int) {
	defer func() {
		if r := recover(); r != nil {
			code = cmp.Or(c.exitCodeNow(), exitFailed)
			c.explain(advise(fmt.Errorf("internal error: %v", r), "report this at https://github.com/qovery-alias/qovery-alias-go/issues"))
		}
	}()
	err := c.dispatch(ctx, args)
	if err != nil {
		c.explain(err)
	}
	return exitCode(err)
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
	}
	return exitFailed
}

// The states of a command. A command that changes nothing stays in the first.
const (
	stateUnchanged = iota
	stateChanging  // a change may have taken effect
	stateDecided   // what became of the change is known
)

// decided notes the end of a change.
func (c *call) decided(err error) {
	if !errors.Is(err, api.ErrOutcomeUnknown) {
		c.state.Store(stateDecided)
	}
}

// exitCodeNow is that of a process that ends before its command does; 0: nothing has
// been changed.
func (c *call) exitCodeNow() int {
	return map[int32]int{stateChanging: exitUnknown, stateDecided: exitFailed}[c.state.Load()]
}
