package api

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync/atomic"
	"time"
)

// maxConcurrent is the maximum number of concurrent requests of a call, and so of the connections that
// are worth having.
const maxConcurrent = 8

// newTransport returns the default transport.
func newTransport() *http.Transport {
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            (&net.Dialer{Timeout: 10 * time.Second}).DialContext,
		TLSHandshakeTimeout:    10 * time.Second,
		ForceAttemptHTTP2:      true,
		MaxConnsPerHost:        maxConcurrent,
		MaxIdleConnsPerHost:    maxConcurrent,
		MaxResponseHeaderBytes: 64 << 10,
		// Load balancers close idle connections after 60 s, and sooner.
		IdleConnTimeout: 15 * time.Second,
		// A connection that died in silence is noticed while a response is awaited.
		HTTP2: &http.HTTP2Config{SendPingTimeout: 5 * time.Second, PingTimeout: 3 * time.Second},
	}
}

// transport returns what sends the requests.
func (c *Client) transport() http.RoundTripper {
	return cmp.Or(c.http.Transport, http.DefaultTransport)
}

// roundTrip sends the request as http.Client does, but follows no redirect.
func (c *Client) roundTrip(x *exchange) error {
	if c.http.Jar != nil {
		for _, cookie := range c.http.Jar.Cookies(x.request.URL) {
			x.request.AddCookie(cookie)
		}
	}
	resp, err := c.transport().RoundTrip(x.request)
	if err == nil && resp == nil {
		err = errors.New("the RoundTripper returned no response and no error")
	}
	if err != nil {
		return err
	}
	if x.response = resp; resp.Body == nil {
		resp.Body = http.NoBody
	}
	if c.http.Jar != nil {
		c.http.Jar.SetCookies(x.request.URL, resp.Cookies())
	}
	return nil
}

// connection is what is known of the connection of a request.
type connection struct {
	asked, got atomic.Bool
	hooks      httptrace.ClientTrace
}

// trace returns a context for a request whose connection is observed.
func (conn *connection) trace(ctx context.Context) context.Context {
	conn.hooks.GetConn = func(string) { conn.asked.Store(true) }
	conn.hooks.GotConn = func(httptrace.GotConnInfo) { conn.got.Store(true) }
	return httptrace.WithClientTrace(ctx, &conn.hooks)
}

// provesUnsent reports whether err means that nothing of a request was sent: net/http had no connection
// for it, or err says so. A transport of the caller's need not send with a trace. A request without a
// body may be one that net/http repeats, and so has sent before.
func (conn *connection) provesUnsent(via http.RoundTripper, req *http.Request, err error) bool {
	got := conn.got.Load()
	if transport, direct := via.(*http.Transport); direct && !got {
		if conn.asked.Load() || strings.HasPrefix(err.Error(), "net/http: invalid header") {
			return true
		}
		if transport.Proxy != nil {
			if _, err := transport.Proxy(req); err != nil {
				return true
			}
		}
	}
	var op *net.OpError
	return (req.Body != nil || !got) && (isUntrusted(err) || errors.As(err, new(*net.DNSError)) ||
		errors.As(err, &op) && (op.Op == "dial" || op.Op == "proxyconnect"))
}

// isPermanent reports whether a request that could not be sent would fail the next time too: the server's
// certificate is not trusted, or the proxy wants to be told who asks.
func isPermanent(err error) bool {
	return isUntrusted(err) || strings.Contains(err.Error(), http.StatusText(http.StatusProxyAuthRequired))
}

// isUntrusted reports whether the server's certificate was refused.
func isUntrusted(err error) bool {
	return errors.As(err, new(*tls.CertificateVerificationError)) ||
		errors.As(err, new(x509.UnknownAuthorityError)) ||
		errors.As(err, new(x509.HostnameError)) ||
		errors.As(err, new(x509.CertificateInvalidError))
}
