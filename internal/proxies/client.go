package main

import (
	"context"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/api"
)

// outcome is what a client tells its user of an alias.
type outcome int

const (
	failed outcome = iota
	done
	conflict
	unknown
)

// endpoint is where a client is to send its requests. Its certificate is trusted.
type endpoint struct{ url, token string }

// makeAlias makes one alias. It must be safe for concurrent use, pass its context on to
// every request, and send each through a watched transport or log it to a recorder.
type makeAlias func(ctx context.Context, jobID, secretID uuid.UUID, key string) outcome

// contender is a client under comparison.
type contender struct {
	name    string
	ours    bool // a wrong report fails the run
	connect func(endpoint) (makeAlias, error)
}

var registry []contender

// register adds a contender. Its result allows calling it in a variable declaration.
func register(c contender) bool {
	registry = append(registry, c)
	return true
}

// contenders are all that are registered, by name, ours last.
func contenders() []contender {
	return slices.SortedFunc(slices.Values(registry), func(a, b contender) int {
		switch {
		case a.ours != b.ours && a.ours:
			return 1
		case a.ours != b.ours:
			return -1
		}
		return strings.Compare(a.name, b.name)
	})
}

// told is what a client of this repository tells its user.
func told(err error) outcome {
	switch sentinel(err) {
	case "":
		if err == nil {
			return done
		}
	case "unknown":
		return unknown
	case "conflict":
		return conflict
	}
	return failed
}

func (at endpoint) client() (*api.Client, error) {
	return api.NewClient(api.APIToken(at.token), api.WithBaseURL(at.url), api.WithLogger(recorderLogger))
}
