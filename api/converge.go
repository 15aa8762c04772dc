package api

import (
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
	listErr  error         // why the latest list could not be fetched

	mu        sync.Mutex    // guards what follows, and the goals during a round
	progress  bool          // an act of the latest round succeeded
	halted    *failure      // what ended it early: other acts would have failed like it
	limited   *failure      // the latest act that the server asked to wait after
	space     time.Duration // between the starts of acts
	widened   time.Time     // when space last grew
	notBefore time.Time     // the next act starts
}

// converge looks at the job's secrets, acts on all goals that are not reached, 8 at a time, and looks
// again, until all are reached, it is certain why not, or the retries are used up. A round in which an
// act succeeded does not count as a retry. A quarter of the context's time is kept for looking. The error
// is that of the first list.
func (v *convergence) converge(ctx context.Context) error {
	work := ctx
	if deadline, ok := ctx.Deadline(); ok {
		earlier, cancel := context.WithDeadlineCause(ctx, deadline.Add(-time.Until(deadline)/4), errKeptForLists)
		defer cancel()
		work = earlier
	}
	if !v.goals[0].once {
		first := ctx
		if shareable(work) {
			first = work // so that a list that hangs leaves time to act
		}
		if err := v.look(first); err != nil {
			return err
		}
	}
	retries := v.client.retries
	for n := 0; n <= retries && v.any((*goal).isOpen); n++ {
		acted := v.round(work, n < retries)
		switch {
		case v.progress:
			n = -1
		case acted && v.goals[0].once && v.goals[0].noMore:
			n = 0 // from now on only lists are repeated
		}
		if !v.settle(ctx, work, n) {
			break
		}
	}
	for _, g := range v.goals {
		if g.isOpen() {
			g.giveUp(ctx, v.whyUnsent(work), v.listErr)
		}
	}
	return nil
}

// settle lets a list decide what the acts of round n have left open, and waits for the next round. It
// reports whether there may be one.
func (v *convergence) settle(ctx, work context.Context, n int) bool {
	pause := func(retryAfter time.Duration) bool { return v.client.pause(work, max(n, 0)+1, retryAfter) }
	stopped := v.halted != nil && v.halted.stopsAll()
	if !v.any((*goal).isUndecided) {
		v.lookAgain(ctx)
		more := !stopped && n < v.client.retries && v.lookTime > 0 && v.any((*goal).isOpen)
		return more && pause(time.Until(v.notBefore))
	}
	more := !stopped && pause(time.Until(v.notBefore)) // an effect may show late
	v.lookAgain(ctx)
	if more && n < v.client.retries && !v.progress && v.any((*goal).wasLimited) {
		more = pause(0)
	}
	return more && v.lookTime > 0
}

// whyUnsent says why there was no act on a goal.
func (v *convergence) whyUnsent(work context.Context) error {
	switch {
	case v.halted != nil:
		return v.halted.Error
	case work.Err() != nil:
		return contextError(work)
	case v.limited != nil: // beyond the deadline
		return v.limited.Error
	}
	return errKeptForLists
}

func (v *convergence) any(is func(*goal) bool) bool { return slices.ContainsFunc(v.goals, is) }

// look lists the job's secrets and lets all goals decide by them.
func (v *convergence) look(ctx context.Context) error {
	all, err := v.client.ListJobSecrets(ctx, v.jobID)
	v.listErr = err
	secrets := indexSecrets(all)
	for _, g := range v.goals {
		if v.listErr == nil && ctx.Err() != nil {
			v.listErr = listJobSecrets.failed(fmt.Errorf("%w: %w", ErrNoResponse, contextError(ctx)))
		}
		if v.listErr == nil && g.isOpen() {
			g.listed = true
			g.decide(g, secrets)
		}
	}
	return v.listErr
}

// lookAgain looks within the time that is left for it, if a goal needs it. A list that fails is not the
// end: there are further rounds, and what stays undecided says so.
func (v *convergence) lookAgain(ctx context.Context) {
	if ctx.Err() != nil || !v.any((*goal).wantsList) {
		return
	}
	ctx, cancel := context.WithTimeoutCause(ctx, v.lookTime, timeoutError(maxLookTime))
	defer cancel()
	started := time.Now()
	_ = v.look(ctx)
	v.lookTime -= time.Since(started)
	v.startNotBefore(time.Now().Add(v.space))
}
