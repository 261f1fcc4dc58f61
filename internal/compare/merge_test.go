package compare_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/plimsoll-ci/plimsoll/internal/compare"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// leg is the comparison that one job of a matrix saved.
func leg(services ...record.Service) record.Comparison {
	c := compare.Run(services)
	c.Tool, c.Config, c.OnInconclusive = "plimsoll 1.0", "plimsoll.yml", record.Pass
	c.Created = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	return c
}

// judged is a service with a metric for each verdict.
func judged(name string, verdicts ...record.Verdict) record.Service {
	side := record.Record{Schema: record.RecordSchema, Image: name, Layers: []record.Layer{}, Warnings: []string{}, Metrics: map[record.MetricID]record.Measured{}}
	s := record.Service{Name: name, Verdict: record.None, Warnings: []string{}, Base: side, Head: side, Metrics: []record.Change{}}
	for i, v := range verdicts {
		m := record.Catalog[6+i] // not the exact ones
		change := record.Change{ID: m.ID, Unit: m.Unit, Direction: m.Direction, Verdict: v, Line: 10 + i}
		if v != record.None {
			change.Budget = &record.Budget{Grow: new(0.1)}
		}
		s.Metrics, s.Verdict = append(s.Metrics, change), record.Worst(s.Verdict, v)
	}
	return s
}

// shape is what a reader sees first.
func shape(c record.Comparison) []string {
	all := []string{string(c.Verdict)}
	for _, s := range c.Services {
		all = append(all, s.Name+" "+string(s.Verdict))
	}
	return all
}

func TestMergeIsInTheExpectedOrder(t *testing.T) {
	legs := []record.Comparison{leg(judged("web", record.Pass)), leg(judged("extra", record.None)), leg(judged("api", record.Fail), judged("bot", record.Pass))}
	want := []string{"fail", "api fail", "web pass", "bot pass", "extra none"}
	for range 6 {
		legs = append(legs[1:], legs[0])
		slices.Reverse(legs)
		c := compare.Merge(legs, []string{"api", "web"})
		if d := cmp.Diff(want, shape(c)); d != "" || len(c.Warnings) > 0 {
			t.Errorf("warnings %q (-want +got):\n%s", c.Warnings, d)
		}
		if c.Config != "plimsoll.yml" || c.OnInconclusive != record.Pass || c.Tool != "plimsoll 1.0" || c.Created.IsZero() {
			t.Errorf("%q, %s, %q, %v", c.Config, c.OnInconclusive, c.Tool, c.Created)
		}
	}
}

func TestMergeNamesMissingLegs(t *testing.T) {
	c := compare.Merge([]record.Comparison{leg(judged("api", record.Pass))}, []string{"api", "web"})
	if d := cmp.Diff([]string{"missing", "api pass", "web missing"}, shape(c)); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if w := c.Services[1].Warnings; len(w) != 1 || !strings.Contains(w[0], "no comparison of it was found") {
		t.Errorf("warnings %q", w)
	}
	for _, nothing := range [][]record.Comparison{nil, {leg()}} {
		c := compare.Merge(nothing, nil)
		if c.Verdict != record.Missing || !slices.Contains(c.Warnings, "nothing was compared") {
			t.Errorf("nothing at all is %s, %q", c.Verdict, c.Warnings)
		}
	}
}

// A leg that ended before it had anything to compare says why.
func TestMergeKeepsWhatLegsTell(t *testing.T) {
	broken := leg()
	broken.Verdict, broken.Incomplete, broken.Warnings = record.Missing, true, []string{"no such image"}
	c := compare.Merge([]record.Comparison{leg(judged("api", record.Pass)), broken, broken}, nil)
	if c.Verdict != record.Missing || !cmp.Equal(c.Warnings, []string{"no such image"}) {
		t.Errorf("verdict %s, warnings %q", c.Verdict, c.Warnings)
	}
	before := leg(judged("web", record.Fail))
	before.Incomplete, before.Warnings = true, []string{"the engine was lost"}
	c = compare.Accept(compare.Merge([]record.Comparison{before}, nil), record.Acceptance{By: "me"})
	if c.Verdict != record.Missing || c.Services[0].Verdict != record.Accepted {
		t.Errorf("what is missing is %s once the rest is accepted, its service %s", c.Verdict, c.Services[0].Verdict)
	}
}

func TestMergeKeepsTheGraverOfTwo(t *testing.T) {
	for _, legs := range [][]record.Comparison{
		{leg(judged("api", record.Pass)), leg(judged("api", record.Missing))},
		{leg(judged("api", record.Missing)), leg(judged("api", record.Pass))},
	} {
		c := compare.Merge(legs, nil)
		if c.Verdict != record.Missing || len(c.Services) != 1 || len(c.Warnings) != 1 || !strings.Contains(c.Warnings[0], "twice") {
			t.Errorf("%q, warnings %q", shape(c), c.Warnings)
		}
	}
}

func TestMergeOfTwoAlikeCallsNoneGraver(t *testing.T) {
	same := leg(judged("api", record.Pass))
	c := compare.Merge([]record.Comparison{same, same}, nil)
	if want := "service api was compared twice, both times with the verdict pass: the first one is shown"; len(c.Warnings) != 1 || c.Warnings[0] != want {
		t.Errorf("warnings %q, want %q", c.Warnings, want)
	}
}

