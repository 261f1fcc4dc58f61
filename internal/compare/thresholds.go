package compare

import (
	"fmt"
	"math"

	"github.com/plimsoll-ci/plimsoll/internal/record"
	"github.com/plimsoll-ci/plimsoll/internal/stat"
)

// mostBoots is what a threshold's series is held against: 1 for a boot that
// crossed it and 0 for one that did not. A median above it is a majority.
const mostBoots = 0.5

// crossing is the hypothesis that head crosses a threshold of its k6 script in no
// more than half of all boots. It is a limit on head alone, by the same sign test.
type crossing struct{ limit }

// thresholdMetric describes the series of a threshold as if the catalog had it.
func thresholdMetric(t record.Threshold) record.Metric {
	return record.Metric{ID: t.ID(), Title: string(t.ID()), Unit: record.UnitRatio, Direction: record.Lower, Zeroable: true}
}

// claimThresholds adds a series and a hypothesis for every threshold.
func (m *matchup) claimThresholds() {
	for _, t := range m.in.Thresholds {
		s := series{metric: thresholdMetric(t), base: make([]float64, len(m.pairs)), head: make([]float64, len(m.pairs))}
		for i, p := range m.pairs {
			s.base[i], s.head[i] = crossed(p.base, t), crossed(p.head, t)
		}
		m.series[t.ID()] = s
		m.claims = append(m.claims, claim{t.ID(), crossing{limit{series: s, max: mostBoots}}})
	}
}

// crossed is 1 where a boot crossed the threshold, 0 where it did not, and NaN
// where k6 said nothing of it.
func crossed(trial *record.Trial, t record.Threshold) float64 {
	if trial.Load == nil || trial.Load.Script == nil {
		return math.NaN()
	}
	for _, found := range trial.Load.Script.Thresholds {
		switch {
		case found.ID() != t.ID():
		case found.Crossed:
			return 1
		default:
			return 0
		}
	}
	return math.NaN()
}

// thresholdRows shows in what share of the boots each threshold was crossed.
func (m *matchup) thresholdRows(outcomes []outcome) []record.Change {
	var rows []record.Change
	for i, c := range m.claims {
		h, ok := c.hypothesis.(crossing)
		if !ok {
			continue
		}
		row := m.newRow(h.series.metric)
		row.Budget = &record.Budget{Max: new(mostBoots)}
		row.N = len(present(h.series.head))
		row.Base, row.Head = portion(h.series.base), portion(h.series.head)
		if row.Base != nil && row.Head != nil {
			row.Difference = new(*row.Head - *row.Base)
		}
		rule(&row, []ruling{{record.None, m.baseGap(c.id)}, m.crossingRuling(c, h, outcomes[i])})
		rows = append(rows, row)
	}
	return rows
}

// portion is the mean of the values that are there, nil for none.
func portion(values []float64) *float64 {
	some := present(values)
	if len(some) == 0 {
		return nil
	}
	return new(float64(count(some)) / float64(len(some)))
}

// count is the number of boots that crossed a threshold.
func count(values []float64) int {
	n := 0
	for _, v := range values {
		if v > mostBoots {
			n++
		}
	}
	return n
}

// crossingRuling is ruling for a threshold. A head that was silent in some boots
// can fail but not pass, as with any metric.
func (m *matchup) crossingRuling(c claim, h crossing, o outcome) ruling {
	if !m.observable(c) {
		return ruling{record.Missing, m.unobserved(c.id)}
	}
	if gap := m.headGap(c.id); gap != "" && o.verdict != record.Fail {
		return ruling{record.Missing, gap}
	}
	head := present(h.series.head[:o.look])
	boots := fmt.Sprintf("%d of %d boots", count(head), len(head))
	switch {
	case o.look == 0:
		return ruling{o.verdict, fmt.Sprintf("only %d of the %d pairs that a first verdict takes", len(m.pairs), Looks(m.family())[0])}
	case o.verdict == record.Fail:
		return ruling{o.verdict, "head crossed the threshold in " + boots}
	case o.verdict == record.Pass && o.last.within > stat.LookLevel:
		return ruling{o.verdict, fmt.Sprintf("head crossed the threshold in %s, but so did base in most of its own: not blamed on head", boots)}
	case o.verdict == record.Pass:
		return ruling{verdict: o.verdict}
	case o.last.above <= stat.LookLevel && o.last.excuse == baseSeemsTo:
		return ruling{o.verdict, fmt.Sprintf("undecided: head crossed the threshold in %s, and base seems to as well", boots)}
	case o.last.above <= stat.LookLevel:
		return ruling{o.verdict, fmt.Sprintf("undecided: head crossed the threshold in %s, which as one of %d bounds judged together is not clear enough", boots, m.family())}
	}
	return ruling{o.verdict, fmt.Sprintf("undecided: head crossed the threshold in %s, which is neither clearly most of them nor clearly less", boots)}
}
