package api

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strings"
	"time"
)

// exchange is a request that is sent once, and its response.
type exchange struct {
	op       operation
	conn     connection
	request  *http.Request  // the signed copy, once there is one
	scheme   string         // with which it is signed
	token    string         // with which it is signed
	response *http.Response // nil if there is none
	body     []byte         // as far as it was read
	complete bool           // whether body is the whole body
}

// timeoutError is the cancellation cause of what exceeded this duration.
type timeoutError time.Duration

func (e timeoutError) Error() string { return "timed out after " + time.Duration(e).String() }
func (timeoutError) Timeout() bool   { return true }

// attempt sends a signed copy of a request once, reads the response, and decodes it, all within the time
// of an attempt. n is its number. If another attempt may follow, that is left a quarter of the context's
// time, where this is at least 2 s.
func (c *Client) attempt(
	ctx context.Context, op operation, unsigned *http.Request, n int, another bool, decode func(*exchange) error,
) (x *exchange, f *failure) {
	x = &exchange{op: op, request: unsigned}
	if c.logger != nil {
		defer func(started time.Time) { c.log(ctx, x, n, time.Since(started), f) }(time.Now())
	}
	limit := c.attemptTimeout
	if deadline, _ := ctx.Deadline(); another && shareable(ctx) {
		limit = min(limit, time.Until(deadline)/4*3)
	}
	limited, cancel := context.WithTimeoutCause(ctx, limit, timeoutError(limit))
	defer cancel()
	if err := c.sign(limited, x); err != nil {
		return x, op.unsent(err)
	}
	if err := c.roundTrip(x); err != nil {
		return x, x.noResponse(err, x.conn.provesUnsent(c.transport(), x.request, err))
	}
	defer x.response.Body.Close()
	limitBytes, err := x.readBody()
	switch {
	case x.response.StatusCode != op.success:
		return x, x.refused(nil)
	case err == nil && !x.complete:
		return x, x.refused(fmt.Errorf("response exceeds %d MiB", limitBytes>>20))
	case err == nil:
		err = decode(x)
	}
	switch {
	case err == nil:
		return x, nil
	case !x.complete, limited.Err() != nil:
		return x, x.noResponse(err, false)
	}
	return x, x.refused(err)
}

// shareable reports whether a quarter of the context's time is at least 2 s.
func shareable(ctx context.Context) bool {
	deadline, ok := ctx.Deadline()
	return ok && time.Until(deadline) >= 8*time.Second
}

// sign makes the copy of a request that is sent.
func (c *Client) sign(ctx context.Context, x *exchange) error {
	unsigned := x.request
	u, host := unsigned.URL, unsigned.Host
	if u == nil || u.Scheme != c.base.Scheme || u.Host != c.base.Host || u.Opaque != "" ||
		host != "" && host != c.base.Host {
		return errors.New("the request goes to another host than the configured one")
	}
	authorization, err := c.auth.authorization(ctx)
	if ctx.Err() != nil {
		err = contextError(ctx)
	}
	if err != nil {
		return err
	}
	x.scheme, x.token, _ = strings.Cut(authorization, " ")
	x.request = unsigned.WithContext(x.conn.trace(ctx))
	x.request.Header = make(http.Header, len(unsigned.Header)+3)
	maps.Copy(x.request.Header, unsigned.Header)
	maps.Copy(x.request.Header, c.header)
	x.request.Header["Authorization"] = []string{authorization}
	// Without GetBody, net/http cannot repeat a request by itself. On HTTP/2 it would repeat one that a
	// proxy has processed and then refused.
	x.request.GetBody = nil
	return nil
}

// readBody reads the body up to the limit of the operation, which it returns. A response that switches to
// another protocol has no body.
func (x *exchange) readBody() (limit int64, err error) {
	switch {
	case x.response.StatusCode < http.StatusOK:
		return 0, nil
	case x.response.StatusCode != x.op.success:
		limit = 64 << 10
	case x.op.readOnly():
		limit = 16 << 20
	default:
		limit = 1 << 20
	}
	body := bytes.NewBuffer(make([]byte, 0, max(0, min(x.response.ContentLength, limit))+bytes.MinRead))
	n, err := body.ReadFrom(io.LimitReader(x.response.Body, limit+1))
	x.body, x.complete = body.Bytes(), err == nil && n <= limit
	return limit, err
}

// log writes the record of an attempt.
func (c *Client) log(ctx context.Context, x *exchange, n int, d time.Duration, f *failure) {
	status, id := 0, ""
	if x.response != nil {
		status, id = x.response.StatusCode, x.requestID()
	}
	attrs := []any{
		"operation", x.op.id, "method", x.request.Method, "path", x.request.URL.Path, "status", status,
		"attempt", n, "duration", d, "request_id", id,
	}
	if f != nil {
		attrs = append(attrs, "error", f.Error.Error())
	}
	c.logger.DebugContext(ctx, "qovery request", attrs...)
}
