package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/urfave/cli/v3"

	"github.com/qovery-alias/qovery-alias-go/api"
)

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
	return kindOf(err) == "not_found" && asError(err).StatusCode == 0
}
