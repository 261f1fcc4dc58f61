package report

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// ladderColumns are the metrics of a step, in the order of the table. Empty
// columns are dropped.
var ladderColumns = []struct {
	title string
	id    record.MetricID
	unit  record.Unit
}{
	{"p50", record.LoadP50, record.UnitSeconds},
	{"p95", record.LoadP95, record.UnitSeconds},
	{"p99", record.LoadP99, record.UnitSeconds},
	{"answered", record.LoadRate, record.UnitPerSecond},
	{"errors", record.LoadErrors, record.UnitRatio},
	{"CPU", record.CPULoad, record.UnitCores},
	{"CPU per request", record.CPURequest, record.UnitCPUSeconds},
	{"peak memory", record.MemoryPeak, record.UnitBytes},
	{"startup", record.StartupReady, record.UnitSeconds},
}

// climber is an image on the ladder; its name is "" where there is only one.
type climber struct {
	name  string
	steps []record.Step
}

// ladderOf is the ladder of a record alone.
func ladderOf(r record.Record, m medium) section {
	return ladderSection([]climber{{"", r.Ladder}}, r.Setup, m)
}

// laddersOf are those of both sides in one table, step by step.
func laddersOf(s record.Service, m medium) section {
	setup := s.Head.Setup
	if setup == nil {
		setup = s.Base.Setup
	}
	return ladderSection([]climber{{"base", s.Base.Ladder}, {"head", s.Head.Ladder}}, setup, m)
}

func ladderSection(climbers []climber, setup *record.Setup, m medium) section {
	s := section{title: "concurrency ladder", thing: "row", columns: []column{{"virtual users", numbers}, {"image", words}}}
	for _, c := range ladderColumns {
		s.columns = append(s.columns, column{c.title, numbers})
	}
	boots := 0
	for _, climbed := range rungsOf(climbers) {
		boots = max(boots, climbed.step.Boots)
		s.rows = append(s.rows, stepRow(climbed.by, climbed.step, m))
		s.notes = append(s.notes, stepNotes(climbed.by, climbed.step, m)...)
	}
	s.sizes = make([]float64, len(s.rows))
	if len(s.rows) > 0 {
		s.notes = append(s.notes, ladderMethod(climbers, boots, setup))
	}
	return s.dense()
}

// rung is one step of one image.
type rung struct {
	by   string
	step record.Step
}

// rungsOf are the steps of all images by their numbers of users, upwards, and in
// the order of the images where they have the same.
func rungsOf(climbers []climber) []rung {
	var all []rung
	for _, c := range climbers {
		for _, step := range c.steps {
			all = append(all, rung{c.name, step})
		}
	}
	slices.SortStableFunc(all, func(a, b rung) int { return cmp.Compare(a.step.Users, b.step.Users) })
	return all
}

func stepRow(name string, step record.Step, m medium) []string {
	row := []string{count(float64(step.Users)), name}
	for _, c := range ladderColumns {
		text := ""
		if v, ok := step.Metrics[c.id]; ok {
			text = m.number(Value(c.id, c.unit, v.Value))
		}
		row = append(row, text)
	}
	return row
}

// stepNotes say what became of a step beyond its numbers. A failure is foreign
// text: it may quote what the image said.
func stepNotes(name string, step record.Step, m medium) []string {
	at := plural(step.Users, "virtual user")
	if name != "" {
		at = name + ", " + at
	}
	var notes []string
	if step.Failure != "" {
		notes = append(notes, fmt.Sprintf("%s: its ladder ends here, since after %s of the step it did not come through one: %s",
			at, plural(step.Boots, "boot"), m.prose(step.Failure, noteWidth)))
	}
	for _, n := range step.Notes {
		notes = append(notes, at+": "+m.prose(n, noteWidth))
	}
	return notes
}

// ladderMethod says how the steps were measured.
func ladderMethod(climbers []climber, boots int, setup *record.Setup) string {
	var length record.Seconds
	for _, c := range climbers {
		for _, step := range c.steps {
			length = max(length, step.For)
		}
	}
	text := fmt.Sprintf("medians of %s per step and image, %s of load each; ", plural(boots, "boot"), seconds.print(float64(length)))
	if len(climbers) > 1 {
		text += "the order of the images is random within a step; "
	}
	return text + "a user sends when its request before was answered" + thinking(setup) +
		", and latency counts from the send; no budget looks at the ladder"
}

func thinking(setup *record.Setup) string {
	if setup == nil || setup.Load.Think == 0 {
		return ""
	}
	return " and " + seconds.print(float64(setup.Load.Think)) + " of think time are over"
}
