// Package bench measures what a client costs; RESULTS.md says how and how much.
package bench

import (
	"fmt"
	"net/http"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/qovery-alias/qovery-alias-go/api/apitest"
	"github.com/qovery-alias/qovery-alias-go/generated"
)

var sizes = []int{10, 100, 1_000, 10_000}

func BenchmarkCreate(b *testing.B) {
	j := newJob(b, 1)
	for _, network := range []string{"memory", "http1", "http2"} {
		for _, atOnce := range []int{1, 64} {
			for name, newClient := range clients {
				b.Run(fmt.Sprintf("over=%s/atonce=%d/client=%s", network, atOnce, name), func(b *testing.B) {
					c := j.connect(b, newClient, network)
					measure(b, atOnce, func() error { return j.create(c, newKey) })
				})
			}
		}
	}
}

// BenchmarkList also reports the peak of the heap.
func BenchmarkList(b *testing.B) {
	for _, n := range sizes {
		j := newJob(b, n)
		for _, name := range []string{"handwritten", "api"} {
			b.Run(fmt.Sprintf("n=%d/client=%s", n, name), func(b *testing.B) {
				c := j.connect(b, clients[name], "http2")
				measure(b, 1, func() error { return j.listAll(c) })
				b.ReportMetric(peakHeap(b, func() error { return j.listAll(c) }), "peak-B")
			})
		}
	}
}

// BenchmarkEnsure makes aliases of the only secret of a job, and of one among as many.
func BenchmarkEnsure(b *testing.B) {
	for _, n := range sizes {
		for among, secrets := range map[string]int{"1": 1, "n": n} {
			j := newJob(b, secrets)
			for _, name := range []string{"handwritten", "api"} {
				b.Run(fmt.Sprintf("among=%s/n=%d/client=%s", among, n, name), func(b *testing.B) {
					c := j.connect(b, clients[name], "http2")
					measure(b, 1, func() error { return j.ensure(c, n) })
				})
			}
		}
	}
}

// BenchmarkLimit ensures 1,000 aliases through a limit that lets them through in 5 s at best.
func BenchmarkLimit(b *testing.B) {
	for _, status := range []int{http.StatusTooManyRequests, http.StatusServiceUnavailable} {
		b.Run(fmt.Sprintf("status=%d/client=api", status), func(b *testing.B) {
			fake := apitest.Start(b)
			fake.RateLimit(200, status)
			c := newAPI(b, endpoint{fake.URL(), fake.Token(), nil})
			for b.Loop() {
				j := &job{id: fake.AddJob("nightly"), target: generated.Secret{Key: "SECRET"}}
				fake.AddSecret(j.id, j.target.Key, generated.VariableScopeEnvironment)
				must(b, j.ensure(c, 1_000))
			}
		})
	}
}

// measure has do called b.N times, so many at once.
func measure(b *testing.B, atOnce int, do func() error) {
	must(b, do()) // opens a connection
	b.ResetTimer()
	must(b, repeat(b.N, atOnce, func(int) error { return do() }))
	b.StopTimer()
}

// repeat calls do n times, so many at once.
func repeat(n, atOnce int, do func(i int) error) error {
	var next atomic.Int64
	var workers errgroup.Group
	for range atOnce {
		workers.Go(func() error {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				if err := do(i); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return workers.Wait()
}

func must(t testing.TB, err error) {
	if err != nil {
		t.Helper()
		t.Fatal(err)
	}
}

// peakHeap returns how many bytes of heap are in use at most while do runs. The collector runs all the time
// meanwhile, so that garbage hardly counts.
func peakHeap(b *testing.B, do func() error) float64 {
	const inUse = "/memory/classes/heap/objects:bytes"
	runtime.GC()
	defer debug.SetGCPercent(debug.SetGCPercent(5))
	before := metric(inUse)
	peak, done := before, make(chan error, 1)
	go func() { done <- do() }()
	for ; len(done) == 0; time.Sleep(200 * time.Microsecond) {
		peak = max(peak, metric(inUse))
	}
	must(b, <-done)
	return float64(peak - before)
}

func metric(name string) uint64 {
	sample := []metrics.Sample{{Name: name}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}
