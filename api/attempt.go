package api

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"time"
)

// exchange is a request that is sent once, and its response.
type exchange struct {
	op       operation
	conn     connection
	request  *http.Request  // signed
	http     *http.Response // nil: there is none
	body     []byte         // as far as it was read
	complete bool           // body is
}

// timeoutError is the cause of the end of what took longer than this.
type timeoutError time.Duration

func (e timeoutError) Error() string { return "timed out after " + time.Duration(e).String() }
func (timeoutError) Timeout() bool   { return true }

// attempt sends a signed copy of a request once, reads the response, and decodes it, all
// within the time of an attempt. another says whether another attempt may follow, which is
// left a quarter of the context's time, if that is at least 2 s.
func (c *Client) attempt(
	ctx context.Context, op operation, unsigned *http.Request, another bool, decode func(*exchange) error,
) (*exchange, *failure) {
	limit := c.attemptTimeout
	if deadline, ok := ctx.Deadline(); ok && another && time.Until(deadline) >= 8*time.Second {
		limit = min(limit, time.Until(deadline)*3/4)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, limit, timeoutError(limit))
	defer cancel()
	x := &exchange{op: op}
	if err := c.sign(ctx, x, unsigned); err != nil {
		return x, op.unsent(err)
	}
	if err := c.roundTrip(x); err != nil {
		return x, x.noResponse(err, x.conn.provesUnsent(c.transport(), x.request, err))
	}
	defer x.http.Body.Close()
	err := x.readBody()
	if x.http.StatusCode != op.success {
		return x, x.refused(nil)
	}
	if err == nil {
		err = decode(x)
	}
	switch {
	case err == nil:
		return x, nil
	case ctx.Err() != nil, !x.complete && !errors.Is(err, errTooLarge):
		return x, x.noResponse(err, false)
	}
	return x, x.refused(err)
}

// sign makes the copy of a request that is sent.
func (c *Client) sign(ctx context.Context, x *exchange, unsigned *http.Request) error {
	if u, host := unsigned.URL, unsigned.Host; u.Scheme != c.base.Scheme || u.Host != c.base.Host ||
		u.Opaque != "" || host != "" && host != c.base.Host {
		return errors.New("the request goes to another host than the configured one")
	}
	authorization, err := c.auth.authorization(ctx)
	if over := contextError(ctx); over != nil {
		err = over
	}
	if err != nil {
		return err
	}
	x.request = unsigned.WithContext(x.conn.observe(ctx))
	header := make(http.Header, len(unsigned.Header)+3)
	maps.Copy(header, unsigned.Header)
	maps.Copy(header, c.header)
	header["Authorization"] = []string{authorization}
	x.request.Header = header
	// Without GetBody, net/http cannot repeat a request by itself. On HTTP/2 it would repeat one
	// that a proxy has processed and then refused.
	x.request.GetBody = nil
	return nil
}

var errTooLarge = errors.New("response exceeds")

// readBody reads the body up to the limit of the operation. A response that switches to another
// protocol has none.
func (x *exchange) readBody() error {
	if x.http.StatusCode < http.StatusOK {
		return nil
	}
	limit := x.op.maxBytes(x.http.StatusCode)
	body := bytes.NewBuffer(make([]byte, 0, max(0, min(x.http.ContentLength, limit))+bytes.MinRead))
	n, err := body.ReadFrom(io.LimitReader(x.http.Body, limit+1))
	if x.body = body.Bytes(); n > limit {
		err = fmt.Errorf("%w %d MiB", errTooLarge, limit>>20)
	}
	x.complete = err == nil
	return err
}

// log writes the record of attempt n.
func (c *Client) log(
	ctx context.Context, req *http.Request, n int, d time.Duration, x *exchange, f *failure,
) {
	status, id := 0, ""
	if x.http != nil {
		status, id = x.http.StatusCode, x.requestID()
	}
	attrs := []any{
		"operation", x.op.id, "method", req.Method, "path", req.URL.Path, "status", status,
		"attempt", n, "duration", d, "request_id", id,
	}
	if f != nil {
		attrs = append(attrs, "error", f.Error.Error())
	}
	c.logger.DebugContext(ctx, "qovery request", attrs...)
}
