package report

import (
	"math"
	"slices"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// bill is what a service costs a month on both sides. It is bounded when the
// difference has an interval, and sure when that excludes zero.
type bill struct {
	service    string
	symbol     string
	base, head float64
	bounded    bool
	sure       bool
}

// billOf takes the bill of a service from its price, else from its cost metric.
func billOf(s record.Service) (bill, bool) {
	if c := s.Cost; c != nil && finite(c.Base) && finite(c.Head) {
		d, bounded := c.Head-c.Base, c.Level > 0 || c.Low != c.High
		return bill{s.Name, symbol(c.Currency), c.Base, c.Head, bounded, bounded && excludesZero(d, c.Low, c.High)}, true
	}
	for _, c := range s.Metrics {
		if c.ID == record.CostMonth && c.Base != nil && c.Head != nil && finite(*c.Base) && finite(*c.Head) {
			bounded := c.Shift != nil
			return bill{s.Name, "$", *c.Base, *c.Head, bounded, bounded && excludesZero(c.Shift.Difference, c.Shift.Low, c.Shift.High)}, true
		}
	}
	return bill{}, false
}

func excludesZero(d, low, high float64) bool { return d != 0 && (low > 0 || high < 0) }

// counts reports whether a difference is worth a word in the verdict: a bigger
// image always costs a fraction of a cent more to keep.
func (b bill) counts() bool {
	d := math.Abs(b.head - b.base)
	return d >= 0.01 && d >= 0.001*math.Abs(b.base)
}

// bills are those of all services that could be priced.
func bills(services []record.Service) []bill {
	var all []bill
	for _, s := range services {
		if b, ok := billOf(s); ok {
			all = append(all, b)
		}
	}
	return all
}

// alike leaves out services of which base and head did other work under load: that
// one costs less than the other is no news of the change.
func alike(services []record.Service) []record.Service {
	return slices.DeleteFunc(slices.Clone(services), func(s record.Service) bool { return s.OtherWork })
}

// movedBills are the bills that surely changed by more than nothing, in one currency only: the first's.
func movedBills(all []bill) []bill {
	var kept []bill
	for _, b := range all {
		if b.sure && b.counts() && b.symbol == all[0].symbol {
			kept = append(kept, b)
		}
	}
	return kept
}

// item is one line of the bill on both sides.
type item struct {
	name       string // foreign
	how        string // foreign: head's arithmetic, or base's when head lacks the line
	base, head *float64
}

// items joins both sides' bills by name, in head's order, with what only base
// paid for at the end.
func items(c record.CostChange) []item {
	var joined []item
	was := map[string]int{}
	for i, w := range c.Was.Items {
		was[w.Name] = i
	}
	for i, d := range c.Detail.Items {
		it := item{name: d.Name, how: d.How, head: &c.Detail.Items[i].Amount}
		if w, ok := was[d.Name]; ok {
			it.base = &c.Was.Items[w].Amount
			delete(was, d.Name)
		}
		joined = append(joined, it)
	}
	for i, w := range c.Was.Items {
		if at, left := was[w.Name]; left && at == i {
			joined = append(joined, item{name: w.Name, how: w.How, base: &c.Was.Items[i].Amount})
		}
	}
	return joined
}

// rise is how much head pays more than base for the item.
func (it item) rise() float64 {
	var d float64
	if it.head != nil {
		d = *it.head
	}
	if it.base != nil {
		d -= *it.base
	}
	return d
}

// costliest is the item that rose the most, if any rose.
func costliest(all []item) (item, bool) {
	var worst item
	for _, it := range all {
		if it.rise() > worst.rise() {
			worst = it
		}
	}
	return worst, worst.name != ""
}

// paid prints one side of an item.
func paid(symbol string, v *float64) string {
	if v == nil {
		return "–"
	}
	return money(symbol, *v)
}
