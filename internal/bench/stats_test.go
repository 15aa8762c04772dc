package bench

import (
	"slices"
	"testing"
)

func TestMedian(t *testing.T) {
	for _, c := range []struct {
		values []float64
		want   float64
	}{
		{[]float64{3}, 3},
		{[]float64{3, 1, 2}, 2},
		{[]float64{4, 1, 2, 3}, 2.5},
	} {
		if got := median(c.values); got != c.want {
			t.Errorf("of %v: %v, want %v", c.values, got, c.want)
		}
	}
}

func TestRatio(t *testing.T) {
	values := make([]float64, 100)
	for i := range values {
		values[i] = float64(i + 1)
	}
	slices.Reverse(values)
	if got, want := newRatio(values), (ratio{median: 50.5, low: 41, high: 61}); got != want {
		t.Errorf("of 1 to 100: %+v, want %+v", got, want)
	}
	if got, want := newRatio([]float64{2}), (ratio{2, 2, 2}); got != want {
		t.Errorf("of a single value: %+v, want %+v", got, want)
	}
}
