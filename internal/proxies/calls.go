package main

import (
	"context"
	"time"

	"github.com/qovery-alias/qovery-alias-go/api"
)

// run makes the call within its timeout, and notes its attempts and how long it took.
func (c *call) run(ctx context.Context, do func(context.Context)) {
	ctx = c.attempts.in(ctx)
	if c.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, c.timeout)
		defer cancel()
	}
	start := time.Now()
	do(ctx)
	c.took, c.done = time.Since(start), true
}

// by has the client do what the call asks for, and notes what it reports.
func (c *call) by(ctx context.Context, client *api.Client) {
	a := c.aliases[0]
	switch c.verb {
	case create:
		_, a.err = client.CreateJobSecretAlias(ctx, c.job.id, a.target, a.request())
	case ensure:
		_, a.created, a.err = client.EnsureJobSecretAlias(ctx, c.job.id, a.target, a.request())
	case batch:
		c.runBatch(ctx, client)
	case remove:
		a.err = client.DeleteJobSecretAlias(ctx, c.job.id, a.id)
	case list:
		var secrets []api.Secret
		secrets, a.err = client.ListJobSecrets(ctx, c.job.id)
		a.after = a.state(secrets)
	}
}

func (c *call) runBatch(ctx context.Context, client *api.Client) {
	specs := make([]api.AliasSpec, len(c.aliases))
	for i, a := range c.aliases {
		specs[i] = api.AliasSpec{SecretID: a.target, Request: a.request()}
	}
	results, err := client.EnsureJobSecretAliases(ctx, c.job.id, specs)
	for i, a := range c.aliases {
		if a.err = err; i < len(results) {
			a.created, a.err = results[i].Created, results[i].Err
		}
	}
}

func (a *alias) request() api.AliasRequest {
	return api.AliasRequest{Key: a.key, Description: a.text}
}

// settle notes what became of the aliases of all calls.
func settle(s *server, calls []*call) {
	secrets := map[job][]api.Secret{}
	for _, c := range calls {
		if _, ok := secrets[c.job]; !ok {
			secrets[c.job] = s.fake.Secrets(c.job.id)
		}
		for _, a := range c.aliases {
			if c.verb != list {
				a.after = a.state(secrets[c.job])
			}
			a.effects = s.effectsOf(jobKey{c.job.id, a.key})
		}
	}
}
