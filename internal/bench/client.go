package main

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/generated"
)

// endpoint is where a client is to send its requests.
type endpoint struct {
	url   string // without a slash at the end
	token string // an API token
	// http is what the transport at hand demands. nil: the client's own default.
	http *http.Client
}

// create makes one alias and returns what the server responded. It must be safe for
// concurrent use and fail on everything but a 201.
type create func(ctx context.Context, jobID, secretID uuid.UUID, req generated.SecretAliasRequest) (*generated.Secret, error)

// contender is a client under measurement.
type contender struct {
	name    string
	connect func(endpoint) (create, error)
}

// The contenders that targets speak of.
const (
	handWritten   = "hand-written"
	bareGenerated = "bare generated"
	thisClient    = "api.Client"
)

var registry []contender

// register adds a contender. Its result allows calling it in a variable declaration.
func register(name string, connect func(endpoint) (create, error)) bool {
	registry = append(registry, contender{name, connect})
	return true
}

// contenders are all that are registered, by name, the one that the others are
// measured against first.
func contenders() []contender {
	return slices.SortedFunc(slices.Values(registry), func(a, b contender) int {
		switch {
		case a.name == handWritten:
			return -1
		case b.name == handWritten:
			return 1
		}
		return strings.Compare(a.name, b.name)
	})
}
