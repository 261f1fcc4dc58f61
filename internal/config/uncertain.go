package config

import "go.yaml.in/yaml/v4"

// Bounds of what a user may expect of the years to come.
const (
	maxGrowth = 10.0   // a year
	maxHours  = 10_000 // a month
	maxWage   = 10_000 // USD an hour
)

// coreSpeed reads how fast the cores of production are beside those that
// measured.
func (d *decoder) coreSpeed(n *yaml.Node, c *CoreSpeed) {
	d.mapping(n, `a mapping with "ratio" and "sigma"`,
		field{name: "ratio", read: value(d, &c.Ratio, numbers.check(positive).check(atLeast(0.05, "0.05")).check(atMost(20.0, "20")))},
		field{name: "sigma", read: value(d, &c.Sigma, percents.check(atMost(1.0, "100%")))},
	)
}

// threeYears reads what only the user can know of the years to come.
func (d *decoder) threeYears(n *yaml.Node, y *ThreeYears) {
	d.mapping(n, `a mapping with "growth", "discount", "self_managed", "managed" and "hybrid"`,
		field{name: "growth", read: known(d, &y.Growth, percents.check(atMost(maxGrowth, "1000%")))},
		field{name: "discount", read: known(d, &y.Discount, shares)},
		field{name: "self_managed", read: func(v *yaml.Node) { d.work(v, &y.SelfManaged) }},
		field{name: "managed", read: func(v *yaml.Node) { d.work(v, &y.Managed) }},
		field{name: "hybrid", read: func(v *yaml.Node) { d.work(v, &y.Hybrid) }},
	)
}

func (d *decoder) work(n *yaml.Node, w *Work) {
	d.mapping(n, `a mapping with "hours", "wage" and "discount"`,
		field{name: "hours", read: known(d, &w.Hours, numbers.check(atMost[float64](maxHours, "10000 a month")))},
		field{name: "wage", read: known(d, &w.Wage, money.check(atMost[float64](maxWage, "10000USD an hour")))},
		field{name: "discount", read: known(d, &w.Discount, shares)},
	)
}

var shares = percents.check(atMost(1.0, "100%"))

// known reads a number of which zero is another answer than none.
func known(d *decoder, into **float64, k notation[float64]) func(*yaml.Node) {
	return value(d, into, notation[*float64]{k.want, func(s string) (*float64, error) {
		v, err := k.parse(s)
		return &v, err
	}})
}
