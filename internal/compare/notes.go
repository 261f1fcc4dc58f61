package compare

import (
	"fmt"
	"math"

	"github.com/plimsoll-ci/plimsoll/internal/record"
	"github.com/plimsoll-ci/plimsoll/internal/stat"
)

// notHeadsFault is the note on a limit that base breaks as well.
func notHeadsFault(m record.Metric) string {
	return over(m) + " its limit, but so is base: not blamed on head"
}

// ruling turns the outcome of a claim into a verdict and its note. A head that
// gave no value in some pairs can fail but not pass: what its other boots show
// may be just what the silent ones lack.
func (m *matchup) ruling(c claim, o outcome, row record.Change, cost *record.CostChange) ruling {
	if !m.observable(c) && len(m.pairs) == 0 && m.noise() != "" {
		return ruling{record.Inconclusive, m.noise() + "not a single pair counts"}
	}
	if !m.observable(c) {
		return ruling{record.Missing, m.unobserved(c.id)}
	}
	if gap := m.headGap(c.id); gap != "" && o.verdict != record.Fail {
		return ruling{record.Missing, gap}
	}
	if doubt := m.doubt(c, o); doubt != "" {
		return ruling{record.Inconclusive, doubt}
	}
	switch {
	case o.look == 0:
		return ruling{o.verdict, m.noise() + fmt.Sprintf("only %d of the %d pairs that a first verdict takes", len(m.pairs), Looks(m.family())[0])}
	case o.verdict == record.Inconclusive:
		if note, ok := m.byStartupCPU(c, o); ok {
			return ruling{record.Pass, fmt.Sprintf("undecided by time after %d pairs, %s", o.look, note)}
		}
		return ruling{o.verdict, m.noise() + fmt.Sprintf("undecided after %d pairs: %s", o.look, m.unsettled(c, o, row, cost))}
	case o.verdict == record.Fail:
		return ruling{o.verdict, m.broken(c, o)}
	case o.last.within > stat.LookLevel:
		return ruling{o.verdict, notHeadsFault(m.series[c.id].metric)}
	case m.overtaken(c, o):
		return ruling{o.verdict, fmt.Sprintf("within its budget after %d pairs, which stands", o.look)}
	}
	return ruling{verdict: o.verdict}
}

// broken says which bound head is over, and on what evidence: that of the look
// that decided, which later pairs may have moved.
func (m *matchup) broken(c claim, o outcome) string {
	text := ""
	switch h := c.hypothesis.(type) {
	case growth:
		text = h.broken(o.look)
	case limit:
		text = h.broken(o.look)
	}
	text += fmt.Sprintf(" after %d pairs", o.look)
	if m.overtaken(c, o) {
		text += ", which stands"
	}
	return text
}

// broken says by how much the first n pairs are over a growth.
func (g growth) broken(n int) string {
	s := g.series.sample(n)
	text := over(s.metric) + " its budget of " + s.budgetHere(g.budget)
	var row record.Change
	showInterval(&row, s)
	if change := changeWords(row, s.metric); change != "" {
		text += ": " + change
	}
	return text
}

// broken says by how much head is over a limit in the first n pairs.
func (l limit) broken(n int) string {
	metric, head := l.series.metric, present(l.series.head[:n])
	median := value(metric, stat.Median(head))
	if low, high, ok := stat.MedianInterval(head, shownLevel); ok {
		median = bracketed(median, value(metric, low), value(metric, high))
	}
	return fmt.Sprintf("%s its limit of %s: %s", over(metric), value(metric, l.max), median)
}

// remarks are the notes on a metric that hold with or without a budget.
func (m *matchup) remarks(metric record.Metric, s sample) []ruling {
	if all := m.series[metric.ID]; len(present(all.base))+len(present(all.head)) == 0 {
		return nil
	}
	remarks := []ruling{{record.None, m.headGap(metric.ID)}, {record.None, m.baseGap(metric.ID)}}
	if len(s.worse) > 0 && !s.ratio && !metric.Zeroable {
		remarks = append(remarks, ruling{record.None, "zero in some boots, so compared by difference"})
	}
	return remarks
}

