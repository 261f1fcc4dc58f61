package compare

import (
	"errors"
	"fmt"
	"maps"
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
		base, head := boot{"base", m.in.Base, p.base}, boot{"head", m.in.Head, p.head}
		s.base = append(s.base, m.priceBoot(base, head))
		s.head = append(s.head, m.priceBoot(head, base))
	}
	return s
}

// boot is a trial and whose it is.
type boot struct {
	side string
	rec  *record.Record
	*record.Trial
}

// priceBoot prices one boot of a pair, NaN where it has no price.
func (m *matchup) priceBoot(b, other boot) float64 {
	if m.in.Price == nil {
		return math.NaN()
	}
	usd, err := m.charge(b, other)
	if err != nil {
		m.priceFailed(fmt.Sprintf("price %s in pair %d: %v", b.side, b.Pair, err))
		return math.NaN()
	}
	return usd
}

// charge prices a boot beside the one it is compared with. What the other is billed
// for and this one never gave, such as the CPU time per request of an image that
// answers none, must not make this one look cheap.
func (m *matchup) charge(b, other boot) (float64, error) {
	usd, err := m.price(b.rec, b.Metrics)
	if id := m.lacks(b, other); err == nil && id != "" {
		err = fmt.Errorf("%s was measured on %s but not on %s", id, other.side, b.side)
	}
	return usd, err
}

// lacks names an input of the price that b did not give and the other did, "" for
// none.
func (m *matchup) lacks(b, other boot) record.MetricID {
	for _, id := range costInputs {
		_, here := b.Metrics[id]
		_, there := other.Metrics[id]
		if there && !here && m.billed(other, id) {
			return id
		}
	}
	return ""
}

// billed reports whether the price of a boot depends on one of its metrics.
func (m *matchup) billed(b boot, id record.MetricID) bool {
	with, err := m.price(b.rec, b.Metrics)
	if err != nil {
		return false
	}
	rest := maps.Clone(b.Metrics)
	delete(rest, id)
	without, err := m.price(b.rec, rest)
	return err != nil || without != with
}

// bills reports whether the price of head depends on a metric in any of the first
// n pairs.
func (m *matchup) bills(id record.MetricID, n int) bool {
	for _, p := range m.pairs[:n] {
		if _, given := p.head.Metrics[id]; given && m.billed(boot{"head", m.in.Head, p.head}, id) {
			return true
		}
	}
	return false
}

// priceFailed keeps the first reason why something has no price as a warning.
func (m *matchup) priceFailed(warning string) {
	if !m.unpriced {
		m.unpriced = true
		m.warnings = append(m.warnings, warning)
	}
}

// explanation asks whether a price over a bound follows from something that was
// measured: one of the inputs that the price depends on grew, by the unadjusted test at [stat.LookLevel], or
// the exact parts of head (its size) take the price over the bound by themselves in
// most pairs, with base's behaviour put in the place of head's. Otherwise some boots
// merely fell on the other side of a billing step. Where base has no price, there is
// nothing to tell a step by.
func (m *matchup) explanation(over func(was, is float64) bool) explanation {
	return func(n int) bool {
		for _, id := range costInputs {
			if grew, _ := stat.SignedRank(m.series[id].sample(n).worse); grew <= stat.LookLevel && m.bills(id, n) {
				return true
			}
		}
		priced, dear := 0, 0
		for _, p := range m.pairs[:n] {
			was, errBase := m.price(m.in.Base, p.base.Metrics)
			is, errHead := m.price(m.in.Head, p.base.Metrics)
			if errBase == nil && errHead == nil {
				priced++
				dear += ones(over(was, is))
			}
		}
		return priced == 0 || 2*dear > priced
	}
}

