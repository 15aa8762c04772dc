package api

import (
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/qovery-alias/qovery-alias-go/generated"
	"github.com/qovery-alias/qovery-alias-go/internal/chain"
	"github.com/qovery-alias/qovery-alias-go/internal/credential"
	"github.com/qovery-alias/qovery-alias-go/internal/version"
)

// Option changes a default of NewClient.
type Option func(*chain.Chain) error

func newConfig(opts []Option) (chain.Chain, error) {
	c := chain.Chain{UserAgent: []string{userAgent()}, AttemptTimeout: 30 * time.Second, Retries: 3}
	defaults := []Option{WithBaseURL(generated.ServerURLQovery), WithHTTPClient(nil), WithBackoff(nil)}
	var errs []error
	for _, opt := range append(defaults, opts...) {
		if opt != nil {
			errs = append(errs, opt(&c))
		}
	}
	return c, errors.Join(errs...)
}

// WithBaseURL sets where the API is. Default: the server of the spec,
// https://api.qovery.com. Plain http is accepted for loopback addresses only; a
// path is kept and put in front of those of the operations.
func WithBaseURL(rawURL string) Option {
	return func(c *chain.Chain) (err error) {
		if c.Base, err = credential.BaseURL(rawURL); err != nil {
			return invalid("%w", err)
		}
		return nil
	}
}

// WithHTTPClient sets the client that sends the requests, for proxies, client
// certificates, or a RoundTripper that looks at the traffic. It is copied and
// never changed; its transport is used as it is, except that no redirect is
// followed. It must not retry by itself, nor change headers in place.
//
// nil stands for the default: a client with a transport of its own, which honours
// HTTPS_PROXY and NO_PROXY and has at most 8 connections to a host. Over HTTP/2 they
// serve any number of requests; over HTTP/1.1 they serve 8 at a time, and waiting for
// one counts as part of the attempt.
func WithHTTPClient(client *http.Client) Option {
	return func(c *chain.Chain) error {
		c.Client, c.OwnTransport = chain.NewClient(client, parallel), client == nil
		return nil
	}
}

// WithUserAgent puts product, such as "deployer/1.4", in front of the package's
// own User-Agent.
func WithUserAgent(product string) Option {
	return func(c *chain.Chain) error {
		if strings.ContainsFunc(product, func(r rune) bool { return r < ' ' || r > '~' }) {
			return invalid("the user agent holds a character other than printable ASCII")
		}
		c.UserAgent = []string{strings.TrimSpace(product + " " + userAgent())}
		return nil
	}
}

func userAgent() string { return "qovery-alias-go/" + version.Module() }

// WithAttemptTimeout bounds a single attempt, from dialling to the last byte of
// the answer. Default: 30 s. It must be above zero.
func WithAttemptTimeout(d time.Duration) Option {
	return func(c *chain.Chain) error {
		if d <= 0 {
			return invalid("the attempt timeout must be above zero, is %s", d)
		}
		c.AttemptTimeout = d
		return nil
	}
}

// WithRetries sets how many further attempts may follow the first. Default: 3;
// 0 means none. It must not be negative.
func WithRetries(n int) Option {
	return func(c *chain.Chain) error {
		if n < 0 {
			return invalid("the retries must not be negative, are %d", n)
		}
		c.Retries = n
		return nil
	}
}

// WithBackoff sets how long to wait before retry 1, 2, …, where the server does
// not say. It must be safe for concurrent use. nil stands for the default: a
// random time of up to 0.5 s, 1 s, 2 s, 4 s and from then on 8 s.
func WithBackoff(f func(retry int) time.Duration) Option {
	return func(c *chain.Chain) error {
		if c.Backoff = f; f == nil {
			c.Backoff = chain.FullJitter
		}
		return nil
	}
}

// WithLogger writes one record at Debug level for every attempt: the operation, the
// status (0: no answer), the number of the attempt and its duration. Default: none.
func WithLogger(l *slog.Logger) Option {
	return func(c *chain.Chain) error {
		c.Logger = l
		return nil
	}
}
