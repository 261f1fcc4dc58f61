package report

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// Charts are geometry only: numbers for the SVG that the template draws, in the
// coordinates of its viewBox. Words come from the same formatters as elsewhere.

// Size of a chart's viewBox and its margins. The text is readable both at the
// width of a phone and of half a desktop page.
const (
	chartWidth  = 420.0
	chartHeight = 220.0
	chartLeft   = 78.0
	chartRight  = 10.0
	chartTop    = 10.0
	chartBottom = 26.0
	mostPoints  = 120 // of one line; more would not be seen
	mostCharts  = 6
)

// chart is one drawing with its axes.
type chart struct {
	Title         string
	X, Y          []tick
	Lines         []line
	Dots          []dot
	Links         []span
	Width, Height float64
	Left, Right   float64 // of the plot
	Top, Bottom   float64
	TextX, TextY  float64 // where the axes' labels stand
	Empty         bool
}

type tick struct {
	At    float64
	Label string
}

// line is a polyline of one side, "base" or "head".
type line struct{ Side, Points string }

// dot is one observation.
type dot struct {
	Side string
	X, Y float64
	Void bool
	Name string
}

// span joins the two sides of a pair.
type span struct {
	X, From, To float64
	Void        bool
}

// axis maps values to coordinates.
type axis struct{ low, high, from, to float64 }

func (a axis) at(v float64) float64 {
	if a.high == a.low {
		return (a.from + a.to) / 2
	}
	return a.from + (v-a.low)/(a.high-a.low)*(a.to-a.from)
}

// ticks are round values between the ends of the axis, at most five, in steps
// of 1, 2 or 5 of unit.
func (a axis) ticks(unit float64, label func(float64) string) []tick {
	step := roundStep((a.high-a.low)/4/unit) * unit
	var all []tick
	if !finite(step) || step <= 0 {
		return all
	}
	for v := math.Ceil(a.low/step) * step; v <= a.high && len(all) < 6; v += step {
		all = append(all, tick{coordinate(a.at(v)), label(v)})
	}
	return all
}

// roundStep is the next 1, 2 or 5 times a power of ten from v up.
func roundStep(v float64) float64 {
	if v <= 0 || !finite(v) {
		return 0
	}
	power := math.Pow10(int(math.Floor(math.Log10(v))))
	for _, f := range []float64{1, 2, 5} {
		if f*power >= v {
			return f * power
		}
	}
	return 10 * power
}

func coordinate(v float64) float64 { return math.Round(v*10) / 10 }

// memoryChart draws the unreclaimable memory of every counted boot over the
// time since the gate.
func memoryChart(s record.Service) chart {
	c := frame("memory since the start")
	var longest, highest float64
	for _, t := range slices.Concat(s.Base.Trials, s.Head.Trials) {
		for i, at := range t.Memory.At[:min(len(t.Memory.At), len(t.Memory.Unreclaimable))] {
			longest = math.Max(longest, float64(at))
			highest = math.Max(highest, float64(t.Memory.Unreclaimable[i]))
		}
	}
	if longest <= 0 || highest <= 0 {
		c.Empty = true
		return c
	}
	x, y := c.axes(0, longest, 0, highest*1.05)
	c.X = x.ticks(1, func(v float64) string { return fixed(v, 3) + " s" })
	c.Y = y.ticks(unitOf(highest, binaryBytes), binaryBytes.print)
	c.Lines = append(memoryLines("base", s.Base.Trials, x, y), memoryLines("head", s.Head.Trials, x, y)...)
	return c
}

func memoryLines(side string, trials []record.Trial, x, y axis) []line {
	var lines []line
	for _, t := range trials {
		if !t.Counts() {
			continue
		}
		if points := polyline(t.Memory, x, y); points != "" {
			lines = append(lines, line{side, points})
		}
	}
	return lines
}

// polyline keeps the highest sample of each stretch, so that no peak is lost.
func polyline(m record.Timeline, x, y axis) string {
	n := min(len(m.At), len(m.Unreclaimable))
	stretch := max(1, (n+mostPoints-1)/mostPoints)
	var points []string
	for start := 0; start < n; start += stretch {
		top := start
		for i := start; i < min(start+stretch, n); i++ {
			if m.Unreclaimable[i] > m.Unreclaimable[top] {
				top = i
			}
		}
		px, py := x.at(float64(m.At[top])), y.at(float64(m.Unreclaimable[top]))
		if finite(px) && finite(py) {
			points = append(points, decimal(px)+","+decimal(py))
		}
	}
	return strings.Join(points, " ")
}

func decimal(v float64) string { return strconv.FormatFloat(v, 'f', 1, 64) }

// unitOf is the size of the step a value is printed in.
func unitOf(v float64, s scale) float64 {
	unit := s.steps[0].size
	for _, st := range s.steps {
		if v >= st.size {
			unit = st.size
		}
	}
	return unit
}

func frame(title string) chart {
	return chart{Title: title, Width: chartWidth, Height: chartHeight,
		Left: chartLeft, Right: chartWidth - chartRight, Top: chartTop, Bottom: chartHeight - chartBottom,
		TextX: chartLeft - 6, TextY: chartHeight - 8}
}

func (c chart) axes(x0, x1, y0, y1 float64) (x, y axis) {
	return axis{x0, x1, c.Left, c.Right}, axis{y0, y1, c.Bottom, c.Top}
}

// pairCharts draws, for the metrics that budgets and readers ask for first,
// base and head of every pair in the order they were measured.
func pairCharts(s record.Service) []chart {
	var all []chart
	for _, m := range s.Metrics {
		if (m.Budget != nil || leads(m.ID)) && len(all) < mostCharts {
			if c := pairChart(s, m); !c.Empty {
				all = append(all, c)
			}
		}
	}
	return all
}

