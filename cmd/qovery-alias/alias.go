package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/urfave/cli/v3"

	"github.com/qovery-alias/qovery-alias-go/api"
)

func (c *call) listCommand() *cli.Command {
	return c.remoteCommand("list", "list the secrets that a job sees", c.list,
		boolFlag("aliases", "only those that are aliases"),
		textFlag("scope", "only those of this `SCOPE`, such as JOB or PROJECT"))
}

func (c *call) list(ctx context.Context, cmd *cli.Command) error {
	scope := api.VariableScope(strings.ToUpper(cmd.String("scope")))
	if scope != "" && !scope.Valid() {
		return wrong("--scope must be one such as JOB, ENVIRONMENT, PROJECT or BUILT_IN; it is %q", scope)
	}
	secrets, err := c.client.ListJobSecrets(ctx, c.job)
	if err != nil {
		return err
	}
	secrets = slices.DeleteFunc(secrets, func(s api.Secret) bool {
		return scope != "" && s.Scope != scope || cmd.Bool("aliases") && !api.IsAlias(s)
	})
	slices.SortStableFunc(secrets, func(a, b api.Secret) int { return cmp.Compare(a.Key, b.Key) })
	c.show(secrets, c.secretsText(secrets...))
	return nil
}

func (c *call) createCommand() *cli.Command {
	key := textFlag("key", "`KEY` of the alias; keys are case sensitive")
	key.Required = true
	cmd := c.remoteCommand("create", "create an alias", c.create, key,
		textFlag("description", fmt.Sprintf("`TEXT` of a note, at most %d characters", api.MaxDescriptionLength)),
		boolFlag("interpolate-in-file", "replace references to the alias inside secret files"))
	cmd.MutuallyExclusiveFlags = oneOf(textFlag("secret", "`UUID` of the secret that the alias points to, or"),
		textFlag("secret-key", "`KEY` of that secret"))
	return cmd
}

func (c *call) create(ctx context.Context, cmd *cli.Command) (err error) {
	c.about = subject{cmd.String("key"), cmd.String("secret-key")}
	req := api.AliasRequest{Key: c.about.alias}
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
		target, err = c.client.FindAliasTarget(ctx, c.job, c.about.secretKey)
	}
	if err != nil {
		return err
	}
	c.changing.Store(true)
	alias, err := c.client.CreateJobSecretAlias(ctx, c.job, target.ID, req)
	if err != nil {
		return err
	}
	c.show(alias, c.secretsText(*alias))
	return nil
}

func (c *call) deleteCommand() *cli.Command {
	cmd := c.remoteCommand("delete", "delete an alias, and nothing else", c.delete,
		boolFlag("if-exists", "succeed if there is no such alias"))
	cmd.MutuallyExclusiveFlags = oneOf(textFlag("key", "`KEY` of the alias, or"), textFlag("id", "`UUID` of the alias"))
	return cmd
}

// deletion is the result of a delete.
type deletion struct {
	Key    string    `json:"key,omitempty"`
	ID     uuid.UUID `json:"id,omitzero"`
	Status string    `json:"status"` // deleted or absent
}

func (c *call) delete(ctx context.Context, cmd *cli.Command) (err error) {
	done := deletion{Key: cmd.String("key"), Status: "deleted"}
	if c.about.alias = cmp.Or(done.Key, cmd.String("id")); done.Key == "" {
		done.ID, err = parseID(cmd, "id")
	} else {
		done.ID, err = c.ownSecret(ctx, done.Key)
	}
	if err == nil {
		c.changing.Store(true)
		err = c.client.DeleteJobSecretAlias(ctx, c.job, done.ID)
	}
	if isAbsent(err) && cmd.Bool("if-exists") {
		done.Status, err = "absent", nil
	}
	if err == nil {
		c.show(done, done.Status+" "+c.cell(c.about.alias)+"\n")
	}
	return err
}

// ownSecret returns the id of the job's own secret of this key.
func (c *call) ownSecret(ctx context.Context, key string) (uuid.UUID, error) {
	found, err := c.client.FindJobSecret(ctx, c.job, key)
	if err != nil {
		return uuid.Nil, err
	}
	if found.Scope != api.VariableScopeJob {
		return uuid.Nil, fmt.Errorf("%w: no alias %q, only a secret of scope %q", api.ErrNotFound, key, found.Scope)
	}
	return found.ID, nil
}

// isAbsent reports whether the job's secrets were listed and have no such alias.
func isAbsent(err error) bool {
	return errors.Is(err, api.ErrNotFound) && !errors.Is(err, api.ErrOutcomeUnknown) && asError(err).StatusCode == 0
}
