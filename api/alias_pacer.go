package api

import (
	"cmp"
	"context"
	"sync"
	"time"
)

// The bounds of the time between two requests, once a server limits them.
const (
	minSpacing = time.Millisecond
	maxSpacing = 8 * time.Second
)

// pacer spaces requests out for a server that limits them. Each refusal widens the space,
// each success narrows it a little. At first it lets requests go at once.
type pacer struct {
	queue chan struct{} // has room for one: the request that starts next

	mu        sync.Mutex
	spacing   time.Duration
	next      time.Time // the earliest start of the next request
	notBefore time.Time // before which none starts, as the server asked
	slowed    time.Time // when the space was widened last
	successes int       // since then
	first     time.Time // when the first request started
	total     int       // successes
}

// wait returns when a request may start, false when the context is over.
func (p *pacer) wait(ctx context.Context) bool {
	p.queue <- struct{}{}
	defer func() { <-p.queue }()
	for {
		p.mu.Lock()
		wait := max(time.Until(p.next), time.Until(p.notBefore))
		if wait <= 0 {
			p.next = time.Now().Add(p.spacing)
			p.first = cmp.Or(p.first, time.Now())
		}
		p.mu.Unlock()
		if wait <= 0 {
			return ctx.Err() == nil
		}
		if !sleep(ctx, wait) {
			return false
		}
	}
}

// slower widens the space after a refusal: a little, where a request has been let through
// since the last time, else to twice as much, but to no more than twice what has let
// requests through on average. A request that started before the last time says nothing new.
func (p *pacer) slower(started time.Time, retryAfter time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	if until := now.Add(min(retryAfter, maxRetryAfter)); until.After(p.notBefore) {
		p.notBefore = until
	}
	if started.Before(p.slowed) {
		return
	}
	wider := 2 * p.spacing
	if p.successes > 0 {
		wider = p.spacing * 11 / 10
	}
	if p.total > 0 {
		wider = min(wider, 2*now.Sub(p.first)/time.Duration(p.total))
	}
	p.spacing = min(max(wider, minSpacing), maxSpacing)
	p.slowed, p.successes = now, 0
	p.next = now.Add(p.spacing)
}

// faster narrows the space after a success, the more the longer there was no refusal.
func (p *pacer) faster() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.successes++
	p.total++
	if p.spacing -= p.spacing * time.Duration(min(p.successes, 50)) / 1000; p.spacing < minSpacing/2 {
		p.spacing = 0
	}
}
