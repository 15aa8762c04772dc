package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"

	"github.com/google/uuid"
	"github.com/urfave/cli/v3"

	"github.com/qovery-alias/qovery-alias-go/api"
	"github.com/qovery-alias/qovery-alias-go/generated"
)

// remoteCommand makes a command that talks to Qovery.
func (c *call) remoteCommand(name, summary string, action cli.ActionFunc, flags ...cli.Flag) *cli.Command {
	job := textFlag("job", "`UUID` of the job")
	job.Required, job.Sources = true, cli.EnvVars("QOVERY_JOB_ID")
	output := textFlag("output", "`FORMAT` of results and failures, table or json")
	output.Aliases, output.Value = []string{"o"}, "table"
	flags = append([]cli.Flag{job}, flags...)
	flags = append(flags, output,
		textFlag("url", "`URL` of the API; default: QOVERY_API_URL of the environment"),
		durationFlag("timeout", "`DURATION` that the command may take, such as 90s"),
		boolFlag("verbose", "write each attempt to standard error", "v"))
	return c.newCommand(name, summary, func(ctx context.Context, cmd *cli.Command) error {
		if err := c.connect(cmd); err != nil {
			return err
		}
		if c.timeout > 0 {
			limited, cancel := context.WithTimeoutCause(ctx, c.timeout, c.timeoutError())
			defer cancel()
			ctx = limited
		}
		err, cause := action(ctx, cmd), context.Cause(ctx)
		if err != nil && errors.Is(err, ctx.Err()) && !strings.Contains(err.Error(), cause.Error()) {
			return fmt.Errorf("%w: %w", cause, err)
		}
		return err
	}, flags...)
}

func (c *call) timeoutError() error {
	return ended{fmt.Sprintf("--timeout of %s is over", c.timeout), context.DeadlineExceeded}
}

// connect reads the flags of every command that talks to Qovery, and makes a client.
func (c *call) connect(cmd *cli.Command) (err error) {
	if c.job, err = parseID(cmd, "job"); err != nil {
		return err
	}
	format := cmd.String("output")
	if c.json = format == "json"; !c.json && format != "table" {
		return wrong("--output must be table or json; it is %q", format)
	}
	if c.timeout = cmd.Duration("timeout"); c.timeout <= 0 && cmd.IsSet("timeout") {
		return wrong("--timeout must be above zero, such as 90s or 5m; it is %s", c.timeout)
	}
	auth, err := api.AuthFromEnv()
	if err != nil {
		return hinted{err, "token"}
	}
	url := cmp.Or(cmd.String("url"), os.Getenv("QOVERY_API_URL"), generated.ServerURLQovery)
	c.url = strings.TrimSpace(url)
	c.showsProgress = c.showsProgress && !c.json && !cmd.Bool("verbose")
	opts := append([]api.Option{api.WithBaseURL(c.url)}, c.opts...)
	if cmd.Bool("verbose") {
		level := &slog.HandlerOptions{Level: slog.LevelDebug}
		handler := slog.Handler(slog.NewTextHandler(c.stderr, level))
		if c.json {
			handler = slog.NewJSONHandler(c.stderr, level)
		}
		opts = append(opts, api.WithLogger(slog.New(handler)))
	}
	if c.client, err = api.NewClient(auth, opts...); err != nil {
		return hinted{fmt.Errorf("--url or QOVERY_API_URL: %w", err), "url"}
	}
	return nil
}

// parseID returns the value of a flag, without the white space that some shells leave around it. It takes the
// canonical form alone.
func parseID(cmd *cli.Command, flag string) (uuid.UUID, error) {
	text := strings.TrimSpace(cmd.String(flag))
	id, err := uuid.Parse(text)
	if err != nil || len(text) != len(uuid.Nil.String()) || id == uuid.Nil {
		const example = "01234567-89ab-cdef-0123-456789abcdef"
		return uuid.Nil, wrong("--%s must be a UUID such as %s and not the zero one; it is %q", flag, example, text)
	}
	return id, nil
}
