package chain

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/qovery-alias/qovery-alias-go/internal/servertext"
)

// ErrMalformed: an answer came that is none, or longer than its operation allows.
var ErrMalformed = errors.New("malformed answer")

// Outcome is how a request ended.
type Outcome struct {
	Status     int         // of the answer; 0: none came
	StatusLine string      // the status in words
	Header     http.Header // of the answer
	Body       []byte      // whole where Err is nil and the status is that of success, else its start
	Err        error       // why there is no complete answer; nil: there is one
	Unsent     bool        // it provably never left
	Failed     bool        // it is not the documented success, read whole

	Transient bool // another attempt may fare better
	token     string
}

// Conceal takes the token that the request was signed with out of a text.
func (o *Outcome) Conceal(text string) string {
	if o.token == "" {
		return text
	}
	return servertext.Conceal(text, o.token)
}

// opaque returns err as a cause that shows its text and nothing else, however it is
// printed: what a transport puts into its errors may hold the signed request.
func (o *Outcome) opaque(err error) error {
	text := o.Conceal(err.Error())
	if text != err.Error() {
		err = nil // nor may it be looked into
	}
	return &opaque{text, func() error { return err }}
}

type opaque struct {
	text  string
	cause func() error // behind a function, which no way of printing opens
}

func (e *opaque) Error() string { return e.text }
func (e *opaque) Unwrap() error { return e.cause() }

// Unclear reports whether a failed request may have been processed all the same.
func (o *Outcome) Unclear() bool {
	switch code := o.Status; {
	case code == 0:
		return !o.Unsent
	case code == http.StatusMultipleChoices, code >= 304 && code <= 308:
		return false
	case code >= 400 && code <= 499:
		return code == http.StatusRequestTimeout
	default:
		return true
	}
}

// RetryAfter is how long the server asked to wait, in seconds or until a date. What
// is past, negative or senseless counts as absent: 0.
func (o *Outcome) RetryAfter() time.Duration {
	return parseRetryAfter(o.Header.Get("Retry-After"), time.Now())
}

func parseRetryAfter(value string, now time.Time) time.Duration {
	const forever = time.Duration(1<<63 - 1)
	if value != "" && strings.Trim(value, "0123456789") == "" {
		seconds, err := strconv.ParseInt(value, 10, 64)
		if err != nil || seconds > int64(forever/time.Second) {
			return forever
		}
		return time.Duration(seconds) * time.Second
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	return max(0, at.Sub(now))
}

// transientStatus reports whether an answer speaks of a passing fault.
func transientStatus(code int) bool {
	return code == http.StatusRequestTimeout || code == http.StatusTooManyRequests ||
		code >= 500 && code <= 599 && code != http.StatusNotImplemented
}
