package api

import (
	"cmp"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/qovery-alias/qovery-alias-go/generated"
)

// Client calls the Qovery API. It is safe for concurrent use. Make one with NewClient and keep it: it
// keeps the connections.
type Client struct {
	config
	base   *url.URL
	header http.Header // of every request
}

// NewClient returns a client that signs with auth. It opens no connection. The error joins all that is
// wrong with auth and opts and matches ErrInvalidRequest.
func NewClient(auth Auth, opts ...Option) (*Client, error) {
	c := &Client{config: config{auth: auth, attemptTimeout: 30 * time.Second, retries: 3}}
	for _, opt := range opts {
		if opt != nil {
			opt(&c.config)
		}
	}
	var err error
	if c.base, err = c.complete(); err != nil {
		return nil, err
	}
	c.header = http.Header{"Accept": {"application/json"}, "User-Agent": {c.userAgent}}
	return c, nil
}

// CloseIdleConnections closes the connections that are not in use now; with WithHTTPClient, those of that
// client's transport.
func (c *Client) CloseIdleConnections() { c.http.CloseIdleConnections() }

// config is what a Client is made from.
type config struct {
	auth           Auth
	server         string
	http           *http.Client
	userAgent      string
	attemptTimeout time.Duration
	retries        int
	backoff        func(retry int) time.Duration
	logger         *slog.Logger
}

// Option changes a default of NewClient. Of several that set the same, the last counts.
type Option func(*config)

// WithBaseURL sets the address of the API. Default, also for the empty string: the server of the spec,
// https://api.qovery.com. Plain http is accepted for loopback addresses only. A path is kept and put in
// front of those of the operations.
func WithBaseURL(url string) Option { return func(c *config) { c.server = url } }

// WithHTTPClient sets the client that sends the requests, for proxies, client certificates, or a
// RoundTripper that observes the traffic. It is copied and never changed. Its Transport and Jar are used,
// and its Timeout bounds an attempt too, if it is shorter; no redirect is followed. A nil Transport means
// http.DefaultTransport at the time of sending. The transport must not retry by itself.
//
// nil stands for the default: a client with a transport of its own, which honours HTTPS_PROXY and
// NO_PROXY, has at most 8 connections to a host, and closes idle ones after 15 s, before a load balancer
// does.
func WithHTTPClient(client *http.Client) Option { return func(c *config) { c.http = client } }

// WithUserAgent puts product, such as "deployer/1.4", in front of the package's own User-Agent.
func WithUserAgent(product string) Option { return func(c *config) { c.userAgent = product } }

// WithAttemptTimeout bounds a single attempt, from the token source to the last byte of the response.
// Default: 30 s. It must be above zero.
func WithAttemptTimeout(d time.Duration) Option { return func(c *config) { c.attemptTimeout = d } }

// WithRetries sets how many further attempts may follow the first. Default: 3; 0 means none. It must not
// be negative.
func WithRetries(n int) Option { return func(c *config) { c.retries = n } }

// WithBackoff sets how long to wait before retry 1, 2, …, and before a list that decides what became of a
// request, where the server does not ask for longer. It must be safe for concurrent use. nil stands for
// the default: jittered exponential backoff, 0.5 s doubled up to 8 s, half of it fixed and half random.
func WithBackoff(f func(retry int) time.Duration) Option { return func(c *config) { c.backoff = f } }

// WithLogger writes one record at Debug level for each attempt: operation, method, path, status (0: no
// response), attempt (its number), duration, request_id, and error where it failed. Default: none.
func WithLogger(l *slog.Logger) Option { return func(c *config) { c.logger = l } }

// complete fills in the defaults and returns the base URL, or all that is wrong.
func (c *config) complete() (*url.URL, error) {
	base, err := parseBaseURL(cmp.Or(c.server, generated.ServerURLQovery))
	errs := []error{c.auth.check(), err}
	if c.attemptTimeout <= 0 {
		errs = append(errs, invalid("the attempt timeout must be above zero, not %s", c.attemptTimeout))
	}
	if c.retries < 0 {
		errs = append(errs, invalid("the number of retries must not be negative, as %d is", c.retries))
	}
	if strings.ContainsFunc(c.userAgent, func(r rune) bool { return r < ' ' || r > '~' }) {
		errs = append(errs, invalid("the user agent contains a character that is not printable ASCII"))
	}
	c.userAgent = strings.TrimSpace(c.userAgent + " " + userAgent())
	if c.backoff == nil {
		c.backoff = jitteredBackoff
	}
	if c.http == nil {
		c.http = &http.Client{Transport: newTransport()}
	}
	if c.http = Ptr(*c.http); c.http.Timeout > 0 {
		c.attemptTimeout = min(c.attemptTimeout, c.http.Timeout)
	}
	return base, errors.Join(errs...)
}

// userAgent names this package and its version, devel where the build records none.
var userAgent = sync.OnceValue(func() string {
	version := "devel"
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range append(info.Deps, &info.Main) {
			if m.Path == "github.com/qovery-alias/qovery-alias-go" && len(m.Version) > 1 && m.Version[0] == 'v' {
				version = m.Version[1:]
			}
		}
	}
	return "qovery-alias-go/" + version
})
