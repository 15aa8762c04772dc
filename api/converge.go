package api

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"
)

// maxLookTime is how long the lists after an act may take together.
const maxLookTime = 30 * time.Second

// errKeptForLists ends acts before the deadline of the call.
var errKeptForLists = fmt.Errorf("%w: the rest of the time is kept for lists", context.DeadlineExceeded)

// convergence makes goals true of the secrets of a job.
type convergence struct {
	client   *Client
	jobID    uuid.UUID
	goals    []*goal
	lookTime time.Duration // left for lists until the next act

	mu       sync.Mutex    // of what follows, and of the goals during a round
	progress bool          // an act of the latest round succeeded
	wait     time.Duration // how long the server asked to wait in it
	halted   *failure      // what ended it early: other acts would have failed like it

	space   time.Duration // between the starts of acts
	started time.Time     // the latest act
	widened time.Time     // the space, for the last time
	resume  time.Time     // the earliest start that the server asked for
}

// converge looks at the job's secrets, acts on all goals that are not reached, 8 at a time,
// and looks again, until all are reached, it is certain why not, or the retries are used up. A
// round in which an act succeeded does not count as a retry. A quarter of the context's time
// is kept for looking. The error is that of the first list.
func (c *Client) converge(ctx context.Context, jobID uuid.UUID, goals ...*goal) error {
	v := &convergence{client: c, jobID: jobID, goals: goals}
	work := ctx
	if deadline, ok := ctx.Deadline(); ok {
		earlier, cancel := context.WithDeadlineCause(ctx, deadline.Add(-time.Until(deadline)/4), errKeptForLists)
		defer cancel()
		work = earlier
	}
	if !goals[0].once {
		if f := v.look(ctx); f != nil {
			return f.Error
		}
	}
	for n := 1; n <= c.retries+1 && v.any((*goal).isOpen); n++ {
		v.round(work, n <= c.retries)
		if v.progress {
			n = 0
		}
		stopped := v.halted != nil && v.halted.stopsAll()
		final := v.any((*goal).isOpen) && (stopped || !c.pause(work, max(n, 1), v.wait))
		if v.any((*goal).wantsList) && ctx.Err() == nil {
			v.lookAgain(ctx)
		}
		if final || v.lookTime <= 0 {
			break
		}
	}
	nothingSent := cmp.Or(contextError(work), errKeptForLists)
	if v.halted != nil {
		nothingSent = v.halted.Error
	}
	for _, g := range goals {
		g.giveUp(ctx, nothingSent)
	}
	return nil
}

func (v *convergence) any(is func(*goal) bool) bool { return slices.ContainsFunc(v.goals, is) }

// look lists the job's secrets and lets all goals decide by them.
func (v *convergence) look(ctx context.Context) *failure {
	all, f := v.client.list(ctx, v.jobID)
	if f != nil {
		return f
	}
	secrets := indexSecrets(all)
	for _, g := range v.goals {
		if g.isOpen() {
			g.listed = true
			g.decide(g, secrets)
		}
	}
	return nil
}

// lookAgain looks within the time that is left for it. A list that fails is not the end: there
// are further rounds, and what stays undecided says so.
func (v *convergence) lookAgain(ctx context.Context) {
	ctx, cancel := context.WithTimeoutCause(ctx, v.lookTime, timeoutError(maxLookTime))
	defer cancel()
	started := time.Now()
	v.look(ctx)
	v.lookTime -= time.Since(started)
}
