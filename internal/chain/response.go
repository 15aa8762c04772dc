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
	r := &struct {
		http.Response
		body body
	}{
		Response: http.Response{
			Status: o.StatusLine, StatusCode: o.Status,
			Header: o.Header, ContentLength: int64(len(o.Body)), Request: req,
		},
		body: body{outcome: func() *Outcome { return o }},
	}
	r.body.Reset(o.Body)
	r.Body = &r.body
	return &r.Response
}

// OutcomeOf returns the outcome that a response was made from.
func OutcomeOf(resp *http.Response) *Outcome { return resp.Body.(*body).outcome() }
