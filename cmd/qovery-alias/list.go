package main

import (
	"cmp"
	"context"
	"slices"

	"github.com/qovery-alias/qovery-alias-go/api"
	"github.com/qovery-alias/qovery-alias-go/internal/resolve"
)

func (c *call) list(ctx context.Context) error {
	out := asTable
	f := c.apiFlags()
	f.add("o", out.accept)
	if err := f.parseAlone(c.args); err != nil {
		return err
	}
	client, err := c.client()
	if err != nil {
		return err
	}
	secrets, err := client.ListJobSecrets(ctx, c.job)
	if err != nil {
		return err
	}
	slices.SortStableFunc(secrets, func(a, b api.Secret) int {
		return cmp.Or(cmp.Compare(a.Key, b.Key), cmp.Compare(resolve.Rank(a.Scope), resolve.Rank(b.Scope)))
	})
	return c.print(out.pick(secrets, secretsText(secrets)))
}
