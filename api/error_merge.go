package api

import (
	"cmp"
	"context"
	"errors"
	"fmt"
)

// also returns e with a further cause in front, unless e matches that already.
func (e *Error) also(err error) *Error {
	if err == nil || errors.Is(e, err) {
		return e
	}
	further := *e
	further.Err = fmt.Errorf("%w: %w", err, cmp.Or(e.Err, e.sentinel()))
	return &further
}

// withContext returns e with the reason why ctx is over, if it is.
func (e *Error) withContext(ctx context.Context) *Error {
	if errors.Is(e, ctx.Err()) && errors.Is(e, context.Cause(ctx)) {
		return e
	}
	return e.also(contextError(ctx))
}

// errUndecided is the ErrOutcomeUnknown of a request of which nobody knows whether it took
// effect.
var errUndecided = fmt.Errorf("%w: the request may or may not have taken effect", ErrOutcomeUnknown)

// undecided returns e as the error of such a request.
func (e *Error) undecided() *Error {
	if errors.Is(e, ErrOutcomeUnknown) {
		return e
	}
	undecided := e.also(errUndecided)
	undecided.decided = e
	return undecided
}

// reason is why other requests fail after the one that e is the error of.
func (e *Error) reason() error {
	switch {
	case e.unsent != nil:
		return e.unsent
	case e.decided != nil:
		return e.decided
	}
	return e
}

// merge returns the error of a request that has failed with before and then with e: before,
// if after it nothing was sent.
func merge(before, e *Error) *Error {
	if before == nil || before.unsent != nil || e == nil || e.unsent == nil {
		return e
	}
	merged := *before
	merged.Err = fmt.Errorf("%w; then: %w", cmp.Or(before.Err, before.sentinel()), e.unsent)
	merged.retryable, merged.RetryAfter = e.retryable, 0 // which was waited for
	return &merged
}

// contextError is why ctx is over, its cause included; nil: it is not. What another call
// matches that is the cause, this one does not.
func contextError(ctx context.Context) error {
	err, cause := ctx.Err(), context.Cause(ctx)
	switch {
	case err == nil:
		return nil
	case errors.As(cause, new(*Error)):
		return fmt.Errorf("%w: %v", err, cause)
	case errors.Is(cause, err):
		return cause
	}
	return fmt.Errorf("%w: %w", err, cause)
}
