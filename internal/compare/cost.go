package compare

import (
	"errors"
	"fmt"
	"math"
	"strconv"

	"github.com/plimsoll-ci/plimsoll/internal/record"
	"github.com/plimsoll-ci/plimsoll/internal/stat"
)

// costInputs are the measured metrics that a price can depend on. Of all of them
// more costs more.
var costInputs = []record.MetricID{
	record.StartupReady, record.StartupCPU, record.MemoryIdle, record.MemoryPeak,
	record.CPUIdle, record.CPURequest, record.LoadP50, record.RunSeconds, record.RunCPU,
}

// price asks the cost model for the price of an image in USD a month.
func (m *matchup) price(rec *record.Record, trial map[record.MetricID]float64) (float64, error) {
	usd, err := m.in.Price(rec, trial)
	if err == nil && !finite(usd) {
		err = fmt.Errorf("the cost model gave %v", usd)
	}
	return usd, err
}

// costSeries prices both boots of every pair; a boot that cannot be priced has no
// cost.
func (m *matchup) costSeries() series {
	metric, _ := record.Lookup(record.CostMonth)
	s := series{metric: metric}
	for _, p := range m.pairs {
		s.base = append(s.base, m.priceBoot("base", &m.base, p.base))
		s.head = append(s.head, m.priceBoot("head", &m.head, p.head))
	}
	return s
}

func (m *matchup) priceBoot(side string, rec *record.Record, boot *record.Trial) float64 {
	if m.in.Price == nil {
		return math.NaN()
	}
	usd, err := m.price(rec, boot.Metrics)
	if err != nil {
		m.priceFailed(fmt.Sprintf("price %s in pair %d: %v", side, boot.Pair, err))
		return math.NaN()
	}
	return usd
}

// priceFailed keeps the first reason why something has no price as a warning.
func (m *matchup) priceFailed(warning string) {
	if !m.unpriced {
		m.unpriced = true
		m.warnings = append(m.warnings, warning)
	}
}

// explained reports whether a rise of the price beyond bound in the first n pairs
// follows from something that was measured: one of the inputs grew, by the
// unadjusted test at [stat.LookLevel], or the exact parts of head (its size) are
// dear enough by themselves, with base's behaviour put in their place. Otherwise
// some boots merely fell on the other side of a billing step.
func (m *matchup) explained(n int, bound float64) bool {
	for _, id := range costInputs {
		if grew, _ := stat.SignedRank(m.series[id].sample(n).worse); grew <= stat.LookLevel {
			return true
		}
	}
	var exact []float64
	for _, p := range m.pairs[:n] {
		was, err := m.price(&m.base, p.base.Metrics)
		if err != nil {
			continue
		}
		if is, err := m.price(&m.head, p.base.Metrics); err == nil {
			exact = append(exact, is-was)
		}
	}
	return stat.Median(exact) > bound
}

// costChange prices the medians of both sides, and bounds the difference by the
// pairs. It is nil where there is no price, or nothing was measured to put a price
// on. Low and High are the difference
// itself, at level 0, where there are too few pairs for an interval.
func (m *matchup) costChange() *record.CostChange {
	if m.in.Price == nil {
		return nil
	}
	was := m.medians(&m.base, func(s series) []float64 { return s.base })
	is := m.medians(&m.head, func(s series) []float64 { return s.head })
	if len(was) == 0 || len(is) == 0 {
		return nil
	}
	base, errBase := m.price(&m.base, was)
	head, errHead := m.price(&m.head, is)
	if err := errors.Join(errBase, errHead); err != nil {
		m.priceFailed(fmt.Sprintf("price base and head: %v", err))
		return nil
	}
	c := &record.CostChange{Currency: "USD", Base: base, Head: head, Low: head - base, High: head - base}
	s := m.series[record.CostMonth].sample(len(m.pairs))
	if low, high, ok := stat.Interval(s.worse, shownLevel); ok {
		c.Low, c.High, c.Level = low, high, shownLevel
	}
	m.detail(c)
	return c
}

// medians sums up one side as the cost model wants a trial: the medians over the
// counted pairs, else the values its record carries.
func (m *matchup) medians(rec *record.Record, side func(series) []float64) map[record.MetricID]float64 {
	values := map[record.MetricID]float64{}
	for _, metric := range trialMetrics {
		if some := present(side(m.series[metric.ID])); len(some) > 0 {
			values[metric.ID] = stat.Median(some)
		} else if v := recorded(*rec, metric.ID); v != nil {
			values[metric.ID] = *v
		}
	}
	return values
}

// detail adds what the cost model has to say about both records.
func (m *matchup) detail(c *record.CostChange) {
	if m.in.Estimate == nil {
		return
	}
	was, errWas := m.in.Estimate(&m.base)
	is, errIs := m.in.Estimate(&m.head)
	if err := errors.Join(errWas, errIs); err != nil {
		m.warnings = append(m.warnings, fmt.Sprintf("explain the price: %v", err))
		return
	}
	c.Platform, c.Region, c.Was, c.Detail = is.Platform, is.Region, was, is
}

// step names the billing step between two estimates, or says that there is one
// where the estimates do not show it.
func step(c *record.CostChange) string {
	if c != nil {
		was, is := c.Was.Request, c.Detail.Request
		switch {
		case is.Memory != was.Memory:
			return fmt.Sprintf("the billing step from %s to %s of memory", mebibytes(was.Memory), mebibytes(is.Memory))
		case is.CPUs != was.CPUs:
			return fmt.Sprintf("the billing step from %s to %s CPUs", decimal(was.CPUs), decimal(is.CPUs))
		case c.Detail.Replicas != c.Was.Replicas:
			return fmt.Sprintf("the step from %s to %s replicas", decimal(c.Was.Replicas), decimal(c.Detail.Replicas))
		}
	}
	return "a billing step"
}

func mebibytes(b record.Bytes) string { return decimal(float64(b)/(1<<20)) + " MiB" }

func decimal(x float64) string { return strconv.FormatFloat(x, 'g', 4, 64) }
