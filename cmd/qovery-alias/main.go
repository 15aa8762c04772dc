// Command qovery-alias gives the secrets of a Qovery job further keys, from the shell and in
// pipelines. "qovery-alias help" says how.
package main

import (
	"cmp"
	"context"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/api"
)

func main() {
	signal.Ignore(syscall.SIGPIPE, syscall.SIGQUIT) // a write to a closed pipe fails, and nothing ends with Go's code 2
	c := newCall(os.Stdin, os.Stdout, os.Stderr)
	isDumb := os.Getenv("TERM") == "dumb"
	c.width = terminalWidth(os.Stdout)
	c.colour = c.width > 0 && !isDumb && os.Getenv("NO_COLOR") == ""
	c.showsProgress = terminalWidth(os.Stderr) > 0 && !isDumb && os.Getenv("CI") == ""
	os.Exit(c.run(context.Background(), os.Args[1:]))
}

// call is one run of the program.
type call struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	opts           []api.Option
	tokens         []string // which are not shown
	width          int      // of the terminal that standard output is; 0: it is none
	colour         bool
	showsProgress  bool

	command string // its name; empty: not known
	json    bool   // -o json
	url     string
	job     uuid.UUID
	client  *api.Client
	specs   []api.AliasSpec // of ensure
	key     string          // of the alias that a failure is about; empty: of none
	changed bool            // a change may have taken effect
}

func newCall(stdin io.Reader, stdout, stderr io.Writer, opts ...api.Option) *call {
	c := &call{stdin: stdin, stdout: stdout, stderr: stderr, opts: opts}
	for _, name := range []string{"QOVERY_API_TOKEN", "QOVERY_CLI_ACCESS_TOKEN", "Q_CLI_ACCESS_TOKEN"} {
		c.tokens = append(c.tokens, os.Getenv(name))
	}
	return c
}

// run executes a command line and returns the exit code.
func (c *call) run(ctx context.Context, args []string) int {
	root := c.root()
	if len(args) > 0 && root.Command(args[0]) != nil {
		c.command = args[0]
	}
	line := strings.ReplaceAll(strings.Join(args, " ")+" ", "=", " ")
	c.json = strings.Contains(line, "-o json ") || strings.Contains(line, "--output json ")
	err := root.Run(ctx, slices.Concat([]string{root.Name}, args))
	if err == nil {
		return 0
	}
	c.explain(err)
	_, _, hint := classify(err)
	return cmp.Or(exitCodes[hint], 1)
}
