package config

import (
	"errors"

	"go.yaml.in/yaml/v4"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// amounts is how a budget on a metric of each unit is written, as a number in
// that unit.
var amounts = map[record.Unit]notation[float64]{
	record.UnitBytes:      inFloat(sizes),
	record.UnitSeconds:    inFloat(seconds),
	record.UnitCPUSeconds: inFloat(seconds),
	record.UnitCores:      cpus,
	record.UnitRatio:      percents.check(atMost(1.0, "100%")),
	record.UnitPerSecond:  rates,
	record.UnitCount:      inFloat(integers),
	record.UnitUSD:        money,
}

func inFloat[T int | record.Bytes | record.Seconds](as notation[T]) notation[float64] {
	return notation[float64]{as.want, func(s string) (float64, error) {
		v, err := as.parse(s)
		return float64(v), err
	}}
}

func (d *decoder) budgets(n *yaml.Node, s *Service) {
	entries, _ := d.entries(n, "budgets, a mapping from metrics to what they may be")
	for _, e := range entries {
		id := record.MetricID(e.key.Value)
		metric, ok := record.Lookup(id)
		if !ok {
			ids := metricIDs()
			d.failf(e.key, "unknown metric %s, expected one of %s%s", shown(e.key.Value), quoted(ids), didYouMean(e.key.Value, ids))
			continue
		}
		s.Budgets[id] = d.budget(e.value, metric)
		s.Lines[id] = e.key.Line
	}
}

func metricIDs() []string {
	var ids []string
	for _, m := range record.Catalog {
		ids = append(ids, string(m.ID))
	}
	return ids
}

func (d *decoder) budget(n *yaml.Node, m record.Metric) record.Budget {
	var b record.Budget
	var most, grow float64
	amount := amounts[m.Unit]
	present := d.mapping(n, `a budget, a mapping with "max", "grow" and "floor"`,
		field{name: "max", read: value(d, &most, maxima(m, amount))},
		field{name: "grow", read: value(d, &grow, percents)},
		field{name: "floor", read: value(d, &b.Floor, amount)},
	)
	switch {
	case present == nil:
		return b
	case present["max"] == nil && present["grow"] == nil && present["floor"] == nil:
		d.failf(target(n), `the budget allows nothing, expected "max", "grow" or both`)
	case present["floor"] != nil && present["grow"] == nil:
		d.failf(target(present["floor"]), `"floor" needs "grow": it is the growth that never counts; expected a key such as "grow: 0%%"`)
	case present["max"] != nil && m.Direction == record.Higher:
		d.failf(target(present["max"]), `%q is better when it is higher, so it has no "max"; expected "grow", the share it may fall by`, string(m.ID))
	}
	if present["max"] != nil {
		b.Max = &most
	}
	if present["grow"] != nil {
		b.Grow = &grow
	}
	return b
}

// maxima refuses a bound of zero where nothing that runs could keep it, and
// says where a percentage belongs.
func maxima(m record.Metric, amount notation[float64]) notation[float64] {
	if !m.Zeroable {
		amount = amount.check(positive)
	}
	parse := amount.parse
	amount.parse = func(s string) (float64, error) {
		v, err := parse(s)
		if err != nil && m.Unit != record.UnitRatio && kindOf(s) == "percentage" {
			return 0, errors.New(`"max" bounds head alone; a share of base is "grow"`)
		}
		return v, err
	}
	return amount
}
