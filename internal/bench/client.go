package bench

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/generated"
)

// Endpoint is where a client is to send its requests.
type Endpoint struct {
	URL   string // without a slash at the end
	Token string // an API token
	// HTTP is what the transport at hand demands. nil: the client's own default.
	HTTP *http.Client
}

// Create makes one alias and decodes the whole response. It must be safe for concurrent use
// and fail on everything but a 201.
type Create func(ctx context.Context, jobID, secretID uuid.UUID, key string) (Alias, error)

// Alias is what a response says of an alias.
type Alias struct {
	Key    string
	Target uuid.UUID // aliased_secret.id
}

func aliasOf(s *generated.Secret, err error) (Alias, error) {
	if err != nil {
		return Alias{}, err
	}
	return Alias{s.Key, s.AliasedSecret.ID}, nil
}

// contender is a client under measurement.
type contender struct {
	name    string
	connect func(Endpoint) (Create, error)
}

// The contenders that targets speak of.
const (
	handWritten   = "hand-written"
	bareGenerated = "bare generated"
	thisClient    = "api.Client"
	ogenClient    = "ogen"
)

var registry []contender

// Register adds a contender. Its result allows calling it in a variable declaration.
func Register(name string, connect func(Endpoint) (Create, error)) bool {
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
