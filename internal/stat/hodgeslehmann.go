package stat

import (
	"math"
	"slices"
)

// HodgesLehmann estimates the centre of d: the median of its Walsh averages,
// the means of all pairs of values including each value with itself (Hodges and
// Lehmann 1963). It is NaN for no values.
func HodgesLehmann(d []float64) float64 { return medianSorted(walsh(d)) }

// Interval is a two-sided confidence interval for the centre of d: the Walsh
// averages that the signed-rank test with (1-level)/2 on each side does not
// reject (Hollander and Wolfe, section 3.3). Its ends belong to it; with ties it
// covers at least as often as it says. ok is false where so few values cannot
// give an interval of that level: it takes 2^-n <= (1-level)/2.
func Interval(d []float64, level float64) (low, high float64, ok bool) {
	critical := criticalValue(plainTable(len(d)), (1-level)/2)
	if critical < 0 {
		return 0, 0, false
	}
	w := walsh(d)
	return w[critical], w[len(w)-1-critical], true
}

// criticalValue is the largest w whose cumulative probability is at most alpha,
// or -1 where there is none.
func criticalValue(cumulative []float64, alpha float64) int {
	w := -1
	for w+1 < len(cumulative) && cumulative[w+1] <= alpha {
		w++
	}
	return w
}

// walsh gives the n(n+1)/2 Walsh averages of d in ascending order.
func walsh(d []float64) []float64 {
	averages := make([]float64, 0, len(d)*(len(d)+1)/2)
	for i, x := range d {
		for _, y := range d[i:] {
			averages = append(averages, x/2+y/2)
		}
	}
	slices.Sort(averages)
	return averages
}

// Median is the middle value, or the mean of the two middle ones. It is NaN for
// no values.
func Median(values []float64) float64 {
	sorted := slices.Clone(values)
	slices.Sort(sorted)
	return medianSorted(sorted)
}

func medianSorted(sorted []float64) float64 {
	n := len(sorted)
	if n == 0 {
		return math.NaN()
	}
	return sorted[(n-1)/2]/2 + sorted[n/2]/2
}
