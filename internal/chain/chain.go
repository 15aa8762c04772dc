// Package chain is the way of a request: the retries, and in each attempt the
// signature, the bounds on time and size, and the watch over how far it got. It
// knows HTTP and nothing of what the answers mean.
package chain

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"time"
)

// Chain sends requests. Its fields are set once, before the first Do.
type Chain struct {
	Base      *url.URL // requests that go elsewhere are refused
	UserAgent []string // the one value of the header
	// Sign adds the Authorization to a request and returns the token in it.
	Sign func(ctx context.Context, req *http.Request) (token string, err error)

	Client *http.Client
	// OwnTransport says that Client is from NewClient(nil), of which more can be proven.
	OwnTransport bool

	AttemptTimeout time.Duration
	Retries        int
	Backoff        func(retry int) time.Duration
	Logger         *slog.Logger // nil: none
}
