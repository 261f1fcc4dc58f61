package report

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/plimsoll-ci/plimsoll/internal/record"
	"github.com/plimsoll-ci/plimsoll/internal/stat"
)

// Bounds of a trend. No plan has half as many pairs, and the estimate takes the
// square of them.
const (
	mostPairs = 60
	mostSteps = 24
)

// widestTrend is the change, as a logarithm, beyond which a pair is drawn at the
// edge.
var widestTrend = math.Log(1e4)

// trend is the change of a metric pair by pair, as the verdict sees it: the
// logarithm of head over base, or the difference for what can be zero.
type trend struct {
	metric   record.Change
	relative bool
	pairs    []pairSeen
	changes  []float64 // of the pairs
	running  []estimateAt
	allowed  float64
	budgeted bool
}

// estimateAt is what the first n pairs that count say of the change.
type estimateAt struct {
	pair          int // the last of them
	at, low, high float64
	bounded       bool
}

// trendChart draws the change in every pair, how the estimate and its interval
// settle, and the budget.
func trendChart(m record.Change, seen []pairSeen) (chart, bool) {
	t := trendOf(m, seen)
	if len(t.running) < 2 {
		return chart{}, false
	}
	c := frame(title(m.ID) + ": the change, pair by pair")
	low, high := t.ends()
	x, y := c.axes(float64(t.pairs[0].number)-0.5, float64(t.pairs[len(t.pairs)-1].number)+0.5, low, high)
	c.X = x.ticks(1, func(v float64) string { return "pair " + count(v) })
	c.Y = t.ticks(y)
	t.band(&c, x, y)
	if y.holds(0) {
		c.across("zero", "", y.at(0))
	}
	if t.budgeted && y.holds(t.allowed) {
		c.across("limit", "budget "+t.say(t.allowed), y.at(t.allowed))
	}
	for i, p := range t.pairs {
		name := fmt.Sprintf("pair %d: %s", p.number, t.say(t.changes[i]))
		c.Dots = append(c.Dots, dot{"pair", coordinate(x.at(float64(p.number))), coordinate(y.within(t.changes[i])), p.void, name})
	}
	c.Caption = t.caption(len(seen))
	return c, true
}

func trendOf(m record.Change, seen []pairSeen) trend {
	seen = slices.DeleteFunc(slices.Clone(seen), func(p pairSeen) bool { return !p.whole() })
	t := trend{metric: m, relative: m.Ratio != nil || m.Shift == nil, pairs: seen[:min(len(seen), mostPairs)]}
	for _, p := range t.pairs {
		t.relative = t.relative && p.base > 0 && p.head > 0
	}
	var counted []float64
	var numbers []int
	for _, p := range t.pairs {
		d := t.change(p)
		t.changes = append(t.changes, d)
		if !p.void {
			counted, numbers = append(counted, d), append(numbers, p.number)
		}
	}
	for _, n := range stepsOf(len(counted)) {
		e := estimateAt{pair: numbers[n-1], at: stat.HodgesLehmann(counted[:n])}
		e.low, e.high, e.bounded = stat.Interval(counted[:n], t.level())
		t.running = append(t.running, e)
	}
	t.allowed, t.budgeted = t.allowance()
	return t
}

// stepsOf are the numbers of pairs after which the estimate is drawn.
func stepsOf(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i + 1
	}
	return thinned(all, mostSteps)
}

func (t trend) change(p pairSeen) float64 {
	if !t.relative {
		return p.head - p.base
	}
	return math.Max(-widestTrend, math.Min(widestTrend, math.Log(p.head)-math.Log(p.base)))
}

// level is that of the metric's own interval.
func (t trend) level() float64 {
	at := 0.98
	switch m := t.metric; {
	case m.Ratio != nil:
		at = m.Ratio.Level
	case m.Shift != nil:
		at = m.Shift.Level
	}
	if at > 0 && at < 1 {
		return at
	}
	return 0.98
}

