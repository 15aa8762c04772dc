package api_test

// What can happen to a request.

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"testing/iotest"

	"github.com/qovery-alias/qovery-alias-go/api"
)

// happening is what becomes of a request instead of reaching the fake by itself.
type happening func(fake http.RoundTripper, req *http.Request) (*http.Response, error)

func regular(fake http.RoundTripper, req *http.Request) (*http.Response, error) {
	return fake.RoundTrip(req)
}

// replied is a response that something in between makes up.
func replied(status int, body string, header http.Header) happening {
	return func(_ http.RoundTripper, req *http.Request) (*http.Response, error) {
		read(req)
		return reply{status, body, header}.response(), nil
	}
}

// answered is one without headers.
func answered(status int, body string) happening { return replied(status, body, nil) }

// asksToWait is one with a Retry-After.
func asksToWait(status int, retryAfter string) happening {
	return replied(status, "", http.Header{"Retry-After": {retryAfter}})
}

// successOf is the documented status of success of each operation.
var successOf = map[string]int{"POST": 201, "GET": 200, "DELETE": 204}

// succeeded is the documented success with another body.
func succeeded(body string) happening {
	return func(fake http.RoundTripper, req *http.Request) (*http.Response, error) {
		return answered(successOf[req.Method], body)(fake, req)
	}
}

// begun is the documented success with a body that breaks off, or does not come.
func begun(rest func(context.Context) io.Reader) happening {
	return func(_ http.RoundTripper, req *http.Request) (*http.Response, error) {
		read(req)
		resp := reply{status: successOf[req.Method]}.response()
		resp.Body = io.NopCloser(io.MultiReader(strings.NewReader(`{"id":`), rest(req.Context())))
		return resp, nil
	}
}

var (
	truncated   = begun(func(context.Context) io.Reader { return iotest.ErrReader(io.ErrUnexpectedEOF) })
	hangsInBody = begun(func(ctx context.Context) io.Reader {
		r, w := io.Pipe()
		context.AfterFunc(ctx, func() { w.CloseWithError(ctx.Err()) })
		return r
	})
)

func connectionReset(_ http.RoundTripper, req *http.Request) (*http.Response, error) {
	read(req)
	return nil, &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}
}

func hangs(_ http.RoundTripper, req *http.Request) (*http.Response, error) {
	read(req)
	<-req.Context().Done()
	return nil, req.Context().Err()
}

// unsent is the error of a transport that has not read the request's body.
func unsent(err error) happening {
	return func(_ http.RoundTripper, req *http.Request) (*http.Response, error) {
		if req.Body != nil {
			req.Body.Close()
		}
		return nil, err
	}
}

// dialed is an error of a dial.
func dialed(err error) error { return &net.OpError{Op: "dial", Net: "tcp", Err: err} }

var connectionRefused = unsent(dialed(syscall.ECONNREFUSED))

// untrusted is the error of a transport that does not trust a certificate.
var untrusted = &tls.CertificateVerificationError{Err: errors.New("signed by an unknown authority")}

// applied lets the request take effect before h happens to its response.
func applied(h happening) happening {
	return func(fake http.RoundTripper, req *http.Request) (*http.Response, error) {
		if resp, err := fake.RoundTrip(req); err == nil {
			resp.Body.Close()
		}
		req = req.Clone(req.Context())
		req.Body = http.NoBody
		return h(fake, req)
	}
}

// hangingDials is a transport whose dials hang until the end of the test: net/http does not end a dial with
// the request that asked for it.
func hangingDials(t testing.TB) *http.Transport {
	over := make(chan struct{})
	t.Cleanup(func() { close(over) })
	return &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		select {
		case <-ctx.Done():
		case <-over:
		}
		return nil, errors.New("the dial has hung")
	}}
}

// tokens is an Auth whose source returns these.
func tokens(token string, err error) *api.Auth {
	auth := api.APITokenSource(func(context.Context) (string, error) { return token, err })
	return &auth
}
