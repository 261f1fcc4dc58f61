package report

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/plimsoll-ci/plimsoll/internal/compare"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// seenTwice are two images whose startup and idle CPU were seen in so many pairs.
func seenTwice(pairs int) (base, head record.Record) {
	for pair := range pairs {
		k := 1 + 0.05*math.Sin(float64(pair*pair))
		for i, r := range []*record.Record{&base, &head} {
			r.Trials = append(r.Trials, record.Trial{Pair: pair, Order: i, Metrics: map[record.MetricID]float64{
				record.StartupReady: 0.2 * k * (1 + 0.2*float64(i)), record.CPUIdle: float64(i) * 0.01 * k, record.LoadRate: 100 - 5*float64(i)*k,
			}})
		}
	}
	return base, head
}

// Where the trend ends stands the interval that the verdict's table shows.
func TestTrendEndsAtTheShownInterval(t *testing.T) {
	base, head := seenTwice(15)
	head.Trials[4].Void = "steal"
	grow := 0.15
	s := compare.Service(compare.Input{Name: "api", Base: &base, Head: &head, Budgets: map[record.MetricID]record.Budget{
		record.StartupReady: {Grow: &grow}, record.CPUIdle: {Grow: &grow, Floor: 0.002}, record.LoadRate: {Grow: &grow},
	}})
	drawn := 0
	for _, m := range charted(s) {
		c := trendOf(m, pairsOf(s, m.ID))
		last := c.running[len(c.running)-1]
		if !last.bounded || last.pair != 14 || len(c.pairs) != 14 {
			t.Errorf("%s ends with %+v over %d pairs, want pair 14, the voided one among the pairs", m.ID, last, len(c.pairs))
		}
		var low, high float64
		if m.Ratio != nil {
			low, high = math.Log(m.Ratio.Low), math.Log(m.Ratio.High)
		} else {
			low, high = m.Shift.Low, m.Shift.High
		}
		if math.Abs(last.low-low) > 1e-9 || math.Abs(last.high-high) > 1e-9 {
			t.Errorf("%s ends at [%v, %v], the table shows [%v, %v]", m.ID, last.low, last.high, low, high)
		}
		if !c.budgeted || (c.allowed > 0) != (m.Direction == record.Lower) {
			t.Errorf("%s: the budget is drawn at %v", m.ID, c.allowed)
		}
		drawn++
	}
	if drawn != 3 {
		t.Errorf("%d trends, want 3", drawn)
	}
}

func TestTrendIsBounded(t *testing.T) {
	base, head := seenTwice(5000)
	s := record.Service{Base: base, Head: head}
	c, ok := trendChart(record.Change{ID: record.StartupReady, Unit: record.UnitSeconds}, pairsOf(s, record.StartupReady))
	if !ok || len(c.Dots) != mostPairs || strings.Count(c.Lines[0].Points, ",") > mostSteps {
		t.Errorf("%d dots and the line %s, want %d and at most %d", len(c.Dots), c.Lines[0].Points, mostPairs, mostSteps)
	}
	if !strings.Contains(c.Caption, "4939 more pairs are not drawn") {
		t.Errorf("%s does not say that most pairs are not drawn", c.Caption)
	}
}

func TestPercentTicks(t *testing.T) {
	for _, c := range []struct {
		low, high float64 // of head over base
		want      []string
	}{
		{0.93, 1.13, []string{"0 %", "-5 %", "+5 %", "+10 %"}},
		{0.01, 1.3, []string{"0 %", "-50 %", "-90 %", "-99 %"}},
		{0.9, 120, []string{"0 %", "+100 %", "+900 %", "+9,900 %"}},
	} {
		var got []string
		for _, k := range (trend{relative: true}).ticks(axis{math.Log(c.low), math.Log(c.high), 200, 0}) {
			got = append(got, k.Label)
		}
		for _, want := range c.want {
			if !slices.Contains(got, want) {
				t.Errorf("×%v to ×%v has the ticks %q, want %s among them", c.low, c.high, got, want)
			}
		}
	}
}
