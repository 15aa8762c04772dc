package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/qovery-alias/qovery-alias-go/internal/token"
)

// failure is why an attempt did not succeed: the error that a caller sees if it is the last
// one, and what follows from it for further attempts.
type failure struct {
	*Error
	exchange           *exchange // nil: nothing was sent
	unsent             bool      // provably nothing was sent
	mayHaveTakenEffect bool
	transient          bool // another attempt may fare better
}

// error returns the error of f, nil where there is no failure.
func (f *failure) error() error {
	if f == nil {
		return nil
	}
	return f.Error
}

// withContext returns the error of f with the reason why ctx is over, if it is.
func (f *failure) withContext(ctx context.Context) *Error {
	if ctx.Err() == nil || errors.Is(f.Err, ctx.Err()) {
		return f.Error
	}
	e := *f.Error
	e.Err = fmt.Errorf("%w: %w", contextError(ctx), e.cause())
	return &e
}

// unsent is the failure of an attempt that sent nothing.
func (op operation) unsent(err error) *failure {
	return &failure{Error: op.failed(fmt.Errorf("%w: %w", ErrNotSent, err)), unsent: true}
}

// noResponse is the failure of an attempt whose response is missing or incomplete.
func (x *exchange) noResponse(err error, unsent bool) *failure {
	f := &failure{exchange: x, unsent: unsent, mayHaveTakenEffect: !unsent, transient: !isPermanent(err)}
	sentinel := ErrNoResponse
	if unsent {
		sentinel = ErrNotSent
	}
	if err = x.cause(err); x.request.Context().Err() != nil {
		err = contextError(x.request.Context())
	}
	f.Error = x.op.failed(fmt.Errorf("%w: %w", sentinel, err))
	if x.http != nil {
		f.StatusCode, f.RequestID = x.http.StatusCode, x.requestID()
	}
	return f
}

// refused is the failure of an attempt with a complete response, which err says to break the
// API's promise. nil: its status is not that of success.
func (x *exchange) refused(err error) *failure {
	status, m := x.http.StatusCode, meaning{mayHaveTakenEffect: true}
	if err == nil {
		m = meaningOf(status)
	}
	switch scheme, credentials, _ := strings.Cut(x.authorization(), " "); {
	case err != nil:
		err = fmt.Errorf("%w: %w", ErrUnexpectedResponse, err)
	case status/100 == 3:
		err = fmt.Errorf("%w: redirect not followed", ErrUnexpectedResponse)
	case m.sentinel == ErrUnexpectedResponse:
		err = fmt.Errorf("%w: the status is %d, not %d", ErrUnexpectedResponse, status, x.op.success)
	case status == http.StatusUnauthorized && scheme == schemeToken && token.IsJWT(credentials):
		err = fmt.Errorf("%w: the API token has the shape of a JWT: sign with BearerToken, "+
			"or put it into QOVERY_CLI_ACCESS_TOKEN", ErrUnauthorized)
	}
	e := x.op.failed(err)
	x.describe(e)
	return &failure{Error: e, exchange: x, mayHaveTakenEffect: m.mayHaveTakenEffect, transient: m.transient}
}

// contextError is why ctx is over, its cause included; nil if it is not.
func contextError(ctx context.Context) error {
	err, cause := ctx.Err(), context.Cause(ctx)
	if err == nil || errors.Is(cause, err) || errors.As(cause, new(timeoutError)) {
		return cause
	}
	return fmt.Errorf("%w: %w", err, withText(cause, cause.Error()))
}

// userInfo is the user name and password of a URL, or of what was meant to be one.
var userInfo = regexp.MustCompile(`//.*@|\S:\S*@`)

// cause returns what a transport says, without the URL around it. Its words are withheld if a
// part of the token or a password is in them.
func (x *exchange) cause(err error) error {
	if in := new(url.Error); errors.As(err, &in) {
		err = in.Err
	}
	text := x.withhold(err.Error())
	if userInfo.MatchString(text) {
		text = "[withheld: it contains a user name or a password]"
	}
	return withText(err, text)
}

// withText returns err as a cause that shows this text and nothing else, however it is printed:
// an error of a transport may contain the signed request. If the text is not its own, it cannot
// be looked into either, nor are the sentinels of another call's error matched.
func withText(err error, text string) error {
	if text != err.Error() || errors.As(err, new(*Error)) {
		return errors.New(text)
	}
	return &cause{text, func() error { return err }}
}

type cause struct {
	text string
	err  func() error // a closure, which no way of printing opens
}

func (c *cause) Error() string { return c.text }
func (c *cause) Unwrap() error { return c.err() }
