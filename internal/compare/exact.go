package compare

import (
	"math"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// exactRow compares the two numbers of an exact metric.
func (m *matchup) exactRow(metric record.Metric) record.Change {
	row := m.newRow(metric)
	base, head := m.base.Metrics[metric.ID], m.head.Metrics[metric.ID]
	row.Base, row.Head = recorded(m.base, metric.ID), recorded(m.head, metric.ID)
	reference := row.Base
	if metric.ID == record.ImagePull {
		base, row.Base, reference = head, nodeHoldingBase(row.Head), recorded(m.head, record.ImageCompressed)
	}
	row.Estimated = base.Estimated || head.Estimated
	showExact(&row, metric)

	var rulings []ruling
	if b := m.in.Budgets[metric.ID]; row.Budget != nil {
		if bindsGrowth(b) {
			rulings = append(rulings, exactGrowth(metric, row, reference, base.Estimated != head.Estimated))
		}
		if bindsLimit(b) {
			rulings = append(rulings, exactLimit(metric, row))
		}
	}
	if row.Estimated {
		rulings = append(rulings, ruling{record.None, "estimated"})
	}
	rule(&row, rulings)
	return row
}

// nodeHoldingBase is base's side of image.pull, which is a number of head's record
// alone: what a node that holds base must still fetch. For base itself that is
// nothing. So a max bounds the pull, and grow is a share of head's compressed size:
// 50 % allows that half of the image is fetched again.
func nodeHoldingBase(head *float64) *float64 {
	if head == nil {
		return nil
	}
	return new(0.0)
}

// recorded is the value that a record sums a metric up with, nil where it has none.
func recorded(rec record.Record, id record.MetricID) *float64 {
	v, ok := rec.Metrics[id]
	if !ok || !finite(v.Value) {
		return nil
	}
	return &v.Value
}

// showExact fills in the difference and the ratio or shift of an exact row.
func showExact(row *record.Change, metric record.Metric) {
	if row.Base == nil || row.Head == nil {
		return
	}
	difference := *row.Head - *row.Base
	row.Difference = &difference
	if metric.Zeroable {
		row.Shift = &record.Shift{Difference: difference, Low: difference, High: difference, Level: 1}
	} else if ratio := *row.Head / *row.Base; *row.Base > 0 && finite(ratio) {
		row.Ratio = &record.Ratio{Ratio: ratio, Low: ratio, High: ratio, Level: 1}
	}
}

// exactGrowth holds the difference against grow, as a share of reference, and floor.
func exactGrowth(metric record.Metric, row record.Change, reference *float64, mixed bool) ruling {
	switch {
	case row.Difference == nil:
		return ruling{record.Missing, absence(row)}
	case reference == nil:
		return ruling{record.Missing, "head's compressed size is not known, of which grow is a share"}
	case mixed:
		return ruling{record.Inconclusive, "one side is measured and the other estimated: the two cannot be compared"}
	case exceeds(*row.Head, *row.Base+allowed(*row.Budget, *reference)):
		return ruling{record.Fail, "over its budget of " + exactBudget(metric, *row.Budget)}
	}
	return ruling{verdict: record.Pass}
}

// exactLimit holds head against max.
func exactLimit(metric record.Metric, row record.Change) ruling {
	limit := *row.Budget.Max
	switch {
	case row.Head == nil:
		return ruling{record.Missing, absence(row)}
	case !exceeds(*row.Head, limit):
		return ruling{verdict: record.Pass}
	case row.Base != nil && exceeds(*row.Base, limit):
		return ruling{record.Pass, notHeadsFault(metric)}
	}
	return ruling{record.Fail, "over its limit of " + value(metric, limit)}
}

// exactBudget words the growth that b allows an exact metric.
func exactBudget(metric record.Metric, b record.Budget) string {
	if metric.ID == record.ImagePull {
		return growthBudget(metric, b) + " of the image's compressed size"
	}
	return growthBudget(metric, b)
}

// absence says which side lacks a value.
func absence(row record.Change) string {
	switch {
	case row.Base == nil && row.Head == nil:
		return "not measured"
	case row.Base == nil:
		return "not measured on base"
	}
	return "not measured on head"
}

// exceeds reports whether x is above bound by more than the rounding of the
// arithmetic that led to the bound.
func exceeds(x, bound float64) bool {
	return x-bound > gridFor(max(math.Abs(x), math.Abs(bound)))
}
