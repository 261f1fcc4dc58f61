package compare

import (
	"fmt"
	"math"

	"github.com/plimsoll-ci/plimsoll/internal/record"
	"github.com/plimsoll-ci/plimsoll/internal/stat"
)

// notHeadsFault is the note on a limit that base breaks as well.
const notHeadsFault = "over its limit, but so is base: not blamed on head"

// ruling turns the outcome of a claim into a verdict and its note. A head that
// gave no value in some pairs can fail but not pass: what its other boots show
// may be just what the silent ones lack.
func (m *matchup) ruling(c claim, o outcome, row record.Change, cost *record.CostChange) ruling {
	if !m.observable(c) {
		return ruling{record.Missing, m.unobserved(row)}
	}
	if gap := m.headGap(c.id); gap != "" && o.verdict != record.Fail {
		return ruling{record.Missing, gap}
	}
	switch {
	case o.look == 0:
		return ruling{o.verdict, fmt.Sprintf("%d of the %d pairs that a first verdict takes", len(m.pairs), Looks(m.family())[0])}
	case o.verdict == record.Inconclusive:
		return ruling{o.verdict, fmt.Sprintf("undecided after %d pairs: %s", o.look, m.unsettled(c, o, row, cost))}
	case o.verdict == record.Pass && o.last.within > stat.LookLevel:
		return ruling{o.verdict, notHeadsFault}
	}
	return ruling{o.verdict, m.overtaken(c, o)}
}

// remarks are the notes on a metric that hold with or without a budget.
func (m *matchup) remarks(metric record.Metric, s sample) []ruling {
	if len(s.worse) == 0 {
		return nil
	}
	remarks := []ruling{{record.None, m.headGap(metric.ID)}, {record.None, m.baseGap(metric.ID)}}
	if !s.ratio && !metric.Zeroable {
		remarks = append(remarks, ruling{record.None, "zero in some boots, so compared by difference"})
	}
	return remarks
}

// unobserved says why no pair bears on a metric.
func (m *matchup) unobserved(row record.Change) string {
	switch {
	case len(m.base.Trials)+len(m.head.Trials) == 0:
		return "not measured: nothing was booted"
	case len(m.pairs) == 0:
		return "not measured: no pair counts"
	}
	return absence(row)
}

// absence says which side lacks a value.
func absence(row record.Change) string {
	switch {
	case row.Base == nil && row.Head == nil:
		return "not measured"
	case row.Base == nil:
		return "not measured on base"
	case row.Head == nil:
		return "not measured on head"
	}
	return "not measured on both sides at once"
}

func (m *matchup) headGap(id record.MetricID) string { return m.gap("head", m.series[id].head) }
func (m *matchup) baseGap(id record.MetricID) string { return m.gap("base", m.series[id].base) }

// gap says in how many counted pairs a side gave no value, "" for none.
func (m *matchup) gap(side string, values []float64) string {
	silent := len(values) - len(present(values))
	if silent == 0 {
		return ""
	}
	return fmt.Sprintf("%s gave no value in %d of %d pairs", side, silent, len(values))
}

// overtaken says when a growth was decided, where the pairs since then have
// moved the interval to the other side of the budget.
func (m *matchup) overtaken(c claim, o outcome) string {
	g, ok := c.hypothesis.(growth)
	if !ok || o.look == len(m.pairs) {
		return ""
	}
	s := g.series.sample(len(m.pairs))
	bound := s.bound(g.budget)
	low, high, ok := stat.Interval(s.worse, shownLevel)
	if ok && (o.verdict == record.Fail && low <= bound || o.verdict == record.Pass && high > bound) {
		return fmt.Sprintf("decided after %d pairs, which stands", o.look)
	}
	return ""
}

// unsettled says why the looks left a claim open, and what would settle it.
func (m *matchup) unsettled(c claim, o outcome, row record.Change, cost *record.CostChange) string {
	over := o.last.above <= stat.LookLevel
	g, grows := c.hypothesis.(growth)
	switch {
	case over && o.last.excuse == stepCrossed:
		return fmt.Sprintf("the price crossed %s, but no measured input changed", step(cost))
	case over && o.last.excuse == baseSeemsTo:
		return "head is over its limit, and base seems to be as well"
	case over:
		return fmt.Sprintf("over budget by itself, but not beyond doubt as one of %d bounds judged together", m.family())
	case grows:
		return m.openGrowth(g, o, row)
	}
	return m.openLimit(c.hypothesis.(limit))
}

// openLimit places head's median relative to the limit.
func (m *matchup) openLimit(l limit) string {
	low, high, ok := stat.MedianInterval(present(l.series.head), shownLevel)
	if !ok || l.max <= 0 {
		return "head is too close to its limit"
	}
	return fmt.Sprintf("head's median lies between %.0f %% and %.0f %% of its limit", 100*low/l.max, 100*high/l.max)
}

// openGrowth places the change relative to the budget and estimates the pairs
// that would settle it.
func (m *matchup) openGrowth(g growth, o outcome, row record.Change) string {
	s := g.series.sample(len(m.pairs))
	where := "the change is too close to the budget"
	if row.Ratio != nil {
		allowed := s.sign() * s.allowed(g.budget)
		where = fmt.Sprintf("the change lies between %s and %s, the budget is %s",
			percent(row.Ratio.Low-1), percent(row.Ratio.High-1), percent(allowed))
	}
	return where + "; " + m.remedy(s, s.bound(g.budget), o.look)
}

// remedy says what would settle an open growth. Failing takes more evidence than
// passing, since Holm's first step divides the level by the family.
func (m *matchup) remedy(s sample, bound float64, look int) string {
	level := stat.LookLevel
	if stat.HodgesLehmann(s.worse) > bound {
		level /= float64(m.family())
	}
	looks := Looks(m.family())
	last := looks[len(looks)-1]
	needed := stat.PairsNeeded(s.worse, bound, level)
	for _, n := range looks {
		if n > look && float64(n) >= needed {
			return fmt.Sprintf("about %d pairs would likely settle it", n)
		}
	}
	if math.IsNaN(needed) || needed > 1000 {
		return "no number of pairs is likely to settle it, a wider budget or a quieter machine is"
	}
	if needed <= float64(last) {
		return "a slightly wider budget or a quieter machine would settle it"
	}
	return fmt.Sprintf("it would take about %.0f pairs, more than the %d of a run: a wider budget or a quieter machine would settle it", needed, last)
}

func percent(ratio float64) string { return fmt.Sprintf("%+.1f %%", 100*ratio) }
