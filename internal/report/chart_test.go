package report

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// A peak of one sample among thousands must stay in the picture.
func TestPolylineKeepsThePeak(t *testing.T) {
	var m record.Timeline
	for i := range 5000 {
		m.At, m.Unreclaimable = append(m.At, record.Seconds(i)), append(m.Unreclaimable, 10)
	}
	m.Unreclaimable[3217] = 1000
	got := polyline(m, axis{0, 5000, 0, 500}, axis{0, 1000, 100, 0})
	if !strings.Contains(got, ",0.0") {
		t.Error("the peak is lost")
	}
	if n := len(strings.Fields(got)); n > mostPoints {
		t.Errorf("%d points, want at most %d", n, mostPoints)
	}
}

func TestTicksAreRound(t *testing.T) {
	for _, c := range []struct {
		low, high, unit float64
		want            []string
	}{
		{0, 3.98, 1, []string{"0", "1", "2", "3"}},
		{0.19, 0.24, 1, []string{"0.2", "0.22", "0.24"}},
		{0, 210 << 20, 1 << 20, []string{"0", "104,857,600", "209,715,200"}},
		{5, 5, 1, nil},
	} {
		var got []string
		for _, k := range (axis{c.low, c.high, 0, 100}).ticks(c.unit, func(v float64) string { return fixed(v, 3) }) {
			got = append(got, k.Label)
		}
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("ticks %v to %v (-want +got):\n%s", c.low, c.high, d)
		}
	}
}

func TestBars(t *testing.T) {
	base, grow := 100.0, 0.1
	m := record.Change{Base: &base, Direction: record.Lower, Ratio: &record.Ratio{Ratio: 1.1, Low: 1.05, High: 1.15, Level: 0.98},
		Budget: &record.Budget{Grow: &grow, Floor: 15}}
	most := reach([]record.Change{m})
	b := barOf(m, most)
	if b == nil || !(100 < b.Low && b.Low < b.At && b.At < b.High && b.High <= 200) || b.Budget != b.High {
		t.Errorf("bar %+v: want it right of no change, and the budget at +15 %% where the floor puts it", b)
	}
	exact := record.Change{Base: &base, Ratio: &record.Ratio{Ratio: 3, Low: 3, High: 3, Level: 1}}
	if b := barOf(exact, most); !b.Exact || b.Beyond != "more" {
		t.Errorf("bar %+v: want a change of ×3 beyond the end", b)
	}
	m.Direction = record.Higher
	if b := barOf(m, most); b.Budget >= 100 {
		t.Errorf("budget at %v: want it left of no change where higher is better", b.Budget)
	}
	if b := barOf(record.Change{Base: new(float64), Shift: &record.Shift{Difference: 1}}, most); b != nil {
		t.Errorf("bar %+v for a metric whose base is zero", b)
	}
}