// allowance is the growth that the budget allows, in the trend's terms.
func (t trend) allowance() (float64, bool) {
	if t.relative {
		return allowance(t.metric)
	}
	b := t.metric.Budget
	if b == nil || b.Grow == nil || t.metric.Base == nil {
		return 0, false
	}
	allowed := math.Max(*b.Grow**t.metric.Base, b.Floor)
	if t.metric.Direction == record.Higher {
		allowed = -allowed
	}
	return allowed, math.Abs(allowed) <= largest
}

// ends of the axis: all pairs, the last estimate, no change, and the budget.
func (t trend) ends() (low, high float64) {
	last := t.running[len(t.running)-1]
	all := append(slices.Clone(t.changes), 0, last.at)
	if last.bounded {
		all = append(all, last.low, last.high)
	}
	if t.budgeted {
		all = append(all, t.allowed)
	}
	low, high = slices.Min(all), slices.Max(all)
	pad := math.Max((high-low)*0.1, 1e-6)
	return low - pad, high + 2*pad // the name of a budget stands above its line
}

// say prints a change.
func (t trend) say(v float64) string {
	if t.relative {
		return change(math.Exp(v))
	}
	return difference(t.metric.ID, t.metric.Unit, v)
}

// ticks of a narrow axis are even in per cent; those of a wide one are the
// changes that a reader knows.
func (t trend) ticks(y axis) []tick {
	if !t.relative {
		return y.ticks(unitAt(t.metric, math.Max(math.Abs(y.low), math.Abs(y.high))), t.say)
	}
	var all []tick
	for _, p := range percents(y) {
		v := math.Log1p(p / 100)
		at := coordinate(y.at(v))
		apart := !slices.ContainsFunc(all, func(k tick) bool { return math.Abs(k.At-at) < 24 })
		if y.holds(v) && apart {
			all = append(all, tick{At: at, Label: points(p)})
		}
	}
	for i := range all {
		all[i].Label = strings.TrimSuffix(all[i].Label, ".0") + " %"
	}
	return all
}

// percents are candidates for ticks, the most wanted first.
func percents(y axis) []float64 {
	wide := []float64{0, -50, 100, -90, 900, -99, 9900, -20, 20, 50, -75, 300, 200, -95, -98, 1900, 10, -10}
	if y.high-y.low > math.Log(2) {
		return wide
	}
	low, high := 100*math.Expm1(y.low), 100*math.Expm1(y.high)
	step := roundStep((high - low) / 5)
	all := []float64{0}
	for v := math.Ceil(low/step) * step; v <= high && len(all) < 12 && step > 0; v += step {
		all = append(all, v)
	}
	return all
}

// band is the interval as it narrows, and the estimate in it.
func (t trend) band(c *chart, x, y axis) {
	var upper, lower, middle []string
	for _, e := range t.running {
		at := x.at(float64(e.pair))
		middle = append(middle, point(at, y.within(e.at)))
		if e.bounded {
			upper = append(upper, point(at, y.within(e.high)))
			lower = append([]string{point(at, y.within(e.low))}, lower...)
		}
	}
	if len(upper) > 1 {
		c.Areas = append(c.Areas, shape{"band", strings.Join(append(upper, lower...), " ")})
	}
	c.Lines = append(c.Lines, shape{"estimate", strings.Join(middle, " ")})
}

// caption says what the chart shows, for readers who do not see it too.
func (t trend) caption(pairs int) string {
	last := t.running[len(t.running)-1]
	n := 0
	for _, p := range t.pairs {
		if !p.void {
			n++
		}
	}
	text := t.say(last.at) + " after " + plural(n, "pair")
	if last.bounded {
		text += fmt.Sprintf(", between %s and %s (%s interval)", t.say(last.low), t.say(last.high), level(t.level()))
	}
	if t.budgeted {
		text += "; the budget is " + growth(t.metric)
	}
	if more := pairs - len(t.pairs); more > 0 {
		text += "; " + strconv.Itoa(more) + " more pairs are not drawn"
	}
	return text + "."
}
