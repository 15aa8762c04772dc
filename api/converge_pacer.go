package api

import (
	"context"
	"net/http"
	"sync"
	"time"
)

// pacer spaces requests out for a server that limits them, by 429 or by 503: each refusal
// widens the space, each success narrows it a little. At first requests start at once.
type pacer struct {
	mu      sync.Mutex
	space   time.Duration
	started time.Time // the latest request
	widened time.Time // the space, for the last time
	resume  time.Time // the earliest start that the server asked for
}

// wait waits until a request may start. It reports whether that was before the context was
// over.
func (p *pacer) wait(ctx context.Context) bool {
	for {
		p.mu.Lock()
		now := time.Now()
		wait := max(p.started.Add(p.space).Sub(now), p.resume.Sub(now))
		if wait <= 0 {
			p.started = now
		}
		p.mu.Unlock()
		if wait <= 0 || !sleep(ctx, wait) {
			return wait <= 0 && ctx.Err() == nil
		}
	}
}

// observe adapts the space to the response to a request. The refusal of one that started
// before the latest widening says nothing new.
func (p *pacer) observe(started time.Time, f *failure) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if f == nil {
		p.space -= p.space / 100
		return
	}
	if f.StatusCode != http.StatusTooManyRequests && f.StatusCode != http.StatusServiceUnavailable {
		return
	}
	now, wait := time.Now(), min(f.RetryAfter, maxRetryAfter)
	if started.After(p.widened) {
		p.widened = now
		p.space = min(max(p.space*5/4, time.Millisecond), 250*time.Millisecond)
		wait = max(wait, p.space)
	}
	if resume := now.Add(wait); resume.After(p.resume) {
		p.resume = resume
	}
}
