package stat_test

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/plimsoll-ci/plimsoll/internal/stat"
)

// Hollander and Wolfe, examples 3.3 and 3.4: estimate -.46 of after minus
// before, interval (-.786, -.010) at 96 %.
func TestHodgesLehmannTextbook(t *testing.T) {
	d := []float64{-.952, .147, -1.022, -.43, -.62, -.59, -.49, .08, -.01}
	if got := stat.HodgesLehmann(d); math.Abs(got - -.46) > 1e-9 {
		t.Errorf("estimate %v, want -.46", got)
	}
	low, high, ok := stat.Interval(d, 0.96)
	if !ok || math.Abs(low - -.786) > 1e-9 || math.Abs(high - -.010) > 1e-9 {
		t.Errorf("interval %v … %v, %v; want -.786 … -.010", low, high, ok)
	}
}

func TestIntervalNeedsEnoughValues(t *testing.T) {
	for n, want := range map[int]bool{0: false, 1: false, 6: false, 7: true, 8: true} {
		d := make([]float64, n)
		for i := range d {
			d[i] = float64(i)
		}
		if _, _, ok := stat.Interval(d, 0.98); ok != want {
			t.Errorf("%d values: an interval at 98 %%: %v, want %v (2^-7 = 0.8 %% is the first below 1 %%)", n, ok, want)
		}
	}
}

// The interval holds just those centres that neither test rejects, where no two
// values are equally far from the centre. (With such ties the test has another
// distribution, while the interval errs on the wide side.)
func TestIntervalInvertsTheTest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := rapid.SliceOfNDistinct(rapid.Float64Range(-1, 1), 7, 20, rapid.ID).Draw(t, "d")
		low, high, ok := stat.Interval(d, 0.98)
		if !ok {
			t.Fatalf("no interval of %d values", len(d))
		}
		bound := rapid.Float64Range(-1.2, 1.2).Draw(t, "bound")
		shifted := make([]float64, len(d))
		seen := map[float64]bool{0: true}
		for i, x := range d {
			shifted[i] = x - bound
			if seen[math.Abs(shifted[i])] {
				return
			}
			seen[math.Abs(shifted[i])] = true
		}
		if p := above(shifted); (p <= 0.01) != (bound < low) {
			t.Errorf("bound %v, interval %v … %v: above has p = %v", bound, low, high, p)
		}
		if p := within(shifted); (p <= 0.01) != (bound > high) {
			t.Errorf("bound %v, interval %v … %v: within has p = %v", bound, low, high, p)
		}
	})
}

func TestHodgesLehmannMovesWithTheValues(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := drawSample(t, 24)
		estimate := stat.HodgesLehmann(d)
		moved := make([]float64, len(d))
		for i, x := range d {
			moved[i] = 1 - 2*x
		}
		if got := stat.HodgesLehmann(moved); math.Abs(got-(1-2*estimate)) > 1e-9 {
			t.Errorf("estimate of 1-2d is %v, of d %v", got, estimate)
		}
		if low, high, ok := stat.Interval(d, 0.9); ok && (low > estimate || estimate > high) {
			t.Errorf("estimate %v lies outside its interval %v … %v", estimate, low, high)
		}
		if estimate < slices.Min(d) || estimate > slices.Max(d) {
			t.Errorf("estimate %v lies outside the sample %v", estimate, d)
		}
	})
}

func TestMedian(t *testing.T) {
	for _, c := range []struct {
		in   []float64
		want float64
	}{{[]float64{3}, 3}, {[]float64{4, 1}, 2.5}, {[]float64{9, 1, 5}, 5}, {[]float64{9, 1, 5, 7}, 6}} {
		in := slices.Clone(c.in)
		if got := stat.Median(in); got != c.want {
			t.Errorf("median of %v is %v, want %v", c.in, got, c.want)
		}
		if !slices.Equal(in, c.in) {
			t.Errorf("the median reordered its argument %v", c.in)
		}
	}
	if got := stat.Median(nil); !math.IsNaN(got) {
		t.Errorf("median of nothing is %v", got)
	}
}

// Ranks of the order statistics that bound a median, as in Conover, "Practical
// nonparametric statistics", and any binomial table: n=10 at 95 % is the 2nd and
// 9th, n=20 the 6th and 15th, n=8 at 98 % the smallest and the largest.
func TestMedianIntervalTable(t *testing.T) {
	for _, c := range []struct {
		n         int
		level     float64
		low, high float64
	}{{10, .95, 2, 9}, {20, .95, 6, 15}, {8, .98, 1, 8}, {6, .95, 1, 6}, {25, .95, 8, 18}} {
		d := make([]float64, c.n)
		for i := range d {
			d[i] = float64(c.n - i)
		}
		low, high, ok := stat.MedianInterval(d, c.level)
		if !ok || low != c.low || high != c.high {
			t.Errorf("n=%d at %g: ranks %v and %v (%v), want %v and %v", c.n, c.level, low, high, ok, c.low, c.high)
		}
	}
	if _, _, ok := stat.MedianInterval([]float64{1, 2, 3, 4, 5}, .95); ok {
		t.Error("five values gave a 95 % interval; the widest covers 93.75 %")
	}
}

func TestMedianAgainstABound(t *testing.T) {
	eight := []float64{1, 2, 3, 4, 5, 6, 7, 8}
	for _, c := range []struct {
		bound         float64
		above, within float64
	}{
		{0.5, 1.0 / 256, 1}, {1, 9.0 / 256, 255.0 / 256}, {4, 163.0 / 256, 163.0 / 256}, {8, 1, 1.0 / 256},
	} {
		if got := stat.MedianAbove(eight, c.bound); got != c.above {
			t.Errorf("above %g: p = %v, want %v", c.bound, got, c.above)
		}
		if got := stat.MedianWithin(eight, c.bound); got != c.within {
			t.Errorf("within %g: p = %v, want %v", c.bound, got, c.within)
		}
	}
	if a, w := stat.MedianAbove(nil, 1), stat.MedianWithin(nil, 1); a != 1 || w != 1 {
		t.Errorf("nothing measured proves something: %v, %v", a, w)
	}
}

func TestMedianIntervalInvertsTheTest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := drawSample(t, 24)
		bound := float64(rapid.IntRange(-5, 5).Draw(t, "bound"))
		low, high, ok := stat.MedianInterval(d, 0.98)
		if above := stat.MedianAbove(d, bound) <= 0.01; above != (ok && bound < low) {
			t.Errorf("bound %v, interval %v … %v of %v: above is %v", bound, low, high, d, above)
		}
		if within := stat.MedianWithin(d, bound) <= 0.01; within != (ok && bound >= high) {
			t.Errorf("bound %v, interval %v … %v of %v: within is %v", bound, low, high, d, within)
		}
	})
}
