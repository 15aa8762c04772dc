package bench

import (
	"context"
	"errors"
	"fmt"
)

// atOnce are the numbers of creates under way that are measured.
var atOnce = []int{1, 64}

// createResult compares all contenders over one transport.
type createResult struct {
	transport string
	atOnce    int
	*comparison
}

// compareCreates measures the same create by all contenders.
func compareCreates(e effort) ([]createResult, error) {
	a, err := newResponses(1)
	if err != nil {
		return nil, err
	}
	var all []createResult
	for _, t := range transports {
		for _, n := range atOnce {
			c, err := compareOver(e, t, n, a)
			if err != nil {
				return nil, fmt.Errorf("%s, %d at once: %w", t.name, n, err)
			}
			all = append(all, createResult{t.name, n, c})
		}
	}
	return all, nil
}

func compareOver(e effort, t transport, atOnce int, a *responses) (*comparison, error) {
	at, shut := t.open(a)
	defer shut()
	var subjects []subject
	for _, c := range contenders() {
		create, err := c.connect(at)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.name, err)
		}
		subjects = append(subjects, subject{c.name, func(n int) error {
			return repeat(n, atOnce, func(int) error { return createOne(create, a) })
		}})
	}
	return compare(e, subjects...)
}

// createOne makes the alias that all contenders make, and sees to it that they did.
func createOne(create Create, a *responses) error {
	target := a.secrets[0].ID
	alias, err := create(context.Background(), a.job, target, aliasKey(0))
	if err == nil && (alias.Key != aliasKey(0) || alias.Target != target) {
		err = errors.New("another alias than the one asked for")
	}
	return err
}
