package api

import (
	"bytes"
	"context"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"

	"github.com/qovery-alias/qovery-alias-go/generated"
)

// maxRetryAfter is the longest wait that a server is granted.
const maxRetryAfter = time.Minute

// call sends a request that only reads, and again if an attempt failed for a transient reason. A request
// that changes something is sent once. decode decodes a response with the status of success.
func (c *Client) call(
	ctx context.Context, op operation, req *http.Request, decode func(*exchange) error,
) (*exchange, *failure) {
	for n := 1; ; n++ {
		another := op.readOnly() && n <= c.retries
		x, f := c.attempt(ctx, op, req, n, another, decode)
		if f == nil || !f.transient || !another {
			return x, f
		}
		if !c.pause(ctx, n, f.RetryAfter) {
			f.Error = f.withContext(ctx)
			return x, f
		}
	}
}

// pause waits before retry n: the backoff, or what the server asked for if that is longer. It reports
// whether the retry may be sent: not if the server asked for more than it is granted, nor if the context
// ends before.
func (c *Client) pause(ctx context.Context, n int, retryAfter time.Duration) bool {
	return retryAfter <= maxRetryAfter && sleep(ctx, max(c.backoff(n), retryAfter))
}

// sleep reports whether all of d passed before the context was over. It returns at once if the context's
// deadline comes first.
func sleep(ctx context.Context, d time.Duration) bool {
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= d {
		return false
	}
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
	return ctx.Err() == nil
}

// jitteredBackoff is the default backoff: 0.5 s, doubled with each retry up to 8 s, half of it fixed and
// half random.
func jitteredBackoff(retry int) time.Duration {
	half := 250 * time.Millisecond << min(max(retry-1, 0), 4)
	return half + rand.N(half)
}

// Generated returns the generated client on the same attempts: its requests are signed and bounded, and
// those that only read are retried. A response is returned as it is: what its status means, and whether
// its body is what the API promises, is left to the caller. If no complete response comes, the error is
// an *Error, with ErrOutcomeUnknown if a request that changes something may have taken effect. Each call
// returns a client of its own, so that changing one changes nothing else.
func (c *Client) Generated() *generated.ClientWithResponses {
	return &generated.ClientWithResponses{
		ClientInterface: &generated.Client{Server: c.base.String(), Client: doer{c}},
	}
}

// doer implements generated.HttpRequestDoer.
type doer struct{ *Client }

// Do sends a request that the generated client has built. The Request of the response is the one that is
// not signed.
func (d doer) Do(req *http.Request) (*http.Response, error) {
	op := operationOf(req.Method, "/"+strings.TrimPrefix(req.URL.Path, d.base.Path))
	x, f := d.call(req.Context(), op, req, func(*exchange) error { return nil })
	switch {
	case f == nil, x.complete:
	case f.mayHaveTakenEffect && !op.readOnly():
		return nil, f.unknown()
	default:
		return nil, f.Error
	}
	x.response.Request = req
	x.response.Body = io.NopCloser(bytes.NewReader(x.body))
	x.response.ContentLength = int64(len(x.body))
	return x.response, nil
}
