package report

import (
	"math"
	"strconv"
	"unicode/utf8"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// Charts are geometry only: numbers for the SVG that the template draws, in the
// coordinates of its viewBox. Words come from the same formatters as elsewhere.
// Base and head differ by shape as well as by colour: hollow and dashed is base,
// filled and solid is head.

// Size of a chart's viewBox and its margins. The text is readable both at the
// width of a phone and of half a desktop page.
const (
	chartWidth  = 420.0
	chartHeight = 220.0
	chartLeft   = 92.0
	chartRight  = 12.0
	chartTop    = 16.0
	chartBottom = 28.0
	mostPoints  = 120 // of one line; more would not be seen
	mostCharted = 6   // metrics of a service
	letter      = 6.8 // width of one in the charts' font, on average
	widest      = 7.6 // in a wide font
)

// chart is one drawing with its axes. What it says is in Caption, for readers who
// do not see it too.
type chart struct {
	Title, Caption string
	X, Y           []tick
	Areas          []shape
	Rules          []rule
	Lines          []shape
	Boxes          []box
	Dots           []dot
	Labels         []label
	Width, Height  float64
	Left, Right    float64 // of the plot
	Top, Bottom    float64
	TextX, TextY   float64 // where the axes' labels stand
}

// tick is a grid line with a label, which has none where there is no room for one.
type tick struct {
	At    float64
	Label string
	Text  float64 // the middle of an x axis's label: beside At where the picture ends
}

// shape is a polyline, or a polygon as an area.
type shape struct{ Class, Points string }

// rule is a straight line through the plot, such as that of a budget.
type rule struct {
	Class          string
	X1, Y1, X2, Y2 float64
}

// box spans the middle half of a side's boots, with their median.
type box struct {
	Side string
	rect
	Median, End float64 // End is the lower edge
}

// dot is one observation.
type dot struct {
	Side string
	X, Y float64
	Void bool
	Name string
}

// label is written into the plot. Anchor is start, middle or end.
type label struct {
	Class, Anchor string
	X, Y          float64
	Text          string
}

// axis maps values to coordinates.
type axis struct{ low, high, from, to float64 }

func (a axis) at(v float64) float64 {
	if a.high == a.low {
		return (a.from + a.to) / 2
	}
	return a.from + (v-a.low)/(a.high-a.low)*(a.to-a.from)
}

// within is at for what may lie beyond the axis, and is then put at its end.
func (a axis) within(v float64) float64 { return a.at(math.Max(a.low, math.Min(a.high, v))) }

func (a axis) holds(v float64) bool { return a.low <= v && v <= a.high }

// ticks are round values between the ends of the axis, at most five, in steps
// of 1, 2 or 5 of unit.
func (a axis) ticks(unit float64, label func(float64) string) []tick {
	step := roundStep((a.high-a.low)/4/unit) * unit
	var all []tick
	if !finite(step) || step <= 0 {
		return all
	}
	for v := math.Ceil(a.low/step) * step; v <= a.high && len(all) < 6; v += step {
		all = append(all, tick{At: coordinate(a.at(v)), Label: label(v)})
	}
	return all
}

// logTicks are those of an axis of logarithms: 1, 2 and 5 of every power of ten of
// a unit, as far as they stand least apart.
func (a axis) logTicks(least, unit float64, label func(float64) string) []tick {
	var all []tick
	for power := math.Floor((a.low - math.Log(unit)) / math.Ln10); power <= (a.high-math.Log(unit))/math.Ln10; power++ {
		for _, f := range []float64{1, 2, 5} {
			v := math.Log(f) + power*math.Ln10 + math.Log(unit)
			if at := coordinate(a.at(v)); a.holds(v) && (len(all) == 0 || math.Abs(at-all[len(all)-1].At) >= least) {
				all = append(all, tick{At: at, Label: label(math.Exp(v))})
			}
		}
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

func decimal(v float64) string { return strconv.FormatFloat(v, 'f', 1, 64) }

// point is one of a shape.
func point(x, y float64) string { return decimal(x) + "," + decimal(y) }

func frame(title string) chart {
	return chart{Title: title, Width: chartWidth, Height: chartHeight,
		Left: chartLeft, Right: chartWidth - chartRight, Top: chartTop, Bottom: chartHeight - chartBottom,
		TextX: chartLeft - 6, TextY: chartHeight - 8}
}

func (c *chart) axes(x0, x1, y0, y1 float64) (x, y axis) {
	return axis{x0, x1, c.Left, c.Right}, axis{y0, y1, c.Bottom, c.Top}
}

// across rules the plot at a height, and names it at the right end: above the
// line, or below where there is no room.
func (c *chart) across(class, name string, y float64) {
	y = coordinate(y)
	c.Rules = append(c.Rules, rule{class, c.Left, y, c.Right, y})
	at := y - 5
	if at < c.Top+10 {
		at = y + 14
	}
	if name != "" {
		c.Labels = append(c.Labels, label{class, "end", c.Right, coordinate(at), name})
	}
}

// place keeps the labels of the x axis inside the picture and apart from each other.
func (c *chart) place() {
	free := c.Width
	for i := len(c.X) - 1; i >= 0; i-- {
		k := &c.X[i]
		width := 4 + widest*float64(utf8.RuneCountInString(k.Label))
		k.Text = coordinate(math.Min(k.At, c.Width-width/2))
		if k.Text+width/2 > free {
			k.Label = ""
			continue
		}
		free = k.Text - width/2
	}
}

// down rules the plot at a place of the x axis.
func (c *chart) down(class string, x float64) {
	x = coordinate(x)
	c.Rules = append(c.Rules, rule{class, x, c.Top, x, c.Bottom})
}

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

// unitAt is the size of the step that ticks around v are round in.
func unitAt(m record.Change, v float64) float64 {
	if m.Unit == record.UnitBytes {
		return unitOf(math.Abs(v), bytesScale(m.ID))
	}
	return 1
}
