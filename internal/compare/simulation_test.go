package compare

import (
	"math"
	"math/rand/v2"

	"github.com/plimsoll-ci/plimsoll/internal/record"
	"github.com/plimsoll-ci/plimsoll/internal/stat"
)

// noise is how the boots of the simulation differ: lognormal, with a part that
// both boots of a pair share (the machine at that moment), a part that all metrics
// of one boot share (a slow boot is slow in everything), and now and then a boot
// that takes three times as long.
type noise struct {
	pair, boot, sole float64 // standard deviations of the logarithm
	spikes           float64 // share of boots
}

// run draws the pairs of one run with as many metrics. Head draws from the same
// machine as base does.
func (n noise) run(source *rand.Rand, metrics, pairs int, head law) []series {
	all := make([]series, metrics)
	for k := range all {
		all[k] = series{base: make([]float64, pairs), head: make([]float64, pairs)}
	}
	for i := range pairs {
		machine := math.Exp(n.pair * source.NormFloat64())
		slowBase, slowHead := n.boots(source), n.boots(source)
		for k := range all {
			all[k].base[i] = machine * math.Exp(slowBase+n.sole*source.NormFloat64())
			all[k].head[i] = head(machine, math.Exp(slowHead+n.sole*source.NormFloat64()))
		}
	}
	return all
}

// boots is what all metrics of one boot share.
func (n noise) boots(source *rand.Rand) float64 {
	shared := n.boot * source.NormFloat64()
	if source.Float64() < n.spikes {
		shared += math.Log(3)
	}
	return shared
}

// law gives what a boot of head measures on a machine so slow, where the boot by
// itself would be so slow. The median of base is 1.
type law func(machine, own float64) float64

// The ways to lie exactly on a budget.

// each: every boot would be one of base's, but for all that is allowed on top.
func each(b record.Budget) law {
	return func(machine, own float64) float64 { return machine*own + allowed(b, machine*own) }
}

// fewer is each for metrics of which more is better.
func fewer(b record.Budget) law {
	return func(machine, own float64) float64 { return machine*own - allowed(b, machine*own) }
}

// level: what the machine gives base, all that is allowed of it, and then the noise.
func level(b record.Budget) law {
	return func(machine, own float64) float64 { return (machine + allowed(b, machine)) * own }
}

// ratio: as many times base's as is allowed of base's median.
func ratio(b record.Budget) law {
	return func(machine, own float64) float64 { return machine * own * (1 + allowed(b, 1)) }
}

// times is no budget but a truth: head is so many times base.
func times(r float64) func(record.Budget) law {
	return func(record.Budget) law {
		return func(machine, own float64) float64 { return machine * own * r }
	}
}

// medianBound is growth with the threshold that was rejected: what the budget
// allows of the median of base, taken as known, for every pair.
type medianBound struct{ growth }

func (g medianBound) at(n int) evidence {
	s := g.series.sample(n)
	bound := s.allowance(g.budget, stat.Median(s.base))
	beyond := make([]float64, len(s.worse))
	for i, w := range s.worse {
		beyond[i] = w - bound
	}
	var e evidence
	e.above, e.within = stat.SignedRank(beyond)
	return e
}

func perPair(g growth) hypothesis   { return g }
func perMedian(g growth) hypothesis { return medianBound{g} }

// remembered keeps the evidence of a hypothesis, so that one simulated run can
// serve families of every size.
type remembered struct {
	hypothesis
	seen *[25]evidence
}

func (r remembered) at(n int) evidence {
	if r.seen[n].above == 0 {
		r.seen[n] = r.hypothesis.at(n)
	}
	return r.seen[n]
}

// tally counts the runs in which any metric failed, and in which any passed.
type tally struct{ fail, pass int }

// scene is a world with a budget, and where head lies.
type scene struct {
	name   string
	metric record.MetricID
	budget record.Budget
	head   func(record.Budget) law
	noise  noise
	most   int // metrics
}

// simulate judges many runs as Service does, looks and stopping included, with
// the first 1, 2 … most metrics as the family.
func (c scene) simulate(threshold func(growth) hypothesis, seed uint64, runs int) []tally {
	source := rand.New(rand.NewPCG(seed, 0))
	metric, _ := record.Lookup(c.metric)
	head := c.head(c.budget)
	tallies := make([]tally, c.most)
	for range runs {
		claims := make([]hypothesis, c.most)
		for k, s := range c.noise.run(source, c.most, 24, head) {
			s.metric = metric
			claims[k] = remembered{threshold(growth{series: s, budget: c.budget}), new([25]evidence)}
		}
		for i := range tallies {
			tallies[i].add(decide(claims[:i+1], 0, 24))
		}
	}
	return tallies
}

func (t *tally) add(outcomes []outcome) {
	var fail, pass int
	for _, o := range outcomes {
		switch o.verdict {
		case record.Fail:
			fail = 1
		case record.Pass:
			pass = 1
		}
	}
	t.fail, t.pass = t.fail+fail, t.pass+pass
}
