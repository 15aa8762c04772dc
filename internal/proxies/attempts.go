package main

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
)

// attempts are the requests that a call made, as the client logs them.
type attempts struct {
	mu           sync.Mutex
	posts, lists int
	denied       bool // one had the response 403
}

type attemptsKey struct{}

func (a *attempts) in(ctx context.Context) context.Context {
	return context.WithValue(ctx, attemptsKey{}, a)
}

// recorder is the handler of a logger that adds each record to the attempts of its
// context.
type recorder struct{}

func (recorder) Enabled(context.Context, slog.Level) bool { return true }
func (r recorder) WithAttrs([]slog.Attr) slog.Handler     { return r }
func (r recorder) WithGroup(string) slog.Handler          { return r }
func (recorder) Handle(ctx context.Context, record slog.Record) error {
	a, ok := ctx.Value(attemptsKey{}).(*attempts)
	if !ok {
		return nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	record.Attrs(func(attr slog.Attr) bool {
		switch {
		case attr.Key == "operation" && attr.Value.String() == "createJobSecretAlias":
			a.posts++
		case attr.Key == "operation" && attr.Value.String() == "listJobSecrets":
			a.lists++
		case attr.Key == "status" && attr.Value.Int64() == http.StatusForbidden:
			a.denied = true
		}
		return true
	})
	return nil
}
