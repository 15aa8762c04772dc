package apitest

// The log of what arrived.

import (
	"bytes"
	"net/http"
	"slices"
	"strings"
)

// Request is one request as it arrived.
type Request struct {
	Method string
	Path   string      // decoded, without the query
	Header http.Header // Authorization holds the scheme alone, and is empty where there is none
	Body   []byte      // at most 1 MiB of it
}

// Requests are the requests so far, in order of arrival; those that a fault
// answered and those refused are among them. The copies are the caller's own.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	requests := slices.Clone(s.requests)
	for i, r := range requests {
		requests[i].Header, requests[i].Body = r.Header.Clone(), bytes.Clone(r.Body)
	}
	return requests
}

func (s *Server) record(r *http.Request, body []byte) {
	header := r.Header.Clone()
	for i, value := range header["Authorization"] {
		scheme, _, found := strings.Cut(value, " ")
		if !found {
			scheme = "" // a bare token, perhaps
		}
		header["Authorization"][i] = scheme
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = append(s.requests, Request{r.Method, r.URL.Path, header, body[:min(len(body), maxBody)]})
}
