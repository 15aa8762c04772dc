package api

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/qovery-alias/qovery-alias-go/internal/servertext"
)

// What went wrong, for errors.Is. The package documentation says which outcome
// of which call matches which of them.
var (
	// ErrInvalidRequest: the input or the configuration is wrong. Found before
	// anything was sent (StatusCode 0), or answered by the server with 400, 422
	// or a 4xx that has no sentinel of its own.
	ErrInvalidRequest = errors.New("invalid request")
	// ErrUnauthorized (401): the token is absent, expired or unknown to the server.
	ErrUnauthorized = errors.New("unauthorized")
	// ErrForbidden (403): the token does not allow it, a plan limit is reached,
	// or the thing does not exist; Qovery does not always tell these apart.
	ErrForbidden = errors.New("forbidden")
	// ErrNotFound (404): no such job, secret or key.
	ErrNotFound = errors.New("not found")
	// ErrConflict (409): the job already uses the key for something else.
	ErrConflict = errors.New("conflict")
	// ErrRateLimited (429): too many requests, also after the retries.
	ErrRateLimited = errors.New("rate limited")
	// ErrServer (408, 5xx): the server or a proxy failed.
	ErrServer = errors.New("server error")
	// ErrUnexpectedResponse: an answer the API does not describe.
	ErrUnexpectedResponse = errors.New("unexpected response")
	// ErrNotSent: provably nothing was sent, so nothing has changed.
	ErrNotSent = errors.New("not sent")
	// ErrOutcomeUnknown: a create that may or may not have taken effect. Find out
	// with EnsureJobSecretAlias, which is safe to repeat.
	ErrOutcomeUnknown = errors.New("outcome unknown")
)

// Error is what every failed call returns. It is plain data: no request, no
// response, no token.
type Error struct {
	Operation  string        // the operationId of the spec
	StatusCode int           // of the answer in question; 0: there was none
	Detail     string        // the server's words, made printable, at most 512 characters
	RequestID  string        // X-Request-Id, else X-Correlation-Id: what Qovery's support asks for
	RetryAfter time.Duration // how long the server asked to wait; 0: it did not
	Existing   *Secret       // ErrConflict: the secret that holds the key, where it could be looked up
	Body       []byte        // the start of the answer, at most 4 KiB; not printed by Error
	Err        error         // the cause

	unclear bool // the request may have been processed all the same
}

// Error is one line: the operation, what went wrong, the server's words, and at the
// end the status and the request id.
func (e *Error) Error() string {
	what, words := e.Err, e.Detail
	if what == nil {
		what = e.sentinel()
		words = cmp.Or(words, http.StatusText(e.StatusCode))
	}
	var parts []string
	for _, part := range []any{e.Operation, what, words} {
		if part != nil && part != "" {
			parts = append(parts, fmt.Sprint(part))
		}
	}
	line := servertext.Line(strings.Join(parts, ": "), maxLine)
	switch {
	case e.StatusCode != 0 && e.RequestID != "":
		line += fmt.Sprintf(" (status %d, request id %s)", e.StatusCode, servertext.Line(e.RequestID, maxRequestID))
	case e.StatusCode != 0:
		line += fmt.Sprintf(" (status %d)", e.StatusCode)
	}
	return line
}

// maxLine bounds what Error prints in front of the status, in characters.
const maxLine = 2048

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Is reports whether target is the sentinel of the StatusCode. The other
// sentinels are found in Err.
func (e *Error) Is(target error) bool {
	status := e.sentinel()
	return status != nil && status == target
}

// sentinel is the one that StatusCode stands for, nil where there was no answer.
func (e *Error) sentinel() error {
	switch code := e.StatusCode; {
	case code == 0:
		return nil
	case code == http.StatusUnauthorized:
		return ErrUnauthorized
	case code == http.StatusForbidden:
		return ErrForbidden
	case code == http.StatusNotFound:
		return ErrNotFound
	case code == http.StatusConflict:
		return ErrConflict
	case code == http.StatusTooManyRequests:
		return ErrRateLimited
	case code == http.StatusRequestTimeout, code >= 500 && code <= 599:
		return ErrServer
	case code >= 400 && code <= 499:
		return ErrInvalidRequest
	default:
		return ErrUnexpectedResponse
	}
}
