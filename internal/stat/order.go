package stat

import "slices"

// MedianAbove is the exact one-sided p-value of "the median of what values were
// drawn from is at most bound" against "it is above": the probability that at
// least as many of n fair coins show heads as values exceed the bound (the sign
// test; Hollander and Wolfe, section 3.4). Values equal to the bound do not
// exceed it. No symmetry is assumed and no values give 1.
func MedianAbove(values []float64, bound float64) float64 {
	return headsAtMost(len(values), len(values)-exceeding(values, bound))
}

// MedianWithin is the exact one-sided p-value of "the median is above bound"
// against "it is at most bound".
func MedianWithin(values []float64, bound float64) float64 {
	return headsAtMost(len(values), exceeding(values, bound))
}

// MedianInterval is a two-sided confidence interval for the median between two
// order statistics (Hollander and Wolfe, section 3.6): the bounds that neither
// MedianAbove nor MedianWithin rejects at (1-level)/2. ok is false where so few
// values cannot give an interval of that level.
func MedianInterval(values []float64, level float64) (low, high float64, ok bool) {
	n, k := len(values), 0
	for k < n && headsAtMost(n, k) <= (1-level)/2 {
		k++
	}
	if k == 0 {
		return 0, 0, false
	}
	sorted := slices.Clone(values)
	slices.Sort(sorted)
	return sorted[k-1], sorted[n-k], true
}

func exceeding(values []float64, bound float64) int {
	count := 0
	for _, v := range values {
		if v > bound {
			count++
		}
	}
	return count
}

// headsAtMost is the probability that at most k of n fair coins show heads. The
// coins are ranks of one: the sum of the ranks counts the heads.
func headsAtMost(n, k int) float64 {
	coins := make([]int, n)
	for i := range coins {
		coins[i] = 1
	}
	return upperTail(distribution(coins), n-k)
}
