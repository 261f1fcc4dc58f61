package report

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// fact is one line of how a service was measured: a name of ours and a text
// that may quote the configuration or the machine.
type fact struct{ name, text string }

// facts tell how the service was measured, for a reader who wants to repeat it.
func facts(s record.Service) []fact {
	all := []fact{{"pairs", pairs(s)}}
	add := func(name, text string) {
		if text != "" {
			all = append(all, fact{name, text})
		}
	}
	if s.Head.Setup != nil {
		add("limits", limits(s.Head.Setup.Limits))
		add("ready", ready(s.Head.Setup.Ready))
		add("load", offered(s.Head.Setup.Load))
		add("load on base", otherLoad(s))
	}
	add("stop under load", drained(s))
	if s.Head.Environment != nil {
		add("machine", machine(*s.Head.Environment))
	}
	add("noise", noise(s))
	if unbounded(s) {
		add("budgets", "none; set them in plimsoll.yml, such as memory.peak: {grow: 10%, floor: 2Mi}")
	}
	if l := commonLevel(s); l != "" {
		add("intervals", l+" each, not adjusted for their number")
	}
	return all
}

// unbounded reports whether a service was measured, and nobody set a budget.
func unbounded(s record.Service) bool {
	return s.Verdict == record.None && len(s.Metrics) > 0 &&
		!slices.ContainsFunc(s.Metrics, func(m record.Change) bool { return m.Budget != nil })
}

// pairs is "12 pairs in random order, 1 left out".
func pairs(s record.Service) string {
	if s.Pairs == 0 && s.Voided == 0 && len(s.Metrics) == 0 {
		return "nothing was measured"
	}
	if s.Pairs == 0 && s.Voided == 0 {
		return "nothing was booted: exact metrics only"
	}
	text := plural(s.Pairs, "pair") + " of boots in random order"
	if s.Voided > 0 {
		text += fmt.Sprintf(", %d left out", s.Voided)
	}
	return text
}

func limits(l record.Limits) string {
	parts := []string{"unlimited CPU", "unlimited memory"}
	if l.CPUs > 0 {
		parts[0] = three(l.CPUs) + " CPU"
	}
	if l.Memory > 0 {
		parts[1] = binaryBytes.print(float64(l.Memory))
	}
	if l.PIDs > 0 {
		parts = append(parts, count(float64(l.PIDs))+" processes")
	}
	if l.Disk > 0 {
		parts = append(parts, binaryBytes.print(float64(l.Disk))+" of disk")
	}
	return strings.Join(parts, ", ")
}

func ready(r record.Ready) string {
	text := string(r.Kind)
	if r.Path != "" {
		text += " " + r.Path
	}
	if r.Service != "" || r.Log != "" {
		text += fmt.Sprintf(" %q", r.Service+r.Log)
	}
	if r.Exit != 0 {
		text += fmt.Sprintf(" with code %d", r.Exit)
	}
	if r.Port != 0 {
		text += fmt.Sprintf(" on port %d", r.Port)
	}
	return text
}

// offered is the load in words: "50/s for 1 s, 200/s for 2 s; GET /, POST /login (3)".
func offered(l record.Load) string {
	if l.Script != nil {
		return scripted(*l.Script)
	}
	var stages, requests []string
	for _, s := range l.Stages {
		stages = append(stages, offer(s)+" for "+seconds.print(float64(s.For)))
	}
	for _, r := range l.Requests {
		requests = append(requests, asked(r))
	}
	if len(stages) == 0 {
		return ""
	}
	parts := []string{strings.Join(stages, ", ")}
	if len(requests) > 0 {
		parts = append(parts, strings.Join(requests, ", "))
	}
	return strings.Join(append(parts, manner(l)...), "; ")
}

// otherLoad is base's load, where it was not head's.
func otherLoad(s record.Service) string {
	if s.Base.Setup == nil {
		return ""
	}
	if load := offered(s.Base.Setup.Load); load != offered(s.Head.Setup.Load) {
		return load
	}
	return ""
}

