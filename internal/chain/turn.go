package chain

import (
	"context"
	"sync"
	"time"
)

// turns lets the requests of one call, which run side by side, slow down together
// when the server says that they are too many.
type turns struct {
	mu    sync.Mutex
	until time.Time // no attempt starts before
}

type turnsKey struct{}

// WithTurns makes the requests that are sent with the context take turns together.
func WithTurns(ctx context.Context) context.Context {
	return context.WithValue(ctx, turnsKey{}, new(turns))
}

// holdTurns lets no attempt start for a while.
func holdTurns(ctx context.Context, wait time.Duration) {
	if t, ok := ctx.Value(turnsKey{}).(*turns); ok {
		t.mu.Lock()
		defer t.mu.Unlock()
		if until := time.Now().Add(wait); until.After(t.until) {
			t.until = until
		}
	}
}

// waitTurn returns when an attempt may start, or the error of the context.
func waitTurn(ctx context.Context) error {
	t, ok := ctx.Value(turnsKey{}).(*turns)
	for ok && ctx.Err() == nil {
		t.mu.Lock()
		wait := time.Until(t.until)
		t.mu.Unlock()
		if wait <= 0 {
			break
		}
		_ = Sleep(ctx, wait)
	}
	return ctx.Err()
}
