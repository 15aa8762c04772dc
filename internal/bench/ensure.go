package bench

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/qovery-alias/qovery-alias-go/api"
)

// The subjects of the comparison of many creates.
const (
	posted  = "hand-written POSTs"
	ensured = "EnsureJobSecretAliases"
)

// What is ensured where a target applies.
const (
	ofOne  = "1000 aliases of a secret"
	ofMany = "1000 aliases of 1000 secrets"
)

// bulkResult compares a call for many with the same written by hand.
type bulkResult struct {
	what, transport string
	*comparison
}

// compareEnsures measures EnsureJobSecretAliases against as many creates by the
// hand-written client, as many at once. In the first case all are aliases of the one
// secret that the job sees, and both are told its id. In the others, there is one of
// each of as many secrets, which are found in the list by their keys, while the
// hand-written client, which lists nothing, is told their ids.
func compareEnsures(e effort) ([]bulkResult, error) {
	var all []bulkResult
	for _, job := range []struct {
		what             string
		aliases, secrets int
		rounds           int
	}{
		{ofOne, 1_000, 1, e.rounds},
		{ofMany, 1_000, 1_000, e.rounds},
		{"10000 aliases of 10000 secrets", 10_000, 10_000, min(e.rounds, 5)},
	} {
		if job.aliases > e.aliases {
			continue
		}
		e := e
		e.rounds = job.rounds
		a, err := newResponses(job.secrets)
		if err != nil {
			return nil, err
		}
		for _, t := range []struct {
			name  string
			start func(*responses) *server
		}{{http1, startHTTP1}, {http2, startHTTP2}} {
			c, err := compareEnsuresOn(e, t.start(a), job.aliases)
			if err != nil {
				return nil, fmt.Errorf("%s, %s: %w", job.what, t.name, err)
			}
			all = append(all, bulkResult{job.what, t.name, c})
		}
	}
	return all, nil
}

func compareEnsuresOn(e effort, s *server, aliases int) (*comparison, error) {
	defer s.Close()
	create, err := newHandWritten(Endpoint{s.URL, token, &http.Client{Transport: s.newTransport()}})
	if err != nil {
		return nil, err
	}
	client, err := Endpoint{s.URL, token, &http.Client{Transport: s.newTransport()}}.client()
	if err != nil {
		return nil, err
	}
	a, specs := s.responses, specs(s.responses, aliases)
	byHand := func(int) error {
		aliases := make([]Alias, len(specs))
		return repeat(len(specs), parallel, func(i int) (err error) {
			target := a.secrets[i%len(a.secrets)].ID
			aliases[i], err = create(context.Background(), a.job, target, specs[i].Request.Key)
			return err
		})
	}
	return compare(e,
		subject{posted, func(n int) error { return repeat(n, 1, byHand) }},
		subject{ensured, func(n int) error { return repeat(n, 1, func(int) error { return ensure(client, a, specs) }) }})
}

// specs ask for so many aliases, of all secrets in turn, which are named by their keys
// where there are several.
func specs(a *responses, aliases int) []api.AliasSpec {
	specs := make([]api.AliasSpec, aliases)
	for i := range specs {
		specs[i].Request.Key = aliasKey(i)
		if target := a.secrets[i%len(a.secrets)]; len(a.secrets) > 1 {
			specs[i].SecretKey = target.Key
		} else {
			specs[i].SecretID = target.ID
		}
	}
	return specs
}

// ensure makes all aliases, none of which may be there.
func ensure(client *api.Client, a *responses, specs []api.AliasSpec) error {
	results, err := client.EnsureJobSecretAliases(context.Background(), a.job, specs)
	if err == nil && slices.ContainsFunc(results, func(r api.EnsureResult) bool { return !r.Created }) {
		err = errors.New("not all aliases have been created")
	}
	return err
}
