package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/api"
	"github.com/qovery-alias/qovery-alias-go/internal/resolve"
)

// deleteOperation is the api.Error.Operation of a deletion.
const deleteOperation = "deleteJobSecret"

func (c *call) delete(ctx context.Context) error {
	var (
		id  uuid.UUID
		key string
	)
	f := c.apiFlags()
	byKey := f.add("key", textInto(&key))
	byID := f.add("id", uuidInto(&id))
	if err := f.parseAlone(c.args); err != nil {
		return err
	}
	if err := exactlyOne(byKey, byID); err != nil {
		return err
	}
	client, err := c.client()
	if err != nil {
		return err
	}
	done := "deleted " + id.String()
	if key != "" {
		if id, err = ownSecret(ctx, client, c.job, key); err != nil {
			return err
		}
		done = fmt.Sprintf("deleted %s (%s)", printable(key), id)
	}
	err = client.DeleteJobSecretAlias(ctx, c.job, id)
	if isUnanswered(err) {
		return fmt.Errorf("%w: the alias may or may not be gone: %w", api.ErrOutcomeUnknown, err)
	}
	if err != nil {
		return err
	}
	return c.printResult(done + "\n")
}

// ownSecret is the id of the secret that has this key at job level.
func ownSecret(ctx context.Context, client *api.Client, job uuid.UUID, key string) (uuid.UUID, error) {
	secrets, err := client.ListJobSecrets(ctx, job)
	if err != nil {
		return uuid.Nil, err
	}
	switch found := resolve.Narrowest(secrets, key); {
	case found == nil:
		return uuid.Nil, fmt.Errorf("%w: %s", api.ErrNotFound, resolve.Unknown(secrets, key))
	case found.Scope != api.VariableScopeJob:
		return uuid.Nil, fmt.Errorf("%w: no alias %q at job level, only a secret of scope %s", api.ErrNotFound, key, found.Scope)
	default:
		return found.ID, nil
	}
}

// isUnanswered reports whether err is that of a deletion which may have reached the
// server, and to which no answer came.
func isUnanswered(err error) bool {
	var e *api.Error
	if !errors.As(err, &e) || e.Operation != deleteOperation || e.StatusCode != 0 {
		return false
	}
	for _, told := range []error{api.ErrNotSent, api.ErrInvalidRequest, api.ErrNotFound} {
		if errors.Is(err, told) {
			return false
		}
	}
	return true
}
