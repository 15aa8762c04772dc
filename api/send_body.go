package api

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
)

// closedOnce is a body that may be closed from two places at once.
type closedOnce struct {
	io.ReadCloser
	once sync.Once
}

func (b *closedOnce) Close() (err error) {
	b.once.Do(func() { err = b.ReadCloser.Close() })
	return err
}

// setBody gives req a body whose reads are noticed. net/http can have it again, until a
// repeat is stopped.
func (t *trace) setBody(req *http.Request, data []byte) {
	if len(data) == 0 {
		req.Body, req.GetBody, req.ContentLength = nil, nil, 0
		return
	}
	req.ContentLength = int64(len(data))
	req.Body = t.newBody(data)
	req.GetBody = func() (io.ReadCloser, error) {
		t.mu.Lock()
		defer t.mu.Unlock()
		if t.stopped.Load() {
			return nil, errRepeat
		}
		t.repeating = t.wasRead()
		return t.newBody(data), nil
	}
}

var errRepeat = errors.New("the HTTP/2 connection ended before the response")

// newBody returns a body whose reads are noticed. net/http writes header and body together
// only if it knows the body's type.
func (t *trace) newBody(data []byte) io.ReadCloser {
	if t.direct {
		r := bytes.NewReader(data)
		t.copies = append(t.copies, r)
		return io.NopCloser(r)
	}
	b := &t.first
	if b.state != nil {
		b = new(trackedBody)
	}
	b.data.Reset(data)
	b.state = &t.body
	return b
}

// trackedBody is a body for a transport that may still read it after it has failed. Once
// the attempt counts as not sent, it cannot be read.
type trackedBody struct {
	data  bytes.Reader
	state *atomic.Int32
}

// The states of the body of an attempt.
const (
	bodyUnread int32 = iota
	bodyRead
	bodySealed
)

func (b *trackedBody) Read(p []byte) (int, error) {
	if !b.state.CompareAndSwap(bodyUnread, bodyRead) && b.state.Load() == bodySealed {
		return 0, errors.New("the request has failed before its body was read")
	}
	return b.data.Read(p)
}

func (b *trackedBody) Close() error { return nil }

// wasRead reports whether the body, or a copy of it, was read.
func (t *trace) wasRead() bool {
	for _, r := range t.copies {
		if int64(r.Len()) < r.Size() {
			return true
		}
	}
	return t.body.Load() == bodyRead
}

// provesUnsent reports whether an error of the transport proves that the request did not
// leave. Without a body its type decides, or that net/http had no connection for it.
func (t *trace) provesUnsent(req *http.Request, err error) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.direct && t.conn != nil {
		return false
	}
	if req.Body != nil {
		return !t.wasRead() && t.body.CompareAndSwap(bodyUnread, bodySealed)
	}
	var dial *net.OpError
	return isUntrusted(err) || errors.As(err, new(*net.DNSError)) ||
		errors.As(err, &dial) && (dial.Op == "dial" || dial.Op == "proxyconnect") ||
		t.direct && len(t.asked) > 0
}

// isUntrusted reports whether the server's certificate was refused, which it will be the
// next time too.
func isUntrusted(err error) bool {
	return errors.As(err, new(*tls.CertificateVerificationError)) || errors.As(err, new(x509.UnknownAuthorityError)) ||
		errors.As(err, new(x509.HostnameError)) || errors.As(err, new(x509.CertificateInvalidError))
}
