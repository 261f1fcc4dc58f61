package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/plimsoll-ci/plimsoll/internal/record"
	"github.com/plimsoll-ci/plimsoll/internal/stat"
)

// curve is one image's latency by share of its requests: over its boots, the
// median and the middle half.
type curve struct {
	name     string
	shares   []curvePoint
	boots    int
	requests float64 // of a boot, median
}

type curvePoint struct{ share, median, low, high float64 }

// latencyChart draws the latency that a share of the requests did not exceed, the
// tail spread out: every step to the right of 90 % is a tenth of what is left.
func latencyChart(s record.Service) (chart, bool) {
	curves := []curve{curveOf("base", s.Base), curveOf("head", s.Head)}
	var all []float64
	last := 0.0
	for _, c := range curves {
		for _, p := range c.shares {
			all, last = append(all, p.low, p.high), math.Max(last, p.share)
		}
	}
	if len(curves[0].shares) < 2 && len(curves[1].shares) < 2 {
		return chart{}, false
	}
	c := frame("latency of the requests")
	low, high := slices.Min(all), slices.Max(all)
	x := axis{tail(0.5), tail(last), c.Left, c.Right}
	y := axis{math.Log(low) - 0.4, math.Log(high) + 0.15, c.Bottom, c.Top}
	for _, share := range []float64{0.5, 0.75, 0.9, 0.95, 0.99, 0.999} {
		if share <= last {
			c.X = append(c.X, tick{At: coordinate(x.at(tail(share))), Label: "p" + fixed(100*share, 1)})
		}
	}
	c.Y = y.logTicks(22, 1, seconds.print)
	for _, curve := range curves {
		c.curve(curve, x, y)
	}
	c.nameCurves(curves, x, y)
	c.Caption = latencyCaption(curves)
	return c, true
}

// tail spreads shares out towards the slowest requests.
func tail(share float64) float64 { return -math.Log10(1 - math.Min(share, 1-1e-6)) }

// curveOf takes the shares that every boot knows.
func curveOf(name string, r record.Record) curve {
	c := curve{name: name}
	at := map[float64][]float64{}
	var sent []float64
	for i := range r.Trials {
		t := &r.Trials[i]
		if !t.Counts() || t.Load == nil {
			continue
		}
		sent = append(sent, float64(t.Load.Sent))
		for _, q := range quantilesOf(t) {
			if v := float64(q.Latency); v > 0 && v <= largest && q.Share > 0 && q.Share < 1 {
				at[q.Share] = append(at[q.Share], v)
			}
		}
	}
	if c.boots = len(sent); c.boots == 0 {
		return c
	}
	c.requests = stat.Median(sent)
	for share, values := range at {
		if share < 0.5 || len(values) < (c.boots+1)/2 {
			continue
		}
		slices.Sort(values)
		c.shares = append(c.shares, curvePoint{share, stat.Median(values), quantileOf(values, 0.25), quantileOf(values, 0.75)})
	}
	slices.SortFunc(c.shares, func(a, b curvePoint) int { return cmp.Compare(a.share, b.share) })
	c.shares = thinned(c.shares, mostPoints)
	return c
}

// quantilesOf a boot: its own curve, else the three that are metrics.
func quantilesOf(t *record.Trial) []record.Quantile {
	if len(t.Load.Latency) > 0 {
		return t.Load.Latency
	}
	var all []record.Quantile
	for _, known := range []struct {
		share float64
		id    record.MetricID
	}{{0.5, record.LoadP50}, {0.95, record.LoadP95}, {0.99, record.LoadP99}} {
		if v, ok := t.Metrics[known.id]; ok {
			all = append(all, record.Quantile{Share: known.share, Latency: record.Seconds(v)})
		}
	}
	return all
}

func (c *chart) curve(of curve, x, y axis) {
	var middle, upper, lower []string
	for _, p := range of.shares {
		at := x.at(tail(p.share))
		middle = append(middle, point(at, y.at(math.Log(p.median))))
		upper = append(upper, point(at, y.at(math.Log(p.high))))
		lower = append(lower, point(at, y.at(math.Log(p.low))))
		c.Dots = append(c.Dots, dot{Side: of.name, X: coordinate(at), Y: coordinate(y.at(math.Log(p.median))),
			Name: fmt.Sprintf("%s: %s of the requests within %s", of.name, share(p.share), seconds.print(p.median))})
	}
	slices.Reverse(lower)
	c.Areas = append(c.Areas, shape{"spread " + of.name, strings.Join(append(upper, lower...), " ")})
	c.Lines = append(c.Lines, shape{"line " + of.name, strings.Join(middle, " ")})
}

// nameCurves writes the names at the left, on the outer side of each curve.
func (c *chart) nameCurves(curves []curve, x, y axis) {
	if len(curves[0].shares) == 0 || len(curves[1].shares) == 0 {
		return
	}
	above, below := 0, 1
	if curves[0].shares[0].median < curves[1].shares[0].median {
		above, below = 1, 0
	}
	for _, i := range []int{above, below} {
		first := curves[i].shares[0]
		at := y.at(math.Log(first.median)) - 9
		if i == below {
			at += 26
		}
		c.Labels = append(c.Labels, label{"side " + curves[i].name, "start", coordinate(x.at(tail(first.share)) + 6), coordinate(math.Min(at, c.Bottom-4)), curves[i].name})
	}
}

func latencyCaption(curves []curve) string {
	var words []string
	for _, c := range curves {
		if len(c.shares) == 0 {
			continue
		}
		first, last := c.shares[0], c.shares[len(c.shares)-1]
		words = append(words, fmt.Sprintf("%s %s at p%s and %s at p%s, over %s of %s requests", c.name, seconds.print(first.median), fixed(100*first.share, 1),
			seconds.print(last.median), fixed(100*last.share, 1), plural(c.boots, "boot"), count(c.requests)))
	}
	return "Median of the boots, with their middle half: " + strings.Join(words, "; ") + ". Both axes spread out what is small."
}
