package api

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// What went wrong, for errors.Is. The package documentation says which of them each call returns in which
// case. Where an error matches several, the first in this order says what happened: ErrOutcomeUnknown,
// ErrNotSent, then the others.
var (
	// ErrInvalidRequest: the input or the configuration is wrong. It was found before anything was sent
	// (StatusCode 0), or by the server: 400, 422, or any other 4xx that has no sentinel of its own.
	ErrInvalidRequest = errors.New("invalid request")
	// ErrUnauthorized (401): the token is missing, expired or unknown to the server.
	ErrUnauthorized = errors.New("unauthorized")
	// ErrForbidden (403): the token does not allow it, a plan limit is reached, or the resource does not
	// exist; Qovery does not always tell these apart.
	ErrForbidden = errors.New("forbidden")
	// ErrNotFound (404, and 410 of a deletion): there is no such job, secret or key.
	ErrNotFound = errors.New("not found")
	// ErrConflict (409): the job already has the key; Error.Existing says for what.
	ErrConflict = errors.New("conflict")
	// ErrRateLimited (429): there were too many requests, also after the retries.
	ErrRateLimited = errors.New("rate limited")
	// ErrServer (408, 5xx): the server or a proxy failed.
	ErrServer = errors.New("server error")
	// ErrUnexpectedResponse: the response is not one that the API describes.
	ErrUnexpectedResponse = errors.New("unexpected response")
	// ErrNotSent: provably nothing was sent, so nothing has changed.
	ErrNotSent = errors.New("not sent")
	// ErrNoResponse: the request may have left, and no complete response came.
	ErrNoResponse = errors.New("no response")
	// ErrOutcomeUnknown: a request may or may not have taken effect. For an alias, EnsureJobSecretAlias,
	// which is safe to repeat, finds out.
	ErrOutcomeUnknown = errors.New("outcome unknown")
)

// sentinels lists them in the order in which they say what happened.
var sentinels = []error{
	ErrOutcomeUnknown, ErrNotSent, ErrInvalidRequest, ErrUnauthorized, ErrForbidden, ErrNotFound,
	ErrConflict, ErrRateLimited, ErrServer, ErrUnexpectedResponse, ErrNoResponse,
}

// Error is what every failed call returns. It is plain data: it contains no request, no response and no
// token.
type Error struct {
	Operation  string        // the operationId of the spec
	StatusCode int           // of the response in question; 0: there is none
	Detail     string        // the server's words, made printable, at most 512 characters
	RequestID  string        // X-Request-Id, else X-Correlation-Id: what Qovery's support asks for
	RetryAfter time.Duration // how long the server asked to wait; 0: it did not
	Existing   *Secret       // the secret that has the key, where it could be looked up
	Body       []byte        // the start of the response, at most 4 KiB; not printed by Error
	Err        error         // the cause
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Is reports whether target is the sentinel that StatusCode stands for. The other sentinels are found in
// Err.
func (e *Error) Is(target error) bool { return target != nil && target == e.sentinel() }

// Timeout reports whether the time of an attempt or the context's deadline ran out.
func (e *Error) Timeout() bool {
	var timeout interface{ Timeout() bool }
	return errors.Is(e.Err, context.DeadlineExceeded) || errors.As(e.Err, &timeout) && timeout.Timeout()
}

// Kind returns one stable word for the first sentinel that e matches: "outcome_unknown", "not_sent",
// "invalid_request", "unauthorized", "forbidden", "not_found", "conflict", "rate_limited",
// "server_error", "unexpected_response" or "no_response". It is empty where e matches none.
func (e *Error) Kind() string {
	for _, sentinel := range sentinels {
		if errors.Is(e, sentinel) {
			return strings.ReplaceAll(sentinel.Error(), " ", "_")
		}
	}
	return ""
}

// sentinel is what the status means: nothing without a response, nor for a success, whose Err says what
// is wrong with it. For a deletion, 410 means that its target is gone.
func (e *Error) sentinel() error {
	switch {
	case e.StatusCode == 0 || e.StatusCode/100 == 2:
		return nil
	case e.StatusCode == http.StatusGone && e.Operation == deleteJobSecret.id:
		return ErrNotFound
	}
	return meaningOf(e.StatusCode).sentinel
}

// errOrSentinel is Err or, without one, what the status means.
func (e *Error) errOrSentinel() error { return cmp.Or(e.Err, e.sentinel()) }

// unknown returns e as the error of something whose outcome cannot be determined.
func (e *Error) unknown() *Error {
	unknown := *e
	unknown.Err = fmt.Errorf("%w: %w", ErrOutcomeUnknown, e.errOrSentinel())
	return &unknown
}

// failed is the error of a call that has no response to show.
func (op operation) failed(err error) *Error { return &Error{Operation: op.id, Err: err} }

// invalid is the error of a call whose input is wrong.
func (op operation) invalid(err error) *Error { return op.failed(invalid("%w", err)) }

// invalid is an ErrInvalidRequest that says what is wrong.
func invalid(format string, args ...any) error {
	return fmt.Errorf("%w: %w", ErrInvalidRequest, fmt.Errorf(format, args...))
}
