package api

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
)

// maxInFlight is how many requests a call has under way at most, and so how many
// connections are worth having.
const maxInFlight = 8

// limitGrace is how long after a success a limited POST does not count as a retry.
const limitGrace = 10 * time.Second

// batch works on tasks in rounds: it sends what is due, waits, lists, and sends again what
// the list shows to have had no effect.
type batch struct {
	*Client
	jobID uuid.UUID
	tasks []*aliasTask
	pacer pacer
	blind int // rounds without the list that is needed

	mu      sync.Mutex
	success time.Time     // when the latest POST succeeded
	offline int           // rounds in a row in which no connection could be had
	sent    bool          // anything in this round
	slowest time.Duration // POST of this round: a shorter time is not enough for another
	broken  error         // why this round was broken off
	stopped bool          // for good: every further request would fail alike

	breakOff context.CancelFunc // lets no further POST of this round start
}

// converge ends all tasks: in rounds while it is the time for work, and by settling.
func (c *Client) converge(ctx, work context.Context, reserved time.Duration, jobID uuid.UUID, tasks []*aliasTask) {
	b := batch{Client: c, jobID: jobID, tasks: tasks, pacer: pacer{queue: make(chan struct{}, 1)}}
	for b.round(work) && b.wait(work) && b.decide(work) {
	}
	b.endUnsent(work)
	c.settle(ctx, reserved, jobID, tasks)
}

// endUnsent ends the tasks of which nothing was sent.
func (b *batch) endUnsent(ctx context.Context) {
	for _, t := range b.tasks {
		if !t.done && t.latest == nil {
			e := failure(t.op, fmt.Errorf("%w: %w", ErrNotSent, cmp.Or(b.broken, contextError(ctx), context.DeadlineExceeded)))
			t.end(nil, e.withContext(ctx))
		}
	}
}

// pending returns the tasks that may be posted: for the first time, or again.
func (b *batch) pending() []*aliasTask {
	return slices.DeleteFunc(slices.Clone(b.tasks), func(t *aliasTask) bool { return !t.repeatable(b.retries) })
}

// round posts what may be posted now, and reports whether there is more for the next. After
// one in which there was no time for any there is none.
func (b *batch) round(ctx context.Context) bool {
	b.broken, b.slowest, b.sent = nil, 0, false
	waiting, cancel := context.WithCancel(ctx)
	defer cancel()
	b.breakOff = cancel
	due := slices.DeleteFunc(b.pending(), func(t *aliasTask) bool { return t.needsList() && !t.listed })
	var next atomic.Int64
	var workers sync.WaitGroup
	for range min(maxInFlight, len(due)) {
		workers.Go(func() {
			for i := next.Add(1); i <= int64(len(due)) && b.hasTime(ctx) && b.pacer.wait(waiting); i = next.Add(1) {
				t, started := due[i-1], time.Now()
				b.observe(t, t.send(ctx, b.Client, 0, t.sends < b.retries), started)
			}
		})
	}
	workers.Wait()
	return !b.stopped && b.retries > 0 && (b.sent || len(due) == 0) && len(b.pending()) > 0
}

// hasTime reports whether the time left is enough for a POST like those of this round.
func (b *batch) hasTime(ctx context.Context) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	deadline, ok := ctx.Deadline()
	return !ok || time.Until(deadline) >= b.slowest
}

// observe draws the conclusions of a POST for those that follow.
func (b *batch) observe(t *aliasTask, e *Error, started time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.slowest, b.sent = max(b.slowest, time.Since(started)), true
	if e == nil {
		b.success, b.offline = time.Now(), 0
		b.pacer.faster()
		return
	}
	limited := e.StatusCode == http.StatusTooManyRequests || e.StatusCode == http.StatusServiceUnavailable
	if limited {
		b.pacer.slower(started, e.RetryAfter)
	}
	if !limited || time.Since(b.success) > limitGrace {
		t.sends++
	}
	switch {
	case e.StatusCode == http.StatusUnauthorized && !e.retryable, e.RetryAfter > maxRetryAfter, e.unsent != nil && !e.retryable:
		b.broken, b.stopped = e.reason(), true
	case e.unsent == nil:
		b.offline = 0
	case b.broken == nil:
		b.offline++
		b.broken, b.stopped = e.reason(), b.offline > b.retries
	}
	if b.broken != nil {
		b.breakOff()
	}
}

// wait pauses before the next round, and reports whether that may begin.
func (b *batch) wait(ctx context.Context) bool {
	pause, retry := Error{}, b.retries
	for _, t := range b.pending() {
		if retry = min(retry, max(t.sends, b.offline, b.blind)); t.latest != nil {
			pause.RetryAfter = max(pause.RetryAfter, t.latest.RetryAfter)
		}
	}
	return b.pause(ctx, &pause, max(retry, 1))
}

// decide ends the tasks that a list decides, if there are any that need one. It reports
// whether to go on: without a list for some rounds only.
func (b *batch) decide(ctx context.Context) bool {
	if !slices.ContainsFunc(b.pending(), (*aliasTask).needsList) {
		return true
	}
	if !b.pacer.wait(ctx) { // a limit counts lists too
		return false
	}
	secrets, e := b.freshList(ctx, b.jobID, b.retries, true)
	if e != nil {
		b.blind++
		return b.blind <= b.retries
	}
	b.blind = 0
	decideAll(b.tasks, secrets, false)
	return true
}
