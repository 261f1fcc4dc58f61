package report

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// pairsFrom makes pairs of the values of base and head.
func pairsFrom(base, head []float64) []pairSeen {
	var all []pairSeen
	for i := range base {
		all = append(all, pairSeen{i + 1, base[i], head[i], false})
	}
	return all
}

func TestSpread(t *testing.T) {
	most := 1.0
	m := record.Change{ID: record.StartupReady, Unit: record.UnitSeconds, Budget: &record.Budget{Max: &most}}
	for _, c := range []struct {
		name       string
		base, head []float64
		want, not  string
	}{
		{"far apart", []float64{0.5, 0.51, 0.52, 0.9}, []float64{0.008, 0.009, 0.01, 0.011}, "the axis is logarithmic", "lies beyond"},
		{"far below the limit", []float64{0.2, 0.21, 0.22}, []float64{0.2, 0.21, 0.23}, "the limit of 1 s lies beyond", "logarithmic"},
		{"alike", []float64{0.6, 0.6, 0.6}, []float64{0.6, 0.6, 0.6}, "Median of base 600 ms (middle half 600 ms to 600 ms)", "logarithmic"},
	} {
		got, ok := spreadChart(m, pairsFrom(c.base, c.head))
		if !ok || !strings.Contains(got.Caption, c.want) || strings.Contains(got.Caption, c.not) {
			t.Errorf("%s: %q, want %q and not %q", c.name, got.Caption, c.want, c.not)
		}
		for _, d := range got.Dots {
			if d.X < got.Left || d.X > got.Right || d.Y < got.Top || d.Y > got.Bottom {
				t.Errorf("%s: a dot at %v,%v is outside of the plot", c.name, d.X, d.Y)
			}
		}
		if len(got.Dots) != len(c.base)+len(c.head) || len(got.Boxes) != 2 {
			t.Errorf("%s: %d dots, %d boxes", c.name, len(got.Dots), len(got.Boxes))
		}
	}
	if _, ok := spreadChart(m, pairsFrom([]float64{1}, []float64{math.NaN()})); ok {
		t.Error("a spread of one image alone")
	}
}

// withLoad adds a boot that knows its curve, or one of before there were curves.
func withLoad(r record.Record, own bool) record.Record {
	t := record.Trial{Pair: 1, Load: &record.LoadResult{Sent: 500}, Metrics: map[record.MetricID]float64{record.LoadP50: 0.002, record.LoadP95: 0.005, record.LoadP99: 0.02}}
	if own {
		t.Load.Latency = []record.Quantile{{Share: 0.5, Latency: 0.002}, {Share: 0.9, Latency: 0.004}, {Share: 0.999, Latency: 0.1}, {Share: 1, Latency: 9}, {Share: -3, Latency: 9}, {Share: 0.7, Latency: -1}}
	}
	r.Trials = append(r.Trials, t)
	return r
}

func TestLatencyCurve(t *testing.T) {
	s := record.Service{Base: withLoad(record.Record{}, false), Head: withLoad(record.Record{}, true)}
	c, ok := latencyChart(s)
	if !ok || len(c.Dots) != 3+3 {
		t.Fatalf("%d dots, want the three percentiles of base and the three sound points of head: %+v", len(c.Dots), c.Dots)
	}
	if last := c.X[len(c.X)-1]; last.Label != "p99.9" || last.At != c.Right {
		t.Errorf("the axis ends with %+v, want p99.9 at the edge", last)
	}
	for i, d := range c.Dots {
		if i%3 > 0 && (d.X <= c.Dots[i-1].X || d.Y >= c.Dots[i-1].Y) {
			t.Errorf("point %d at %v,%v does not rise", i, d.X, d.Y)
		}
	}
	if !strings.Contains(c.Caption, "base 2 ms at p50 and 20 ms at p99, over 1 boot of 500 requests; head 2 ms at p50 and 100 ms at p99.9") {
		t.Errorf("caption %q", c.Caption)
	}
	if _, ok := latencyChart(record.Service{}); ok {
		t.Error("a curve of nothing")
	}
}

