package report

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// trialView is one boot in words: what was observed, raw.
type trialView struct {
	Pair, Side, Ready, Memory, CPU, Requests, Stop, Note string
	Void                                                 bool
}

// trialViews are the boots of both sides, in the order they were made.
func trialViews(s record.Service) (views []trialView, left string) {
	type boot struct {
		side string
		*record.Trial
	}
	boots := make([]boot, 0, len(s.Base.Trials)+len(s.Head.Trials))
	for i := range s.Base.Trials {
		boots = append(boots, boot{"base", &s.Base.Trials[i]})
	}
	for i := range s.Head.Trials {
		boots = append(boots, boot{"head", &s.Head.Trials[i]})
	}
	slices.SortStableFunc(boots, func(a, b boot) int {
		return cmp.Or(cmp.Compare(a.Pair, b.Pair), cmp.Compare(a.Order, b.Order))
	})
	for _, b := range boots[:min(len(boots), mostShownRows)] {
		views = append(views, trialViewOf(b.side, *b.Trial))
	}
	return views, leftOf(len(boots), "boot")
}

func trialViewOf(side string, t record.Trial) trialView {
	v := trialView{
		Pair: "warm-up", Side: side, Void: t.Void != "",
		Ready:  observedValue(t, record.StartupReady, record.RunSeconds),
		Memory: observedValue(t, record.MemoryPeak, record.MemoryIdle),
		CPU:    observedValue(t, record.CPURequest, record.RunCPU),
		Stop:   observedValue(t, record.StopSeconds),
	}
	if t.Pair > 0 {
		v.Pair = strconv.Itoa(t.Pair)
	}
	if t.Load != nil {
		v.Requests = fmt.Sprintf("%s of %s", count(float64(t.Load.Completed)), count(float64(t.Load.Sent)))
	}
	v.Note = clean(strings.Join(trialNotes(t), "; "), pageWidth)
	return v
}

// observedValue prints the first of the metrics that the boot has.
func observedValue(t record.Trial, ids ...record.MetricID) string {
	for _, id := range ids {
		if v, ok := t.Metrics[id]; ok {
			m, _ := record.Lookup(id)
			return Value(id, m.Unit, v)
		}
	}
	return "–"
}

func trialNotes(t record.Trial) []string {
	var notes []string
	if t.Void != "" {
		notes = append(notes, "left out: "+t.Void)
	}
	if t.Exit.OOMKilled {
		notes = append(notes, "killed for memory")
	}
	if t.Exit.Code != 0 {
		notes = append(notes, fmt.Sprintf("exit code %d", t.Exit.Code))
	}
	return append(append(notes, endingNotes(t)...), t.Notes...)
}
