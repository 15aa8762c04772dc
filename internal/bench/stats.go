package bench

import (
	"math"
	"slices"
)

// ratio is a median, and between which bounds the true one lies with 95 percent
// certainty, whatever the distribution.
type ratio struct{ median, low, high float64 }

func newRatio(values []float64) ratio {
	values = slices.Sorted(slices.Values(values))
	n := float64(len(values))
	off := 0.98 * math.Sqrt(n) // ranks of the bounds, from the middle
	low := max(0, int(math.Floor(n/2-off)))
	high := min(len(values)-1, int(math.Ceil(n/2+off)))
	return ratio{median(values), values[low], values[high]}
}

// pairedRatio is that of values which were taken side by side.
func pairedRatio(values, bases []float64) ratio {
	ratios := make([]float64, len(values))
	for i := range values {
		ratios[i] = values[i] / bases[i]
	}
	return newRatio(ratios)
}

// spread is the width between the bounds, relative to the median.
func (r ratio) spread() float64 { return (r.high - r.low) / r.median }

func median(values []float64) float64 {
	values = slices.Sorted(slices.Values(values))
	middle := len(values) / 2
	if len(values)%2 == 1 {
		return values[middle]
	}
	return (values[middle-1] + values[middle]) / 2
}

func medians(all []figures) figures {
	of := func(field func(figures) float64) float64 {
		var values []float64
		for _, f := range all {
			values = append(values, field(f))
		}
		return median(values)
	}
	return figures{
		nanos:  of(func(f figures) float64 { return f.nanos }),
		bytes:  of(func(f figures) float64 { return f.bytes }),
		allocs: of(func(f figures) float64 { return f.allocs }),
	}
}
