package report

import (
	"fmt"
	"math"

	"github.com/plimsoll-ci/plimsoll/internal/record"
	"github.com/plimsoll-ci/plimsoll/internal/stat"
)

// Sizes of a spread, in units of the viewBox.
const (
	mostDots  = 120 // of one side
	dotApart  = 7.0
	boxHeight = 34.0
	dotRise   = 30.0 // the most a dot leaves the middle of its row
	// wideSpread is how many times the least the most is, beyond which the axis is
	// logarithmic: otherwise the small ones would lie in one place.
	wideSpread = 12.0
)

// spreadAxis lays out one axis of values, linear or logarithmic.
type spreadAxis struct {
	metric record.Change
	axis
	log bool
}

func (s spreadAxis) place(v float64) float64 {
	if s.log {
		return s.at(math.Log(v))
	}
	return s.at(v)
}

// spreadChart draws what a metric was in every boot of both sides, with the box of
// the middle half and the median.
func spreadChart(m record.Change, seen []pairSeen) (chart, bool) {
	c := frame(title(m.ID) + ": every boot")
	base, head := valuesOf(seen, baseOf), valuesOf(seen, headOf)
	if len(base) == 0 || len(head) == 0 {
		return chart{}, false
	}
	max, hasMax := maxOf(m)
	low, high := math.Min(base[0], head[0]), math.Max(base[len(base)-1], head[len(head)-1])
	shown := hasMax && max > 0 && max <= 2*high && max >= low/2
	if shown {
		low, high = math.Min(low, max), math.Max(high, max)
	}
	s := spreadOver(&c, m, low, high)
	c.X = s.ticks()
	if shown {
		c.limitDown(Value(m.ID, m.Unit, max)+" max", s.place(max))
	}
	c.row("base", 68, base, s)
	c.row("head", 148, head, s)
	c.Caption = s.caption(base, head, hasMax && !shown, max)
	return c, true
}

func maxOf(m record.Change) (float64, bool) {
	if m.Budget == nil || m.Budget.Max == nil || !(math.Abs(*m.Budget.Max) <= largest) {
		return 0, false
	}
	return *m.Budget.Max, true
}

func spreadOver(c *chart, m record.Change, low, high float64) spreadAxis {
	s := spreadAxis{metric: m, log: low > 0 && high > wideSpread*low}
	if s.log {
		low, high = math.Log(low), math.Log(high)
	}
	pad := math.Max((high-low)*0.06, math.Max(math.Abs(high)*1e-3, 1e-12))
	s.axis = axis{low - pad, high + pad, c.Left, c.Right}
	return s
}

func (s spreadAxis) ticks() []tick {
	label := func(v float64) string { return Value(s.metric.ID, s.metric.Unit, v) }
	if s.log {
		return s.logTicks(62, unitAt(s.metric, math.Exp(s.high)), label)
	}
	return s.axis.ticks(unitAt(s.metric, s.high), label)
}

// row draws the sorted values of one side at a height.
func (c *chart) row(side string, y float64, values []float64, s spreadAxis) {
	left, right := s.place(quantileOf(values, 0.25)), s.place(quantileOf(values, 0.75))
	median := stat.Median(values)
	area := rect{left, y - boxHeight/2, math.Max(right-left, 2), boxHeight}.tidy()
	c.Boxes = append(c.Boxes, box{side, area, coordinate(s.place(median)), area.Y + area.H})
	name := func(v float64) string { return side + ": " + Value(s.metric.ID, s.metric.Unit, v) }
	last, beside := math.Inf(-1), 0
	for _, v := range thinned(values, mostDots) {
		x := s.place(v)
		if x-last < dotApart {
			beside++
		} else {
			last, beside = x, 0
		}
		c.Dots = append(c.Dots, dot{side, coordinate(x), coordinate(y + swarm(beside)), false, name(v)})
	}
	c.Labels = append(c.Labels,
		label{"side " + side, "end", c.TextX, y - 2, side},
		label{"", "end", c.TextX, y + 13, Value(s.metric.ID, s.metric.Unit, median)})
}

// swarm is how far the nth dot of a place leaves its row, so that none hides
// another: below, above, further below, until the row is full.
func swarm(n int) float64 {
	const step = 6.0
	away := math.Min(float64((n+1)/2)*step, dotRise)
	if n%2 == 1 {
		return away
	}
	return -away
}

// limitDown rules a limit on the x axis, and names it at the top.
func (c *chart) limitDown(name string, x float64) {
	c.down("limit", x)
	anchor, at := "end", x-4
	if x < (c.Left+c.Right)/2 {
		anchor, at = "start", x+4
	}
	c.Labels = append(c.Labels, label{"limit", anchor, coordinate(at), c.Top + 9, name})
}

func (s spreadAxis) caption(base, head []float64, beyond bool, max float64) string {
	say := func(values []float64) string {
		return fmt.Sprintf("%s (middle half %s to %s)", s.print(stat.Median(values)), s.print(quantileOf(values, 0.25)), s.print(quantileOf(values, 0.75)))
	}
	text := "Median of base " + say(base) + ", of head " + say(head)
	if s.log {
		text += "; the axis is logarithmic"
	}
	if beyond {
		text += "; the limit of " + s.print(max) + " lies beyond it"
	}
	return text + "."
}

func (s spreadAxis) print(v float64) string { return Value(s.metric.ID, s.metric.Unit, v) }
