package stat

import (
	"cmp"
	"math"
	"slices"
)

// LookLevel is the one-sided error allowed at each look. Over the four looks of
// [Looks] it adds up to about 2.5 %, because looks at growing parts of the same
// sample are far from independent; the simulation in package compare measures it.
const LookLevel = 0.010

// Looks lists the numbers of pairs after which a run may decide, given how many
// hypotheses it gates. With more than two, Holm's first step at LookLevel is
// smaller than 2^-8, the smallest p-value 8 pairs can give, so the schedule
// starts later instead of spending a look that cannot reject.
func Looks(hypotheses int) []int {
	if hypotheses <= 2 {
		return []int{8, 12, 16, 24}
	}
	return []int{10, 14, 18, 24}
}

// Holm tells which hypotheses are rejected at a family-wise level by Holm's
// step-down procedure (1979): the smallest p-value must be at most level/m, the
// next at most level/(m-1), and so on until one is not. The family has m =
// len(p)+others members; the others stand for hypotheses tested elsewhere,
// which are taken as not rejected.
func Holm(p []float64, others int, level float64) []bool {
	order := make([]int, len(p))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(p[a], p[b]) })
	rejected := make([]bool, len(p))
	for step, i := range order {
		if !(p[i] <= level/float64(len(p)+others-step)) {
			break
		}
		rejected[i] = true
	}
	return rejected
}

// PairsNeeded estimates how many observations like d would let the signed-rank
// test at a one-sided level tell their centre from zero, four times in five. It
// is the normal sample-size formula n = ((z_level + z_power) sigma / delta)^2,
// divided by the test's efficiency of 3/pi under normal noise (Hodges and
// Lehmann 1956), with sigma from the median absolute deviation. It is +Inf where
// the estimate is zero, and NaN for no observations.
func PairsNeeded(d []float64, level float64) float64 {
	const power = 0.8
	delta := HodgesLehmann(d)
	z := normalQuantile(1-level) + normalQuantile(power)
	n := math.Pow(z*spread(d)/delta, 2) * math.Pi / 3
	if delta == 0 {
		n = math.Inf(1)
	}
	return math.Max(math.Ceil(n), math.Ceil(-math.Log2(level)))
}

// MedianPairsNeeded is the same for the sign test of their median against bound:
// n = ((z_level / 2 + z_power sqrt(p (1-p))) / (p - 1/2))^2, with p the share of the
// values on their side of the bound. It is +Inf where that is no majority.
func MedianPairsNeeded(values []float64, bound, level float64) float64 {
	const power = 0.8
	n := float64(len(values))
	beyond := float64(exceeding(values, bound))
	p := math.Max(beyond, n-beyond) / n
	if len(values) == 0 || 2*beyond == n {
		return math.Inf(1)
	}
	z := normalQuantile(1-level)/2 + normalQuantile(power)*math.Sqrt(p*(1-p))
	return math.Max(math.Ceil(z*z/((p-0.5)*(p-0.5))), math.Ceil(-math.Log2(level)))
}

// spread estimates the standard deviation of one observation: 1.4826 times the
// median absolute deviation, or the root mean square deviation where more than
// half of the values coincide.
func spread(d []float64) float64 {
	centre := Median(d)
	deviations := make([]float64, len(d))
	squares := 0.0
	for i, x := range d {
		deviations[i] = math.Abs(x - centre)
		squares += (x - centre) * (x - centre)
	}
	if mad := Median(deviations); mad != 0 {
		return 1.4826 * mad
	}
	return math.Sqrt(squares / float64(len(d)))
}

// normalQuantile is the value a standard normal variable stays below with
// probability p.
func normalQuantile(p float64) float64 { return math.Sqrt2 * math.Erfinv(2*p-1) }
