package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/internal/chain"
	"github.com/qovery-alias/qovery-alias-go/internal/resolve"
)

// settlingLooks is how often the list is looked at for an alias that may still be
// on its way.
const settlingLooks = 3

// settlingTime is how long settling may take: a quarter of what is left when the
// call starts, 30 s without a deadline.
func settlingTime(ctx context.Context) time.Duration {
	if deadline, ok := ctx.Deadline(); ok {
		return time.Until(deadline) / 4
	}
	return 30 * time.Second
}

// look returns the job's own secret that holds the key asked for, nil if there is
// none after so many looks.
func (c *Client) look(ctx context.Context, budget time.Duration, looks int, w wanted) (held *Secret) {
	c.lookTogether(ctx, budget, looks, w.jobID, func(own map[string]*Secret) bool {
		held = own[w.req.Key]
		return held != nil
	})
	return held
}

// lookTogether lists the job's secrets up to so many times and hands its own ones,
// by key, to done, until that is content.
func (c *Client) lookTogether(ctx context.Context, budget time.Duration, looks int, jobID uuid.UUID, done func(own map[string]*Secret) bool) {
	ctx, cancel := context.WithTimeout(ctx, budget)
	defer cancel()
	for n := range looks {
		if n > 0 && chain.Sleep(ctx, c.backoff(n)) != nil {
			return
		}
		if secrets, e := c.list(ctx, jobID); e == nil && done(resolve.Own(secrets)) {
			return
		}
	}
}

// settle tells what became of a create that failed with e, which is a conflict or
// leaves it open, from the secret that holds the key now (nil: none was found).
func (w wanted) settle(ctx context.Context, held *Secret, e *Error) (*Secret, *Error) {
	switch {
	case w.isMetBy(held):
		return held, nil
	case e.StatusCode == http.StatusConflict:
		e.Existing = held
		return nil, e
	case held != nil && resolve.IsNot(held, w.secretID):
		return nil, w.conflict(held)
	default:
		return nil, unknown(ctx, e)
	}
}

// isMetBy reports whether the holder of the key is the alias that was asked for.
func (w wanted) isMetBy(held *Secret) bool {
	return held != nil && resolve.Aliased(held) == w.secretID
}

// conflict is the error for a key that is seen to belong to something else.
func (w wanted) conflict(held *Secret) *Error {
	return &Error{Operation: createJobSecretAlias.ID, Existing: held,
		Err: fmt.Errorf("%w: the job uses the key %q already, in secret %s", ErrConflict, held.Key, held.ID)}
}

// unknown is e with the news that nobody can tell whether the alias exists.
func unknown(ctx context.Context, e *Error) *Error {
	why := e.Err
	if why == nil {
		why = e.sentinel()
	}
	if err := ctx.Err(); err != nil && !errors.Is(why, err) {
		why = fmt.Errorf("%w: %w", err, why)
	}
	lost := *e
	lost.Err = fmt.Errorf("%w: the alias may or may not exist now: %w", ErrOutcomeUnknown, why)
	return &lost
}
