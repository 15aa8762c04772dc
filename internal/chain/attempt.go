package chain

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"time"
)

var acceptJSON = []string{"application/json"}

// attempt is the nth time that the request is sent, in a copy that is signed anew.
func (c *Chain) attempt(op *Operation, req *http.Request, n int) *Outcome {
	if req.URL.Scheme != c.Base.Scheme || req.URL.Host != c.Base.Host || req.Host != "" && req.Host != c.Base.Host || req.URL.Opaque != "" {
		return unsent(errors.New("the request goes to another host than the configured one"))
	}
	timeout := c.AttemptTimeout
	if c.Client.Timeout > 0 {
		timeout = min(timeout, c.Client.Timeout)
	}
	if deadline, ok := req.Context().Deadline(); ok && !op.Idempotent() {
		// If the answer is lost it has to be found out: a quarter is kept for that.
		left := time.Until(deadline)
		timeout = min(timeout, left-left/4)
	}
	ctx, cancel := context.WithTimeout(req.Context(), timeout)
	defer cancel()
	watch := &watch{cancel: cancel, conclusive: c.OwnTransport}

	signed := req.WithContext(watch.trace(ctx, c.Client.Transport))
	signed.Header = make(http.Header, len(req.Header)+3)
	maps.Copy(signed.Header, req.Header)
	signed.Header["Accept"], signed.Header["User-Agent"] = acceptJSON, c.UserAgent
	// net/http takes these for a promise that a POST may be repeated.
	delete(signed.Header, "Idempotency-Key")
	delete(signed.Header, "X-Idempotency-Key")
	token, err := c.Sign(ctx, signed)
	if err == nil {
		err = req.Context().Err()
	}
	if err != nil {
		return unsent((&Outcome{}).opaque(err))
	}
	if n > 1 && req.GetBody != nil {
		if signed.Body, err = req.GetBody(); err != nil {
			return unsent(err)
		}
	}

	o := c.exchange(req.Context(), op, signed)
	o.token = token
	if o.Err != nil {
		o.Unsent = o.Header == nil && !watch.possible()
		o.Err = o.opaque(o.Err)
		switch over := req.Context().Err(); {
		case over != nil && !errors.Is(o.Err, over):
			o.Err = fmt.Errorf("%w: %w", over, o.Err)
		case over == nil && ctx.Err() == context.DeadlineExceeded:
			o.Err = fmt.Errorf("no complete answer within %s", timeout.Round(time.Millisecond))
			if o.Unsent {
				o.Err = fmt.Errorf("no connection within %s", timeout.Round(time.Millisecond))
			}
		case over == nil && watch.refused.Load():
			o.Err = errors.New("the HTTP/2 connection ended before the answer")
		}
	}
	return o
}

// unsent is the outcome of a request that did not leave, and would not next time.
func unsent(err error) *Outcome { return &Outcome{Err: err, Unsent: true, Failed: true} }

// exchange sends the request and reads its answer. caller is the context of the call.
func (c *Chain) exchange(caller context.Context, op *Operation, req *http.Request) *Outcome {
	resp, err := c.roundTrip(req)
	if err != nil {
		return &Outcome{Err: err, Failed: true, Transient: true}
	}
	defer resp.Body.Close()
	o := &Outcome{Status: resp.StatusCode, StatusLine: resp.Status, Header: resp.Header}
	switch {
	case o.Status < 200: // a status that is none, or 101 with an endless body
		o.Failed, o.Err = true, fmt.Errorf("%w: its status is %d", ErrMalformed, o.Status)
		return o
	case !op.Succeeded(o.Status):
		o.Failed, o.Transient = true, transientStatus(o.Status)
		if o.Body, err = readUpTo(resp, errorLimit); err != nil {
			o.Err = caller.Err() // of any other reason: the status tells enough
		}
		return o
	}
	o.Body, o.Err = readUpTo(resp, op.Limit+1)
	switch {
	case o.Err != nil:
		o.Failed, o.Transient = true, true
	case int64(len(o.Body)) > op.Limit:
		o.Failed, o.Err = true, fmt.Errorf("%w: longer than is read, %d MiB", ErrMalformed, op.Limit>>20)
	case len(o.Body) > errorLimit && elements(o.Body) > len(o.Body)/minElement:
		o.Failed, o.Err = true, fmt.Errorf("%w: too many elements for its length", ErrMalformed)
	}
	return o
}
