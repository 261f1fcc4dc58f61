package compare

import (
	"fmt"

	"github.com/plimsoll-ci/plimsoll/internal/record"
	"github.com/plimsoll-ci/plimsoll/internal/stat"
)

// throttledShare is the share of a CPU limit's periods, usually of 100 ms, from
// which on an app that used them up is told of. Below it a single burst, such as
// the start itself, is all there was.
const throttledShare = 0.05

// bound is the share of a memory limit from which on the limit, and not the app,
// decides what the peak is.
const bound = 0.9

// limitWarnings tell of each side where its own limits decided what was measured.
func (m *matchup) limitWarnings() []string {
	var warnings []string
	for i, rec := range []record.Record{m.base, m.head} {
		if rec.Setup == nil {
			continue
		}
		side, trials := [...]string{"base", "head"}[i], counted(rec.Trials)
		for _, w := range []string{
			throttling(side, trials, rec.Setup.Limits.CPUs), saturation(side, trials, rec.Setup.Limits.Memory), killings(side, trials),
		} {
			if w != "" {
				warnings = append(warnings, w)
			}
		}
	}
	return warnings
}

// counted leaves out warm-ups and void boots.
func counted(trials []record.Trial) []record.Trial {
	var some []record.Trial
	for _, t := range trials {
		if t.Counts() {
			some = append(some, t)
		}
	}
	return some
}

// throttling tells of an app that ran into its own CPU limit.
func throttling(side string, trials []record.Trial, limit float64) string {
	var periods, throttled int64
	var held []float64
	for _, t := range trials {
		periods, throttled = periods+t.Host.Periods, throttled+t.Host.ThrottledPeriods
		held = append(held, float64(t.Host.Throttled))
	}
	if limit == 0 || periods == 0 || float64(throttled) < throttledShare*float64(periods) {
		return ""
	}
	return fmt.Sprintf("%s used up its CPU limit of %s in %.0f %% of the limit's periods, and its threads were held back for %.2f s of a boot: its times are those of the limit",
		side, digits(limit), 100*float64(throttled)/float64(periods), stat.Median(held))
}

// saturation tells of an app that ran into its memory limit and was not killed
// for it: the kernel takes page cache away first.
func saturation(side string, trials []record.Trial, limit record.Bytes) string {
	hits := 0
	var peaks []float64
	for _, t := range trials {
		if limit > 0 && (t.Memory.LimitHits > 0 || t.Memory.KernelPeak >= limit) {
			hits++
			peaks = append(peaks, t.Metrics[record.MemoryPeak])
		}
	}
	if hits == 0 {
		return ""
	}
	peak, _ := record.Lookup(record.MemoryPeak)
	text := fmt.Sprintf("%s ran into its memory limit of %s in %d of %d boots", side, value(peak, float64(limit)), hits, len(trials))
	if stat.Median(peaks) >= bound*float64(limit) {
		return text + ": memory.peak cannot rise above it"
	}
	return text + fmt.Sprintf(": what the kernel cannot reclaim came to %s, the rest was page cache, and what was dropped of it must be read again",
		value(peak, stat.Median(peaks)))
}

// killings tells of boots in which a process was killed for its memory and the
// app lived on. One that did not is no boot at all.
func killings(side string, trials []record.Trial) string {
	killed := 0
	for _, t := range trials {
		if t.Exit.OOMKilled {
			killed++
		}
	}
	if killed == 0 {
		return ""
	}
	return fmt.Sprintf("a process of %s was killed for its memory in %d of %d boots, and the app lived on", side, killed, len(trials))
}
