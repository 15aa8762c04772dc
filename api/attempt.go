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

// request is a request that an attempt sends.
type request struct {
	op        operation
	unsigned  *http.Request // with GetBody, if it may be sent twice
	number    int           // of the attempt, from 1
	mayFollow bool          // whether another attempt may follow
}

// response is a response and what was read of its body.
type response struct {
	http          *http.Response
	body          []byte
	complete      bool
	authorization string // with which the request was signed
}

// timeoutError is the cause of the end of what took longer than this.
type timeoutError time.Duration

func (e timeoutError) Error() string { return "timed out after " + time.Duration(e).String() }
func (timeoutError) Timeout() bool   { return true }

// attempt sends a signed copy of a request once, reads the response, and decodes it, all
// within the time of an attempt.
func (c *Client) attempt(ctx context.Context, r *request, decode func(*response) error) (f *failure) {
	var resp *response
	if c.logger != nil {
		defer func(started time.Time) { c.log(ctx, r, started, resp, f) }(time.Now())
	}
	limit := c.attemptTimeout
	if deadline, ok := ctx.Deadline(); ok && r.mayFollow && time.Until(deadline) >= 8*time.Second {
		limit = min(limit, time.Until(deadline)*3/4) // the rest is for the other attempt
	}
	ctx, cancel := context.WithTimeoutCause(ctx, limit, timeoutError(limit))
	defer cancel()
	signed, conn, err := c.sign(ctx, r)
	if err != nil {
		return r.op.unsent(err)
	}
	if resp, err = c.roundTrip(signed); err != nil {
		return r.op.noResponse(signed, nil, err, conn.provesUnsent(signed, err))
	}
	defer resp.http.Body.Close()
	err = resp.read(r.op)
	if resp.http.StatusCode != r.op.success {
		return r.op.refused(resp, nil)
	}
	if err == nil {
		err = decode(resp)
	}
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil, !resp.complete && !errors.Is(err, errTooLarge):
		return r.op.noResponse(signed, resp, err, false)
	}
	return r.op.refused(resp, err)
}

// sign returns the copy of a request that is sent, and what will be known of its connection.
func (c *Client) sign(ctx context.Context, r *request) (*http.Request, *connection, error) {
	if u, host := r.unsigned.URL, r.unsigned.Host; u.Scheme != c.base.Scheme || u.Host != c.base.Host ||
		u.Opaque != "" || host != "" && host != c.base.Host {
		return nil, nil, errors.New("the request goes to another host than the configured one")
	}
	authorization, err := c.auth.authorization(ctx)
	if over := contextError(ctx); over != nil {
		err = over
	}
	if err != nil {
		return nil, nil, err
	}
	conn := &connection{transport: c.transport()}
	req := r.unsigned.WithContext(conn.observe(ctx))
	req.Header = make(http.Header, len(r.unsigned.Header)+3)
	maps.Copy(req.Header, r.unsigned.Header)
	req.Header["Accept"] = []string{"application/json"}
	req.Header["User-Agent"] = []string{c.userAgent}
	req.Header["Authorization"] = []string{authorization}
	// Without GetBody, net/http cannot repeat a request by itself. On HTTP/2 it would repeat one
	// that a proxy has processed and then refused.
	if req.GetBody = nil; r.unsigned.GetBody != nil {
		req.Body, err = r.unsigned.GetBody()
	}
	return req, conn, err
}

var errTooLarge = errors.New("response exceeds")

// read reads the body up to the limit of the operation. A response that switches to another
// protocol has none.
func (resp *response) read(op operation) error {
	if resp.http.StatusCode < http.StatusOK {
		return nil
	}
	limit := op.maxBytes(resp.http.StatusCode)
	body := bytes.NewBuffer(make([]byte, 0, max(0, min(resp.http.ContentLength, limit))+bytes.MinRead))
	n, err := body.ReadFrom(io.LimitReader(resp.http.Body, limit+1))
	if resp.body = body.Bytes(); n > limit {
		err = fmt.Errorf("%w %d MiB", errTooLarge, limit>>20)
	}
	resp.complete = err == nil
	return err
}

// log writes the record of an attempt.
func (c *Client) log(ctx context.Context, r *request, started time.Time, resp *response, f *failure) {
	duration, status, id := time.Since(started), 0, ""
	if resp != nil {
		status, id = resp.http.StatusCode, resp.id()
	}
	attrs := []any{
		"operation", r.op.id, "method", r.unsigned.Method, "path", r.unsigned.URL.Path, "status", status,
		"attempt", r.number, "duration", duration, "request_id", id,
	}
	if f != nil {
		attrs = append(attrs, "error", f.Error.Error())
	}
	c.logger.DebugContext(ctx, "qovery request", attrs...)
}
