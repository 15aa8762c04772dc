package api

import (
	"net/http"
	"path"
)

// operation is an operation of the spec.
type operation struct {
	id      string // operationId
	method  string
	path    string // with * for each parameter
	success int    // the documented status of success
}

var (
	listJobSecrets       = operation{"listJobSecrets", "GET", "/job/*/secret", http.StatusOK}
	deleteJobSecret      = operation{"deleteJobSecret", "DELETE", "/job/*/secret/*", http.StatusNoContent}
	createJobSecretAlias = operation{"createJobSecretAlias", "POST", "/job/*/secret/*/alias", http.StatusCreated}
)

// operationOf returns the operation of a request of the generated client.
func operationOf(method, requestPath string) operation {
	for _, op := range []operation{listJobSecrets, deleteJobSecret, createJobSecretAlias} {
		if match, _ := path.Match(op.path, requestPath); match && op.method == method {
			return op
		}
	}
	return operation{id: method, method: method}
}

// readOnly reports whether the operation changes nothing. A request of any other may have taken effect if
// no response comes.
func (op operation) readOnly() bool { return op.method == http.MethodGet }

// meaning is what a status other than the documented success says of its request.
type meaning struct {
	from, to           int // the statuses
	sentinel           error
	mayHaveTakenEffect bool
	transient          bool // another attempt may fare better
}

// meanings has the statuses that the API or HTTP gives a meaning. The first entry that contains a status
// counts.
var meanings = []meaning{
	{from: 300, to: 300, sentinel: ErrUnexpectedResponse},
	{from: 304, to: 308, sentinel: ErrUnexpectedResponse},
	{from: 401, to: 401, sentinel: ErrUnauthorized},
	{from: 403, to: 403, sentinel: ErrForbidden},
	{from: 404, to: 404, sentinel: ErrNotFound},
	{from: 408, to: 408, sentinel: ErrServer, mayHaveTakenEffect: true, transient: true},
	{from: 409, to: 409, sentinel: ErrConflict},
	{from: 429, to: 429, sentinel: ErrRateLimited, transient: true},
	{from: 400, to: 499, sentinel: ErrInvalidRequest},
	{from: 501, to: 501, sentinel: ErrServer, mayHaveTakenEffect: true},
	{from: 500, to: 599, sentinel: ErrServer, mayHaveTakenEffect: true, transient: true},
}

func meaningOf(status int) meaning {
	for _, m := range meanings {
		if m.from <= status && status <= m.to {
			return m
		}
	}
	return meaning{sentinel: ErrUnexpectedResponse, mayHaveTakenEffect: true}
}
