package api

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"
)

// settleTimeout is the longest that settling may take.
const settleTimeout = 30 * time.Second

// settleTimes are the times after a failure at which settling lists the job's secrets, where
// the time reserved for it is at least settleScale; where it is shorter, sooner in proportion.
var settleTimes = []time.Duration{0, 250 * time.Millisecond, 750 * time.Millisecond,
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

// settle ends all tasks. For those that need it the job's secrets are listed, until they
// are decided, all times are over, or the time reserved is used up.
func (c *Client) settle(ctx context.Context, reserved time.Duration, jobID uuid.UUID, tasks []*aliasTask) {
	limited, cancel := context.WithTimeout(ctx, reserved)
	defer cancel()
	start, retryAfter, scale := time.Now(), time.Duration(0), min(1, reserved.Seconds()/settleScale.Seconds())
	for i := 0; i < len(settleTimes) && slices.ContainsFunc(tasks, (*aliasTask).needsList); i++ {
		pause := time.Until(start.Add(time.Duration(scale * float64(settleTimes[i]))))
		if c.ownBackoff && i > 0 {
			pause = c.backoff(i)
		}
		if !sleep(limited, max(pause, retryAfter)) {
			break
		}
		retryAfter = 0
		if secrets, e := c.freshList(limited, jobID, 0, i < len(settleTimes)-1); e == nil {
			decideAll(tasks, secrets, true)
		} else {
			retryAfter = e.RetryAfter
		}
	}
	for _, t := range tasks {
		switch {
		case t.done:
		case t.needsList():
			t.giveUp(ctx)
		case t.latest.retryable:
			t.end(nil, t.latest.withContext(ctx))
		default:
			t.end(nil, t.latest)
		}
	}
}

// decideAll shows a list to the tasks that need it. After the final one nothing is sent.
func decideAll(tasks []*aliasTask, secrets *jobSecrets, final bool) {
	for _, t := range tasks {
		if t.needsList() {
			t.decide(secrets, final)
		}
	}
}

// freshList lists the job's secrets to find out what became of a request, over another
// connection than that of the request.
func (c *Client) freshList(ctx context.Context, jobID uuid.UUID, retries int, resent bool) (*jobSecrets, *Error) {
	all, e := c.list(ctx, jobID, request[[]Secret]{retries: retries, resent: resent, fresh: true})
	if e != nil {
		return nil, e
	}
	return indexSecrets(all), nil
}
