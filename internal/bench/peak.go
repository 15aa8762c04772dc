package bench

import (
	"runtime"
	"runtime/metrics"
	"time"
)

// peakHeap runs f and returns how many bytes of heap were in use at most, live or not
// yet collected, beyond those that were in use before. It looks every millisecond.
func peakHeap(f func()) float64 {
	runtime.GC()
	before := heapInUse()
	peak := before
	done, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		ticker := time.NewTicker(time.Millisecond)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				peak = max(peak, heapInUse())
			case <-done:
				return
			}
		}
	}()
	f()
	close(done)
	<-stopped
	return float64(max(peak, heapInUse()) - before)
}

func heapInUse() uint64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}
