package api

import "errors"

// kinds names the sentinels, in the order in which they are tried.
var kinds = []struct {
	sentinel error
	name     string
}{
	{ErrOutcomeUnknown, "outcome_unknown"},
	{ErrNotSent, "not_sent"},
	{ErrInvalidRequest, "invalid_request"},
	{ErrUnauthorized, "unauthorized"},
	{ErrForbidden, "forbidden"},
	{ErrNotFound, "not_found"},
	{ErrConflict, "conflict"},
	{ErrRateLimited, "rate_limited"},
	{ErrServer, "server_error"},
	{ErrUnexpectedResponse, "unexpected_response"},
	{ErrNoResponse, "no_response"},
}

// Kind returns one stable word for the first sentinel that e matches, in the order in which
// they are declared to be tried: "outcome_unknown", "not_sent", "invalid_request",
// "unauthorized", "forbidden", "not_found", "conflict", "rate_limited", "server_error",
// "unexpected_response" or "no_response". It is empty where none matches.
func (e *Error) Kind() string {
	for _, k := range kinds {
		if errors.Is(e, k.sentinel) {
			return k.name
		}
	}
	return ""
}
