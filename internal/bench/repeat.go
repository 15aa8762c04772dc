package bench

import (
	"sync"
	"sync/atomic"
)

// repeat does something n times, so many at once, and returns an error if there was
// one, after which it starts no more.
func repeat(n, atOnce int, do func(i int) error) error {
	var next atomic.Int64
	var failed atomic.Pointer[error]
	work := func() {
		for i := next.Add(1) - 1; i < int64(n) && failed.Load() == nil; i = next.Add(1) - 1 {
			if err := do(int(i)); err != nil {
				failed.Store(&err)
			}
		}
	}
	if atOnce == 1 {
		work()
	} else {
		var workers sync.WaitGroup
		for range min(n, atOnce) {
			workers.Go(work)
		}
		workers.Wait()
	}
	if err := failed.Load(); err != nil {
		return *err
	}
	return nil
}
