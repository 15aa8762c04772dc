package api

import (
	"fmt"
	"net"
	"net/http"
	"time"
)

// newTransport makes the default transport.
func newTransport() *http.Transport {
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            (&net.Dialer{Timeout: 10 * time.Second}).DialContext,
		TLSHandshakeTimeout:    10 * time.Second,
		ForceAttemptHTTP2:      true,
		MaxConnsPerHost:        maxInFlight, // else it dials for a request that another's connection then serves
		MaxIdleConnsPerHost:    maxInFlight,
		MaxResponseHeaderBytes: 64 << 10,
		// Load balancers close idle connections after 60 s, and more commonly sooner. A
		// connection that they close while a POST leaves on it costs that POST its response.
		IdleConnTimeout: 15 * time.Second,
		// A connection that died in silence is found out while a response is awaited.
		HTTP2: &http.HTTP2Config{SendPingTimeout: 10 * time.Second, PingTimeout: 5 * time.Second},
	}
}

// setHTTPClient makes the client send with a copy of the caller's or, where that is nil,
// with a transport of its own.
func (c *config) setHTTPClient() {
	if c.http == nil {
		own := newTransport()
		c.http = &http.Client{Transport: own}
		c.fresh = own.Clone()
		c.fresh.DisableKeepAlives = true
	}
	client := *c.http
	if c.http = &client; client.Transport == nil {
		client.Transport = http.DefaultTransport
	}
}

// roundTrip does what http.Client does for a single request, with its transport and its
// cookies. It knows nothing of redirects, so that none is followed.
func (c *Client) roundTrip(req *http.Request, transport http.RoundTripper) (*http.Response, error) {
	jar := c.http.Jar
	if jar != nil {
		for _, cookie := range jar.Cookies(req.URL) {
			req.AddCookie(cookie)
		}
	}
	resp, err := transport.RoundTrip(req)
	switch {
	case err != nil:
		return nil, err
	case resp == nil:
		return nil, fmt.Errorf("the transport %T returned neither a response nor an error", transport)
	case resp.Body == nil:
		resp.Body = http.NoBody
	}
	if jar != nil {
		jar.SetCookies(req.URL, resp.Cookies())
	}
	return resp, nil
}
