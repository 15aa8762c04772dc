package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/urfave/cli/v3"

	"github.com/qovery-alias/qovery-alias-go/api"
	"github.com/qovery-alias/qovery-alias-go/generated"
)

// remoteCommand makes a command that talks to Qovery.
func (c *call) remoteCommand(name string, action cli.ActionFunc, flags ...cli.Flag) *cli.Command {
	job := &cli.StringFlag{Name: "job", Usage: "`UUID` of the job", Required: true}
	job.Sources = cli.EnvVars("QOVERY_JOB_ID")
	flags = append(append([]cli.Flag{job}, flags...),
		&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Value: "table", Usage: "`FORMAT`, table or json"},
		&cli.StringFlag{Name: "url", Usage: "`URL` of the API; default: QOVERY_API_URL of the environment"},
		&cli.DurationFlag{Name: "timeout", Usage: "`DURATION` that the command may take, such as 90s"},
		&cli.BoolFlag{Name: "verbose", Aliases: []string{"v"}, Usage: "write each attempt to standard error"})
	return newCommand(name, func(ctx context.Context, cmd *cli.Command) error {
		if err := c.connect(cmd); err != nil {
			return err
		}
		timeout := cmd.Duration("timeout")
		if cmd.IsSet("timeout") {
			limited, cancel := context.WithTimeout(ctx, timeout)
			defer cancel()
			ctx = limited
		}
		err := action(ctx, cmd)
		// The client keeps a quarter of the time for lists, and may be done before all of it is over.
		deadline, isLimited := ctx.Deadline()
		switch {
		case err != nil && errors.Is(ctx.Err(), context.Canceled):
			return problem{"interrupted by a signal: " + err.Error(), "interrupted", err}
		case err != nil && isLimited && time.Until(deadline) < timeout/3:
			return problem{fmt.Sprintf("--timeout of %s is over: %v", timeout, err), "timeout", err}
		}
		return err
	}, flags...)
}

// connect reads the flags of every command that talks to Qovery, and makes a client.
func (c *call) connect(cmd *cli.Command) (err error) {
	for _, flag := range cmd.VisibleFlags() {
		if name := flag.Names()[0]; flag.IsSet() && flag.Get() == "" && name != "description" {
			return fmt.Errorf("--%s is empty: is a variable not set?", name)
		}
	}
	format, verbose := cmd.String("output"), cmd.Bool("verbose")
	if c.json = format == "json"; !c.json && format != "table" {
		return fmt.Errorf("--output must be table or json; it is %q", format)
	}
	if c.job, err = parseID(cmd, "job"); err != nil {
		return err
	}
	auth, err := api.AuthFromEnv()
	if err != nil {
		return problem{err.Error(), "token", err}
	}
	c.url = strings.TrimSpace(cmp.Or(cmd.String("url"), os.Getenv("QOVERY_API_URL"), generated.ServerURLQovery))
	opts := append([]api.Option{api.WithBaseURL(c.url)}, c.opts...)
	if verbose {
		handler := slog.NewTextHandler(c.stderr, &slog.HandlerOptions{Level: slog.LevelDebug})
		opts = append(opts, api.WithLogger(slog.New(handler)))
	}
	c.showsProgress = c.showsProgress && !c.json && !verbose
	if c.client, err = api.NewClient(auth, opts...); err != nil {
		return problem{"--url or QOVERY_API_URL: " + err.Error(), "url", err}
	}
	return nil
}

// parseID returns the UUID of a flag: in its canonical form, but for white space that a shell leaves around.
func parseID(cmd *cli.Command, flag string) (uuid.UUID, error) {
	text := strings.TrimSpace(cmd.String(flag))
	id, err := uuid.Parse(text)
	if err != nil || len(text) != len(id.String()) || id == uuid.Nil {
		const example = "01234567-89ab-cdef-0123-456789abcdef"
		return id, fmt.Errorf("--%s must be a UUID such as %s and not the zero one; it is %q", flag, example, text)
	}
	return id, nil
}

func (c *call) list(ctx context.Context, cmd *cli.Command) error {
	scope := api.VariableScope(strings.ToUpper(cmd.String("scope")))
	if scope != "" && !scope.Valid() {
		return fmt.Errorf("--scope must be one such as JOB, ENVIRONMENT, PROJECT or BUILT_IN; it is %q", scope)
	}
	secrets, err := c.client.ListJobSecrets(ctx, c.job)
	if err != nil {
		return err
	}
	secrets = slices.DeleteFunc(secrets, func(s api.Secret) bool {
		return scope != "" && s.Scope != scope || cmd.Bool("aliases") && !api.IsAlias(s)
	})
	slices.SortStableFunc(secrets, func(a, b api.Secret) int { return cmp.Compare(a.Key, b.Key) })
	return c.show(secrets, c.table(secrets...))
}

func (c *call) create(ctx context.Context, cmd *cli.Command) (err error) {
	req := api.AliasRequest{Key: cmd.String("key")}
	if cmd.IsSet("description") {
		req.Description = api.Ptr(cmd.String("description"))
	}
	if cmd.IsSet("interpolate-in-file") {
		req.EnableInterpolationInFile = api.Ptr(cmd.Bool("interpolate-in-file"))
	}
	target := &api.Secret{}
	if cmd.IsSet("secret") {
		target.ID, err = parseID(cmd, "secret")
	} else {
		target, err = c.client.FindAliasTarget(ctx, c.job, cmd.String("secret-key"))
	}
	if err != nil {
		return err
	}
	c.key, c.changed = req.Key, true
	alias, err := c.client.CreateJobSecretAlias(ctx, c.job, target.ID, req)
	if err != nil {
		return err
	}
	return c.show(alias, c.table(*alias))
}

func (c *call) delete(ctx context.Context, cmd *cli.Command) error {
	key, status := cmd.String("key"), "deleted"
	found, err := c.client.FindJobSecret(ctx, c.job, key)
	if err == nil && found.Scope != api.VariableScopeJob {
		err = fmt.Errorf("%w: there is no such alias, only a secret of scope %s", api.ErrNotFound, found.Scope)
	}
	if err == nil {
		c.changed = true
		err = c.client.DeleteJobSecretAlias(ctx, c.job, found.ID)
	}
	if _, _, hint := classify(err); hint == "not_found in list" && cmd.Bool("if-exists") {
		status, err = "absent", nil
	}
	if err != nil {
		return err
	}
	return c.show(map[string]string{"key": key, "status": status}, status+" "+c.safe(key)+"\n")
}