// unobserved says why no pair bears on a metric.
func (m *matchup) unobserved(id record.MetricID) string {
	switch base, head := present(m.series[id].base), present(m.series[id].head); {
	case len(m.base.Trials)+len(m.head.Trials) == 0:
		return "not measured: nothing was booted"
	case len(m.pairs) == 0 && len(m.voids) > 0:
		return "not measured: no pair counts"
	case len(m.pairs) == 0:
		return "not measured: no pair of boots was completed"
	case len(base)+len(head) == 0:
		return "not measured on either side"
	case len(base) == 0:
		return m.baseGap(id)
	case len(head) == 0:
		return m.headGap(id)
	}
	return "not measured on both sides at once"
}

func (m *matchup) headGap(id record.MetricID) string { return m.gap("head", m.series[id].head) }
func (m *matchup) baseGap(id record.MetricID) string { return m.gap("base", m.series[id].base) }

// gap says in how many counted pairs a side gave no value, "" for none.
func (m *matchup) gap(side string, values []float64) string {
	silent := len(values) - len(present(values))
	switch silent {
	case 0:
		return ""
	case len(values):
		return fmt.Sprintf("%s gave no value in any of %d pairs", side, silent)
	}
	return fmt.Sprintf("%s gave no value in %d of %d pairs", side, silent, len(values))
}

// overtaken reports whether the pairs since a growth was decided have moved what
// is beyond the budget to the other side of it.
func (m *matchup) overtaken(c claim, o outcome) bool {
	g, grows := c.hypothesis.(growth)
	if !grows || o.look == len(m.pairs) {
		return false
	}
	low, high, ok := stat.Interval(g.series.sample(len(m.pairs)).beyond(g.budget), shownLevel)
	return ok && (o.verdict == record.Fail && low <= 0 || o.verdict == record.Pass && high > 0)
}

// unsettled says why the looks left a claim open, and what would settle it.
func (m *matchup) unsettled(c claim, o outcome, row record.Change, cost *record.CostChange) string {
	broken := o.last.above <= stat.LookLevel
	g, grows := c.hypothesis.(growth)
	switch {
	case broken && o.last.excuse == stepCrossed:
		return fmt.Sprintf("the price crossed %s, but no measured input changed", step(cost))
	case broken && o.last.excuse == baseSeemsTo:
		return fmt.Sprintf("head is %s its limit, and base seems to be as well", over(m.series[c.id].metric))
	case broken:
		return fmt.Sprintf("judged alone it would fail, but as one of %d bounds judged together it is not clear enough", m.family())
	case grows:
		return m.openGrowth(g, o, row)
	}
	return m.openLimit(c.hypothesis.(limit)) + "; " + m.remedy(c, o.look)
}

// openLimit places head's median relative to the limit.
func (m *matchup) openLimit(l limit) string {
	low, high, ok := stat.MedianInterval(present(l.series.head), shownLevel)
	metric := l.series.metric
	if !ok {
		return "head is too close to its limit of " + value(metric, l.max)
	}
	return fmt.Sprintf("head's median lies between %s and %s, its limit is %s", value(metric, low), value(metric, high), value(metric, l.max))
}

// openGrowth places the change relative to the budget and estimates the pairs
// that would settle it.
func (m *matchup) openGrowth(g growth, o outcome, row record.Change) string {
	s := g.series.sample(len(m.pairs))
	budget := s.budgetHere(g.budget)
	where := "the change is too close to the budget of " + budget
	switch {
	case row.Ratio != nil:
		where = fmt.Sprintf("the change lies between %s and %s, the budget is %s", percent(row.Ratio.Low-1), percent(row.Ratio.High-1), budget)
	case row.Shift != nil:
		where = fmt.Sprintf("the change lies between %s and %s, the budget is %s", amount(s.metric, row.Shift.Low), amount(s.metric, row.Shift.High), budget)
	}
	return where + "; " + m.remedy(claim{s.metric.ID, g}, o.look)
}

// remedy says what would settle a claim that is open after a look.
func (m *matchup) remedy(c claim, look int) string {
	looks := Looks(m.family())
	last := looks[len(looks)-1]
	needed := m.needed(c)
	if n := lookFor(looks, look, needed); n > 0 {
		return fmt.Sprintf("about %d pairs would likely settle it", n)
	}
	if math.IsNaN(needed) || needed > 1000 {
		return "no number of pairs is likely to settle it, a wider budget or a quieter machine is"
	}
	if needed <= float64(last) {
		return "a slightly wider budget or a quieter machine would settle it"
	}
	return fmt.Sprintf("it would take about %.0f pairs, more than the %d of a run: a wider budget or a quieter machine would settle it", needed, last)
}
