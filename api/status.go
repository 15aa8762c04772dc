package api

import "net/http"

// statusMeaning is what a response status other than the documented success says of
// its request.
type statusMeaning struct {
	from, to           int   // the statuses
	sentinel           error // what an Error with this status matches
	mayHaveTakenEffect bool
	retryable          bool // another attempt may fare better
}

// statuses has the meaning of every status; the first entry that covers one counts.
var statuses = []statusMeaning{
	{from: 300, to: 300, sentinel: ErrUnexpectedResponse},
	{from: 304, to: 308, sentinel: ErrUnexpectedResponse},
	{from: 401, to: 401, sentinel: ErrUnauthorized},
	{from: 403, to: 403, sentinel: ErrForbidden},
	{from: 404, to: 404, sentinel: ErrNotFound},
	{from: 408, to: 408, sentinel: ErrServer, mayHaveTakenEffect: true, retryable: true},
	{from: 409, to: 409, sentinel: ErrConflict},
	{from: 429, to: 429, sentinel: ErrRateLimited, retryable: true},
	{from: 400, to: 499, sentinel: ErrInvalidRequest},
	{from: 501, to: 501, sentinel: ErrServer, mayHaveTakenEffect: true},
	{from: 500, to: 599, sentinel: ErrServer, mayHaveTakenEffect: true, retryable: true},
	{from: 0, to: 999, sentinel: ErrUnexpectedResponse, mayHaveTakenEffect: true},
}

func meaningOf(status int) statusMeaning {
	for _, m := range statuses {
		if m.from <= status && status <= m.to {
			return m
		}
	}
	return statuses[len(statuses)-1]
}

// sentinel is what the status of the response matches: nothing without one, nor for
// a success, whose Err says what is wrong with it. A DELETE that finds its target
// gone (410) has not found it.
func (e *Error) sentinel() error {
	switch {
	case e.StatusCode == 0 || e.StatusCode/100 == 2:
		return nil
	case e.StatusCode == http.StatusGone && e.Operation == deleteJobSecret.id:
		return ErrNotFound
	}
	return meaningOf(e.StatusCode).sentinel
}
