// Command qovery-alias gives the secrets of a Qovery job further keys; "qovery-alias help" says how.
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/api"
	"github.com/qovery-alias/qovery-alias-go/internal/safetext/output"
)

func main() {
	signal.Ignore(syscall.SIGPIPE, syscall.SIGQUIT) // writing to a closed pipe fails; Go would exit with 2
	c := newCall(os.Stdin, os.Stdout, os.Stderr)
	isDumb := os.Getenv("TERM") == "dumb"
	c.width = terminalWidth(os.Stdout)
	c.colour = c.width > 0 && !isDumb && os.Getenv("NO_COLOR") == ""
	c.showsProgress = terminalWidth(os.Stderr) > 0 && !isDumb && os.Getenv("CI") == ""
	os.Exit(c.run(context.Background(), os.Args[1:]))
}

// call is one run of the program.
type call struct {
	stdin                 io.Reader
	stdout, stderr        io.Writer
	opts                  []api.Option
	tokens                []string // which are not shown
	width                 int      // of the terminal that standard output is; 0: it is none
	colour, showsProgress bool
	command, url          string // the name of the command and the address of the API, where known
	json                  bool   // -o json
	job                   uuid.UUID
	client                *api.Client
	specs                 []api.AliasSpec // of ensure
	key                   string          // of the alias that a failure is about; empty: of none
	changed               bool            // a change may have taken effect
}

func newCall(stdin io.Reader, stdout, stderr io.Writer, opts ...api.Option) *call {
	return &call{stdin: stdin, stdout: stdout, stderr: stderr, opts: opts, tokens: []string{
		os.Getenv("QOVERY_API_TOKEN"), os.Getenv("QOVERY_CLI_ACCESS_TOKEN"), os.Getenv("Q_CLI_ACCESS_TOKEN")}}
}

// run executes a command line and returns the exit code.
func (c *call) run(ctx context.Context, args []string) (code int) {
	defer func() {
		if p := recover(); p != nil { // Go would exit with 2, which says that nothing was changed
			c.explain(problem{text: fmt.Sprint("panic: ", p), hint: "panic"})
			code = exitCodes["outcome_unknown"]
		}
	}()
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

// problem is an error of this program, with the key of its hint.
type problem struct {
	text, hint string
	err        error // what it wraps
}

func (p problem) Error() string { return p.text }
func (p problem) Unwrap() error { return p.err }

// failure is an error as users and programs see it.
type failure struct {
	Error      string  `json:"error"`
	Kind       string  `json:"kind"`        // that of api.Error; empty: none
	Status     int     `json:"status"`      // of the response; 0: none
	RequestID  string  `json:"request_id"`  // of the response
	RetryAfter float64 `json:"retry_after"` // seconds; 0: the server did not ask for a wait
	Next       string  `json:"next"`        // what to do
}

// classify returns the *api.Error in err, or an empty one, its kind, and the key of its hint: the kind,
// or something more special. An error that is neither the client's nor a problem is of wrong usage. An
// invalid deletion is not: the job's secrets have been listed.
func classify(err error) (e *api.Error, kind, hint string) {
	e, p := &api.Error{}, problem{}
	errors.As(err, &e)
	kind = (&api.Error{Err: err}).Kind()
	switch isProblem := errors.As(err, &p); {
	case kind == "outcome_unknown":
		return e, kind, kind
	case isProblem:
		return e, kind, p.hint
	case kind == "", kind == "invalid_request" && e.StatusCode == 0 && e.Operation != "deleteJobSecret":
		return e, "invalid_request", "usage"
	case kind == "not_found" && e.StatusCode == 0:
		return e, kind, "not_found in list"
	case e.Existing != nil && e.Existing.Scope == api.VariableScopeJob && api.IsAlias(*e.Existing):
		return e, kind, kind + " of alias"
	}
	return e, kind, kind
}

// exitCodes are those of the hints; of all others it is 1. With 2 nothing was changed.
var exitCodes = map[string]int{"usage": 2, "token": 2, "url": 2, "outcome_unknown": 3, "interrupted": 130}

// failure says what to do next by that line of hints.txt that fits best.
func (c *call) failure(err error, alias string) failure {
	e, kind, key := classify(err)
	text := strings.TrimPrefix(err.Error(), e.Operation+": ")
	if holder := e.Existing; holder != nil && kind == "conflict" && err.Error() == e.Error() {
		text = "conflict: the key is in use, by a secret of scope " + string(holder.Scope)
		if holder.AliasedSecret != nil {
			text += ", an alias of " + holder.AliasedSecret.Key
		}
	}
	hints, hint := "\n"+helpText("hints")+"\n", ""
	for _, key := range []string{"other", key, c.command + " " + key} {
		if _, after, ok := strings.Cut(hints, "\n"+key+": "); ok {
			hint, _, _ = strings.Cut(after, "\n")
		}
	}
	next := strings.NewReplacer("{command}", c.command, "{job}", c.job.String(), "{url}", c.url,
		"{alias}", alias, "{wait}", max(e.RetryAfter, time.Minute).String()).Replace(hint)
	return failure{text, kind, e.StatusCode, e.RequestID, e.RetryAfter.Seconds(), next}
}

// explain writes to standard error what happened, in lines, and what to do next; or one line of JSON.
func (c *call) explain(err error) {
	f := c.failure(err, c.key)
	if c.json {
		fmt.Fprint(c.stderr, output.JSON(f, "", c.tokens...))
		return
	}
	prefix := strings.TrimSpace("qovery-alias " + c.command)
	for _, line := range strings.Split(f.Error, "\n") {
		fmt.Fprintf(c.stderr, "%s: %s\n", prefix, c.safe(line))
	}
	fmt.Fprintf(c.stderr, "hint: %s\n", c.safe(f.Next))
}
