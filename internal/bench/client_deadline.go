package bench

import (
	"context"
	"time"

	"github.com/google/uuid"
)

var _ = Register("hand-written, deadline", newWithDeadline)

// newWithDeadline is the hand-written client with the one thing that none should do
// without: a bound on how long a request takes. It shows how much of the cost of
// api.Client that is.
func newWithDeadline(at Endpoint) (Create, error) {
	unbounded, err := newHandWritten(at)
	return func(ctx context.Context, jobID, secretID uuid.UUID, key string) (Alias, error) {
		ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
		defer cancel()
		return unbounded(ctx, jobID, secretID, key)
	}, err
}
