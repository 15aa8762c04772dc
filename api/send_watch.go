package api

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"sync/atomic"
)

// watchBody makes the body of req one whose reads are noticed. net/http can have it again,
// until a repeat is stopped.
func (t *trace) watchBody(req *http.Request) (err error) {
	if req.Body == nil || req.Body == http.NoBody {
		return nil
	}
	get, size := req.GetBody, req.ContentLength
	if get != nil {
		req.GetBody = func() (io.ReadCloser, error) {
			t.mu.Lock()
			defer t.mu.Unlock()
			if t.stopped.Load() {
				return nil, errRepeat
			}
			if t.wasRead() {
				t.repeating = true
				t.repeated.Store(true)
			}
			body, err := get()
			if err != nil {
				return nil, err
			}
			return t.watched(body, size)
		}
	}
	req.Body, err = t.watched(req.Body, size)
	return err
}

var errRepeat = errors.New("the HTTP/2 connection ended before the response")

// watched returns body in a form that shows whether it was read. net/http writes header and
// body together only if it knows the body's type.
func (t *trace) watched(body io.ReadCloser, size int64) (io.ReadCloser, error) {
	if !t.direct || size <= 0 || size > maxResponse {
		if t.first.ReadCloser == nil {
			t.first = watchedBody{body, &t.read}
			return &t.first, nil
		}
		return &watchedBody{body, &t.read}, nil
	}
	defer body.Close()
	data := make([]byte, size)
	_, err := io.ReadFull(body, data)
	t.reader = bytes.NewReader(data)
	return io.NopCloser(t.reader), err
}

type watchedBody struct {
	io.ReadCloser
	read *atomic.Bool
}

func (b *watchedBody) Read(p []byte) (int, error) {
	b.read.Store(true)
	return b.ReadCloser.Read(p)
}

func (t *trace) wasRead() bool {
	if t.reader != nil && int64(t.reader.Len()) < t.reader.Size() {
		t.read.Store(true)
	}
	return t.read.Load()
}

// provesUnsent reports whether an error of the transport proves that the request did not
// leave. Without a body the error's type decides, and for what only reads, that net/http
// had no connection for it.
func (t *trace) provesUnsent(op *operation, req *http.Request, err error) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if req.Body != nil && req.Body != http.NoBody {
		return !(t.direct && t.conn != nil) && !t.wasRead()
	}
	var dial *net.OpError
	return isUntrusted(err) || errors.As(err, new(*net.DNSError)) ||
		errors.As(err, &dial) && (dial.Op == "dial" || dial.Op == "proxyconnect") ||
		op.readOnly() && t.direct && len(t.asked) > 0 && t.conn == nil
}

// isUntrusted reports whether the server's certificate was refused, which it will be the
// next time too.
func isUntrusted(err error) bool {
	return errors.As(err, new(*tls.CertificateVerificationError)) || errors.As(err, new(x509.UnknownAuthorityError)) ||
		errors.As(err, new(x509.HostnameError)) || errors.As(err, new(x509.CertificateInvalidError))
}
