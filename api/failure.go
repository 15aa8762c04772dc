package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"

	"github.com/qovery-alias/qovery-alias-go/internal/safetext"
	"github.com/qovery-alias/qovery-alias-go/internal/token"
)

// failure is why an attempt did not succeed: the error that a caller sees if it is the last one, and what
// follows from it for further attempts.
type failure struct {
	*Error
	unsent             bool // provably nothing was sent
	mayHaveTakenEffect bool
	transient          bool // another attempt may fare better
}

// withContext returns the error of f with the reason why ctx is over, if it is.
func (f *failure) withContext(ctx context.Context) *Error {
	if ctx.Err() == nil || errors.Is(f.Err, ctx.Err()) {
		return f.Error
	}
	e := *f.Error
	e.Err = fmt.Errorf("%w: %w", contextError(ctx), e.errOrSentinel())
	return &e
}

// unsent is the failure of an attempt that sent nothing.
func (op operation) unsent(err error) *failure {
	return &failure{Error: op.failed(fmt.Errorf("%w: %w", ErrNotSent, err)), unsent: true}
}

// noResponse is the failure of an attempt whose response is missing or incomplete.
func (x *exchange) noResponse(err error, unsent bool) *failure {
	sentinel, transient := ErrNoResponse, !isPermanent(err)
	if unsent {
		sentinel = ErrNotSent
	}
	if err = x.transportError(err); x.request.Context().Err() != nil {
		err = contextError(x.request.Context())
	}
	e := x.op.failed(fmt.Errorf("%w: %w", sentinel, err))
	if x.response != nil {
		e.StatusCode, e.RequestID = x.response.StatusCode, x.requestID()
	}
	return &failure{e, unsent, !unsent, transient}
}

// refused is the failure of an attempt with a response that is not the documented success. err says what
// is wrong with one that has the status of success; it is nil for any other.
func (x *exchange) refused(err error) *failure {
	status, m := x.response.StatusCode, meaning{mayHaveTakenEffect: true}
	if err == nil {
		m = meaningOf(status)
	}
	switch {
	case err != nil:
		err = fmt.Errorf("%w: %w", ErrUnexpectedResponse, err)
	case status/100 == 3:
		err = fmt.Errorf("%w: redirect not followed", ErrUnexpectedResponse)
	case m.sentinel == ErrUnexpectedResponse:
		err = fmt.Errorf("%w: the status is %d, not %d", ErrUnexpectedResponse, status, x.op.success)
	case status == http.StatusUnauthorized && x.scheme == schemeToken && token.IsJWT(x.token):
		err = fmt.Errorf("%w: the API token has the shape of a JWT: sign with BearerToken, "+
			"or put it into QOVERY_CLI_ACCESS_TOKEN", ErrUnauthorized)
	}
	e := x.op.failed(err)
	x.describe(e)
	return &failure{e, false, m.mayHaveTakenEffect, m.transient}
}

// contextError is why ctx, which is over, is: its error and, if it has another one, its cause.
func contextError(ctx context.Context) error {
	err, cause := ctx.Err(), context.Cause(ctx)
	if _, timeout := cause.(timeoutError); timeout || cause == err || cause == errKeptForLists {
		return cause
	}
	return fmt.Errorf("%w: %w", err, withText(cause, cause.Error()))
}

// userInfo is the user name and password of a URL, or of what was meant to be one.
var userInfo = regexp.MustCompile(`//.*@|\S:\S*@`)

// transportError returns what a transport says, without the URL around it. Its words are withheld if a
// part of the token or a password is in them.
func (x *exchange) transportError(err error) error {
	if in := new(url.Error); errors.As(err, &in) {
		err = in.Err
	}
	text := safetext.Withhold(err.Error()[:min(len(err.Error()), maxBody)], x.token)
	if userInfo.MatchString(text) {
		text = "[withheld: it contains a user name or a password]"
	}
	return withText(err, text)
}

// withText returns an error that shows text and nothing else, however it is printed: an error of a
// transport may contain the signed request. It unwraps to err, unless text differs from err's own or err
// is that of another call, whose sentinels are not matched.
func withText(err error, text string) error {
	if text != err.Error() || errors.As(err, new(*Error)) || (&Error{Err: err}).Kind() != "" {
		return errors.New(text)
	}
	return &opaqueError{text, func() error { return err }}
}

type opaqueError struct {
	text string
	err  func() error // a closure, which no way of printing opens
}

func (e *opaqueError) Error() string { return e.text }
func (e *opaqueError) Unwrap() error { return e.err() }
