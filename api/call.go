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

// tries says how often a request is tried.
type tries struct {
	earlier int  // attempts of earlier calls for the same goal
	retries int  // further attempts of this call
	another bool // whether a further call may follow
}

// call sends a request, and again where an attempt failed for a transient reason and cannot
// have taken effect. err is why the request could not be built. decode decodes a response with
// the status of success.
func call[T any](
	ctx context.Context, c *Client, op operation, req *http.Request, err error, t tries,
	decode func(*exchange) (T, error),
) (value T, f *failure) {
	if err != nil {
		return value, op.unsent(invalid("%w", err))
	}
	for n := 1; ; n++ {
		started := time.Now()
		another := t.another || op.readOnly() && n <= t.retries
		x, f := c.attempt(ctx, op, req, another, func(x *exchange) (err error) {
			value, err = decode(x)
			return err
		})
		if c.logger != nil {
			c.log(ctx, req, t.earlier+n, time.Since(started), x, f)
		}
		if f == nil || f.mayHaveTakenEffect && !op.readOnly() || !f.transient || n > t.retries {
			return value, f
		}
		if !c.pause(ctx, n, f.RetryAfter) {
			f.Error = f.withContext(ctx)
			return value, f
		}
		if req.GetBody != nil {
			req.Body, _ = req.GetBody() // of what is in memory, which cannot fail
		}
	}
}

// pause waits before retry n: the backoff, or what the server asked for if that is longer.
// It reports whether the retry may be sent: not if the server asked for more than it is
// granted, nor if the context ends before.
func (c *Client) pause(ctx context.Context, n int, retryAfter time.Duration) bool {
	return retryAfter <= maxRetryAfter && sleep(ctx, max(c.backoff(n), retryAfter))
}

// sleep reports whether all of d passed before the context was over. It returns at once where
// the context's deadline comes first.
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

// jitteredBackoff is the default backoff: 0.5 s, doubled with each retry up to 8 s, half of
// it fixed and half random.
func jitteredBackoff(retry int) time.Duration {
	half := 250 * time.Millisecond << min(max(retry-1, 0), 4)
	return half + rand.N(half)
}

// Generated returns the generated client on the same attempts: its requests are signed and
// bounded, and those that only read are retried. A response is returned as it is: what its
// status means, and whether its body is what the API promises, is left to the caller. Where
// no complete response comes, the error is an *Error, with ErrOutcomeUnknown if a request
// that changes something may have taken effect. Each call returns a client of its own, so
// that changing one changes nothing else.
func (c *Client) Generated() *generated.ClientWithResponses {
	return &generated.ClientWithResponses{
		ClientInterface: &generated.Client{Server: c.base.String(), Client: doer{c}},
	}
}

// doer implements generated.HttpRequestDoer.
type doer struct{ *Client }

// Do sends a request that the generated client has built. The Request of the response is the
// one that is not signed.
func (d doer) Do(req *http.Request) (*http.Response, error) {
	op := operationOf(req.Method, "/"+strings.TrimPrefix(req.URL.Path, d.base.Path))
	t := tries{}
	if op.readOnly() {
		t.retries = d.retries
	}
	asItIs := func(x *exchange) (*exchange, error) { return x, nil }
	x, f := call(req.Context(), d.Client, op, req, nil, t, asItIs)
	switch {
	case f == nil:
	case f.exchange != nil && f.exchange.complete:
		x = f.exchange
	case f.mayHaveTakenEffect && !op.readOnly():
		return nil, f.unknown()
	default:
		return nil, f.Error
	}
	x.http.Request = req
	x.http.Body = io.NopCloser(bytes.NewReader(x.body))
	x.http.ContentLength = int64(len(x.body))
	return x.http, nil
}
