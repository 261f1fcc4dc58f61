package compare

import (
	"fmt"

	"github.com/plimsoll-ci/plimsoll/internal/record"
	"github.com/plimsoll-ci/plimsoll/internal/stat"
)

// byStartupCPU judges the growth of startup.ready by the CPU time of the start,
// where the time itself left every look undecided: on a noisy machine the CPU time
// of the same boots spreads a third to a tenth as far. It can pass and not fail;
// the package comment says why. ok is false where it cannot tell.
func (m *matchup) byStartupCPU(c claim, o outcome) (note string, ok bool) {
	g, grows := c.hypothesis.(growth)
	looks := Looks(m.family())
	if !grows || c.id != record.StartupReady || g.budget.Grow == nil || o.look < looks[len(looks)-1] {
		return "", false
	}
	// Waiting costs no CPU time. So the estimate of the time must be within its
	// budget, and the CPU time is asked only whether the noise hides something.
	if stat.HodgesLehmann(g.series.sample(o.look).beyond(g.budget)) > 0 {
		return "", false
	}
	cpu := growth{series: m.series[record.StartupCPU], budget: record.Budget{Grow: g.budget.Grow}}
	for _, look := range looks {
		s := cpu.series.sample(look)
		if len(s.worse) < look || !s.ratio || cpu.at(look).within > stat.LookLevel {
			continue
		}
		var row record.Change
		showInterval(&row, s)
		return fmt.Sprintf("judged by startup CPU, since the time is too noisy here: that changed by %s, within %s after %d pairs",
			changeWords(row, s.metric), growthBudget(s.metric, cpu.budget), look), true
	}
	return "", false
}
