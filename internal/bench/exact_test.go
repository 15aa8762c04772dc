package bench

import (
	"runtime/debug"
	"testing"
)

func TestOneAliasStartsNoGoroutine(t *testing.T) {
	j := newJob(t, 1)
	c := j.connect(t, newAPI, "memory")
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // the collector starts goroutines too
	before := metric("/sched/goroutines-created:goroutines")
	must(t, j.create(c, newKey))
	must(t, j.ensure(c, 1))
	if got := metric("/sched/goroutines-created:goroutines") - before; got != 0 {
		t.Errorf("%d goroutines started", got)
	}
}

func TestAllocationsOfACreate(t *testing.T) {
	j, allocations := newJob(t, 1), make(map[string]float64)
	for name, newClient := range clients {
		c := j.connect(t, newClient, "memory")
		allocations[name] = testing.AllocsPerRun(1000, func() { must(t, j.create(c, newKey)) })
	}
	// RESULTS.md says why this is not 1.25: the bare generated client makes 1.19.
	if got := allocations["api"] / allocations["handwritten"]; got > 1.36 {
		t.Errorf("%.2f times as many as by hand, want at most 1.36: %v", got, allocations)
	}
}

func TestAllocationsGrowLinearly(t *testing.T) {
	each := func(n int) (listed, ensured float64) {
		j := newJob(t, n)
		c := j.connect(t, newAPI, "memory")
		listed = testing.AllocsPerRun(1, func() { must(t, j.listAll(c)) })
		ensured = testing.AllocsPerRun(1, func() { must(t, j.ensure(c, n)) })
		return listed / float64(n), ensured / float64(n)
	}
	listed, ensured := each(100)
	if l, e := each(10_000); l > 1.1*listed || e > 1.1*ensured {
		t.Errorf("each of 10,000: %.1f listed, %.1f ensured; of 100: %.1f, %.1f", l, e, listed, ensured)
	}
}

func TestRequestsOfAnEnsure(t *testing.T) {
	for _, n := range []int{1, 10, 1_000} {
		j := newJob(t, 100)
		must(t, j.ensure(j.connect(t, newAPI, "http2"), n))
		if lists, creates := j.lists.Load(), j.creates.Load(); lists != 1 || creates != int64(n) {
			t.Errorf("%d lists and %d creates, want 1 and %d", lists, creates, n)
		}
	}
}
