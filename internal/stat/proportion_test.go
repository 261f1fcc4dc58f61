package stat_test

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/plimsoll-ci/plimsoll/internal/stat"
)

// The values are those of R: binom.test(k, n, alternative = "less")$conf.int[2].
func TestAtMost(t *testing.T) {
	for _, c := range []struct {
		found, runs int
		want        float64
	}{
		{0, 10, 0.258866}, // 1 - 0.05^(1/10)
		{0, 10000, 0.0002995284},
		{1, 20, 0.2161063}, // the example of the one-sided 5 % in 20
		{20, 20, 1},
		{0, 0, 1},
	} {
		if got := stat.AtMost(c.found, c.runs, 0.95); math.Abs(got-c.want) > 1e-6 {
			t.Errorf("%d of %d: at most %.8f, want %.8f", c.found, c.runs, got, c.want)
		}
	}
	if got, want := stat.AtLeast(20, 20, 0.95), math.Pow(0.05, 1.0/20); math.Abs(got-want) > 1e-9 {
		t.Errorf("20 of 20: at least %v, want %v", got, want)
	}
}

// At the bound, so few are seen with a chance of just 1-level.
func TestAtMostIsWhereSoFewAreSeldom(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		runs := rapid.IntRange(1, 60).Draw(r, "runs")
		found := rapid.IntRange(0, runs-1).Draw(r, "found")
		p := stat.AtMost(found, runs, 0.95)
		sum, term := 0.0, math.Pow(1-p, float64(runs))
		for k := 0; k <= found; k++ {
			sum += term
			term *= float64(runs-k) / float64(k+1) * p / (1 - p)
		}
		if math.Abs(sum-0.05) > 1e-9 {
			r.Errorf("%d of %d: at %v they have a chance of %v", found, runs, p, sum)
		}
	})
}
