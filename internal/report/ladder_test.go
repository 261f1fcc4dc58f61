package report_test

import (
	"strings"
	"testing"

	"github.com/plimsoll-ci/plimsoll/internal/record"
	"github.com/plimsoll-ci/plimsoll/internal/report"
)

// rung is a step with metrics that grow with the users.
func rung(users int, factor float64) record.Step {
	n := float64(users)
	one := func(unit record.Unit, v float64) record.Measured {
		return record.Measured{Unit: unit, Value: v, Values: []float64{v * 0.9, v, v * 1.1}}
	}
	return record.Step{Users: users, For: 2, Boots: 3, Metrics: map[record.MetricID]record.Measured{
		record.LoadP50: one(record.UnitSeconds, 0.0008*factor), record.LoadP95: one(record.UnitSeconds, 0.0001*n*factor),
		record.LoadP99: one(record.UnitSeconds, 0.0003*n*factor), record.LoadRate: one(record.UnitPerSecond, 40*n/factor),
		record.LoadErrors: one(record.UnitRatio, 0), record.CPULoad: one(record.UnitCores, 0.004*n*factor),
		record.CPURequest: one(record.UnitCPUSeconds, 0.0001*factor), record.MemoryPeak: one(record.UnitBytes, 20e6+1e5*n*factor),
		record.StartupReady: one(record.UnitSeconds, 0.0213*factor),
	}}
}

// climbed is the failing service with a ladder that head does not climb to its end.
func climbed() record.Comparison {
	c := failing()
	s := &c.Services[0]
	s.Base.Ladder = []record.Step{rung(10, 1), rung(50, 1), rung(100, 1)}
	s.Head.Ladder = []record.Step{rung(10, 1.2), rung(50, 1.3), {
		Users: 100, For: 2, Boots: 1, Metrics: rung(100, 3).Metrics,
		Failure: "boot head (app:head): the app was killed 1.20 s after its start\n::error::<b>pwned</b>",
	}}
	s.Base.Ladder[1].Notes = []string{"1 of 3 boots were disturbed from outside the pod: other programs"}
	load := &s.Head.Setup.Load
	load.Think, load.Protocol = 0.1, record.H2C
	load.Stages = []record.Stage{{For: 1, Rate: 50}, {For: 2, Users: 50}}
	load.Requests[1].Expect = []int{200, 201}
	return c
}

func TestLadder(t *testing.T) {
	c := climbed()
	forPeople(t, "ladder", c)
	r := c.Services[0].Base
	compare(t, "ladder-record.txt.golden", report.RecordTerminal(r, report.Options{Width: 120}))
	compare(t, "ladder-record.md.golden", report.RecordMarkdown(r, report.Options{}))
	for name, make := range map[string]func() ([]byte, error){
		"comparison": func() ([]byte, error) { return report.HTML(c, report.Options{}) },
		"record":     func() ([]byte, error) { return report.RecordHTML(r) },
	} {
		page, err := make()
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"<h4>Concurrency ladder</h4>", "virtual users</th>", "CPU per request</th>", "no budget looks at the ladder"} {
			if !strings.Contains(string(page), want) {
				t.Errorf("the page of the %s lacks %q", name, want)
			}
		}
		if strings.Contains(string(page), "<b>pwned") {
			t.Errorf("the page of the %s has foreign HTML", name)
		}
	}
}

// Without one, no report mentions a ladder.
func TestNoLadder(t *testing.T) {
	c := failing()
	page, err := report.HTML(c, report.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range [][]byte{page, report.Markdown(c, pull()), report.Terminal(c, report.Options{})} {
		if strings.Contains(strings.ToLower(string(text)), "ladder") {
			t.Errorf("a report without a ladder mentions one:\n%s", text)
		}
	}
}
