package api

import (
	"context"
	"net/http"
	"sync"
	"time"
)

// round acts once on each goal that may act, 8 at a time. It reports whether an act succeeded,
// and how long the server asked to wait. another says whether a further round may follow.
func (v *convergence) round(ctx context.Context, another bool) (progress bool, wait time.Duration) {
	var queue []*goal
	for _, g := range v.goals {
		if g.mayAct() {
			queue = append(queue, g)
			v.lookTime = maxLookTime
		}
	}
	v.halted = nil
	starts, halt := context.WithCancel(ctx)
	defer halt()
	act := func(g *goal) {
		t := tries{earlier: g.acts, another: another}
		if g.once {
			t = tries{retries: v.client.retries}
		}
		started := time.Now()
		secret, f := g.act(ctx, t)
		v.mu.Lock()
		defer v.mu.Unlock()
		v.pace.observe(started, f)
		g.observe(secret, f)
		if f == nil {
			progress = true
			return
		}
		wait = max(wait, f.RetryAfter)
		if f.unsent || f.stopsAll() {
			v.halted = f
			halt()
		}
	}
	var acts sync.WaitGroup
	slots := make(chan struct{}, maxConcurrent)
	for i, g := range queue {
		slots <- struct{}{}
		if !v.pace.wait(starts) {
			break
		}
		if i == len(queue)-1 {
			act(g) // here, since a goroutine for a single act would cost more than that
			break
		}
		acts.Go(func() {
			act(g)
			<-slots
		})
	}
	acts.Wait()
	return progress, wait
}

// stopsAll reports whether acts of further rounds would fail like this one.
func (f *failure) stopsAll() bool {
	return f.StatusCode == http.StatusUnauthorized || f.RetryAfter > maxRetryAfter || f.unsent && !f.transient
}
