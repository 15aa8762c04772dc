package api

import (
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

// config is what a Client is made from. It is set once, by NewClient.
type config struct {
	auth           Auth
	server         string   // the base URL
	base           *url.URL // requests that go elsewhere are refused
	target         string   // its host:port
	http           *http.Client
	fresh          *http.Transport // with the default transport: one that keeps no connections
	userAgent      []string        // the one value of the header
	attemptTimeout time.Duration
	retries        int
	backoff        func(retry int) time.Duration
	ownBackoff     bool // backoff is the caller's
	logger         *slog.Logger
}

// Option changes a default of NewClient. Of several that set the same, the last counts.
type Option func(*config)

func newConfig(auth Auth, opts []Option) (config, error) {
	c := config{auth: auth, server: generated.ServerURLQovery, userAgent: []string{""}, attemptTimeout: 30 * time.Second, retries: 3}
	for _, opt := range opts {
		if opt != nil {
			opt(&c)
		}
	}
	base, err := parseBaseURL(c.server)
	errs := []error{auth.check(), err}
	if c.attemptTimeout <= 0 {
		errs = append(errs, invalid("the attempt timeout must be above zero, is %s", c.attemptTimeout))
	}
	if c.retries < 0 {
		errs = append(errs, invalid("the retries must not be negative, are %d", c.retries))
	}
	if strings.ContainsFunc(c.userAgent[0], func(r rune) bool { return r < ' ' || r > '~' }) {
		errs = append(errs, invalid("the user agent contains a character other than printable ASCII"))
	}
	if err := errors.Join(errs...); err != nil {
		return config{}, err
	}
	c.base, c.server, c.target = base, base.String(), base.Host
	if base.Port() == "" {
		c.target += map[string]string{"http": ":80", "https": ":443"}[base.Scheme]
	}
	c.setHTTPClient()
	c.userAgent[0] = strings.TrimSpace(c.userAgent[0] + " " + userAgent())
	if c.ownBackoff = c.backoff != nil; !c.ownBackoff {
		c.backoff = jitteredBackoff
	}
	return c, nil
}

// WithBaseURL sets where the API is. Default: the server of the spec,
// https://api.qovery.com. Plain http is accepted for loopback addresses only; a path is
// kept and put in front of those of the operations.
func WithBaseURL(url string) Option { return func(c *config) { c.server = url } }

// WithHTTPClient sets the client that sends the requests, for proxies, client
// certificates, or a RoundTripper that looks at the traffic. It is copied and never
// changed. Its Transport and Jar are used, and its Timeout bounds an attempt too, if it is
// shorter; no redirect is followed, whatever its CheckRedirect. The transport must not
// retry by itself, nor change headers in place.
//
// nil stands for the default: a client with a transport of its own, which honours
// HTTPS_PROXY and NO_PROXY and has at most 8 connections to a host. Over HTTP/2 they serve
// any number of requests; over HTTP/1.1 they serve 8 at a time, and waiting for one counts
// as part of the attempt. Idle ones are closed after 15 s, before a load balancer does.
// With it, a list that settles a request, and a GET or DELETE repeated after a timeout, go
// over a connection of their own.
func WithHTTPClient(client *http.Client) Option { return func(c *config) { c.http = client } }

// WithUserAgent puts product, such as "deployer/1.4", in front of the package's own
// User-Agent.
func WithUserAgent(product string) Option {
	return func(c *config) { c.userAgent = []string{product} }
}

// WithAttemptTimeout bounds a single attempt, from dialling to the last byte of the
// response. Default: 30 s. It must be above zero.
func WithAttemptTimeout(d time.Duration) Option { return func(c *config) { c.attemptTimeout = d } }

// WithRetries sets how many further attempts may follow the first. Default: 3; 0 means
// none. It must not be negative.
func WithRetries(n int) Option { return func(c *config) { c.retries = n } }

// WithBackoff sets how long to wait before retry 1, 2, …, where the server does not ask
// for longer, and between the lists of settling. It must be safe for concurrent use. nil
// stands for the default: jittered exponential backoff, 0.5 s doubled up to 8 s, half of
// it fixed and half random.
func WithBackoff(f func(retry int) time.Duration) Option {
	return func(c *config) { c.backoff = f }
}

// WithLogger writes one record at Debug level for every attempt: operation, status (0: no
// response), attempt (its number), duration, request_id, and error where it failed.
// Default: none.
func WithLogger(l *slog.Logger) Option { return func(c *config) { c.logger = l } }

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
