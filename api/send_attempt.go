package api

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"time"
)

// exchange is one attempt: a request, signed and bounded in time, and its response.
type exchange struct {
	op      *operation
	caller  context.Context // of the call
	limited context.Context // of the attempt
	timeout time.Duration
	tokens  []string // that it is signed with, and earlier ones
	trace   trace
	request *http.Request
	resp    *http.Response // nil: none came
	body    body
}

// attempt sends a request once, in a copy that is signed anew.
func attempt[T any](ctx context.Context, c *Client, r *request[T]) (value T, e *Error) {
	r.attempts++
	x := &exchange{op: r.op, caller: ctx, timeout: c.timeLimit(ctx, r.resent)}
	if c.logger != nil {
		defer func(started time.Time) { x.log(c.logger, r.attempts, started, e) }(time.Now())
	}
	var cancel context.CancelFunc
	x.limited, cancel = context.WithTimeout(ctx, x.timeout)
	defer cancel()
	x.trace.cancel = cancel

	err := x.prepare(c, r.http, r.body, c.transport(r.fresh))
	if err == nil && r.rejected == x.tokens[0] {
		err = errNoOtherToken
	}
	if err != nil {
		return value, x.notSent(err)
	}
	r.token = x.tokens[0]
	if x.resp, err = c.roundTrip(x.request, c.transport(r.fresh)); err != nil {
		return value, x.noResponse(err)
	}
	defer x.resp.Body.Close()
	b := &x.body
	*b = body{ctx: x.limited, resp: x.resp, limit: r.op.maxResponse(), keep: maxError}
	if !r.op.succeeded(x.resp.StatusCode) {
		return value, x.refused(b)
	}
	decoded, err := r.decode(b, r.asked)
	switch {
	case err == nil:
		return decoded, nil
	case b.err != nil && !isCorrupt(b.err):
		return value, x.noResponse(b.err)
	}
	return value, x.brokenPromise(b, err)
}

// timeLimit is how long an attempt may take. One that another may follow leaves a quarter
// of the context's time to that.
func (c *Client) timeLimit(ctx context.Context, resent bool) time.Duration {
	limit := c.attemptTimeout
	if c.http.Timeout > 0 {
		limit = min(limit, c.http.Timeout)
	}
	if deadline, ok := ctx.Deadline(); ok && resent {
		limit = min(limit, time.Until(deadline)*3/4)
	}
	return limit
}

var acceptJSON = []string{"application/json"}

// prepare makes the copy of the request that is sent.
func (x *exchange) prepare(c *Client, unsigned *http.Request, body []byte, transport http.RoundTripper) (err error) {
	if err := contextError(x.caller); err != nil {
		return err
	}
	if u := unsigned.URL; u.Scheme != c.base.Scheme || u.Host != c.base.Host || u.Opaque != "" ||
		unsigned.Host != "" && unsigned.Host != c.base.Host {
		return errors.New("the request goes to another host than the configured one")
	}
	req := unsigned.WithContext(x.trace.attach(x.limited, c.target, transport))
	x.request = req
	req.Header = make(http.Header, len(unsigned.Header)+3)
	maps.Copy(req.Header, unsigned.Header)
	req.Header["Accept"], req.Header["User-Agent"] = acceptJSON, c.userAgent
	// net/http takes these for a promise that a POST may be repeated.
	delete(req.Header, "Idempotency-Key")
	delete(req.Header, "X-Idempotency-Key")
	if x.tokens, err = c.auth.sign(x.limited, req); err != nil {
		return err
	}
	if x.limited.Err() != nil { // which the token source has outlasted
		return cmp.Or(contextError(x.caller), error(timeoutError("no token within "+x.timeout.String())))
	}
	x.trace.setBody(req, body)
	return nil
}

// log writes the record of an attempt.
func (x *exchange) log(logger *slog.Logger, attempt int, started time.Time, e *Error) {
	status, id := 0, ""
	if x.resp != nil {
		status, id = x.resp.StatusCode, requestID(x.resp.Header, x.tokens)
	}
	attrs := []slog.Attr{slog.String("operation", x.op.id), slog.Int("status", status), slog.Int("attempt", attempt),
		slog.Duration("duration", time.Since(started)), slog.String("request_id", id)}
	if e != nil {
		attrs = append(attrs, slog.String("error", e.Error()))
	}
	logger.LogAttrs(x.caller, slog.LevelDebug, "qovery request", attrs...)
}
