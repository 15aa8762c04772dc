package bench

import (
	"net/http"

	"github.com/qovery-alias/qovery-alias-go/generated"
)

// transport is a way from the clients to the responses.
type transport struct {
	name string
	open func(a *responses) (at Endpoint, shut func())
}

// The transports.
const (
	inMemory = "in memory"
	http1    = "loopback HTTP/1.1"
	http2    = "loopback TLS, HTTP/2"
)

var transports = []transport{
	{inMemory, func(a *responses) (Endpoint, func()) {
		return Endpoint{generated.ServerURLQovery, token, &http.Client{Transport: newMemory(a)}}, func() {}
	}},
	{http1, func(a *responses) (Endpoint, func()) {
		s := startHTTP1(a)
		return Endpoint{s.URL, token, nil}, s.Close
	}},
	{http2, func(a *responses) (Endpoint, func()) {
		s := startHTTP2(a)
		return Endpoint{s.URL, token, s.Client()}, s.Close
	}},
}
