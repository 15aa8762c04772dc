package api

import (
	"errors"
	"net/http"
	"time"

	"github.com/qovery-alias/qovery-alias-go/generated"
	"github.com/qovery-alias/qovery-alias-go/internal/chain"
)

// parallel is how many creates a call has under way at most, and so how many
// connections are worth having.
const parallel = 8

// Client calls the Qovery API. It is safe for concurrent use. Make one with
// NewClient and keep it: it holds the connections.
type Client struct {
	server  string
	http    *http.Client
	doer    generated.HttpRequestDoer
	api     generated.ClientInterface
	backoff func(retry int) time.Duration
}

// NewClient makes a client that signs with auth. It opens no connection. The error
// joins all that is wrong with auth and opts and matches ErrInvalidRequest.
func NewClient(auth Auth, opts ...Option) (*Client, error) {
	cfg, err := newConfig(opts)
	if err := errors.Join(auth.check(), err); err != nil {
		return nil, err
	}
	cfg.Sign = auth.sign
	c := &Client{server: cfg.Base.String(), http: cfg.Client, doer: newDoer(&cfg), backoff: cfg.Backoff}
	c.api = c.newGenerated()
	return c, nil
}

// Generated returns the generated client on top of the same chain: requests are
// signed, retried and limited, and every answer but the documented success is an
// *Error. Left out are the checks of what an answer holds, and the settling of a
// create whose answer was lost. Each call returns a new one, so that changing it
// changes nothing else.
func (c *Client) Generated() *generated.ClientWithResponses {
	return &generated.ClientWithResponses{ClientInterface: c.newGenerated()}
}

// CloseIdleConnections closes the connections that are not in use now; with
// WithHTTPClient, those of that client's transport.
func (c *Client) CloseIdleConnections() { c.http.CloseIdleConnections() }

func (c *Client) newGenerated() *generated.Client {
	return &generated.Client{Server: c.server, Client: c.doer}
}

// doer is the chain as the generated client sees it: it returns the documented
// success or an *Error.
type doer func(*http.Request) (*http.Response, error)

// Do implements generated.HttpRequestDoer.
func (d doer) Do(req *http.Request) (*http.Response, error) { return d(req) }

func newDoer(c *chain.Chain) doer {
	return func(req *http.Request) (*http.Response, error) {
		op := c.Operation(req, operations)
		if o := c.Do(op, req); o.Failed {
			return nil, newError(op, o, nil)
		} else {
			return o.Response(req), nil
		}
	}
}

// How much is read of an answer, after decompression.
const (
	singleLimit = 1 << 20
	listLimit   = 64 << 20
)

// The operations of the spec.
var (
	listJobSecrets = &chain.Operation{ID: "listJobSecrets", Method: http.MethodGet,
		Path: "/job/{jobId}/secret", Success: http.StatusOK, Limit: listLimit}
	deleteJobSecret = &chain.Operation{ID: "deleteJobSecret", Method: http.MethodDelete,
		Path: "/job/{jobId}/secret/{secretId}", Success: http.StatusNoContent, Limit: singleLimit}
	createJobSecretAlias = &chain.Operation{ID: "createJobSecretAlias", Method: http.MethodPost,
		Path: "/job/{jobId}/secret/{secretId}/alias", Success: http.StatusCreated, Limit: singleLimit}

	operations = []*chain.Operation{listJobSecrets, deleteJobSecret, createJobSecretAlias}
)
