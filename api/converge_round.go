package api

import (
	"context"
	"net/http"
	"sync"
	"time"
)

// round acts once on each goal that may act, 8 at a time. another says whether a further round
// may follow.
func (v *convergence) round(ctx context.Context, another bool) {
	var queue []*goal
	for _, g := range v.goals {
		if g.mayAct() {
			queue = append(queue, g)
		}
	}
	v.halted, v.progress, v.wait = nil, false, 0
	if len(queue) > 0 {
		v.lookTime = maxLookTime
	}
	if len(queue) == 1 { // without a goroutine, which would cost more than the act
		v.act(ctx, queue[0], another)
		return
	}
	starts, halt := context.WithCancel(ctx)
	defer halt()
	var acts sync.WaitGroup
	defer acts.Wait()
	slots := make(chan struct{}, maxConcurrent)
	for _, g := range queue {
		slots <- struct{}{}
		if !v.pace.wait(starts) {
			return
		}
		acts.Go(func() {
			if v.act(ctx, g, another); v.isHalted() {
				halt()
			}
			<-slots
		})
	}
}

// act acts on a goal and draws the conclusions.
func (v *convergence) act(ctx context.Context, g *goal, another bool) {
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
		v.progress = true
		return
	}
	v.wait = max(v.wait, f.RetryAfter)
	if f.unsent || f.stopsAll() {
		v.halted = f
	}
}

func (v *convergence) isHalted() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.halted != nil
}

// stopsAll reports whether acts of further rounds would fail like this one.
func (f *failure) stopsAll() bool {
	return f.StatusCode == http.StatusUnauthorized || f.RetryAfter > maxRetryAfter || f.unsent && !f.transient
}
