package api

import (
	"compress/flate"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/qovery-alias/qovery-alias-go/internal/safetext"
	"github.com/qovery-alias/qovery-alias-go/internal/token"
)

// notSent is the error of an attempt that nothing was sent of.
func (x *exchange) notSent(err error) *Error {
	e := failure(x.op, nil)
	e.unsent = conceal(err, x.tokens)
	e.Err = fmt.Errorf("%w: %w", ErrNotSent, e.unsent)
	return e
}

// noResponse is the error of an attempt without a complete response.
func (x *exchange) noResponse(err error) *Error {
	unsent := x.resp == nil && x.trace.provesUnsent(x.request, err)
	over, stopped, untrusted := contextError(x.caller), x.trace.stopped.Load(), isUntrusted(err)
	switch {
	case over != nil && strings.Contains(over.Error(), err.Error()):
		err = over
	case over != nil:
		err = fmt.Errorf("%w (%w)", over, conceal(err, x.tokens))
	case stopped:
		err = errRepeat
	case x.limited.Err() != nil && unsent:
		err = timeoutError("no connection within " + x.timeout.Round(time.Millisecond).String())
	case x.limited.Err() != nil:
		err = timeoutError("no complete response within " + x.timeout.Round(time.Millisecond).String())
	}
	e := x.notSent(err)
	if !unsent {
		e.Err, e.unsent, e.mayHaveTakenEffect = fmt.Errorf("%w: %w", ErrNoResponse, e.unsent), nil, true
	}
	e.retryable = over == nil && !untrusted
	if x.resp != nil {
		e.StatusCode, e.RequestID = x.resp.StatusCode, requestID(x.resp.Header, x.tokens)
	}
	return e
}

// refused is the error of a response with a status other than the documented success.
// Where net/http has repeated the request, it speaks of the repeat alone.
func (x *exchange) refused(b *body) *Error {
	status, e := x.resp.StatusCode, failure(x.op, nil)
	meaning := meaningOf(status)
	if status >= 200 { // else the body is a connection, which may not end
		b.limit = maxError
		_, _ = io.Copy(io.Discard, b) // as much of it as comes: the status says enough
	}
	e.describe(x.resp, b.text, x.tokens)
	e.retryable = meaning.retryable
	e.mayHaveTakenEffect = meaning.mayHaveTakenEffect || x.trace.wasRepeated()
	switch {
	case status/100 == 3:
		e.Err = fmt.Errorf("%w: redirect not followed", ErrUnexpectedResponse)
	case meaning.sentinel == ErrUnexpectedResponse:
		e.Err = fmt.Errorf("%w: the status is %d, not %d", ErrUnexpectedResponse, status, x.op.success)
	case status == http.StatusUnauthorized && token.IsJWT(x.tokens[0]) && strings.HasPrefix(x.request.Header.Get("Authorization"), schemeToken):
		e.Err = errors.New("the API token has the shape of a JWT: sign with BearerToken, or put it into QOVERY_CLI_ACCESS_TOKEN")
	}
	return e
}

// brokenPromise is the error of a documented success whose body is not what the API
// promises.
func (x *exchange) brokenPromise(b *body, err error) *Error {
	e := failure(x.op, fmt.Errorf("%w: %w", ErrUnexpectedResponse, err))
	e.describe(x.resp, b.text[:min(len(b.text), maxError)], x.tokens)
	e.mayHaveTakenEffect = true
	return e
}

// isCorrupt reports whether a body came that cannot be decompressed.
func isCorrupt(err error) bool {
	return errors.Is(err, gzip.ErrHeader) || errors.Is(err, gzip.ErrChecksum) || errors.As(err, new(flate.CorruptInputError))
}

// timeoutError is the time of an attempt that ran out.
type timeoutError string

func (e timeoutError) Error() string { return string(e) }
func (timeoutError) Timeout() bool   { return true }

// conceal returns err as a cause that shows its text and nothing else, however it is
// printed: what a transport puts into its errors may contain the signed request. One with
// a token or a password in it cannot be looked into either.
func conceal(err error, tokens []string) error {
	text := userInfo.ReplaceAllString(safetext.Withhold(err.Error(), tokens...), "//[masked]@")
	if text != err.Error() || errors.As(err, new(*Error)) { // what another call matches, this one does not
		err = nil
	}
	return &concealed{text, func() error { return err }}
}

// userInfo is the user name and password of a URL, or of what was meant to be one.
var userInfo = regexp.MustCompile(`//[^/?#@]*@|//\S*@|\S+:\S*@`)

type concealed struct {
	text  string
	cause func() error // behind a function, which no way of printing opens
}

func (e *concealed) Error() string { return e.text }
func (e *concealed) Unwrap() error { return e.cause() }
