package chain

import (
	"net"
	"net/http"
	"time"
)

// NewClient returns the client that sends: a copy of the caller's, or where that is
// nil one with a transport of its own, in both cases one that follows no redirect.
func NewClient(caller *http.Client, idleConns int) *http.Client {
	if caller == nil {
		caller = &http.Client{Transport: newTransport(idleConns)}
	}
	client := *caller
	if client.Transport == nil {
		client.Transport = http.DefaultTransport
	}
	client.Transport = noRedirect{client.Transport}
	return &client
}

func newTransport(idleConns int) *http.Transport {
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            (&net.Dialer{Timeout: 10 * time.Second}).DialContext,
		TLSHandshakeTimeout:    10 * time.Second,
		ForceAttemptHTTP2:      true,
		MaxIdleConnsPerHost:    idleConns,
		IdleConnTimeout:        90 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
	}
}

// noRedirect takes the Location out of redirects, so that net/http neither follows
// one nor fails on one that it cannot parse: the answer comes back as it is.
type noRedirect struct{ http.RoundTripper }

func (t noRedirect) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := t.RoundTripper.RoundTrip(req)
	if resp != nil && resp.StatusCode/100 == 3 {
		resp.Header.Del("Location")
	}
	return resp, err
}

// CloseIdleConnections is what http.Client looks for in a transport.
func (t noRedirect) CloseIdleConnections() {
	if closer, ok := t.RoundTripper.(interface{ CloseIdleConnections() }); ok {
		closer.CloseIdleConnections()
	}
}
