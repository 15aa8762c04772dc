package api

import (
	"context"
	"net/http"
	"sync"
	"time"
)

// round acts once on each goal that may act, 8 at a time, and reports whether there was one. another says
// whether another round may follow.
func (v *convergence) round(ctx context.Context, another bool) (acted bool) {
	v.halted, v.progress = nil, false
	var queue []*goal
	for _, g := range v.goals {
		if g.mayAct() {
			queue = append(queue, g)
			v.lookTime = maxLookTime
		}
	}
	if len(queue) == 1 { // in this goroutine: the stack of a new one would grow for a single act
		v.actOn(ctx, queue[0], another)
		return true
	}
	starts, halt := context.WithCancel(ctx)
	defer halt()
	var running sync.WaitGroup
	defer running.Wait()
	slots := make(chan struct{}, maxConcurrent)
	for _, g := range queue {
		slots <- struct{}{}
		if !v.waitToStart(starts) {
			break
		}
		running.Go(func() {
			defer func() { <-slots }()
			if v.actOn(ctx, g, another) {
				halt()
			}
		})
	}
	return len(queue) > 0
}

// actOn acts on a goal and draws the conclusions. It reports whether other acts of the round would fail
// like this one.
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
	v.slowDown(started, f)
	if halt = f.unsent || f.stopsAll(); halt && (v.halted == nil || !v.halted.stopsAll()) {
		v.halted = f
	}
	return halt
}

// stopsAll reports whether acts of further rounds would fail like this one.
func (f *failure) stopsAll() bool {
	asks := f.RetryAfter > maxRetryAfter && (f.transient || f.mayHaveTakenEffect)
	return asks || f.StatusCode == http.StatusUnauthorized || f.unsent && !f.transient
}

// waitToStart waits until the next act may start. It reports whether that was before the context was
// over.
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

// slowDown lets no act start before the time that the server asked for, and spaces acts out for a server
// that limits them: each refusal widens the space by a quarter, each success narrows it by a hundredth.
// The refusal of an act that started before the latest widening says nothing new.
func (v *convergence) slowDown(started time.Time, f *failure) {
	now, wait := time.Now(), min(f.RetryAfter, maxRetryAfter)
	limited := f.StatusCode == http.StatusTooManyRequests || f.StatusCode == http.StatusServiceUnavailable
	if limited && started.After(v.widened) {
		v.widened = now
		v.space = min(max(v.space*5/4, time.Millisecond), 250*time.Millisecond)
		wait = max(wait, v.space)
	}
	if wait > 0 {
		v.limited = f
	}
	v.startNotBefore(now.Add(wait))
}

func (v *convergence) startNotBefore(t time.Time) {
	if t.After(v.notBefore) {
		v.notBefore = t
	}
}
