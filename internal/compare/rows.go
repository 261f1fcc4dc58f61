package compare

import (
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/plimsoll-ci/plimsoll/internal/record"
	"github.com/plimsoll-ci/plimsoll/internal/stat"
)

// shownLevel is the level of the intervals that are shown: two-sided, with the
// error of one look on either side, and not adjusted for how many are shown.
const shownLevel = 1 - 2*stat.LookLevel

// ruling is the verdict on one bound of a budget, and why where it needs saying.
type ruling struct {
	verdict record.Verdict
	note    string
}

// rule gives a row the gravest of the rulings and all their notes.
func rule(row *record.Change, rulings []ruling) {
	var notes []string
	for _, r := range rulings {
		row.Verdict = record.Worst(row.Verdict, r.verdict)
		if r.note != "" && !slices.Contains(notes, r.note) {
			notes = append(notes, r.note)
		}
	}
	row.Note = strings.Join(notes, "; ")
}

// rows compares every metric that either side has or a budget names, in catalog
// order.
func (m *matchup) rows(cost *record.CostChange) []record.Change {
	outcomes := m.outcomes()
	rows := []record.Change{}
	for _, metric := range record.Catalog {
		var row record.Change
		if metric.Exact {
			row = m.exactRow(metric)
		} else {
			row = m.measuredRow(metric, outcomes, cost)
		}
		if row.Base != nil || row.Head != nil || row.Budget != nil {
			rows = append(rows, row)
		}
	}
	rows = append(rows, m.thresholdRows(outcomes)...)
	return append(rows, m.unknownRows()...)
}

func (m *matchup) newRow(metric record.Metric) record.Change {
	row := record.Change{ID: metric.ID, Unit: metric.Unit, Direction: metric.Direction, Verdict: record.None}
	if b, ok := m.in.Budgets[metric.ID]; ok {
		row.Budget = &b
	}
	return row
}

// unknownRows keeps a budget on a metric that does not exist from being silently
// met.
func (m *matchup) unknownRows() []record.Change {
	var rows []record.Change
	for _, id := range slices.Sorted(maps.Keys(m.in.Budgets)) {
		if _, known := record.Lookup(id); !known {
			row := m.newRow(record.Metric{ID: id, Direction: record.Lower})
			rule(&row, []ruling{{record.Missing, "there is no metric of this name"}})
			rows = append(rows, row)
		}
	}
	return rows
}

// measuredRow sums up a measured metric over the counted pairs and rules on its
// budget.
func (m *matchup) measuredRow(metric record.Metric, outcomes []outcome, cost *record.CostChange) record.Change {
	row := m.newRow(metric)
	s := m.series[metric.ID].sample(len(m.pairs))
	row.N = len(s.worse)
	row.Base, row.Head = m.sides(metric, s)
	if metric.ID == record.CostMonth && cost != nil {
		row.Base, row.Head = &cost.Base, &cost.Head
	}
	if row.Base != nil && row.Head != nil {
		row.Difference = new(*row.Head - *row.Base)
	}
	showInterval(&row, s)
	if metric.ID == record.CostMonth && cost != nil {
		ofBills(row.Shift, *row.Difference)
	}

	rulings := m.remarks(metric, s)
	for i, c := range m.claims {
		if c.id == metric.ID {
			rulings = append(rulings, m.ruling(c, outcomes[i], row, cost))
		}
	}
	rule(&row, rulings)
	return row
}

// ofBills estimates a price's change by what the row shows of both sides, so that
// one month has one difference. Where billing steps put that outside of the
// interval of the pairs, their own estimate stays.
func ofBills(shift *record.Shift, difference float64) {
	if shift != nil && shift.Low <= difference && difference <= shift.High {
		shift.Difference = difference
	}
}

// sides gives the medians of base and head: over the pairs that have both, else
// over the counted boots of each side, else as its record has it.
func (m *matchup) sides(metric record.Metric, s sample) (base, head *float64) {
	if len(s.worse) > 0 {
		return new(stat.Median(s.base)), new(stat.Median(s.head))
	}
	all := m.series[metric.ID]
	return alone(all.base, m.base, metric.ID), alone(all.head, m.head, metric.ID)
}

func alone(values []float64, rec record.Record, id record.MetricID) *float64 {
	if some := present(values); len(some) > 0 {
		return new(stat.Median(some))
	}
	return recorded(rec, id)
}

// showInterval adds the estimated change and its interval, where there are pairs
// enough for one and it can be written in JSON.
func showInterval(row *record.Change, s sample) {
	low, high, ok := stat.Interval(s.worse, shownLevel)
	if !ok {
		return
	}
	middle := stat.HodgesLehmann(s.worse)
	if s.sign() < 0 {
		low, middle, high = -high, -middle, -low
	}
	if !s.ratio {
		row.Shift = &record.Shift{Difference: middle, Low: low, High: high, Level: shownLevel}
		return
	}
	r := record.Ratio{Ratio: math.Exp(middle), Low: math.Exp(low), High: math.Exp(high), Level: shownLevel}
	if finite(r.Ratio, r.Low, r.High) {
		row.Ratio = &r
	}
}