func machine(e record.Environment) string {
	parts := []string{
		strings.TrimSpace(e.Engine + " " + e.EngineVersion),
		"cgroup v" + e.CgroupVersion,
		strings.TrimSpace("Linux " + e.Kernel),
		e.Arch,
		fmt.Sprintf("%s, %s", plural(e.CPUs, "CPU"), binaryBytes.print(float64(e.Memory))),
	}
	if e.Sampler != "" {
		parts = append(parts, "memory and CPU read through "+e.Sampler)
	}
	if p := e.Pinned; p != nil {
		parts = append(parts, fmt.Sprintf("the app alone on CPUs %s, its load from CPU %s", p.App, p.Agent))
	}
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), ", ")
}

// noise tells how far the boots of base lay apart: half the distance between
// the quartiles, as a share of the median.
func noise(s record.Service) string {
	var parts []string
	for _, choice := range leading {
		for _, id := range choice {
			values := s.Base.Metrics[id].Values
			if spread, ok := spreadOf(values); ok {
				parts = append(parts, noun(id)+" ±"+tenths(spread))
			}
		}
	}
	if len(parts) > 0 {
		parts[0] = "between boots of base: " + parts[0]
	}
	if steal := mostSteal(s); steal > 0 {
		parts = append(parts, "up to "+tenths(steal)+" of the CPU taken by the hypervisor")
	}
	return strings.Join(parts, ", ")
}

func spreadOf(values []float64) (float64, bool) {
	if len(values) < 4 {
		return 0, false
	}
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	median := (sorted[(n-1)/2] + sorted[n/2]) / 2
	if median <= 0 || !finite(median) {
		return 0, false
	}
	spread := (sorted[3*n/4] - sorted[n/4]) / 2 / median
	return spread, finite(spread)
}

func mostSteal(s record.Service) float64 {
	var most float64
	for _, t := range slices.Concat(s.Base.Trials, s.Head.Trials) {
		most = math.Max(most, t.Host.Steal)
	}
	return most
}

// method explains in one breath what the numbers are.
const method = "Both images are booted on the same machine, one after the other, in pairs of random order, and compared pair by pair: " +
	"a change is the middle of the pairs' own changes, which need not be the difference of the medians beside it. " +
	"The clock starts when the image's own process is executed and stops at its first good answer. " +
	"Memory is what the kernel cannot reclaim. What is known of an image without booting it is exact. " +
	"All else fails or passes its budget only by an exact test on the pairs, at 1 % per look; what the test cannot tell is inconclusive. " +
	"Intervals are unadjusted and stand at the level shown; “~” means that the interval includes no change, “?” that there is no number."

// commonLevel is the level that all intervals of a service share, if they do.
func commonLevel(s record.Service) string {
	common := ""
	for _, r := range rowsOf(s) {
		switch {
		case r.level == "" || r.level == common:
		case common == "":
			common = r.level
		default:
			return ""
		}
	}
	return common
}

// warning is a message, and the lines of output that it quotes.
type warning struct {
	message string
	quoted  []string
}

// mostQuoted is how many lines of an image's output a warning shows, the last.
const mostQuoted = 12

// warningOf splits a message that quotes the log of an app, line by line. Both
// are foreign.
func warningOf(s string) warning {
	var lines []string
	for line := range strings.Lines(s) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	if len(lines) == 0 {
		return warning{}
	}
	return warning{lines[0], lines[max(1, len(lines)-mostQuoted):]}
}

// runWarnings are the run's own and what the report finds wrong with the pair
// of images itself.
func runWarnings(c record.Comparison) []warning {
	var all []warning
	for _, w := range c.Warnings {
		all = append(all, warningOf(w))
	}
	for _, s := range c.Services {
		if s.Base.Platform != s.Head.Platform && s.Base.Platform != "" && s.Head.Platform != "" {
			all = append(all, warning{message: fmt.Sprintf("%s: base is for %s and head for %s, so the numbers do not compare",
				s.Name, s.Base.Platform, s.Head.Platform)})
		}
	}
	return all
}

// serviceWarnings are a service's own and those of its two images.
func serviceWarnings(s record.Service) []warning {
	var all []warning
	for _, w := range s.Warnings {
		all = append(all, warningOf(w))
	}
	for _, w := range s.Base.Warnings {
		all = append(all, warningOf("base: "+w))
	}
	for _, w := range s.Head.Warnings {
		all = append(all, warningOf("head: "+w))
	}
	return all
}

// incomplete reports whether a part of the service could not be measured, so
// that its warnings belong to the verdict.
func incomplete(s record.Service) bool {
	return s.Incomplete || s.Verdict == record.Missing || len(with(rowsOf(s), record.Missing)) > 0
}