func pairChart(s record.Service, m record.Change) chart {
	c := frame(title(m.ID) + ", pair by pair")
	base, head := observed(s.Base.Trials, m.ID), observed(s.Head.Trials, m.ID)
	low, high, last := math.Inf(1), math.Inf(-1), 0
	for _, side := range []map[int]observation{base, head} {
		for pair, o := range side {
			low, high, last = math.Min(low, o.value), math.Max(high, o.value), max(last, pair)
		}
	}
	pad := math.Max((high-low)*0.08, math.Abs(high)*1e-6)
	if last == 0 || !finite(high-low+pad) {
		c.Empty = true
		return c
	}
	x, y := c.axes(0.5, float64(last)+0.5, low-pad, high+pad)
	c.X = x.ticks(1, func(v float64) string { return "pair " + count(v) })
	c.Y = y.ticks(yUnit(m, high), func(v float64) string { return Value(m.ID, m.Unit, v) })
	c.plot(base, head, last, x, y, m)
	return c
}

func yUnit(m record.Change, high float64) float64 {
	if m.Unit == record.UnitBytes {
		return unitOf(high, bytesScale(m.ID))
	}
	return 1
}

type observation struct {
	value float64
	void  bool
}

// observed are the values of a metric by pair, without the warm-up.
func observed(trials []record.Trial, id record.MetricID) map[int]observation {
	seen := map[int]observation{}
	for _, t := range trials {
		if v, ok := t.Metrics[id]; ok && t.Pair > 0 && t.Pair < 1000 && finite(v) {
			seen[t.Pair] = observation{v, t.Void != ""}
		}
	}
	return seen
}

func (c *chart) plot(base, head map[int]observation, last int, x, y axis, m record.Change) {
	for pair := 1; pair <= last; pair++ {
		b, hasBase := base[pair]
		h, hasHead := head[pair]
		at, void := coordinate(x.at(float64(pair))), b.void || h.void
		name := func(side string, o observation) string {
			return "pair " + strconv.Itoa(pair) + ", " + side + ": " + Value(m.ID, m.Unit, o.value)
		}
		if hasBase && hasHead {
			c.Links = append(c.Links, span{at, coordinate(y.at(b.value)), coordinate(y.at(h.value)), void})
		}
		if hasBase {
			c.Dots = append(c.Dots, dot{"base", at, coordinate(y.at(b.value)), void, name("base", b)})
		}
		if hasHead {
			c.Dots = append(c.Dots, dot{"head", at, coordinate(y.at(h.value)), void, name("head", h)})
		}
	}
}

// bar is one metric's interval on a logarithmic scale that all metrics of a
// service share; coordinates run from 0 to 200 with no change in the middle.
type bar struct {
	Low, At, High float64
	Budget        float64 // 0 where growth has no budget, or one beyond the bar
	Exact         bool
	Beyond        string // "less" or "more" where the change lies beyond the bar
}

// Widest and narrowest change that the bars show at their ends: ×4 and +10 %.
var (
	widestBar    = math.Log(4)
	narrowestBar = math.Log(1.1)
)

// reach is the change, as a logarithm, at the ends of a service's bars: enough
// for every interval and every budget beside one. Exact metrics may lie beyond,
// since a new layer would make all intervals too small to see.
func reach(metrics []record.Change) float64 {
	most := narrowestBar
	for _, m := range metrics {
		low, _, high, ok := logs(m)
		if !ok || low == high {
			continue
		}
		most = math.Max(most, math.Max(math.Abs(low), math.Abs(high)))
		if allowed, ok := allowance(m); ok {
			most = math.Max(most, math.Abs(allowed))
		}
	}
	return math.Min(most*1.1, widestBar)
}

// logs is the change of a metric as logarithms of head over base.
func logs(m record.Change) (low, at, high float64, ok bool) {
	switch {
	case m.Ratio != nil:
		low, at, high = math.Log(m.Ratio.Low), math.Log(m.Ratio.Ratio), math.Log(m.Ratio.High)
	case m.Shift != nil && m.Base != nil && *m.Base > 0:
		of := func(d float64) float64 { return math.Log(1 + d / *m.Base) }
		low, at, high = of(m.Shift.Low), of(m.Shift.Difference), of(m.Shift.High)
	default:
		return 0, 0, 0, false
	}
	return low, at, high, finite(at) && !math.IsNaN(low) && !math.IsNaN(high)
}

// barOf is nil for metrics whose change has no ratio.
func barOf(m record.Change, reach float64) *bar {
	low, at, high, ok := logs(m)
	if !ok {
		return nil
	}
	x := axis{-reach, reach, 0, 200}
	place := func(v float64) float64 { return coordinate(x.at(math.Max(-reach, math.Min(reach, v)))) }
	b := &bar{Low: place(low), At: place(at), High: place(high), Exact: low == high}
	switch {
	case at < -reach:
		b.Beyond = "less"
	case at > reach:
		b.Beyond = "more"
	}
	if allowed, ok := allowance(m); ok && math.Abs(allowed) <= reach {
		b.Budget = place(allowed)
	}
	return b
}

// allowance is the growth that the budget allows, as a logarithm.
func allowance(m record.Change) (float64, bool) {
	if m.Budget == nil || m.Budget.Grow == nil {
		return 0, false
	}
	grow := *m.Budget.Grow
	if m.Base != nil && *m.Base > 0 {
		grow = math.Max(grow, m.Budget.Floor / *m.Base)
	}
	allowed := math.Log(1 + grow)
	if m.Direction == record.Higher {
		allowed = -allowed
	}
	return allowed, finite(allowed)
}
