package report_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/plimsoll-ci/plimsoll/internal/record"
	"github.com/plimsoll-ci/plimsoll/internal/report"
)

func selfTest() record.SelfTest {
	s := service("api", record.Change{ID: record.StartupReady, Unit: record.UnitSeconds, Verdict: record.Fail})
	s.Warnings = []string{"2 of 26 pairs do not count; the first: stolen CPU time\x1b[2J"}
	s.Pairs = 24
	none, ten := 0.0, 0.1
	seen, over := 0.021, 0.125
	cores, floored := 0.0004, 0.0051
	return record.SelfTest{
		Schema: record.SelfTestSchema, Tool: "plimsoll 0.1.0", Service: s,
		Alarms: []record.Alarm{
			{Grow: &none, Metrics: []record.MetricID{record.StartupReady, record.MemoryPeak}, Runs: 10000, Fails: 241, Rate: 0.0241, Bound: 0.0268, Level: 0.95},
			{Grow: &ten, Metrics: []record.MetricID{record.StartupReady, record.MemoryPeak}, Runs: 10000, Bound: 0.0003, Level: 0.95},
			{Metrics: []record.MetricID{record.CPUIdle}, Runs: 10000, Bound: 0.0003, Level: 0.95},
		},
		Metrics: []record.Sensitivity{
			{ID: record.StartupReady, Unit: record.UnitSeconds, Pairs: 24, Ratio: true, Noise: 0.04, Smallest: []record.SmallestEffect{
				{Budget: record.Budget{Grow: &none}, Effect: &seen}, {Budget: record.Budget{Grow: &ten, Floor: 0.02}, Effect: &over},
			}},
			{ID: record.CPUIdle, Unit: record.UnitCores, Pairs: 24, Noise: 0.0002, Smallest: []record.SmallestEffect{
				{Budget: record.Budget{Grow: &none}, Effect: &cores}, {Budget: record.Budget{Grow: &none, Floor: 0.005}, Effect: &floored},
			}},
			{ID: record.CPURequest, Unit: record.UnitCPUSeconds, Pairs: 24, Ratio: true, Noise: 0.9, Smallest: []record.SmallestEffect{
				{Budget: record.Budget{Grow: &none}}, {Budget: record.Budget{Grow: &ten}},
			}},
		},
		Noise: record.Disturbance{
			Sampler: "cgroup v2", SamplerGap: 0.0231, Steal: record.Extent{Median: 0.001, Worst: 0.012},
			Others: &record.Extent{Median: 0.02, Worst: 0.11}, Lag: record.Extent{Median: 0.0004, Worst: 0.002}, Voided: 2,
		},
	}
}

func TestSelfTestTerminal(t *testing.T) {
	compare(t, "selftest.txt.golden", report.SelfTestTerminal(selfTest(), report.Options{}))
	quiet := selfTest()
	quiet.Service.Metrics, quiet.Service.Verdict, quiet.Alarms, quiet.Metrics = nil, record.Missing, nil, nil
	quiet.Noise = record.Disturbance{}
	got := string(report.SelfTestTerminal(quiet, report.Options{}))
	if strings.Contains(got, "False alarms") || !strings.Contains(got, "memory and CPU come from: nowhere") {
		t.Errorf("nothing measured:\n%s", got)
	}
}

func TestSelfTestJSON(t *testing.T) {
	want := selfTest()
	raw, err := report.SelfTestJSON(want)
	if err != nil {
		t.Fatal(err)
	}
	var got record.SelfTest
	if err := json.Unmarshal(raw, &got); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want.Metrics, got.Metrics); d != "" {
		t.Errorf("metrics (-want +got):\n%s", d)
	}
	empty, err := report.SelfTestJSON(record.SelfTest{})
	if err != nil || strings.Contains(string(empty), `"alarms": null`) || strings.Contains(string(empty), `"metrics": null`) {
		t.Errorf("%v\n%s", err, empty)
	}
	want.Metrics[0].Noise = math.NaN()
	if _, err := report.SelfTestJSON(want); err == nil || !strings.Contains(err.Error(), "metrics[0].noise") {
		t.Errorf("NaN: %v", err)
	}
}
