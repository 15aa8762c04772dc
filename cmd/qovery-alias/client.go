package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/qovery-alias/qovery-alias-go/api"
	"github.com/qovery-alias/qovery-alias-go/generated"
	"github.com/qovery-alias/qovery-alias-go/internal/token"
)

const urlVariable = "QOVERY_API_URL"

// jobFlag defines the flag that comes first in every command that talks to Qovery.
func (c *call) jobFlag(f *flags) {
	f.value("job", "`UUID` of the job", id(&c.job))
	f.required = append(f.required, []string{"job"})
}

// commonFlags defines those that come last.
func (c *call) commonFlags(f *flags) {
	f.remote = true
	f.output(&c.json)
	f.value("url", "`URL` of the API; default: QOVERY_API_URL, see below", text(&c.url))
	f.value("timeout", "`DURATION` that the command may take as a whole, such as\n90s or 5m; default: no limit", duration(&c.timeout))
	f.toggle("verbose,v", "write each attempt to standard error", func(b bool) { c.verbose = b })
}

// connect makes a client for the address and the token that the user has given.
func (c *call) connect() error {
	auth, err := api.AuthFromEnv()
	if err != nil {
		return advise(err, "put an API token into QOVERY_API_TOKEN; the console has them in the settings of the organization")
	}
	opts := []api.Option{api.WithBaseURL(c.baseURL()), api.WithLogger(slog.New(c.logHandler()))}
	if c.client, err = api.NewClient(auth, append(opts, c.opts...)...); err != nil {
		source := "--url"
		if c.url == "" {
			source = urlVariable
		}
		return advise(fmt.Errorf("%s: %w", source, err), "give an https:// address in "+source)
	}
	return nil
}

func (c *call) baseURL() string {
	return cmp.Or(c.url, os.Getenv(urlVariable), generated.ServerURLQovery)
}

// tokenVariable names what api.AuthFromEnv takes the token from.
func tokenVariable() string {
	i := slices.IndexFunc(token.Variables, func(name string) bool { return os.Getenv(name) != "" })
	return token.Variables[max(i, 0)]
}

// logHandler receives a record for each attempt: to write it, with -v, or to count.
func (c *call) logHandler() slog.Handler {
	opts := &slog.HandlerOptions{Level: slog.LevelDebug}
	switch {
	case c.verbose && c.json:
		return slog.NewJSONHandler(c.stderr, opts)
	case c.verbose:
		return slog.NewTextHandler(c.stderr, opts)
	}
	return counter{slog.DiscardHandler, c}
}

// counter counts the aliases that are created.
type counter struct {
	slog.Handler
	call *call
}

func (counter) Enabled(context.Context, slog.Level) bool { return true }

func (h counter) Handle(_ context.Context, r slog.Record) error {
	attrs := map[string]slog.Value{}
	r.Attrs(func(a slog.Attr) bool {
		attrs[a.Key] = a.Value
		return true
	})
	if attrs["operation"].String() == "createJobSecretAlias" && attrs["status"].Int64() == http.StatusCreated {
		h.call.created.Add(1)
	}
	return nil
}

// showProgress keeps a line on the terminal, from the first second until stop is called.
func (c *call) showProgress(ctx context.Context) {
	if !c.terminal || c.json || c.verbose {
		return
	}
	ctx, cancel := context.WithCancel(ctx)
	var shown sync.WaitGroup
	shown.Go(func() {
		start, width := time.Now(), 0
		for delay := time.Second; ; delay = time.Second / 5 {
			select {
			case <-ctx.Done():
				if width > 0 {
					io.WriteString(c.stderr, "\r"+strings.Repeat(" ", width)+"\r")
				}
				return
			case <-time.After(delay):
				line := c.progressLine(time.Since(start))
				width = max(width, utf8.RuneCountInString(line))
				fmt.Fprintf(c.stderr, "\r%-*s", width, line)
			}
		}
	})
	c.stop = sync.OnceFunc(func() { cancel(); shown.Wait() })
}

func (c *call) progressLine(elapsed time.Duration) string {
	doing := "waiting for the server"
	if total := c.total.Load(); total > 0 {
		doing = fmt.Sprintf("%d of %d aliases created", c.created.Load(), total)
	}
	return fmt.Sprintf("%s: %s, %s", c.command.name, doing, elapsed.Round(time.Second))
}

// isTerminal reports whether a file is a terminal, or another device of characters.
func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
