package report

import (
	"math"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

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
