package report

import (
	"maps"
	"math"
	"slices"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// charts are what was seen of the boots: the trend and the spread of each metric
// that budgets and readers ask for first, then memory and latencies.
func charts(s record.Service) []chart {
	var all []chart
	for _, m := range charted(s) {
		seen := pairsOf(s, m.ID)
		for _, draw := range []func(record.Change, []pairSeen) (chart, bool){trendChart, spreadChart} {
			if c, ok := draw(m, seen); ok {
				all = append(all, c)
			}
		}
	}
	for _, draw := range []func(record.Service) (chart, bool){memoryChart, latencyChart} {
		if c, ok := draw(s); ok {
			all = append(all, c)
		}
	}
	for i := range all {
		all[i].place()
	}
	return all
}

// charted are the metrics of the boots that are drawn: those with a budget, else
// those that lead.
func charted(s record.Service) []record.Change {
	var gated, others []record.Change
	for _, m := range s.Metrics {
		known, _ := record.Lookup(m.ID)
		switch {
		case known.Exact || m.ID == record.CostMonth:
		case m.Budget != nil:
			gated = append(gated, m)
		case leads(m.ID):
			others = append(others, m)
		}
	}
	if len(gated) == 0 {
		gated = others
	}
	return gated[:min(len(gated), mostCharted)]
}

// pairSeen is what a metric was in one pair: NaN on a side that has no value.
type pairSeen struct {
	number     int
	base, head float64
	void       bool
}

func (p pairSeen) whole() bool { return !math.IsNaN(p.base) && !math.IsNaN(p.head) }

// pairsOf are the pairs that have a metric on either side, in the order they were
// measured, without the warm-up.
func pairsOf(s record.Service, id record.MetricID) []pairSeen {
	seen := map[int]pairSeen{}
	for _, side := range []struct {
		trials []record.Trial
		put    func(*pairSeen, float64)
	}{
		{s.Base.Trials, func(p *pairSeen, v float64) { p.base = v }},
		{s.Head.Trials, func(p *pairSeen, v float64) { p.head = v }},
	} {
		for i := range side.trials {
			t := &side.trials[i]
			v, ok := t.Metrics[id]
			if !ok || t.Pair <= 0 || !(math.Abs(v) <= largest) {
				continue
			}
			p, known := seen[t.Pair]
			if !known {
				p = pairSeen{t.Pair, math.NaN(), math.NaN(), false}
			}
			side.put(&p, v)
			p.void = p.void || t.Void != ""
			seen[t.Pair] = p
		}
	}
	return slices.SortedFunc(maps.Values(seen), func(a, b pairSeen) int { return a.number - b.number })
}

// largest is a value that can still be drawn.
const largest = 1e15

// valuesOf one side, in order, of the pairs that count.
func valuesOf(pairs []pairSeen, side func(pairSeen) float64) []float64 {
	var all []float64
	for _, p := range pairs {
		if v := side(p); !p.void && !math.IsNaN(v) {
			all = append(all, v)
		}
	}
	slices.Sort(all)
	return all
}

func baseOf(p pairSeen) float64 { return p.base }
func headOf(p pairSeen) float64 { return p.head }

// quantileOf sorted values, by the nearest rank.
func quantileOf(sorted []float64, q float64) float64 {
	return sorted[int(math.Round(q*float64(len(sorted)-1)))]
}

// thinned are at most most of all, evenly chosen, with both ends.
func thinned[T any](all []T, most int) []T {
	if len(all) <= most {
		return all
	}
	kept := make([]T, most)
	for i := range kept {
		kept[i] = all[i*(len(all)-1)/(most-1)]
	}
	return kept
}
