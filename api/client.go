package api

import (
	"net/http"
	"net/url"
	"time"
)

// Client calls the Qovery API. It is safe for concurrent use. Make one with NewClient and
// keep it: it keeps the connections.
type Client struct {
	config
	base   *url.URL
	header http.Header // of every request
}

// NewClient returns a client that signs with auth. It opens no connection. The error joins
// all that is wrong with auth and opts and matches ErrInvalidRequest.
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

// CloseIdleConnections closes the connections that are not in use now; with WithHTTPClient,
// those of that client's transport.
func (c *Client) CloseIdleConnections() { c.http.CloseIdleConnections() }
