package measure

import (
	"fmt"
	"slices"
	"strings"

	"github.com/plimsoll-ci/plimsoll/internal/record"
	"github.com/plimsoll-ci/plimsoll/internal/stat"
)

// The guards void a pair for causes outside its pods, and for those alone: what
// the app does to itself, such as running into its own CPU limit or being too
// slow for the offered rate, is a result. They look at the window that the
// metrics cover, from the gate to the end of the load; what the engine does
// before and after is none of their business.
//
// A void says CAUSE: DETAILS, so that causes can be counted.

const (
	// maxSteal is the share of all CPU time that the hypervisor may take. A quiet
	// virtual machine of 2 CPUs was seen to lose 0 to 1.2 % during a boot; of a
	// neighbour that takes half of one of 2 to 8 CPUs it loses 6 to 25 %.
	maxSteal = 0.05
	// maxOthers is how many CPUs other programs may use on average. On a quiet
	// machine 0.00 to 0.04 were seen. A neighbour that burnt half a CPU was seen as
	// 0.45: where the kernel counts by ticks it misses part of what wakes up often
	// and briefly, as app and agent do under load, while their cgroups miss nothing.
	maxOthers = 0.25
	// othersShare is the same as a share of a large machine, where a neighbour finds
	// a CPU of its own: from 8 CPUs on it is the larger of the two.
	othersShare = 1.0 / 32
	// unseenEngine is what is added where the engine's own use is not visible. Its
	// daemons were seen to use 0.01 CPUs for a silent app; more when they copy what
	// an app logs, which must not look like a neighbour.
	unseenEngine = 0.1
	// othersSlack is CPU seconds that are forgiven whatever the length of the
	// window: the kernel counts in ticks of 10 ms, on every CPU.
	othersSlack = 0.05
	// maxClockChange is by how much the frequency that the machine allows its CPUs
	// may differ, between the boots of a pair and within one.
	maxClockChange = 0.02
	// maxLate is the share of requests that the generator may send late by its own
	// fault: a 99th percentile is no longer the app's beyond it.
	maxLate = 0.01
	// crowd is the share of the machine's CPUs from which on an app may be what
	// keeps the generator waiting for one.
	crowd = 0.4
	// keptUp is the share of the offered rate that an app answers which keeps up.
	keptUp = 0.9
)

// The causes of voids, as they stand before the colon.
const (
	causeSteal  = "stolen CPU time"
	causeOthers = "other programs"
	causeClock  = "CPU frequency"
	causeLate   = "late requests"
)

// voided says why the boots of a round, in the order of the targets, do not
// count, "" where they do.
func (r *rounds) voided(trials []*record.Trial) string {
	if r.plan.Unguarded {
		return ""
	}
	var clocks [][]int64
	for i, t := range trials {
		if why := disturbed(*t); why != "" {
			return fmt.Sprintf("%s during the boot of %s", why, r.result.Targets[i].Name)
		}
		clocks = append(clocks, t.Host.Clock)
	}
	if change := clockChange(clocks...); change > maxClockChange {
		return fmt.Sprintf("%s: what the machine allows its CPUs changed by %.0f %% between the boots", causeClock, 100*change)
	}
	return ""
}

// void marks a round as one that does not count.
func (r *rounds) void(trials []*record.Trial, why string) {
	for _, t := range trials {
		t.Void = why
	}
	r.result.Voided++
	cause, _, _ := strings.Cut(why, ":")
	r.causes[cause]++
	r.report(Progress{Phase: "measure", Round: r.result.Rounds, Looks: r.plan.Looks, Voided: r.result.Voided, Void: why})
}

// tooNoisy reports, with a note, whether so many rounds were voided that the
// run ends.
func (r *rounds) tooNoisy() bool {
	if r.result.Voided < stat.MaxVoided(r.plan.Looks) {
		return false
	}
	r.note("stopped after %s: machine too noisy, %d of %d voided, most for %s; "+
		"run it when the machine is quiet, or count them all with `measure.guards: off`", counted(r.result.Rounds),
		r.result.Voided, r.result.Rounds+r.result.Voided, stat.Commonest(r.causes))
	return true
}

// disturbed says what outside the pod disturbed a boot, "" for nothing.
func disturbed(t record.Trial) string {
	h := t.Host
	switch {
	case h.Steal > maxSteal:
		return fmt.Sprintf("%s: the hypervisor took %.0f %% of the machine's", causeSteal, 100*h.Steal)
	case h.Others != nil && *h.Others > othersBound(h):
		return fmt.Sprintf("%s: they used %.2f CPUs, where %.2f are tolerated,", causeOthers, *h.Others, othersBound(h))
	case h.TooHot > 0:
		return fmt.Sprintf("%s: a CPU was slowed down %d times for its temperature", causeClock, h.TooHot)
	case clockChange(h.Clock) > maxClockChange:
		return fmt.Sprintf("%s: what the machine allows its CPUs changed by %.0f %%", causeClock, 100*clockChange(h.Clock))
	case t.Load != nil && t.Load.Late > maxLate && !crowdedOut(t):
		return fmt.Sprintf("%s: %.1f %% of the load's requests left late, and the app had left room for them,", causeLate, 100*t.Load.Late)
	}
	return ""
}

// crowdedOut reports whether the app itself may have kept the generator from
// sending in time. It can where the two share CPUs, and it kept many of them busy
// during the load or did not keep up; what it does to itself is a result.
func crowdedOut(t record.Trial) bool {
	if t.Host.Apart {
		return false
	}
	cores := t.Metrics[record.CPURequest] * float64(t.Load.Completed) / max(1e-9, float64(t.Load.Seconds))
	return cores > crowd*float64(t.Host.CPUs) || t.Metrics[record.LoadRate] < keptUp*t.Load.Offered
}

// othersBound is how many CPUs other programs may use in a window.
func othersBound(h record.Host) float64 {
	bound := max(maxOthers, othersShare*float64(h.CPUs))
	if h.EngineSeen == "" {
		bound += unseenEngine
	}
	if h.Window > 0 {
		bound += othersSlack / float64(h.Window)
	}
	return bound
}

// clockChange is the largest relative change among frequencies that were read at
// different times; 0 where fewer than two are known.
func clockChange(readings ...[]int64) float64 {
	all := slices.Concat(readings...)
	if len(all) == 0 || slices.Min(all) <= 0 {
		return 0
	}
	return float64(slices.Max(all))/float64(slices.Min(all)) - 1
}
