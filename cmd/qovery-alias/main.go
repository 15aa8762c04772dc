// Command qovery-alias gives the secrets of a Qovery job further keys, from the shell and in
// pipelines. "qovery-alias help" says how.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"strings"
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
	isDumb := os.Getenv("TERM") == "dumb" || runtime.GOOS == "windows" // whose console may not know escapes
	c.width = terminalWidth(os.Stdout)
	c.colour = c.width > 0 && !isDumb && os.Getenv("NO_COLOR") == ""
	c.showsProgress = terminalWidth(os.Stderr) > 0 && !isDumb && os.Getenv("CI") == ""
	ctx, cancel := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGQUIT)
	if !signal.Ignored(syscall.SIGHUP) { // as it is under nohup
		signal.Notify(signals, syscall.SIGHUP)
	}
	go func() {
		cancel(ended{"interrupted by signal " + (<-signals).String(), context.Canceled})
		<-signals // the command may be writing to a pipe that is not read
		os.Exit(c.exitCodeNow(exitInterrupted))
	}()
	os.Exit(c.run(ctx, os.Args[1:]))
}

// tokenVariables are those of api.AuthFromEnv, in its order.
var tokenVariables = []string{"QOVERY_API_TOKEN", "QOVERY_CLI_ACCESS_TOKEN", "Q_CLI_ACCESS_TOKEN"}

// call is one run of the program.
type call struct {
	stdin         io.Reader
	stdout        *output
	stderr        io.Writer
	tokens        []string // of the environment, which are not shown
	opts          []api.Option
	width         int // of the terminal that standard output is; 0: it is none
	colour        bool
	showsProgress bool

	client   *api.Client
	command  string // its name; empty: not known
	job      uuid.UUID
	url      string
	timeout  time.Duration
	json     bool // -o json
	about    subject
	err      error       // of the command
	changing atomic.Bool // a change may have taken effect
}

// subject is the alias that an error is about, as far as it is known.
type subject struct{ alias, secretKey string }

func newCall(stdin io.Reader, stdout, stderr io.Writer, opts ...api.Option) *call {
	c := &call{stdin: stdin, stdout: &output{Writer: stdout}, stderr: stderr, opts: opts}
	for _, name := range tokenVariables {
		c.tokens = append(c.tokens, strings.TrimSpace(os.Getenv(name)))
	}
	return c
}

// run executes a command line and returns the exit code.
func (c *call) run(ctx context.Context, args []string) (code int) {
	defer func() {
		if r := recover(); r != nil {
			c.explain(hinted{fmt.Errorf("internal error: %v", r), "bug"})
			code = c.exitCodeNow(exitFailed)
		}
	}()
	line := strings.ReplaceAll(strings.Join(args, " ")+" ", "=", " ")
	c.json = strings.Contains(line, "-o json ") || strings.Contains(line, "--output json ")
	if err := c.root().Run(ctx, append([]string{"qovery-alias"}, args...)); err != nil { // of the library
		c.err = hinted{err, "usage"}
	}
	err := errors.Join(c.err, c.outputError())
	if err != nil {
		c.explain(err)
	}
	return exitCode(err)
}

// exitCodeNow is that of a process that ends before its command does, unless nothing can have changed.
func (c *call) exitCodeNow(unchanged int) int {
	if c.changing.Load() {
		return exitUnknown
	}
	return unchanged
}
