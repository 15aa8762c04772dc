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

// maxConcurrent is the maximum number of concurrent requests of a call, and so of the
// connections that are worth having.
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

// roundTrip sends a signed request as http.Client does, but follows no redirect.
func (c *Client) roundTrip(req *http.Request) (*response, error) {
	if c.http.Jar != nil {
		for _, cookie := range c.http.Jar.Cookies(req.URL) {
			req.AddCookie(cookie)
		}
	}
	resp, err := c.transport().RoundTrip(req)
	if err == nil && resp == nil {
		err = errors.New("the RoundTripper returned no response and no error")
	}
	if err != nil {
		return nil, err
	}
	if resp.Body == nil {
		resp.Body = http.NoBody
	}
	if c.http.Jar != nil {
		c.http.Jar.SetCookies(req.URL, resp.Cookies())
	}
	return &response{http: resp, authorization: req.Header.Get("Authorization")}, nil
}

// connection is what is known of the connection of a request.
type connection struct {
	transport  http.RoundTripper
	asked, got atomic.Bool
}

func (conn *connection) observe(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(string) { conn.asked.Store(true) },
		GotConn: func(httptrace.GotConnInfo) { conn.got.Store(true) },
	})
}

// provesUnsent reports whether err means that nothing of a request was sent: net/http had no
// connection for it, or err says so. Not every transport sends with a trace, and net/http may
// have repeated a request without a body, and so have sent it before.
func (conn *connection) provesUnsent(req *http.Request, err error) bool {
	got := conn.got.Load()
	if transport, direct := conn.transport.(*http.Transport); direct && !got {
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

// isPermanent reports whether a request that could not be sent would fail the next time too:
// the server's certificate is not trusted, or the proxy wants to be told who asks.
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
