package api

import (
	"context"
	"time"

	"github.com/google/uuid"
)

// settleTimeout is the longest that settling may take.
const settleTimeout = 30 * time.Second

// looks are the times after a failure at which settling lists the job's secrets, where
// the time reserved for it is at least settleScale, and sooner in proportion where it is
// shorter.
var looks = []time.Duration{0, 250 * time.Millisecond, 750 * time.Millisecond,
	1750 * time.Millisecond, 3250 * time.Millisecond, 5250 * time.Millisecond}

const settleScale = 6 * time.Second

// reserve keeps a quarter of the time left to ctx for settling: work ends that much
// earlier. It is called once, when a call begins.
func reserve(ctx context.Context) (work context.Context, cancel context.CancelFunc, reserved time.Duration) {
	deadline, ok := ctx.Deadline()
	if !ok {
		return ctx, func() {}, settleTimeout
	}
	reserved = min(time.Until(deadline)/4, settleTimeout)
	work, cancel = context.WithDeadline(ctx, deadline.Add(-reserved))
	return work, cancel, reserved
}

// settle lists the job's secrets, until decide has seen enough, the looks are used up, or
// the time reserved is over. It reports whether any list could be had.
func (c *Client) settle(ctx context.Context, reserved time.Duration, jobID uuid.UUID, decide func(*jobSecrets) bool) (listed bool) {
	ctx, cancel := context.WithTimeout(ctx, reserved)
	defer cancel()
	start, retryAfter := time.Now(), time.Duration(0)
	for i, at := range looks {
		pause := time.Until(start.Add(min(at, time.Duration(float64(at)*float64(reserved)/float64(settleScale)))))
		if c.ownBackoff && i > 0 {
			pause = c.backoff(i)
		}
		if pause = max(pause, retryAfter); pause > reserved || !sleep(ctx, pause) {
			return listed
		}
		secrets, e := c.look(ctx, jobID, 0, i < len(looks)-1)
		if e != nil {
			retryAfter = e.RetryAfter
			continue
		}
		retryAfter, listed = 0, true
		if decide(secrets) {
			return listed
		}
	}
	return listed
}

// look lists the job's secrets to find out what became of a request: over a connection
// that has nothing to do with the one the request went over.
func (c *Client) look(ctx context.Context, jobID uuid.UUID, retries int, resent bool) (*jobSecrets, *Error) {
	all, e := c.list(ctx, jobID, request[[]Secret]{retries: retries, resent: resent, fresh: true})
	if e != nil {
		return nil, e
	}
	return indexSecrets(all), nil
}

// settleTasks ends all tasks: those that need a list by settling, all from the same lists.
func (c *Client) settleTasks(ctx context.Context, reserved time.Duration, jobID uuid.UUID, tasks []*aliasTask) {
	var open []*aliasTask
	for _, t := range tasks {
		switch {
		case t.done:
		case t.needsList():
			open = append(open, t)
		default:
			e := t.latest
			if e.retryable {
				e = e.also(contextError(ctx))
			}
			t.end(nil, e)
		}
	}
	if len(open) == 0 {
		return
	}
	listed := c.settle(ctx, reserved, jobID, func(secrets *jobSecrets) bool { return decideAll(open, secrets) })
	for _, t := range open {
		if !t.done {
			t.giveUp(ctx, listed)
		}
	}
}

// decideAll reports whether a list has ended all tasks.
func decideAll(tasks []*aliasTask, secrets *jobSecrets) bool {
	all := true
	for _, t := range tasks {
		if !t.done && t.needsList() {
			t.decide(secrets)
			t.listed = true
		}
		all = all && t.done
	}
	return all
}
