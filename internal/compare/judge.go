package compare

import (
	"slices"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// trialMetrics are the metrics observed in trials, in catalog order; cost.month
// is computed from the others and stands apart.
var trialMetrics = func() []record.Metric {
	var some []record.Metric
	for _, m := range record.Catalog {
		if !m.Exact && m.ID != record.CostMonth {
			some = append(some, m)
		}
	}
	return some
}()

// matchup is a service laid out for judging: its counted pairs, every measured
// metric as a series, and a hypothesis for every bound its budgets put to the test.
type matchup struct {
	in       Input
	base     record.Record
	head     record.Record
	pairs    []pair
	voids    []string // why each voided pair does not count
	warnings []string
	unpriced bool // and a warning says why
	series   map[record.MetricID]series
	claims   []claim
	work     work
}

// claim is a hypothesis and the metric it is about.
type claim struct {
	id record.MetricID
	hypothesis
}

func lay(in Input) *matchup {
	m := &matchup{in: in, base: clone(in.Base), head: clone(in.Head), warnings: []string{}, series: map[record.MetricID]series{}}
	paired := match(m.base.Trials, m.head.Trials)
	m.pairs, m.voids = paired.counted, paired.voids
	m.work = compareWork(m.pairs)
	if w := paired.warning(); w != "" {
		m.warnings = append(m.warnings, w)
	}
	for _, metric := range trialMetrics {
		m.series[metric.ID] = trialSeries(metric, m.pairs)
	}
	m.series[record.CostMonth] = m.costSeries()
	for _, metric := range record.Catalog {
		if !metric.Exact {
			m.claim(metric)
		}
	}
	m.claimThresholds()
	return m
}

// clone copies a record as JSON can carry it: lists and maps rather than nulls, and
// no metric that is not a number.
func clone(r *record.Record) record.Record {
	var c record.Record
	if r != nil {
		c = *r
	}
	c.Layers = append([]record.Layer{}, c.Layers...)
	c.Warnings = append([]string{}, c.Warnings...)
	c.Trials = slices.Clone(c.Trials)
	for i := range c.Trials {
		c.Trials[i].Metrics = only(c.Trials[i].Metrics, func(v float64) bool { return finite(v) })
	}
	c.Metrics = only(c.Metrics, func(v record.Measured) bool { return finite(v.Value) && finite(v.Values...) })
	return c
}

// only copies the entries of a map that are kept.
func only[V any](from map[record.MetricID]V, keep func(V) bool) map[record.MetricID]V {
	to := make(map[record.MetricID]V, len(from))
	for id, v := range from {
		if keep(v) {
			to[id] = v
		}
	}
	return to
}

// claim adds the hypotheses of one metric's budget.
func (m *matchup) claim(metric record.Metric) {
	b, s := m.in.Budgets[metric.ID], m.series[metric.ID]
	if bindsGrowth(b) {
		g := growth{series: s, budget: b}
		if metric.ID == record.CostMonth {
			g.explained = m.explanation(func(was, is float64) bool { return is-was > allowed(b, was) })
		}
		m.claims = append(m.claims, claim{metric.ID, g})
	}
	if bindsLimit(b) {
		l := limit{series: s, max: *b.Max}
		if metric.ID == record.CostMonth {
			l.explained = m.explanation(func(_, is float64) bool { return is > l.max })
		}
		m.claims = append(m.claims, claim{metric.ID, l})
	}
}

// family is the number of hypotheses of the whole run.
func (m *matchup) family() int { return len(m.claims) + m.in.Others }

// outcomes replays the looks for all claims.
func (m *matchup) outcomes() []outcome {
	hypotheses := make([]hypothesis, len(m.claims))
	for i, c := range m.claims {
		hypotheses[i] = c.hypothesis
	}
	return decide(hypotheses, m.in.Others, len(m.pairs))
}

// Decided reports whether more pairs could change no verdict: every hypothesis
// was decided at a completed look, or the last look is behind. Without any
// hypothesis the first look ends the run, since the intervals are all that is
// wanted. A metric that no pair has measured counts as decided: it is missing.
func Decided(in Input) bool {
	m := lay(in)
	looks := Looks(m.family())
	if len(m.claims) == 0 {
		looks = Looks(0)
	}
	if len(m.pairs) < looks[0] {
		return false
	}
	if len(m.pairs) >= looks[len(looks)-1] {
		return true
	}
	for i, o := range m.outcomes() {
		if o.verdict == record.Inconclusive && m.observable(m.claims[i]) {
			return false
		}
	}
	return true
}

// observable reports whether any pair bears on a claim.
func (m *matchup) observable(c claim) bool {
	s := m.series[c.id]
	switch c.hypothesis.(type) {
	case limit, crossing:
		return len(present(s.head)) > 0
	}
	return len(s.sample(len(m.pairs)).worse) > 0
}
