package chain

import (
	"bytes"
	"net/http"
)

// body is that of a response, read already. The outcome stands behind a function,
// which no way of printing opens.
type body struct {
	bytes.Reader
	outcome func() *Outcome
}

func (*body) Close() error { return nil }

// Response is the outcome in the form in which it passes the generated client. Its
// request is the one that is not signed.
func (o *Outcome) Response(req *http.Request) *http.Response {
	b := &body{outcome: func() *Outcome { return o }}
	b.Reset(o.Body)
	return &http.Response{
		Status: o.StatusLine, StatusCode: o.Status,
		Header: o.Header, Body: b, ContentLength: int64(len(o.Body)), Request: req,
	}
}

// OutcomeOf returns the outcome that a response was made from.
func OutcomeOf(resp *http.Response) *Outcome { return resp.Body.(*body).outcome() }
