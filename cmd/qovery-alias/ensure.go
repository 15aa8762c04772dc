package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/qovery-alias/qovery-alias-go/api"
)

func (c *call) ensure(ctx context.Context) error {
	out := asTable
	f := c.apiFlags()
	f.add("o", out.accept)
	pairs, err := f.parse(c.args)
	if err != nil {
		return err
	}
	specs, err := aliasSpecs(pairs)
	if err != nil {
		return err
	}
	client, err := c.client()
	if err != nil {
		return err
	}
	results, err := client.EnsureJobSecretAliases(ctx, c.job, specs)
	if len(results) == 0 {
		return err
	}
	reports := make([]report, len(results))
	for i, r := range results {
		reports[i] = newReport(specs[i].Request.Key, r)
	}
	return errors.Join(failure(results), c.printResult(out.pick(reports, reportsText(reports))))
}

// aliasSpecs reads arguments of the form ALIAS=SECRET_KEY; a SECRET_KEY may hold
// further equals signs.
func aliasSpecs(pairs []string) ([]api.AliasSpec, error) {
	if len(pairs) == 0 {
		return nil, wrong("at least one ALIAS=SECRET_KEY is required")
	}
	var specs []api.AliasSpec
	for _, pair := range pairs {
		alias, key, _ := strings.Cut(pair, "=")
		if alias == "" || key == "" {
			return nil, wrong("argument %q must have the form ALIAS=SECRET_KEY", pair)
		}
		specs = append(specs, api.AliasSpec{SecretKey: key, Request: api.AliasRequest{Key: alias}})
	}
	return specs, nil
}

// report is what became of one alias.
type report struct {
	Key    string      `json:"key"`
	Status string      `json:"status"`
	Secret *api.Secret `json:"secret,omitempty"`
	Error  string      `json:"error,omitempty"`
}

func newReport(key string, r api.EnsureResult) report {
	status := "failed"
	switch {
	case r.Err == nil && r.Created:
		status = "created"
	case r.Err == nil:
		status = "exists"
	case errors.Is(r.Err, api.ErrOutcomeUnknown):
		status = "unknown"
	case errors.Is(r.Err, api.ErrConflict):
		status = "conflict"
	}
	if r.Err != nil {
		return report{Key: key, Status: status, Error: describe(r.Err)}
	}
	return report{Key: key, Status: status, Secret: r.Secret}
}

// failure sums the results up, by the worst of them: an unknown outcome before an
// interruption before the first of the others. nil: all aliases are there.
func failure(results []api.EnsureResult) error {
	var worst error
	missing := 0
	for _, r := range results {
		if r.Err == nil {
			continue
		}
		missing++
		if worst == nil || severity(r.Err) > severity(worst) {
			worst = r.Err
		}
	}
	if worst == nil {
		return nil
	}
	return fmt.Errorf("%d of %d aliases not confirmed: %w", missing, len(results), worst)
}

func severity(err error) int {
	switch exitCode(err) {
	case exitUnknown:
		return 2
	case exitInterrupted:
		return 1
	default:
		return 0
	}
}
