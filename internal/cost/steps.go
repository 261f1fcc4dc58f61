package cost

import (
	"math"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

const (
	// alike are two prices that differ by the last bits of their sums.
	alike = 1e-9

	// leastStep is the part of a month's price that a rise must have to be
	// called a step, and not rounding.
	leastStep = 0.005

	// narrowest is the part of an input that a size must have to itself to be one,
	// and not a rounding of the last digit that is sold.
	narrowest = 0.15
)

// steps finds where memory and CPU per request stand between the sizes that
// are sold. It walks the platform's own sizing and knows no platform.
func (m *Model) steps(in Inputs, month, replicas float64) []record.CostStep {
	var steps []record.CostStep
	for _, q := range quantities[:2] {
		if s, ok := m.step(in, q, month, replicas); ok {
			steps = append(steps, s)
		}
	}
	return steps
}

// step finds the sizes below and above one input, false where the price knows no
// steps by it.
func (m *Model) step(in Inputs, q quantity, month, replicas float64) (record.CostStep, bool) {
	x := q.get(&in)
	if x <= 0 || replicas <= 0 {
		return record.CostStep{}, false
	}
	at := func(v float64) (float64, error) { return m.Month(more(in, q, v)) }
	here, below := plateau(x, month, at)
	above, _ := plateau(here.beyond, here.next, at)
	s := record.CostStep{Input: q.id, Needs: x, Size: here.top, Room: max(0, here.top-x)}
	if rise := here.next - month; here.next > 0 && rise >= leastStep*month && above.top-here.top >= width(q, here.top) {
		s.Next = rise / replicas
	}
	if fall := month - below; here.bottom > 0 && fall >= leastStep*month && here.top-here.bottom >= width(q, here.top) {
		s.Drop, s.Saves = x-here.bottom, fall/replicas
	}
	if q.id == record.MemoryPeak {
		s.Needs, s.Size = x*(1+memoryMargin), mebibyte*math.Round(here.top*(1+memoryMargin)/mebibyte)
	}
	return s, s.Next > 0 || s.Drop > 0
}

// width is how much of an input a size must have to itself. Memory is rounded to
// a MiB, or two.
func width(q quantity, x float64) float64 {
	if q.id == record.MemoryPeak {
		return 2 * mebibyte
	}
	return narrowest * x
}

// level is a range of an input over which the price stays the same.
type level struct {
	bottom float64 // the most that costs less, 0 where nothing does
	top    float64 // the most that costs no more
	beyond float64 // what costs more
	next   float64 // and how much, 0 where so much can't be bought or no price depends on it
}

// plateau finds the level that x is on, and the price below it.
func plateau(x, month float64, at func(float64) (float64, error)) (level, float64) {
	if month == 0 {
		return level{top: x}, 0
	}
	var l level
	l.top, l.beyond = bisect(x, 2, func(v float64) bool {
		usd, err := at(v)
		return err == nil && usd <= month*(1+alike)
	})
	if !math.IsInf(l.beyond, 1) {
		l.next, _ = at(l.beyond) // an error leaves 0: so much is not sold
	}
	_, l.bottom = bisect(x, 0.5, func(v float64) bool {
		usd, err := at(v)
		return err != nil || usd >= month*(1-alike)
	})
	below, err := at(l.bottom)
	if err != nil || l.bottom == 0 {
		return l, 0
	}
	return l, below
}

// bisect looks from x, for which it holds, up or down by a factor for where
// something no longer holds, and gives the last value for which it does and the
// first for which it does not, a last digit apart; that is infinite or 0 where it
// always holds.
func bisect(x, factor float64, holds func(float64) bool) (yes, no float64) {
	const furthest, digits = 30, 53 // a float64 has so many, in binary
	yes, no = x, x*factor
	for i := 0; holds(no); i++ {
		if i == furthest {
			return no, max(0, math.Inf(int(math.Copysign(1, factor-1))))
		}
		yes, no = no, no*factor
	}
	for range digits {
		if middle := (yes + no) / 2; holds(middle) {
			yes = middle
		} else {
			no = middle
		}
	}
	return yes, no
}
