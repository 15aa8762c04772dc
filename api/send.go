package api

import (
	"cmp"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"time"
)

// request is a request of an operation, and what to do with its response.
type request[T any] struct {
	op       *operation
	http     *http.Request
	buildErr error                                // why http could not be built
	asked    *aliasParams                         // what a new alias must be like; nil: no alias is created
	decode   func(*body, *aliasParams) (T, error) // reads and checks the documented success
	retries  int                                  // how many further attempts may follow the first
	resent   bool                                 // the caller may send it again: an attempt leaves time for that
	fresh    bool                                 // over a connection of its own, with the default transport

	body     []byte // of http
	attempts int    // so far
	token    string // of the latest attempt
	rejected string // the token that a 401 was the response to, while another one is tried
}

var errNoOtherToken = errors.New("the token source has no other token")

// send sends a request, and again what failed for a transient reason, unless it may have
// taken effect and is not one that only reads. It returns the decoded response or why
// there is none.
func send[T any](ctx context.Context, c *Client, r request[T]) (value T, e *Error) {
	if r.buildErr != nil {
		return value, failure(r.op, invalid("%w", r.buildErr))
	}
	if body := r.http.Body; body != nil {
		if r.http.GetBody == nil { // not in memory: reading may take long
			slow := &closedOnce{ReadCloser: body}
			defer context.AfterFunc(ctx, func() { slow.Close() })()
			body = slow
		}
		data, err := io.ReadAll(body)
		if body.Close(); err != nil {
			return value, (&exchange{op: r.op}).notSent(cmp.Or(contextError(ctx), err))
		}
		r.body = data
	}
	resent, renewed := r.resent, false
	for n := 1; ; n++ {
		before := e
		r.resent = resent || r.op.readOnly() && n <= r.retries
		value, e = attempt(ctx, c, &r)
		if e != nil && e.StatusCode == http.StatusUnauthorized && c.auth.isSource && !renewed && !e.mayHaveTakenEffect {
			renewed, r.rejected = true, r.token
			if v, again := attempt(ctx, c, &r); again == nil || again.unsent == nil || again.retryable {
				value, e = v, merge(e, again)
			} else {
				e = e.withContext(ctx)
			}
			r.rejected = ""
		}
		if e == nil {
			return value, nil
		}
		switch e = merge(before, e); {
		case e.mayHaveTakenEffect && !r.op.readOnly():
			return value, e.undecided()
		case !e.retryable || n > r.retries:
			return value, e
		case !c.pause(ctx, e, n):
			return value, e.withContext(ctx)
		}
		r.fresh = r.fresh || e.Timeout()
	}
}

// maxRetryAfter is the longest wait that a server is granted.
const maxRetryAfter = time.Minute

// pause waits before retry n of a request that failed with e: the backoff, or what the
// server asked for if that is longer. It reports whether the retry may be sent: not if the
// server asked for more than it is granted, or if the context ends before.
func (c *Client) pause(ctx context.Context, e *Error, n int) bool {
	return e.RetryAfter <= maxRetryAfter && sleep(ctx, max(c.backoff(n), e.RetryAfter))
}

// sleep reports whether all of d passed before the context was over. It does not wait for
// what cannot be.
func sleep(ctx context.Context, d time.Duration) bool {
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= d {
		return false
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
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
