package compare

import (
	"github.com/plimsoll-ci/plimsoll/internal/record"
	"github.com/plimsoll-ci/plimsoll/internal/stat"
)

// Input is one service to judge.
type Input struct {
	Name       string
	Base, Head *record.Record // nil is a record without anything measured
	Budgets    map[record.MetricID]record.Budget

	// Thresholds are those that the k6 script of the service declares. Each is a
	// bound on head, beside the budgets.
	Thresholds []record.Threshold

	// Price gives the monthly price in USD of the image of rec, had it behaved
	// as in the trial whose metrics are given. rec is Base or Head itself, so that
	// the two can be told apart. It must not keep or change the map. Nil leaves
	// cost.month unmeasured.
	Price func(rec *record.Record, trial map[record.MetricID]float64) (float64, error)

	// Estimate explains the price of a whole record, Base or Head itself. Nil
	// leaves the details of [record.CostChange] empty.
	Estimate func(rec *record.Record) (record.Estimate, error)

	// Refine completes the change in price between the medians of both sides, base
	// first, by the counted pairs: the interval that is shown, and the causes. Nil
	// leaves the interval of the pairs, and no causes.
	Refine func(change *record.CostChange, medians [2]map[record.MetricID]float64, pairs [2][]map[record.MetricID]float64) error

	// Others is the number of gated hypotheses of the other services of the
	// run, by [Hypotheses]. They count as not rejected: they only make the family
	// larger, and the verdict stricter about saying fail.
	Others int
}

// Looks lists the numbers of counted pairs after which a run with so many gated
// hypotheses, over all its services, may decide.
func Looks(hypotheses int) []int { return stat.Looks(hypotheses) }

// Hypotheses counts what the budgets of one service put to the test: one for the
// growth and one for the limit of every measured metric that has them. Exact
// metrics are not tested but compared.
func Hypotheses(budgets map[record.MetricID]record.Budget) int {
	count := 0
	for _, m := range record.Catalog {
		if b := budgets[m.ID]; !m.Exact {
			count += ones(bindsGrowth(b), bindsLimit(b))
		}
	}
	return count
}

func ones(conditions ...bool) int {
	count := 0
	for _, c := range conditions {
		if c {
			count++
		}
	}
	return count
}

// bindsGrowth reports whether b bounds head by base. A floor without a ratio
// allows that amount and no more.
func bindsGrowth(b record.Budget) bool { return b.Grow != nil || b.Floor > 0 }

// bindsLimit reports whether b bounds head alone.
func bindsLimit(b record.Budget) bool { return b.Max != nil }

// grow is the ratio that b allows, 0 where it names none.
func grow(b record.Budget) float64 {
	if b.Grow == nil {
		return 0
	}
	return *b.Grow
}