func TestMergeOfDifferentRuns(t *testing.T) {
	a, b := leg(judged("api", record.Inconclusive)), leg(judged("web", record.Pass))
	b.Tool, b.Config, b.OnInconclusive = "", "web/plimsoll.yml", record.Fail
	c := compare.Merge([]record.Comparison{a, b}, nil)
	if want := []string{"the services were measured by different versions: api by plimsoll 1.0; web by an unknown version"}; !cmp.Equal(c.Warnings, want) {
		t.Errorf("warnings %q", c.Warnings)
	}
	if c.Config != "" || c.Services[0].Config != "plimsoll.yml" || c.Services[1].Config != "web/plimsoll.yml" {
		t.Errorf("configurations %q, %q, %q", c.Config, c.Services[0].Config, c.Services[1].Config)
	}
	if c.OnInconclusive != record.Fail {
		t.Errorf("inconclusive counts as %s, want the strictest", c.OnInconclusive)
	}
	a.OnInconclusive, b.OnInconclusive = record.Neutral, record.Neutral
	if c := compare.Merge([]record.Comparison{a, b}, nil); c.OnInconclusive != record.Neutral {
		t.Errorf("inconclusive counts as %s, want neutral, as all ask for", c.OnInconclusive)
	}
	b.OnInconclusive = ""
	if c := compare.Merge([]record.Comparison{a, b}, nil); c.OnInconclusive != "" {
		t.Errorf("inconclusive counts as %s, want a pass where one says nothing", c.OnInconclusive)
	}
}

func TestAccept(t *testing.T) {
	by := record.Acceptance{By: "octocat", Label: "plimsoll: accept", Head: "cafe", At: time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)}
	fails := leg(judged("api", record.Fail, record.Pass, record.Inconclusive), judged("web", record.Pass, record.Fail))
	c := compare.Accept(fails, by)
	if d := cmp.Diff([]string{"inconclusive", "api inconclusive", "web accepted"}, shape(c)); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	by.Metrics = []string{"api startup.ready", "web startup.cpu"}
	if d := cmp.Diff(&by, c.Accepted); d != "" {
		t.Errorf("signed off (-want +got):\n%s", d)
	}
	if fails.Verdict != record.Fail || fails.Services[0].Metrics[0].Verdict != record.Fail {
		t.Error("Accept changed what it was given")
	}
	fails.OnInconclusive = record.Fail
	if c = compare.Accept(fails, by); c.Verdict != record.Accepted || len(c.Accepted.Metrics) != 3 {
		t.Errorf("where inconclusive fails it is %s, %q", c.Verdict, c.Accepted.Metrics)
	}
	if d := cmp.Diff(shape(leg(judged("api", record.Fail))), shape(compare.Withdraw(compare.Accept(leg(judged("api", record.Fail)), by)))); d != "" {
		t.Errorf("withdrawn (-want +got):\n%s", d)
	}
	holds := leg(judged("api", record.Pass, record.Inconclusive))
	if c := compare.Accept(holds, by); c.Accepted != nil || c.Verdict != record.Inconclusive {
		t.Errorf("nothing to sign off, and yet %s by %+v", c.Verdict, c.Accepted)
	}
}

func TestMissingIsNeverAccepted(t *testing.T) {
	early := judged("api", record.Fail)
	early.Incomplete = true // its measurement broke off, and a fail is graver
	for _, s := range []record.Service{judged("api", record.Fail, record.Missing), judged("api", record.Missing), early} {
		c := compare.Accept(leg(s), record.Acceptance{By: "octocat"})
		if c.Verdict != record.Missing || c.Services[0].Verdict != record.Missing {
			t.Errorf("%+v accepted is %q", s.Verdict, shape(c))
		}
	}
}

var verdicts = rapid.SampledFrom([]record.Verdict{record.Pass, record.Fail, record.Inconclusive, record.None, record.Missing})

// Whatever is joined, signed off and withdrawn can be saved and read again.
func TestMergedAndAcceptedParse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var legs []record.Comparison
		for range rapid.IntRange(0, 5).Draw(t, "legs") {
			var services []record.Service
			for range rapid.IntRange(0, 3).Draw(t, "services") {
				name := rapid.SampledFrom([]string{"a", "b", "c", "d"}).Draw(t, "name")
				s := judged(name, rapid.SliceOfN(verdicts, 0, 4).Draw(t, "verdicts")...)
				if s.Incomplete = rapid.Bool().Draw(t, "broke off"); s.Incomplete {
					s.Verdict = record.Worst(s.Verdict, record.Missing)
				}
				services = append(services, s)
			}
			c := leg(services...)
			c.OnInconclusive = rapid.SampledFrom([]record.Verdict{"", record.Pass, record.Fail, record.Neutral}).Draw(t, "on inconclusive")
			legs = append(legs, c)
		}
		merged := compare.Merge(legs, rapid.SliceOfDistinct(rapid.SampledFrom([]string{"a", "b", "x"}), rapid.ID[string]).Draw(t, "expected"))
		accepted := compare.Accept(merged, record.Acceptance{By: "me", Label: "yes"})
		for _, c := range []record.Comparison{merged, accepted, compare.Withdraw(accepted)} {
			raw, err := json.Marshal(c)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := record.ParseComparison(raw); err != nil {
				t.Fatalf("%v\n%s", err, raw)
			}
		}
		if n := count(accepted, record.Fail); n > 0 {
			t.Fatalf("%d budgets still fail", n)
		}
		if before, after := count(merged, record.Missing), count(accepted, record.Missing); before != after {
			t.Fatalf("%d missing before, %d after", before, after)
		}
	})
}

// count is the number of metrics with a verdict.
func count(c record.Comparison, v record.Verdict) (n int) {
	for _, s := range c.Services {
		for _, m := range s.Metrics {
			if m.Verdict == v {
				n++
			}
		}
	}
	return n
}
