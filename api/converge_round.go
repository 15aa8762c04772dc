package api

import (
	"context"
	"net/http"
	"sync"
	"time"
)

// round acts once on each goal that may act, 8 at a time. another says whether another round
// may follow.
func (v *convergence) round(ctx context.Context, another bool) {
	v.halted, v.progress, v.wait = nil, false, 0
	var queue []*goal
	for _, g := range v.goals {
		if g.mayAct() {
			queue = append(queue, g)
			v.lookTime = maxLookTime
		}
	}
	if len(queue) == 1 { // in this goroutine: the stack of a new one would grow for a single act
		v.actOn(ctx, queue[0], another)
		return
	}
	starts, halt := context.WithCancel(ctx)
	defer halt()
	var running sync.WaitGroup
	defer running.Wait()
	slots := make(chan struct{}, maxConcurrent)
	for _, g := range queue {
		slots <- struct{}{}
		if !v.waitToStart(starts) {
			return
		}
		running.Go(func() {
			if v.actOn(ctx, g, another) {
				halt()
			}
			<-slots
		})
	}
}

// actOn acts on a goal and draws the conclusions. It reports whether other acts of the round
// would fail like this one.
func (v *convergence) actOn(ctx context.Context, g *goal, another bool) (halt bool) {
	started := time.Now()
	secret, f := g.act(ctx, v.client, another)
	v.mu.Lock()
	defer v.mu.Unlock()
	g.record(secret, f)
	if f == nil {
		v.progress = true
		v.space -= v.space / 100
		return false
	}
	v.wait = max(v.wait, f.RetryAfter)
	if f.StatusCode == http.StatusTooManyRequests || f.StatusCode == http.StatusServiceUnavailable {
		v.slowDown(started, min(f.RetryAfter, maxRetryAfter))
	}
	if halt = f.unsent || f.stopsAll(); halt && (v.halted == nil || !v.halted.stopsAll()) {
		v.halted = f
	}
	return halt
}

// stopsAll reports whether acts of further rounds would fail like this one.
func (f *failure) stopsAll() bool {
	return f.StatusCode == http.StatusUnauthorized || f.RetryAfter > maxRetryAfter || f.unsent && !f.transient
}

// waitToStart waits until the next act may start. It reports whether that was before the context
// was over.
func (v *convergence) waitToStart(ctx context.Context) bool {
	for {
		v.mu.Lock()
		now := time.Now()
		wait := v.notBefore.Sub(now)
		if wait <= 0 {
			v.notBefore = now.Add(v.space)
		}
		v.mu.Unlock()
		if wait <= 0 || !sleep(ctx, wait) {
			return wait <= 0 && ctx.Err() == nil
		}
	}
}

// slowDown spaces acts out for a server that limits them: each refusal widens the space by a
// quarter, each success narrows it by a hundredth. The refusal of an act that started before the
// latest widening says nothing new. No act starts before the time that the server asked for.
func (v *convergence) slowDown(started time.Time, asked time.Duration) {
	now := time.Now()
	if started.After(v.widened) {
		v.widened = now
		v.space = min(max(v.space*5/4, time.Millisecond), 250*time.Millisecond)
		asked = max(asked, v.space)
	}
	if notBefore := now.Add(asked); notBefore.After(v.notBefore) {
		v.notBefore = notBefore
	}
}
