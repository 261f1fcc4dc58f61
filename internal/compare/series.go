package compare

import (
	"math"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// series is one metric over the counted pairs, NaN where a boot gave no value.
type series struct {
	metric     record.Metric
	base, head []float64
}

// trialSeries reads a metric from the trials of the pairs.
func trialSeries(m record.Metric, pairs []pair) series {
	s := series{metric: m, base: make([]float64, len(pairs)), head: make([]float64, len(pairs))}
	for i, p := range pairs {
		s.base[i], s.head[i] = observed(m, p.base.Metrics), observed(m, p.head.Metrics)
	}
	return s
}

// observed is the value of m in a trial, NaN where there is none that can be
// used: absent, not finite, or negative where only a failed measurement can be.
func observed(m record.Metric, trial map[record.MetricID]float64) float64 {
	v, ok := trial[m.ID]
	if !ok || !finite(v) || v < 0 && !m.Zeroable {
		return math.NaN()
	}
	return v
}

// finite reports whether all values are numbers, and not so large that a sum or
// difference of them would overflow.
func finite(values ...float64) bool {
	const largest = math.MaxFloat64 / 4
	for _, v := range values {
		if !(math.Abs(v) <= largest) {
			return false
		}
	}
	return true
}

// present leaves out the boots that gave no value.
func present(values []float64) []float64 {
	some := make([]float64, 0, len(values))
	for _, v := range values {
		if !math.IsNaN(v) {
			some = append(some, v)
		}
	}
	return some
}

// sample is the change of one metric in those of the first pairs that have it on
// both sides.
type sample struct {
	metric     record.Metric
	base, head []float64
	ratio      bool      // changes are logarithms of ratios, not differences
	worse      []float64 // the changes; positive is worse
	grid       float64   // the changes are multiples of it
}

// sample takes the first n pairs. A metric that is compared by ratio but was
// zero in any of them, such as CPU time below the clock's resolution, is compared
// by difference instead: no ratio exists, and leaving the pair out would be
// choosing a result. Swapping base and head would lead to the same choice, so
// the test stays exact where nothing changed.
func (s series) sample(n int) sample {
	out := sample{
		metric: s.metric, ratio: !s.metric.Zeroable,
		base: make([]float64, 0, n), head: make([]float64, 0, n),
	}
	largest := 0.0
	for i := range n {
		b, h := s.base[i], s.head[i]
		if math.IsNaN(b) || math.IsNaN(h) {
			continue
		}
		out.base, out.head = append(out.base, b), append(out.head, h)
		out.ratio = out.ratio && b > 0 && h > 0
		largest = max(largest, math.Abs(b), math.Abs(h))
	}
	out.grid = gridFor(1)
	if !out.ratio {
		out.grid = gridFor(largest)
	}
	out.worse = out.changes()
	return out
}

// changes gives the change in every pair.
func (s sample) changes() []float64 {
	worse := make([]float64, len(s.base))
	for i := range worse {
		worse[i] = s.onGrid(s.change(i))
	}
	return worse
}

// change is the change in one pair. The logarithms are subtracted, rather than
// taken of the ratio, so that swapping base and head turns the sign and nothing
// else.
func (s sample) change(i int) float64 {
	if s.ratio {
		return s.sign() * (math.Log(s.head[i]) - math.Log(s.base[i]))
	}
	return s.sign() * (s.head[i] - s.base[i])
}

// sign is -1 for metrics of which more is better.
func (s sample) sign() float64 {
	if s.metric.Direction == record.Higher {
		return -1
	}
	return 1
}

// gridFor is 2^-40 of a scale, rounded to a power of two. Changes, and what they
// are beyond a budget, are rounded to it, far below what any clock resolves, so
// that equal changes stay ties, and changes equal to what is allowed zeros, after
// rounded arithmetic.
func gridFor(scale float64) float64 {
	_, exponent := math.Frexp(scale)
	return math.Ldexp(1, exponent-40)
}

func (s sample) onGrid(x float64) float64 { return math.RoundToEven(x/s.grid) * s.grid }

// beyond is by how much the change in every pair is over what b allows of this
// very pair; positive is over budget.
func (s sample) beyond(b record.Budget) []float64 {
	d := make([]float64, len(s.base))
	for i, base := range s.base {
		d[i] = s.onGrid(s.change(i) - s.allowance(b, base))
	}
	return d
}

// allowance is the change that b allows a pair whose base is given, in the terms
// of worse. For metrics of which more is better it is the fall to (1-share) of
// base; a fall of 100 % and more allows anything, which the cap stands for.
func (s sample) allowance(b record.Budget, base float64) float64 {
	const anyFall = 1 - 1e-9
	switch {
	case !s.ratio:
		return allowed(b, base)
	case s.metric.Direction == record.Higher:
		return -math.Log1p(-min(share(b, base), anyFall))
	}
	return math.Log1p(share(b, base))
}

// share is what b allows as a ratio of base: the larger of its ratio and of its
// floor.
func share(b record.Budget, base float64) float64 {
	return min(max(grow(b), b.Floor/base), math.MaxFloat64)
}

// allowed is what b allows as an amount.
func allowed(b record.Budget, base float64) float64 {
	return min(max(grow(b)*base, b.Floor), math.MaxFloat64/4)
}
