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
	got := polyline(m, axis{0, 5000, 0, 500}, axis{0, 1000, 100, 0}, mostPoints)
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
