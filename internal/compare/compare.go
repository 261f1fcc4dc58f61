package compare

import (
	"github.com/plimsoll-ci/plimsoll/internal/record"
	"github.com/plimsoll-ci/plimsoll/internal/stat"
)

// Service compares two records and rules on every budget. It recomputes all looks
// from the pairs, so a decision of an earlier look stands. The verdict of the
// service is the gravest of its metrics'. No number in the result is NaN or
// infinite, and no list is nil.
func Service(in Input) record.Service {
	m := lay(in)
	cost := m.costChange()
	rows := m.rows(cost)
	verdict := record.None
	for _, row := range rows {
		verdict = record.Worst(verdict, row.Verdict)
	}
	return record.Service{
		Name: in.Name, Verdict: verdict,
		Pairs: len(m.pairs), Voided: len(m.voids), Warnings: append(m.warnings, m.limitWarnings()...),
		Base: m.base, Head: m.head,
		Metrics: rows, Cost: cost, OtherWork: m.work.other,
	}
}

// Run joins the services of one run. The caller adds when and by what it was made.
func Run(services []record.Service) record.Comparison {
	c := record.Comparison{
		Schema: record.ComparisonSchema, Verdict: record.None,
		Warnings: []string{}, Services: append([]record.Service{}, services...),
	}
	for _, s := range services {
		c.Verdict = record.Worst(c.Verdict, s.Verdict)
		if s.OtherWork {
			c.Warnings = append(c.Warnings, otherWork(s))
		}
	}
	return c
}

// Summarize fills in the measured metrics of a record from its trials: all values
// of the boots that count, and their median. Warm-ups and void boots do not count.
// Metrics that no boot gave are left as they are.
func Summarize(rec *record.Record) {
	trials := counted(rec.Trials)
	for _, metric := range trialMetrics {
		var values []float64
		for _, t := range trials {
			values = append(values, observed(metric, t.Metrics))
		}
		if values = present(values); len(values) == 0 {
			continue
		}
		if rec.Metrics == nil {
			rec.Metrics = map[record.MetricID]record.Measured{}
		}
		rec.Metrics[metric.ID] = record.Measured{Unit: metric.Unit, Value: stat.Median(values), Values: values}
	}
}
