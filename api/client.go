package api

import (
	"bytes"
	"io"
	"net/http"
	"path"
	"strings"

	"github.com/qovery-alias/qovery-alias-go/generated"
)

// Client calls the Qovery API. It is safe for concurrent use. Make one with NewClient and
// keep it: it keeps the connections.
type Client struct{ config }

// NewClient makes a client that signs with auth. It opens no connection. The error joins
// all that is wrong with auth and opts and matches ErrInvalidRequest.
func NewClient(auth Auth, opts ...Option) (*Client, error) {
	cfg, err := newConfig(auth, opts)
	if err != nil {
		return nil, err
	}
	return &Client{cfg}, nil
}

// CloseIdleConnections closes the connections that are not in use now; with
// WithHTTPClient, those of that client's transport.
func (c *Client) CloseIdleConnections() {
	c.http.CloseIdleConnections()
	if c.fresh != nil {
		c.fresh.CloseIdleConnections()
	}
}

// transport is the one that a request goes through.
func (c *Client) transport(fresh bool) http.RoundTripper {
	if fresh && c.fresh != nil {
		return c.fresh
	}
	return c.http.Transport
}

// Generated returns the generated client on top of the same sender: requests are signed,
// retried and limited, and every response but the documented success is an *Error, with
// ErrOutcomeUnknown where a request that changes something may have taken effect. Left out
// are the checks of what a body contains, and the settling of requests without a response.
// Each call returns a new one, so that changing it changes nothing else.
func (c *Client) Generated() *generated.ClientWithResponses {
	return &generated.ClientWithResponses{ClientInterface: &generated.Client{Server: c.server, Client: doer(c.do)}}
}

// doer implements generated.HttpRequestDoer.
type doer func(*http.Request) (*http.Response, error)

func (d doer) Do(req *http.Request) (*http.Response, error) { return d(req) }

// do sends a request that the generated client has made. Its response has been read, and
// its own request is the one that is not signed.
func (c *Client) do(req *http.Request) (*http.Response, error) {
	r := request[*http.Response]{op: c.operationOf(req), http: req, retries: c.retries}
	r.decode = func(b *body, _ *aliasParams) (*http.Response, error) {
		text, err := b.all()
		resp := *b.resp
		resp.Request, resp.Body, resp.ContentLength = req, io.NopCloser(bytes.NewReader(text)), int64(len(text))
		return &resp, err
	}
	resp, e := send(req.Context(), c, r)
	return resp, e.orNil()
}

// operationOf finds the operation of a request by its method and path.
func (c *Client) operationOf(req *http.Request) *operation {
	below := "/" + strings.TrimPrefix(req.URL.Path, c.base.Path)
	for _, op := range operations {
		if is, _ := path.Match(op.path, below); is && op.method == req.Method {
			return op
		}
	}
	return &operation{id: "request", method: req.Method}
}
