package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/api"
)

func (c *call) list(f *flags) runner {
	c.jobFlag(f)
	c.commonFlags(f)
	return func(ctx context.Context, _ []string) error {
		secrets, err := c.client.ListJobSecrets(ctx, c.job)
		if err != nil {
			return err
		}
		slices.SortStableFunc(secrets, func(a, b api.Secret) int {
			return cmp.Or(cmp.Compare(a.Key, b.Key), cmp.Compare(rank(a.Scope), rank(b.Scope)))
		})
		return c.show(secrets, secretsText(secrets...))
	}
}

// rank orders scopes from narrow to wide, as a job sees them. The scopes that are not
// named here belong to other services.
func rank(scope api.VariableScope) int {
	return map[api.VariableScope]int{api.VariableScopeJob: -1, api.VariableScopeEnvironment: 1,
		api.VariableScopeProject: 2, api.VariableScopeBuiltIn: 3}[scope]
}

func (c *call) create(f *flags) runner {
	var secret uuid.UUID
	var req api.AliasRequest
	c.jobFlag(f)
	f.value("secret", "`UUID` of the secret that the alias points to, or", id(&secret))
	f.value("secret-key", "`KEY` of that secret: the narrowest one that is not an\nalias, of a scope above the job's where there is one", text(&c.subject.secretKey))
	f.value("key", "`KEY` of the alias; keys are case sensitive", text(&c.subject.alias))
	f.value("description", "`TEXT` of a note, at most "+strconv.Itoa(api.MaxDescriptionLength)+" characters", func(s string) error { req.Description = &s; return nil })
	f.toggle("interpolate-in-file", "replace references to the alias inside secret files", func(b bool) { req.EnableInterpolationInFile = &b })
	c.commonFlags(f)
	f.required = append(f.required, []string{"secret", "secret-key"}, []string{"key"})
	return func(ctx context.Context, _ []string) error {
		if c.subject.secretKey != "" {
			target, err := c.client.FindAliasTarget(ctx, c.job, c.subject.secretKey)
			if err != nil {
				return err
			}
			secret = target.ID
		}
		req.Key = c.subject.alias
		c.state.Store(stateChanging)
		alias, err := c.client.CreateJobSecretAlias(ctx, c.job, secret, req)
		c.decided(err)
		if err != nil {
			return err
		}
		return c.show(alias, secretsText(*alias))
	}
}

// deletion is the result of a delete.
type deletion struct {
	Key    string    `json:"key,omitempty"`
	ID     uuid.UUID `json:"id,omitzero"`
	Status string    `json:"status"` // deleted or absent
}

func (c *call) delete(f *flags) runner {
	done, ifExists := deletion{Status: "deleted"}, false
	c.jobFlag(f)
	f.value("key", "`KEY` of the alias, or", text(&done.Key))
	f.value("id", "`UUID` of the alias", id(&done.ID))
	f.toggle("if-exists", "succeed if there is no such alias", func(b bool) { ifExists = b })
	c.commonFlags(f)
	f.required = append(f.required, []string{"key", "id"})
	return func(ctx context.Context, _ []string) (err error) {
		if c.subject.alias = done.Key; done.Key != "" {
			done.ID, err = c.ownSecret(ctx, done.Key)
		} else {
			c.subject.alias = done.ID.String()
		}
		if err == nil {
			c.state.Store(stateChanging)
			err = c.client.DeleteJobSecretAlias(ctx, c.job, done.ID)
			c.decided(err)
		}
		// The job's secrets were listed and have no such alias.
		absent := errors.Is(err, api.ErrNotFound) && !errors.Is(err, api.ErrOutcomeUnknown) && responseOf(err).StatusCode == 0
		if absent && ifExists {
			done.Status, err = "absent", nil
		}
		if err != nil {
			return err
		}
		return c.show(done, done.Status+" "+cell(c.subject.alias)+"\n")
	}
}

// ownSecret returns the id of the job's own secret of this key.
func (c *call) ownSecret(ctx context.Context, key string) (uuid.UUID, error) {
	found, err := c.client.FindJobSecret(ctx, c.job, key)
	if err == nil && found.Scope != api.VariableScopeJob {
		err = fmt.Errorf("%w: no alias %q at job level, only a secret of scope %s", api.ErrNotFound, key, found.Scope)
	}
	if err != nil {
		return uuid.Nil, err
	}
	return found.ID, nil
}
