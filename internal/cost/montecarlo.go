package cost

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/plimsoll-ci/plimsoll/internal/config"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

const (
	draws = 2000
	seed  = 0x706c696d // any number will do, as long as it stays

	// SpreadLevel is the share of the draws that an interval holds.
	SpreadLevel = 0.90

	// fewestBoots is how many it takes before drawing from them again says
	// anything at that level: of four pairs alike in sign, one in eight is chance.
	fewestBoots = 5
)

// Side is one image with what each of its boots gave.
type Side struct {
	Inputs // the medians, and what is known exactly

	Trials []map[record.MetricID]float64
}

// Spread is how far the prices of two images may be off, and the difference
// between them.
type Spread struct {
	Base, Head, Difference record.Money
	Level                  float64 // of the intervals

	// Lost is the share of the draws that have no price, such as memory for which
	// nothing large enough is sold. The intervals do not know of them.
	Lost float64
}

// Spread prices both images again for boots drawn anew from those that were
// made, traffic within its range, and cores of a speed that nobody knows. A draw
// is the same for both: pairs of boots stay together, and the traffic and the
// cores are shared, so that what disturbed both sides alike, or is unknown of
// both alike, cancels in the difference. ok is false where there are too few
// boots. Every interval holds the price of the medians.
func (m *Model) Spread(base, head Side) (s Spread, ok bool, err error) {
	if min(len(base.Trials), len(head.Trials)) < fewestBoots {
		return Spread{}, false, nil
	}
	usual, err := m.Month(base.Inputs)
	if err != nil {
		return Spread{}, false, err
	}
	changed, err := m.Month(head.Inputs)
	if err != nil {
		return Spread{}, false, err
	}
	was, is, err := m.draw(columnsOf(base), columnsOf(head))
	if err != nil {
		return Spread{}, false, err
	}
	differences := make([]float64, len(was))
	for i := range was {
		differences[i] = is[i] - was[i]
	}
	return Spread{
		Base: around(usual, was), Head: around(changed, is), Difference: around(changed-usual, differences),
		Level: SpreadLevel, Lost: 1 - float64(len(was))/draws,
	}, true, nil
}

// Interval is [Model.Spread] of one image.
func (m *Model) Interval(one Side) (record.Money, bool, error) {
	if len(one.Trials) < fewestBoots {
		return record.Money{}, false, nil
	}
	usual, err := m.Month(one.Inputs)
	if err != nil {
		return record.Money{}, false, err
	}
	side := columnsOf(one)
	drawn, _, err := m.draw(side, side)
	if err != nil {
		return record.Money{}, false, err
	}
	return around(usual, drawn), true, nil
}

// draw gives the prices of both sides, which may be the same, in every draw in which
// both have one.
func (m *Model) draw(b, h *columns) (was, is []float64, err error) {
	d := roll(b.boots, h.boots)
	was, is = make([]float64, 0, draws), make([]float64, 0, draws)
	for range draws {
		at := *m
		at.cost = d.next(m.cost)
		before, e := at.Month(b.median(d.base))
		if e != nil {
			err = e
			continue
		}
		after := before
		if h != b {
			after, e = at.Month(h.median(d.head))
		}
		if e != nil {
			err = e
			continue
		}
		was, is = append(was, before), append(is, after)
	}
	if len(was) < draws/2 {
		return nil, nil, fmt.Errorf("draw prices: %d of %d draws have none: %w", draws-len(was), draws, err)
	}
	return was, is, nil
}

// dice are the draws. Each unknown has numbers of its own, so that one which
// becomes known does not change those of the others.
type dice struct {
	boots, traffic, speed *rand.Rand
	base, head            []int // the boots of this draw
}

func roll(base, head int) *dice {
	d := &dice{
		boots: rand.New(rand.NewPCG(seed, 1)), traffic: rand.New(rand.NewPCG(seed, 2)), speed: rand.New(rand.NewPCG(seed, 3)),
		base: make([]int, base),
	}
	d.head = d.base // pairs
	if head != base {
		d.head = make([]int, head)
	}
	return d
}

// next draws boots, and traffic and cores into what is known of them.
func (d *dice) next(c config.Cost) config.Cost {
	pick(d.boots, d.base)
	if len(d.head) != len(d.base) {
		pick(d.boots, d.head)
	}
	c.Traffic = between(c.Traffic, triangular(d.traffic))
	c.CoreSpeed.Ratio *= math.Exp(c.CoreSpeed.Sigma * d.speed.NormFloat64())
	return c
}

func pick(r *rand.Rand, boots []int) {
	for i := range boots {
		boots[i] = r.IntN(len(boots))
	}
}

// triangular draws from 0 to 1, most likely the middle.
func triangular(r *rand.Rand) float64 { return (r.Float64() + r.Float64()) / 2 }

// between is the traffic at a part of the way through its range. Average and
// peak go together, as a busy month is busy in both.
func between(t config.Traffic, part float64) config.Traffic {
	if t.Low == t.High {
		return t
	}
	t.Average = t.Low.Average + part*(t.High.Average-t.Low.Average)
	t.Peak = t.Low.Peak + part*(t.High.Peak-t.Low.Peak)
	return t
}

// columns are the boots of one side, by quantity; NaN where a boot gave none.
type columns struct {
	boots  int
	known  Inputs
	of     []quantity
	values [][]float64
	some   []float64 // scratch
}

func columnsOf(s Side) *columns {
	c := &columns{boots: len(s.Trials), known: s.Inputs, some: make([]float64, 0, len(s.Trials))}
	for _, q := range quantities {
		values, found := make([]float64, len(s.Trials)), false
		for i, t := range s.Trials {
			v, there := t[q.id]
			if values[i] = v; !there {
				values[i] = math.NaN()
			}
			found = found || there
		}
		if found {
			c.of, c.values = append(c.of, q), append(c.values, values)
		}
	}
	return c
}

// median are the inputs that so many boots come to.
func (c *columns) median(boots []int) Inputs {
	in := c.known
	for i, q := range c.of {
		c.some = c.some[:0]
		for _, b := range boots {
			if v := c.values[i][b]; !math.IsNaN(v) {
				c.some = append(c.some, v)
			}
		}
		if n := len(c.some); n > 0 {
			slices.Sort(c.some)
			q.set(&in, (c.some[(n-1)/2]+c.some[n/2])/2)
		}
	}
	return in
}

// around is a value with the interval of the draws, widened to hold it. It sorts
// the draws.
func around(value float64, drawn []float64) record.Money {
	slices.Sort(drawn)
	tail := int(float64(len(drawn)) * (1 - SpreadLevel) / 2)
	return record.Money{Value: value, Low: min(value, drawn[tail]), High: max(value, drawn[len(drawn)-1-tail])}
}
