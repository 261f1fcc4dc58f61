package accuracy

import (
	"fmt"
	"slices"
	"strings"

	"github.com/plimsoll-ci/plimsoll/internal/compare"
	"github.com/plimsoll-ci/plimsoll/internal/record"
	"github.com/plimsoll-ci/plimsoll/internal/stat"
)

const (
	// flips is the number of runs that the recorded ones are turned into.
	flips = 10_000
	// injections is the same for each change that is put into them.
	injections = 1_000
	// level is the confidence of the bounds.
	level = 0.95
	// seed makes the table the same whenever it is made of the same pairs.
	seed = 4
)

// Gated are the metrics that the comparisons gate together.
var Gated = []record.MetricID{record.StartupReady, record.StartupCPU, record.MemoryPeak, record.CPURequest}

// customaryFloor is the floor of startup.ready in README and in the examples, in seconds.
const customaryFloor = 0.02

// budgets bound all that is gated by the same growth.
func budgets(grow float64) map[record.MetricID]record.Budget {
	all := map[record.MetricID]record.Budget{}
	for _, id := range Gated {
		all[id] = record.Budget{Grow: &grow}
	}
	return all
}

// customary are budgets as README and the examples have them: growth that is too
// small to matter is none, whatever share it is of a start of 6 ms.
func customary(grow float64) map[record.MetricID]record.Budget {
	all := budgets(grow)
	all[record.StartupReady] = record.Budget{Grow: &grow, Floor: customaryFloor}
	return all
}

// replay lays out a recorded run.
func (r Run) replay() *compare.Replay {
	var base, head record.Record
	for i, p := range r.Pairs {
		base.Trials = append(base.Trials, record.Trial{Pair: i + 1, Metrics: p.Base})
		head.Trials = append(head.Trials, record.Trial{Pair: i + 1, Metrics: p.Head})
	}
	return compare.NewReplay(compare.Input{Base: &base, Head: &head})
}

// whole are the runs that reached the last look. A run that too much disturbance
// ended early is no evidence, for or against.
func whole(runs []Run) []Run {
	looks := compare.Looks(len(Gated))
	return slices.DeleteFunc(slices.Clone(runs), func(r Run) bool { return len(r.Pairs) < looks[len(looks)-1] })
}

// realAlarms judges the recorded pairs as they were, and allows for a share of
// most of them. More than that in few runs shows neither that the bar is kept nor
// that it is broken: such a finding is open. The text bounds the rate either way.
func realAlarms(budgets map[record.MetricID]record.Budget, most float64) func([]Run) Finding {
	return func(all []Run) Finding {
		runs := whole(all)
		failed := 0
		for _, r := range runs {
			if r.replay().Judge(compare.Variant{Budgets: budgets}).Failed() {
				failed++
			}
		}
		least, highest := stat.AtLeast(failed, len(runs), level), stat.AtMost(failed, len(runs), level)
		text := fmt.Sprintf("%d of %d", failed, len(runs))
		switch {
		case failed > 0:
			text += fmt.Sprintf(" (at least %s, at most %s, each with 95 %% confidence)", percent(least), percent(highest))
		case len(runs) > 0:
			text += fmt.Sprintf(" (at most %s with 95 %% confidence)", percent(highest))
		}
		met := len(runs) > 0 && float64(failed) <= most*float64(len(runs))
		return Finding{Text: text + leftOut(all, runs), Met: met, Open: len(runs) > 0 && !met && most > 0 && least <= most}
	}
}

// leftOut says how many runs are no evidence.
func leftOut(all, runs []Run) string {
	if len(all) == len(runs) {
		return ""
	}
	return fmt.Sprintf("; the machine was too noisy for %d more", len(all)-len(runs))
}

// over rehearses every recorded run with an equal share of so many.
func over(runs []Run, total int, budgets map[record.MetricID]record.Budget, rehearse func(compare.Rehearsal, int) compare.Tally) compare.Tally {
	var sum compare.Tally
	for i, r := range runs {
		share := total*(i+1)/len(runs) - total*i/len(runs)
		t := rehearse(compare.Rehearsal{Replay: r.replay(), Budgets: budgets, Seed: seed + uint64(i)}, share)
		sum.Pairs += t.Pairs * float64(t.Runs)
		sum.Runs += t.Runs
		sum.Found += t.Found
	}
	sum.Pairs /= float64(max(1, sum.Runs))
	return sum
}

// flippedAlarms judges runs with base and head swapped inside recorded pairs, of
// which a share of most may fail.
func flippedAlarms(budgets map[record.MetricID]record.Budget, most float64) func([]Run) Finding {
	return func(all []Run) Finding {
		runs := whole(all)
		t := over(runs, flips, budgets, compare.Rehearsal.FalseAlarms)
		return Finding{
			Text: fmt.Sprintf("%d of %d (%s, at most %s with 95 %% confidence), from %d recorded runs%s",
				t.Found, t.Runs, percent(t.Share()), percent(stat.AtMost(t.Found, t.Runs, level)), len(runs), leftOut(all, runs)),
			Met: t.Runs > 0 && t.Share() <= most,
		}
	}
}

// injected puts a growth of one metric into head of the recorded runs.
func injected(runs []Run, id record.MetricID, by, grow float64) compare.Tally {
	return over(runs, injections, budgets(grow), func(r compare.Rehearsal, n int) compare.Tally {
		return r.Detected(n, map[record.MetricID]float64{id: by})
	})
}

func injectedCPU(grow float64) func([]Run) Finding {
	return func(all []Run) Finding {
		runs := whole(all)
		t := injected(runs, record.CPURequest, 0.15, grow)
		return Finding{
			Text: fmt.Sprintf("%s of %d runs, after %.1f pairs on average%s", percent(t.Share()), t.Runs, t.Pairs, leftOut(all, runs)),
			Met:  t.Share() >= 0.95,
		}
	}
}

// byHead groups runs by the image of head, in the order they come in.
func byHead(runs []Run) (heads []string, groups map[string][]Run) {
	groups = map[string][]Run{}
	for _, r := range runs {
		if _, seen := groups[r.Head]; !seen {
			heads = append(heads, r.Head)
		}
		groups[r.Head] = append(groups[r.Head], r)
	}
	return heads, groups
}

// realDetection counts the comparisons with an image that costs more. CPU and memory
// both have to be found.
func realDetection(runs []Run) Finding {
	var some []Run
	for _, r := range runs {
		if strings.HasSuffix(r.Head, "cost115") && len(r.Pairs) >= compare.Looks(2)[0] {
			some = append(some, r)
		}
	}
	if len(some) == 0 {
		return Finding{}
	}
	t := found(some)
	return Finding{Text: fmt.Sprintf("%d of %d, after %.1f pairs on average", t.Found, t.Runs, t.Pairs), Met: t.Found == t.Runs}
}

// found counts the runs that failed both CPU per request and peak memory.
func found(runs []Run) compare.Tally {
	t := compare.Tally{Runs: len(runs)}
	for _, r := range runs {
		if slices.Contains(r.Failed, record.CPURequest) && slices.Contains(r.Failed, record.MemoryPeak) {
			t.Found++
		}
		t.Pairs += float64(len(r.Pairs)) / float64(len(runs))
	}
	return t
}
