package chain

import (
	"fmt"
	"net"
	"net/http"
	"time"
)

// NewClient returns a copy of the caller's client or, where that is nil, one with a
// transport of its own, which opens so many connections to a host at most. Its
// transport is never nil.
func NewClient(caller *http.Client, conns int) *http.Client {
	if caller == nil {
		caller = &http.Client{Transport: newTransport(conns)}
	}
	client := *caller
	if client.Transport == nil {
		client.Transport = http.DefaultTransport
	}
	return &client
}

func newTransport(conns int) *http.Transport {
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            (&net.Dialer{Timeout: 10 * time.Second}).DialContext,
		TLSHandshakeTimeout:    10 * time.Second,
		ForceAttemptHTTP2:      true,
		MaxConnsPerHost:        conns, // else it dials for a request that another's connection then serves
		MaxIdleConnsPerHost:    conns,
		IdleConnTimeout:        90 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
		// So that a connection which has died in silence is not used to settle with.
		HTTP2: &http.HTTP2Config{SendPingTimeout: 15 * time.Second, PingTimeout: 5 * time.Second},
	}
}

// roundTrip does what http.Client does for a single request, with its transport and its
// cookies. It knows nothing of redirects, so that none is followed.
func (c *Chain) roundTrip(req *http.Request) (*http.Response, error) {
	jar := c.Client.Jar
	if jar != nil {
		for _, cookie := range jar.Cookies(req.URL) {
			req.AddCookie(cookie)
		}
	}
	resp, err := c.Client.Transport.RoundTrip(req)
	switch {
	case err != nil:
		return nil, err
	case resp == nil:
		return nil, fmt.Errorf("the transport %T returned neither an answer nor an error", c.Client.Transport)
	case resp.Body == nil:
		resp.Body = http.NoBody
	}
	if jar != nil {
		jar.SetCookies(req.URL, resp.Cookies())
	}
	return resp, nil
}
