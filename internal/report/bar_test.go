package report

import (
	"testing"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

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