// costChange prices the medians of both sides, and bounds the difference by the
// pairs. It is nil where there is no price, or nothing was measured to put a price
// on. Low and High are the difference itself, at level 0, where there are too few
// pairs for an interval.
func (m *matchup) costChange() *record.CostChange {
	if m.in.Price == nil {
		return nil
	}
	was := m.medians(&m.base, func(s series) []float64 { return s.base })
	is := m.medians(&m.head, func(s series) []float64 { return s.head })
	if len(was) == 0 || len(is) == 0 {
		return nil
	}
	usual, changed := boot{"base", m.in.Base, &record.Trial{Metrics: was}}, boot{"head", m.in.Head, &record.Trial{Metrics: is}}
	base, errBase := m.charge(usual, changed)
	head, errHead := m.charge(changed, usual)
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
	m.refine(c, was, is)
	return c
}

// refine puts the shown interval, and the causes, in the place of what the pairs
// alone say of the price. The verdict does not follow from it.
func (m *matchup) refine(c *record.CostChange, was, is map[record.MetricID]float64) {
	if m.in.Refine == nil {
		return
	}
	var pairs [2][]map[record.MetricID]float64
	for _, p := range m.pairs {
		pairs[0], pairs[1] = append(pairs[0], p.base.Metrics), append(pairs[1], p.head.Metrics)
	}
	refined := *c
	if err := m.in.Refine(&refined, [2]map[record.MetricID]float64{was, is}, pairs); err != nil {
		m.warnings = append(m.warnings, fmt.Sprintf("draw the interval of the price: %v", err))
		return
	}
	*c = refined
}

// medians sums up one side as the cost model wants a trial: the medians over the
// counted pairs, or where no pair counts the values its record carries.
func (m *matchup) medians(rec *record.Record, side func(series) []float64) map[record.MetricID]float64 {
	values := map[record.MetricID]float64{}
	for _, metric := range trialMetrics {
		if some := present(side(m.series[metric.ID])); len(some) > 0 {
			values[metric.ID] = stat.Median(some)
		} else if v := recorded(*rec, metric.ID); v != nil && len(m.pairs) == 0 {
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
	was, errWas := m.in.Estimate(m.in.Base)
	is, errIs := m.in.Estimate(m.in.Head)
	if err := errors.Join(errWas, errIs); err != nil {
		m.warnings = append(m.warnings, fmt.Sprintf("explain the price: %v", err))
		return
	}
	c.Platform, c.Region, c.Was, c.Detail = is.Platform, is.Region, was, is
}

// step names the billing step that head's boots fell on both sides of: the one
// between two estimates, else the nearest that head's estimate knows of.
func step(c *record.CostChange) string {
	if c == nil {
		return "a billing step"
	}
	was, is := c.Was.Request, c.Detail.Request
	switch {
	case is.Memory != was.Memory:
		return fmt.Sprintf("the billing step from %s to %s of memory", mebibytes(was.Memory), mebibytes(is.Memory))
	case is.CPUs != was.CPUs:
		return fmt.Sprintf("the billing step from %s to %s CPUs", decimal(was.CPUs), decimal(is.CPUs))
	case c.Detail.Replicas != c.Was.Replicas:
		return fmt.Sprintf("the step from %s to %s replicas", decimal(c.Was.Replicas), decimal(c.Detail.Replicas))
	}
	return nearest(c.Detail.Steps)
}

// nearest names the step that is the smallest part of its input away.
func nearest(steps []record.CostStep) string {
	name, closest := "a billing step", math.Inf(1)
	for _, s := range steps {
		away, side := s.Room, "above"
		if s.Next == 0 || s.Drop > 0 && s.Drop < s.Room {
			away, side = s.Drop, "below"
		}
		if s.Needs > 0 && away/s.Needs < closest {
			closest, name = away/s.Needs, beside(s, away, side)
		}
	}
	return name
}

// beside says where a step is from what was measured.
func beside(s record.CostStep, away float64, side string) string {
	metric, _ := record.Lookup(s.Input)
	return fmt.Sprintf("the billing step %s %s the measured %s", value(metric, away), side, s.Input)
}

func mebibytes(b record.Bytes) string { return decimal(float64(b)/(1<<20)) + " MiB" }

func decimal(x float64) string { return strconv.FormatFloat(x, 'g', 4, 64) }
