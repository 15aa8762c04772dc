package main

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
)

// attempts are the requests that a call made.
type attempts struct {
	mu           sync.Mutex
	posts, lists int
	denied       bool // one had the response 403
}

type attemptsKey struct{}

func (a *attempts) in(ctx context.Context) context.Context {
	return context.WithValue(ctx, attemptsKey{}, a)
}

func (a *attempts) add(method string, status int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch method {
	case http.MethodPost:
		a.posts++
	case http.MethodGet:
		a.lists++
	}
	a.denied = a.denied || status == http.StatusForbidden
}

// recorder is the handler of a logger that adds each record to the attempts of its
// context.
type recorder struct{}

var recorderLogger = slog.New(recorder{})

func (recorder) Enabled(context.Context, slog.Level) bool { return true }
func (r recorder) WithAttrs([]slog.Attr) slog.Handler     { return r }
func (r recorder) WithGroup(string) slog.Handler          { return r }
func (recorder) Handle(ctx context.Context, record slog.Record) error {
	a, ok := ctx.Value(attemptsKey{}).(*attempts)
	if !ok {
		return nil
	}
	var method string
	var status int
	record.Attrs(func(attr slog.Attr) bool {
		switch {
		case attr.Key == "operation" && attr.Value.String() == "createJobSecretAlias":
			method = http.MethodPost
		case attr.Key == "operation" && attr.Value.String() == "listJobSecrets":
			method = http.MethodGet
		case attr.Key == "status":
			status = int(attr.Value.Int64())
		}
		return true
	})
	a.add(method, status)
	return nil
}

// watched is a transport that adds each request to the attempts of its context: for
// clients that do not log.
type watched struct{ http.RoundTripper }

func (w watched) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := w.RoundTripper.RoundTrip(req)
	status := 0
	if err == nil {
		status = resp.StatusCode
	}
	if a, ok := req.Context().Value(attemptsKey{}).(*attempts); ok {
		a.add(req.Method, status)
	}
	return resp, err
}
