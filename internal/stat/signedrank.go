package stat

import (
	"cmp"
	"math"
	"slices"
	"sync"
)

// SignedRank gives the two exact one-sided p-values of Wilcoxon's signed-rank test
// on the centre of d. To test another bound than zero, subtract it from d first.
//
//   - above tests "at most zero" against "above zero": small is evidence for above.
//   - within tests "above zero" against "at most zero": small is evidence for at
//     most zero.
//
// Ties share the mean of their ranks. Zeros are ranked with the rest (Pratt 1959),
// because dropping them before ranking can turn a significant sample into an
// insignificant one by raising its values. For above they are then set aside. For
// within they count as negative: a zero lies within the bound, and for any centre
// above it would have been a negative value of the smallest rank. That is what lets
// a metric that never moves, such as an error rate of 0 on both sides, be declared
// within a budget of no growth. Without zeros the one is the other of the negated
// values.
//
// Both are exact with ties and zeros: the ranks depend on the magnitudes alone, and
// given the magnitudes the signs are independent fair coins, so the permutation
// distribution of these very ranks is the null distribution of this very sample.
//
// Without observations both are 1; nothing but zeros give 1 for above.
func SignedRank(d []float64) (above, within float64) {
	r := rank(d)
	if r.plain {
		table := plainTable(len(d))
		return table[(r.total-r.positive)/2], table[r.positive/2]
	}
	above = upperTail(distribution(r.doubled[r.zeros:]), r.positive)
	within = upperTail(distribution(r.doubled), r.total-r.positive)
	return above, within
}

// ranks are the mid-ranks of the magnitudes of a sample, all times two so that
// they are whole numbers.
type ranks struct {
	doubled  []int // in ascending order, those of the zeros first
	zeros    int   // how many of them belong to zeros
	positive int   // sum over the positive values
	total    int   // sum over all values
	plain    bool  // no ties and no zeros: the ranks are 2, 4, 6 …
}

// rank ranks the magnitudes of d.
func rank(d []float64) ranks {
	sorted := slices.Clone(d)
	slices.SortFunc(sorted, func(a, b float64) int { return cmp.Compare(math.Abs(a), math.Abs(b)) })
	r := ranks{doubled: make([]int, len(d)), total: len(d) * (len(d) + 1), plain: true}
	for from := 0; from < len(sorted); {
		to := from + 1
		for to < len(sorted) && math.Abs(sorted[to]) == math.Abs(sorted[from]) {
			to++
		}
		r.group(sorted, from, to)
		from = to
	}
	return r
}

// group gives the tied values from <= i < to the mean of the ranks from+1 … to.
func (r *ranks) group(sorted []float64, from, to int) {
	r.plain = r.plain && to == from+1 && sorted[from] != 0
	for i := from; i < to; i++ {
		r.doubled[i] = from + 1 + to
		switch {
		case sorted[i] > 0:
			r.positive += r.doubled[i]
		case sorted[i] == 0:
			r.zeros++
		}
	}
}

// distribution gives, for every sum s, the probability that a random half of
// the ranks adds up to s: the convolution of one fair coin per rank. The
// probabilities are multiples of 2^-n, hence free of rounding up to 52 ranks.
func distribution(ranks []int) []float64 {
	total := 0
	for _, r := range ranks {
		total += r
	}
	p := make([]float64, total+1)
	p[0] = 1
	reached := 0
	for _, r := range ranks {
		reached += r
		for s := reached; s >= r; s-- {
			p[s] = (p[s] + p[s-r]) / 2
		}
		for s := min(r-1, reached); s >= 0; s-- {
			p[s] /= 2
		}
	}
	return p
}

// upperTail is the probability of a sum of at least s.
func upperTail(p []float64, s int) float64 {
	sum := 0.0
	for _, x := range p[s:] {
		sum += x
	}
	return min(sum, 1)
}

// plainTables keeps cumulative distributions by sample size, since one run asks
// for the same few sizes thousands of times.
var plainTables sync.Map // int -> []float64

// plainTable holds, for every w, the probability that the signed-rank statistic
// of n untied values is at most w.
func plainTable(n int) []float64 {
	if known, ok := plainTables.Load(n); ok {
		return known.([]float64)
	}
	whole := make([]int, n)
	for i := range whole {
		whole[i] = i + 1
	}
	p := distribution(whole)
	for w := 1; w < len(p); w++ {
		p[w] = min(p[w]+p[w-1], 1)
	}
	known, _ := plainTables.LoadOrStore(n, p)
	return known.([]float64)
}
