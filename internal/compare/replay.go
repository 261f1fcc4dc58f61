package compare

import (
	"math"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// Replay holds the counted pairs of two records, laid out once so that they can
// be judged many times over by the procedure of [Service]: with the labels of some
// pairs swapped, or with a change put into head. What it says of a procedure is
// said by the procedure itself, on the noise of a real machine.
type Replay struct{ m *matchup }

// NewReplay lays out the pairs of in, whose budgets do not matter here.
func NewReplay(in Input) *Replay { return &Replay{lay(in)} }

// Pairs is the number of counted pairs.
func (r *Replay) Pairs() int { return len(r.m.pairs) }

// Observed reports whether any pair has a metric on both sides.
func (r *Replay) Observed(id record.MetricID) bool {
	return len(r.m.series[id].sample(len(r.m.pairs)).worse) > 0
}

// Variant is one way to see recorded pairs.
type Variant struct {
	Budgets map[record.MetricID]record.Budget
	Flip    []bool // by pair: base and head take each other's place; nil for none
	// Change worsens head after that, metric by metric: 0.1 is 10 % more, for
	// metrics that may be zero 0.1 in their base unit, and for metrics of which
	// more is better 10 % less.
	Change map[record.MetricID]float64
}

// Judged is what a run over the pairs of a variant would have said.
type Judged struct {
	Verdicts map[record.MetricID]record.Verdict // of the measured metrics with a budget
	Looks    map[record.MetricID]int            // that decided them; the last one where none did
	Pairs    int                                // when the run would have ended
}

// Failed reports whether any metric is over its budget.
func (j Judged) Failed() bool {
	for _, v := range j.Verdicts {
		if v == record.Fail {
			return true
		}
	}
	return false
}

// Judge runs the looks over the pairs, in order.
func (r *Replay) Judge(v Variant) Judged {
	m := r.seen(v)
	judged := Judged{Verdicts: make(map[record.MetricID]record.Verdict, len(m.claims)), Looks: make(map[record.MetricID]int, len(m.claims))}
	open := len(m.claims) == 0
	for i, o := range m.outcomes() {
		c := m.claims[i]
		observable := m.observable(c)
		open = open || observable && o.verdict == record.Inconclusive
		judged.Pairs = max(judged.Pairs, o.look)
		judged.Looks[c.id] = max(judged.Looks[c.id], o.look)
		judged.Verdicts[c.id] = record.Worst(judged.Verdicts[c.id], m.standing(c, o, observable))
	}
	if looks := Looks(m.family()); open {
		judged.Pairs = min(len(m.pairs), looks[len(looks)-1])
	}
	return judged
}

// standing is the verdict on a claim as [matchup.ruling] has it.
func (m *matchup) standing(c claim, o outcome, observable bool) record.Verdict {
	if !observable || o.verdict != record.Fail && m.headGap(c.id) != "" {
		return record.Missing
	}
	if m.doubt(c, o) != "" {
		return record.Inconclusive
	}
	return o.verdict
}

// seen is the matchup as a variant has it.
func (r *Replay) seen(v Variant) *matchup {
	m := &matchup{in: r.m.in, base: r.m.base, head: r.m.head, series: map[record.MetricID]series{}}
	m.in.Budgets = v.Budgets
	m.pairs = make([]pair, len(r.m.pairs))
	for i, p := range r.m.pairs {
		if m.pairs[i] = p; v.flipped(i) {
			m.pairs[i].base, m.pairs[i].head = p.head, p.base
		}
	}
	m.work = compareWork(m.pairs)
	_, priced := v.Budgets[record.CostMonth]
	for _, metric := range record.Catalog {
		if _, gated := v.Budgets[metric.ID]; !metric.Exact && (gated || priced) {
			m.series[metric.ID] = v.of(r.m.series[metric.ID])
			m.claim(metric)
		}
	}
	return m
}

func (v Variant) flipped(i int) bool { return i < len(v.Flip) && v.Flip[i] }

// of is a series as the variant has it.
func (v Variant) of(s series) series {
	seen := series{metric: s.metric, base: make([]float64, len(s.base)), head: make([]float64, len(s.head))}
	for i, b := range s.base {
		h := s.head[i]
		if v.flipped(i) {
			b, h = h, b
		}
		seen.base[i], seen.head[i] = b, changed(s.metric, h, v.Change[s.metric.ID])
	}
	return seen
}

// changed worsens a value; see [Variant].
func changed(m record.Metric, value, by float64) float64 {
	switch {
	case by == 0:
		return value
	case m.Zeroable:
		return value + by
	case m.Direction == record.Higher:
		return value * math.Max(0, 1-by)
	}
	return value * (1 + by)
}
