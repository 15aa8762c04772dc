package judge

import (
	"context"
	"errors"

	"github.com/qovery-alias/qovery-alias-go/api"
)

// Run makes one call of the client, and notes what it reports. A batch has several parts, any
// other call has one.
func (h *History) Run(ctx context.Context, client *api.Client, verb string, parts []*Call) {
	one := parts[0]
	ctx = In(ctx, one.ID)
	for _, c := range parts {
		c.Start = h.Now()
	}
	switch verb {
	case "create":
		one.Secret, one.Err = client.CreateJobSecretAlias(ctx, one.Job, one.Target, one.Request)
	case "ensure":
		one.Secret, one.Created, one.Err = client.EnsureJobSecretAlias(ctx, one.Job, one.Target, one.Request)
	case "batch":
		runBatch(ctx, client, parts)
	case "delete":
		one.Err = client.DeleteJobSecretAlias(ctx, one.Job, one.Target)
	case "list":
		one.Listed, one.Err = client.ListJobSecrets(ctx, one.Job)
	}
	for _, c := range parts {
		c.End = h.Now()
	}
}

func runBatch(ctx context.Context, client *api.Client, parts []*Call) {
	specs := make([]api.AliasSpec, len(parts))
	for i, c := range parts {
		specs[i] = api.AliasSpec{SecretID: c.Target, Request: c.Request}
		if c.TargetKey != "" {
			specs[i] = api.AliasSpec{SecretKey: c.TargetKey, Request: c.Request}
		}
	}
	results, err := client.EnsureJobSecretAliases(ctx, parts[0].Job, specs)
	for i, c := range parts {
		c.Err = errors.New("no result")
		if len(results) == len(parts) {
			c.Secret, c.Created, c.Err = results[i].Secret, results[i].Created, results[i].Err
		}
		if c.Err != nil && !errors.Is(err, c.Err) {
			c.Err = errors.New("the error of the batch does not contain that of the alias")
		}
	}
}
