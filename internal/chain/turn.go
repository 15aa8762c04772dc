package chain

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// turns lets the requests of one call, which run side by side, slow down together
// when the server says that they are too many, and stop when it asks for a longer
// wait than it is granted.
type turns struct {
	mu    sync.Mutex
	until time.Time // no attempt starts before
	over  error     // none starts any more
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
		if until := time.Now().Add(wait); wait > maxRetryAfter {
			t.over = fmt.Errorf("the server has asked to be left alone for %s", wait)
		} else if until.After(t.until) {
			t.until = until
		}
	}
}

// waitTurn returns when an attempt may start, or why none may.
func waitTurn(ctx context.Context) error {
	t, ok := ctx.Value(turnsKey{}).(*turns)
	for ok && ctx.Err() == nil {
		t.mu.Lock()
		wait, over := time.Until(t.until), t.over
		t.mu.Unlock()
		if over != nil {
			return over
		}
		if wait <= 0 {
			break
		}
		_ = Sleep(ctx, wait) // the loop looks at the context
	}
	return ctx.Err()
}
