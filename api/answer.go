package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/qovery-alias/qovery-alias-go/internal/chain"
	"github.com/qovery-alias/qovery-alias-go/internal/servertext"
)

// How much of what a server says is looked at for an Error, and how much it repeats.
const (
	maxShown     = 64 << 10 // bytes
	maxDetail    = 512      // characters
	maxRequestID = 128      // characters
	maxBody      = 4 << 10  // bytes
)

// newError maps a failed request to its error, for all operations alike. cause is
// what breaks the promise of a documented success, otherwise nil.
func newError(op *chain.Operation, o *chain.Outcome, cause error) *Error {
	show := func(text string, limit int) string {
		return servertext.Line(o.Conceal(servertext.Line(text, len(text))), limit)
	}
	body := o.Conceal(string(o.Body[:min(len(o.Body), maxShown)]))
	e := &Error{
		Operation: op.ID, StatusCode: o.Status, RetryAfter: o.RetryAfter(), Err: o.Err,
		Detail:    show(servertext.Detail(body), maxDetail),
		RequestID: show(o.Header.Get("X-Request-Id"), maxRequestID),
		unclear:   o.Unclear(),
	}
	if e.RequestID == "" {
		e.RequestID = show(o.Header.Get("X-Correlation-Id"), maxRequestID)
	}
	if body != "" {
		e.Body = []byte(servertext.Clip(body, maxBody))
	}
	switch {
	case cause != nil:
		e.Err = fmt.Errorf("%w: %w", ErrUnexpectedResponse, cause)
	case o.Unsent:
		e.Err = fmt.Errorf("%w: %w", ErrNotSent, o.Err)
	case o.Status/100 == 3:
		e.Err = fmt.Errorf("%w: a redirect, and none is followed", ErrUnexpectedResponse)
	case errors.Is(o.Err, chain.ErrMalformed):
		e.Err = fmt.Errorf("%w: %w", ErrUnexpectedResponse, o.Err)
	}
	return e
}

// decode reads the answer of a request made by the generated client and checks that
// it holds what was promised. It goes by the body alone, whatever the content type.
func decode[T any](op *chain.Operation, resp *http.Response, err error, check func(*T) error) (*T, *Error) {
	if err != nil {
		return nil, asError(op, err)
	}
	o, value := chain.OutcomeOf(resp), new(T)
	if err := json.Unmarshal(o.Body, value); err != nil {
		return nil, newError(op, o, notPromised(err))
	}
	if err := check(value); err != nil {
		return nil, newError(op, o, err)
	}
	return value, nil
}

// notPromised says of a body that it cannot be decoded, without its own words.
func notPromised(err error) error {
	if e := (*json.UnmarshalTypeError)(nil); errors.As(err, &e) && e.Field != "" {
		return fmt.Errorf("the body is not what the API promises: wrong type of %s", e.Field)
	}
	return errors.New("the body is not what the API promises")
}

// asError is the *Error in what the generated client returned. Any other error is
// one of making the request: nothing was sent.
func asError(op *chain.Operation, err error) *Error {
	if e := (*Error)(nil); errors.As(err, &e) {
		return e
	}
	return refuse(op, fmt.Errorf("%w: %w", ErrNotSent, err))
}

// refuse is the error of a call that ends before anything is sent.
func refuse(op *chain.Operation, err error) *Error { return &Error{Operation: op.ID, Err: err} }

// invalid is an ErrInvalidRequest with what is wrong.
func invalid(format string, args ...any) error {
	return fmt.Errorf("%w: %w", ErrInvalidRequest, fmt.Errorf(format, args...))
}
