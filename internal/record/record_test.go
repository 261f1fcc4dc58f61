package record_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

func TestCatalogHasEachMetricOnce(t *testing.T) {
	seen := map[record.MetricID]bool{}
	for _, m := range record.Catalog {
		if seen[m.ID] {
			t.Errorf("%s stands twice in the catalog", m.ID)
		}
		seen[m.ID] = true
		if m.Title == "" || m.Unit == "" || m.Direction == "" {
			t.Errorf("%s lacks a title, unit or direction: %+v", m.ID, m)
		}
		if got, ok := record.Lookup(m.ID); !ok || got != m {
			t.Errorf("Lookup(%s) = %+v, %v", m.ID, got, ok)
		}
	}
	if _, ok := record.Lookup("memroy.peak"); ok {
		t.Error("Lookup found a metric that does not exist")
	}
}

func TestWorst(t *testing.T) {
	for _, c := range []struct {
		in   []record.Verdict
		want record.Verdict
	}{
		{nil, record.None},
		{[]record.Verdict{record.None, record.Pass}, record.Pass},
		{[]record.Verdict{record.Pass, record.Inconclusive}, record.Inconclusive},
		{[]record.Verdict{record.Missing, record.Fail, record.Pass}, record.Fail},
		{[]record.Verdict{record.Inconclusive, record.Missing}, record.Missing},
	} {
		if got := record.Worst(c.in...); got != c.want {
			t.Errorf("Worst(%v) = %s, want %s", c.in, got, c.want)
		}
	}
}

// The shape other programs read: a key that vanishes or changes type breaks them.
func TestComparisonJSONContract(t *testing.T) {
	base, head, diff := 0.204, 0.262, 0.058
	grow := 0.15
	c := record.Comparison{
		Schema: record.ComparisonSchema, Verdict: record.Fail, Warnings: []string{},
		Services: []record.Service{{
			Name: "api", Verdict: record.Fail, Pairs: 12, Warnings: []string{},
			Base: record.Record{Image: "app:base", Digest: "sha256:1", Platform: "linux/amd64"},
			Metrics: []record.Change{{
				ID: record.StartupReady, Unit: record.UnitSeconds, Direction: record.Lower, N: 12,
				Base: &base, Head: &head, Difference: &diff,
				Ratio:  &record.Ratio{Ratio: 1.28, Low: 1.21, High: 1.36, Level: 0.98},
				Budget: &record.Budget{Grow: &grow, Floor: 0.02}, Verdict: record.Fail,
			}},
			Cost: &record.CostChange{Platform: "kubernetes", Currency: "USD", Base: 412, Head: 498, Low: 61, High: 104},
		}},
	}
	raw, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(raw, &got); err != nil {
		t.Fatal(err)
	}
	service := got["services"].([]any)[0].(map[string]any)
	metric := service["metrics"].([]any)[0].(map[string]any)
	want := map[string]any{
		"id": "startup.ready", "unit": "s", "direction": "lower", "n": 12.0, "base": 0.204, "head": 0.262,
		"difference": 0.058, "change": map[string]any{"ratio": 1.28, "low": 1.21, "high": 1.36, "level": 0.98},
		"budget": map[string]any{"grow": 0.15, "floor": 0.02}, "verdict": "fail", "note": "",
	}
	if d := cmp.Diff(want, metric); d != "" {
		t.Errorf("metric (-want +got):\n%s", d)
	}
	cost := service["cost"].(map[string]any)
	for key, want := range map[string]any{"platform": "kubernetes", "currency": "USD", "base": 412.0, "head": 498.0, "low": 61.0, "high": 104.0} {
		if cost[key] != want {
			t.Errorf("cost.%s = %v, want %v", key, cost[key], want)
		}
	}
	if got["schema"] != "plimsoll/comparison/v1" || got["verdict"] != "fail" {
		t.Errorf("schema %v, verdict %v", got["schema"], got["verdict"])
	}
}