func TestMemoryMarks(t *testing.T) {
	trial := record.Trial{Pair: 1, Metrics: map[record.MetricID]float64{record.StartupReady: 0.5}, Load: &record.LoadResult{Start: 1, Seconds: 2}}
	for i := range 40 {
		trial.Memory.At = append(trial.Memory.At, record.Seconds(float64(i)*0.1))
		trial.Memory.Unreclaimable = append(trial.Memory.Unreclaimable, record.Bytes(i)<<20)
	}
	void := trial
	void.Pair, void.Void = 2, "steal"
	s := record.Service{Head: record.Record{Trials: []record.Trial{trial, void}, Setup: &record.Setup{Limits: record.Limits{Memory: 48 << 20}}}}
	c, ok := memoryChart(s)
	x, y := c.axes(0, 3.9, 0, 48*1.08)
	if !ok || len(c.Lines) != 1 || len(c.Dots) != 1 {
		t.Fatalf("%d lines, %d dots; want those of the boot that counts", len(c.Lines), len(c.Dots))
	}
	if d := c.Dots[0]; math.Abs(d.X-x.at(0.5)) > 0.1 || math.Abs(d.Y-y.at(5)) > 0.1 {
		t.Errorf("ready at %v,%v, want %v,%v", d.X, d.Y, x.at(0.5), y.at(5))
	}
	load, limit := c.Rules[0], c.Rules[1]
	if math.Abs(load.X1-x.at(1)) > 0.1 || math.Abs(load.X2-x.at(3)) > 0.1 || math.Abs(limit.Y1-y.at(48)) > 0.1 {
		t.Errorf("load %+v and limit %+v; want them from 1 s to 3 s, and at 48 MiB", load, limit)
	}
	if !strings.Contains(c.Caption, "head peaks at 39 MiB, ready (the dot) after 500 ms; the bars at the top are the load.") {
		t.Errorf("caption %q", c.Caption)
	}
}

// The bars of the load lie above the plot, where a line that ends high has its name.
func TestNamesOfMemoryLinesKeepOffTheBarsOfTheLoad(t *testing.T) {
	trial := record.Trial{Pair: 1, Load: &record.LoadResult{Start: 1, Seconds: 2}}
	for i := range 40 {
		trial.Memory.At = append(trial.Memory.At, record.Seconds(float64(i)*0.1))
		trial.Memory.Unreclaimable = append(trial.Memory.Unreclaimable, 68<<20)
	}
	r := record.Record{Trials: []record.Trial{trial}}
	c, ok := memoryChart(record.Service{Base: r, Head: r})
	if !ok || len(c.Labels) != 2 {
		t.Fatalf("%d labels, want a name for each side", len(c.Labels))
	}
	for _, l := range c.Labels {
		for _, r := range c.Rules {
			if strings.HasPrefix(r.Class, "load") && l.Y-labelHeight < r.Y1 {
				t.Errorf("%q at %v reaches into the bar of the load at %v", l.Text, l.Y, r.Y1)
			}
		}
	}
}

func TestLogTicksAreRoundInTheirUnit(t *testing.T) {
	var got []string
	for _, k := range (axis{math.Log(1.5 * (1 << 20)), math.Log(130 * (1 << 20)), 0, 300}).logTicks(30, 1<<20, binaryBytes.print) {
		got = append(got, k.Label)
	}
	if want := "2 MiB, 5 MiB, 10 MiB, 20 MiB, 50 MiB, 100 MiB"; strings.Join(got, ", ") != want {
		t.Errorf("ticks %v, want %s", got, want)
	}
}

func TestLabelsOfTheXAxisStayInsideAndApart(t *testing.T) {
	c := frame("startup")
	c.X = []tick{{At: 100, Label: "100 CPU ms"}, {At: 330, Label: "p99"}, {At: 346, Label: "200 CPU ms"}, {At: c.Right, Label: "500 CPU ms"}}
	c.place()
	free := c.Width
	for _, k := range slices.Backward(c.X) {
		if k.Label == "" {
			continue
		}
		half := letter * float64(len(k.Label)) / 2
		if k.Text+half > free {
			t.Errorf("%q around %v does not end before %v", k.Label, k.Text, free)
		}
		free = k.Text - half
	}
	if c.X[0].Text != 100 || c.X[0].Label == "" || c.X[2].Label != "" || c.X[3].Label == "" {
		t.Errorf("ticks %+v, want the first in its place, the last beside it, and none that would lie on the last", c.X)
	}
}

func TestMemoryAtATime(t *testing.T) {
	m := record.Timeline{At: []record.Seconds{0.1, 0.2, 0.3}, Unreclaimable: []record.Bytes{10, 20, 30}}
	for at, want := range map[float64]float64{0: 10, 0.1: 10, 0.19: 10, 0.2: 20, 0.25: 20, 0.3: 30, 7: 30} {
		if got := memoryAt(m, at); got != want {
			t.Errorf("%g bytes at %g s, want %g", got, at, want)
		}
	}
}
