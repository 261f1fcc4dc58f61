package stat

import "math"

// AtMost is the one-sided upper confidence bound for a proportion of which found
// were seen in runs: the largest one under which so few have a chance of at least
// 1-level (Clopper and Pearson 1934). It is exact for independent runs. No runs
// bound nothing: 1.
func AtMost(found, runs int, level float64) float64 {
	if runs <= 0 || found >= runs {
		return 1
	}
	low, high := float64(found)/float64(runs), 1.0
	for range 60 {
		if middle := (low + high) / 2; binomialAtMost(found, runs, middle) > 1-level {
			low = middle
		} else {
			high = middle
		}
	}
	return high
}

// AtLeast is the lower bound that belongs to [AtMost].
func AtLeast(found, runs int, level float64) float64 {
	return 1 - AtMost(runs-found, runs, level)
}

// binomialAtMost is the probability of at most k successes in n trials of
// probability p, summed from k down until the terms vanish.
func binomialAtMost(k, n int, p float64) float64 {
	if p <= 0 {
		return 1
	}
	if p >= 1 {
		return 0
	}
	odds := p / (1 - p)
	term := math.Exp(logChoose(n, k) + float64(k)*math.Log(p) + float64(n-k)*math.Log1p(-p))
	sum := term
	for i := k; i > 0 && term > sum*1e-17; i-- {
		term *= float64(i) / float64(n-i+1) / odds
		sum += term
	}
	return math.Min(sum, 1)
}

func logChoose(n, k int) float64 {
	all, _ := math.Lgamma(float64(n + 1))
	some, _ := math.Lgamma(float64(k + 1))
	rest, _ := math.Lgamma(float64(n - k + 1))
	return all - some - rest
}
