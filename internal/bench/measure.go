package bench

import (
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"time"
)

// effort is how long to measure.
type effort struct {
	slice   time.Duration // how long a subject runs until it is the next one's turn
	rounds  int           // at least, of one slice for each
	spread  float64       // of the ratios, at which they count as stable
	limit   time.Duration // after which a comparison ends, stable or not
	repeats int           // of what is not compared but only measured
	builds  time.Duration // within which another build of each importer, from nothing, begins
	aliases int           // at once at most, where that is compared
	adverse int           // sizes against each adversity
	fresh   int           // processes for each of what a new process does
}

// thorough goes on until all ratios are known to 2 percent, or as well as can be had. A
// slice is long enough for the garbage collector to run in it.
var thorough = effort{slice: 20 * time.Millisecond, rounds: 40, spread: 0.02, limit: 15 * time.Second, repeats: 5, builds: 90 * time.Second, aliases: 10_000, adverse: 3, fresh: 40}

// brief runs everything once: enough for allocations, not for times.
var brief = effort{slice: 5 * time.Millisecond, rounds: 1, spread: math.Inf(1), repeats: 3, aliases: 1_000, adverse: 1, fresh: 3}

// subject is something to be measured. run does it n times.
type subject struct {
	name string
	run  func(n int) error
}

// figures are what one operation costs. Bytes and allocations are those of the whole
// process, so over a network those of the server too.
type figures struct{ nanos, bytes, allocs float64 }

// comparison holds the figures of subjects that were measured side by side.
type comparison struct {
	subjects []subject
	rounds   [][]figures // of each subject
}

// compare runs the subjects in turn, each round in another order, so that none always
// finds what the same other one has left, until the ratios of their times to the first
// one's are stable.
func compare(e effort, subjects ...subject) (*comparison, error) {
	n, err := operations(e.slice, subjects)
	if err != nil {
		return nil, err
	}
	c := &comparison{subjects, make([][]figures, len(subjects))}
	start := time.Now()
	for round := 1; ; round++ {
		for _, i := range rand.Perm(len(subjects)) {
			f, err := measure(subjects[i], n)
			if err != nil {
				return nil, err
			}
			c.rounds[i] = append(c.rounds[i], f)
		}
		if round >= e.rounds && (c.spread() <= e.spread || time.Since(start) > e.limit) {
			return c, nil
		}
	}
}

// operations is how many of the first subject fit into a slice. All subjects are
// warm afterwards.
func operations(slice time.Duration, subjects []subject) (int, error) {
	for _, s := range subjects {
		if _, err := measure(s, 1); err != nil {
			return 0, err
		}
	}
	for n := 1; ; n *= 2 {
		f, err := measure(subjects[0], n)
		if fit := int(float64(slice) / f.nanos); err != nil || fit < 2*n {
			return max(1, fit), err
		}
	}
}

func measure(s subject, n int) (figures, error) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := time.Now()
	err := s.run(n)
	took := time.Since(start)
	runtime.ReadMemStats(&after)
	return figures{
		nanos:  float64(took) / float64(n),
		bytes:  float64(after.TotalAlloc-before.TotalAlloc) / float64(n),
		allocs: float64(after.Mallocs-before.Mallocs) / float64(n),
	}, err
}

// spread is the largest of the ratios to the first subject.
func (c *comparison) spread() (widest float64) {
	for _, s := range c.subjects[1:] {
		widest = max(widest, c.time(s.name, c.subjects[0].name).spread())
	}
	return widest
}

// of returns the figures of a subject, the median of all rounds.
func (c *comparison) of(name string) figures { return medians(c.rounds[c.index(name)]) }

// time is the ratio of two subjects' times, each pair taken from the same round.
func (c *comparison) time(name, base string) ratio {
	return pairedRatio(c.nanos(name), c.nanos(base))
}

func (c *comparison) nanos(name string) (all []float64) {
	for _, f := range c.rounds[c.index(name)] {
		all = append(all, f.nanos)
	}
	return all
}

// allocs is the ratio of two subjects' allocations.
func (c *comparison) allocs(name, base string) float64 { return c.of(name).allocs / c.of(base).allocs }

// has reports whether there is such a subject.
func (c *comparison) has(name string) bool { return c.find(name) >= 0 }

func (c *comparison) index(name string) int {
	if i := c.find(name); i >= 0 {
		return i
	}
	panic("nothing is called " + name)
}

func (c *comparison) find(name string) int {
	return slices.IndexFunc(c.subjects, func(s subject) bool { return s.name == name })
}
