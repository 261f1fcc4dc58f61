package k6_test

import (
	"encoding/json"
	"math"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/plimsoll-ci/plimsoll/internal/load/k6"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// The files of testdata are what k6 1.8.1 wrote of one script.
func read(t testing.TB, name string) []byte {
	t.Helper()
	body, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

func TestParseSummary(t *testing.T) {
	got, err := k6.ParseSummary(read(t, "summary.json"), k6.CodeCrossed)
	if err != nil {
		t.Fatal(err)
	}
	script := got.Load.Script
	wantThresholds := []record.Threshold{
		{Metric: "checks", Expression: "rate>0.9"},
		{Metric: "http_req_duration", Expression: "avg<0.0001", Crossed: true},
		{Metric: "http_req_duration", Expression: "p(95)<200"},
		{Metric: "http_req_failed{name:x}", Expression: "rate<0.01"},
	}
	if d := cmp.Diff(wantThresholds, script.Thresholds); d != "" {
		t.Errorf("thresholds (-want +got):\n%s", d)
	}
	if got.Load.Sent != 1193 || got.Load.Completed != 1193 || got.Load.Errors != 0 || script.Code != 99 {
		t.Errorf("load is %+v", got.Load)
	}
	for id, want := range map[record.MetricID]float64{
		record.LoadP50: 0.00135572, record.LoadP95: 0.0024150038, record.LoadP99: 0.0033232151599, record.LoadErrors: 0, record.LoadRate: 1190.969,
	} {
		if v, ok := got.Metrics[id]; !ok || math.Abs(v-want) > 1e-6*max(1, want) {
			t.Errorf("%s is %v, expected %v", id, v, want)
		}
	}
	if script.Metrics["http_req_waiting"]["p(99)"] != 2.969606479999994 || script.Metrics["checks"]["thresholds"] != 0 {
		t.Errorf("metrics are %v", script.Metrics)
	}
}

func TestParseSummaryOfFailures(t *testing.T) {
	got, err := k6.ParseSummary([]byte(`{"metrics": {"http_reqs": {"count": 40, "rate": 20}, "http_req_failed": {"value": 0.25},
		"http_req_duration": {"avg": 2, "med": 1, "p(95)": 5, "max": 6}}}`), 0)
	if err != nil || got.Load.Completed != 30 || got.Load.Errors != 10 || got.Metrics[record.LoadErrors] != 0.25 || got.Metrics[record.LoadRate] != 15 {
		t.Errorf("got %+v, %v", got, err)
	}
	all, err := k6.ParseSummary([]byte(`{"metrics": {"http_reqs": {"count": 4, "rate": 2}, "http_req_failed": {"value": 1}, "http_req_duration": {"med": 1}}}`), 0)
	if _, told := all.Metrics[record.LoadP50]; err != nil || told || all.Metrics[record.LoadErrors] != 1 {
		t.Errorf("where every request failed: %+v, %v", all, err)
	}
	none, err := k6.ParseSummary([]byte(`{"metrics": {}}`), 0)
	if err != nil || len(none.Metrics) != 0 || none.Load.Sent != 0 {
		t.Errorf("without requests: %+v, %v", none, err)
	}
}

func TestParseSummaryRefuses(t *testing.T) {
	for _, raw := range []string{"", "[]", "{}", `{"metrics": 3}`, `{"results": {"metrics": []}}`} {
		if got, err := k6.ParseSummary([]byte(raw), 0); err == nil {
			t.Errorf("%q gave %+v", raw, got)
		}
	}
}

func TestParseInspect(t *testing.T) {
	got, err := k6.ParseInspect(read(t, "inspect.json"))
	want := []record.Threshold{
		{Metric: "checks", Expression: "rate>0.9"},
		{Metric: "http_req_duration", Expression: "p(95)<200"}, {Metric: "http_req_duration", Expression: "avg<0.0001"},
		{Metric: "http_req_failed{name:x}", Expression: "rate<0.01"},
	}
	if d := cmp.Diff(want, got.Thresholds); d != "" || err != nil {
		t.Errorf("%v, thresholds (-want +got):\n%s", err, d)
	}
	object, err := k6.ParseInspect([]byte(`{"thresholds": {"checks": [{"threshold": "rate>0.5", "abortOnFail": true}, "rate>0.5"]}}`))
	if d := cmp.Diff([]record.Threshold{{Metric: "checks", Expression: "rate>0.5"}}, object.Thresholds); d != "" || err != nil {
		t.Errorf("%v, (-want +got):\n%s", err, d)
	}
	for _, raw := range []string{"", `{"thresholds": {"a": [""]}}`, `{"thresholds": {"a": [3]}}`, `{"thresholds": {"a": "b"}}`} {
		if got, err := k6.ParseInspect([]byte(raw)); err == nil {
			t.Errorf("%q gave %+v", raw, got)
		}
	}
}

// What a script makes k6 write must fit into a record, whatever it is.
func FuzzSummary(f *testing.F) {
	f.Add(read(f, "summary.json"))
	f.Add([]byte(`{"metrics": {"http_reqs": {"count": -1e308, "rate": 1e-308}, "http_req_failed": {"value": 7}, "a": {"thresholds": {"x": true}, "p": 1e999}}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		got, err := k6.ParseSummary(raw, 0)
		if err != nil {
			return
		}
		if _, err := json.Marshal(got); err != nil {
			t.Errorf("cannot be written: %v", err)
		}
		if len(got.Load.Script.Metrics) > 200 || len(got.Load.Script.Thresholds) > 100 || got.Load.Completed < 0 || got.Load.Errors < 0 {
			t.Errorf("got %+v", got.Load)
		}
	})
}

func FuzzInspect(f *testing.F) {
	f.Add(read(f, "inspect.json"))
	f.Add([]byte(`{"thresholds": {"a": [{"threshold": "b"}], "": ["c"]}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		got, err := k6.ParseInspect(raw)
		if err == nil && len(got.Thresholds) > 100 {
			t.Errorf("%d thresholds", len(got.Thresholds))
		}
	})
}
