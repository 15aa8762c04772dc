package main

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/api"
	"github.com/qovery-alias/qovery-alias-go/internal/resolve"
)

func (c *call) create(ctx context.Context) error {
	var (
		secret    uuid.UUID
		secretKey string
		req       api.AliasRequest
		out       = asTable
	)
	f := c.apiFlags()
	byID := f.add("secret", uuidInto(&secret))
	byKey := f.add("secret-key", textInto(&secretKey))
	f.add("key", textInto(&req.Key)).required = true
	f.add("description", func(s string) error { req.Description = &s; return nil })
	f.add("interpolate-in-file", boolInto(&req.EnableInterpolationInFile)).boolean = true
	f.add("o", out.accept)
	if err := f.parseAlone(c.args); err != nil {
		return err
	}
	if err := exactlyOne(byID, byKey); err != nil {
		return err
	}
	client, err := c.client()
	if err != nil {
		return err
	}
	if secretKey != "" {
		if secret, err = secretOf(ctx, client, c.job, secretKey); err != nil {
			return err
		}
	}
	alias, err := client.CreateJobSecretAlias(ctx, c.job, secret, req)
	if err != nil {
		return err
	}
	return c.printResult(out.pick(alias, secretText(alias)))
}

// secretOf is the id of the secret that an alias for this key is to point to.
func secretOf(ctx context.Context, client *api.Client, job uuid.UUID, key string) (uuid.UUID, error) {
	secrets, err := client.ListJobSecrets(ctx, job)
	if err != nil {
		return uuid.Nil, err
	}
	if target := resolve.Targets(secrets)[key]; target != nil {
		return target.ID, nil
	}
	return uuid.Nil, fmt.Errorf("%w: %s", api.ErrNotFound, resolve.Unknown(secrets, key))
}
