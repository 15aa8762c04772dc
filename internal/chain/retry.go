package chain

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"time"
)

// maxRetryAfter is the longest wait that a server is granted.
const maxRetryAfter = time.Minute

// Do sends a request, and again what failed for a passing reason, unless it may
// have been processed and sending it twice could do more than sending it once.
func (c *Chain) Do(op *Operation, req *http.Request) *Outcome {
	ctx := req.Context()
	repeatable := req.Body == nil || req.GetBody != nil
	var reached *Outcome // the latest failed attempt that may have reached the server
	for n := 1; ; n++ {
		if err := waitTurn(ctx); err != nil {
			return lastWord(reached, unsent(err))
		}
		started := time.Now()
		o := c.attempt(op, req, n)
		c.log(ctx, op, o, n, started)
		switch {
		case !o.Failed:
			return o
		case o.Status == http.StatusNotFound && op.Method == http.MethodDelete && reached != nil:
			// An attempt before this one, whose answer was lost, has deleted it.
			return &Outcome{Status: op.Success, StatusLine: http.StatusText(op.Success), Header: o.Header}
		case o.Unsent:
			o = lastWord(reached, o)
		default:
			reached = o
		}
		limited := o.Status == http.StatusTooManyRequests
		if limited {
			holdTurns(ctx, o.RetryAfter())
		}
		if !o.Transient || n > c.Retries || !repeatable || o.Unclear() && !op.Idempotent() ||
			o.RetryAfter() > maxRetryAfter || ctx.Err() != nil {
			return o
		}
		wait := o.RetryAfter()
		if wait == 0 {
			wait = c.Backoff(n)
		}
		if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= wait {
			return o
		}
		if limited {
			holdTurns(ctx, wait)
		}
		if err := Sleep(ctx, wait); err != nil {
			return o.then(err)
		}
	}
}

// lastWord is what to report of an attempt that was not sent: that nothing was, or,
// where an attempt before it may have reached the server, how that one failed.
func lastWord(reached, unsent *Outcome) *Outcome {
	if reached == nil {
		return unsent
	}
	o := reached.then(unsent.Err)
	o.Transient = unsent.Transient
	return o
}

// then is o with what happened after it.
func (o *Outcome) then(err error) *Outcome {
	next := *o
	if next.Err = err; o.Err != nil {
		next.Err = fmt.Errorf("%w; then: %w", o.Err, err)
	}
	return &next
}

func (c *Chain) log(ctx context.Context, op *Operation, o *Outcome, attempt int, started time.Time) {
	if c.Logger != nil {
		c.Logger.LogAttrs(ctx, slog.LevelDebug, "qovery request", slog.String("operation", op.ID),
			slog.Int("status", o.Status), slog.Int("attempt", attempt), slog.Duration("duration", time.Since(started)))
	}
}

// FullJitter is the default backoff: any time up to 0.5 s, doubled with each retry
// up to 8 s.
func FullJitter(retry int) time.Duration {
	return rand.N(500 * time.Millisecond << min(retry-1, 4))
}

// Sleep returns the context's error if that is over before d has passed.
func Sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
	return ctx.Err()
}
