package compare_test

import (
	"strings"
	"testing"

	"github.com/plimsoll-ci/plimsoll/internal/compare"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

var fast = record.Threshold{Metric: "http_req_duration", Expression: "p(95)<200"}

// scripted makes a record of boots that crossed the threshold (x), did not (.),
// or of which k6 said nothing (?).
func scripted(boots string) *record.Record {
	rec := &record.Record{Schema: record.RecordSchema, Image: "app", Trials: []record.Trial{{Pair: 0}}}
	for i, c := range boots {
		trial := record.Trial{Pair: i + 1, Metrics: map[record.MetricID]float64{record.MemoryPeak: 1}}
		if c != '?' {
			found := fast
			found.Crossed = c == 'x'
			trial.Load = &record.LoadResult{Script: &record.ScriptResult{Thresholds: []record.Threshold{found}}}
		}
		rec.Trials = append(rec.Trials, trial)
	}
	return rec
}

func TestThresholds(t *testing.T) {
	none, all := strings.Repeat(".", 8), strings.Repeat("x", 8)
	for _, c := range []struct {
		name, base, head string
		want             record.Verdict
		note             string
	}{
		{"kept", none, none, record.Pass, ""},
		{"crossed by head", none, all, record.Fail, "head crossed the threshold in 8 of 8 boots"},
		{"crossed by both", all, all, record.Pass, "not blamed on head"},
		{"kept by head again", all, none, record.Pass, ""},
		{"crossed now and then", none, "x.......", record.Inconclusive, "1 of 8 boots, which is neither"},
		{"crossed mostly", none, "xxxxxxx.", record.Inconclusive, "7 of 8 boots, which is neither"},
		{"base seems to", "xxxxx...", all, record.Inconclusive, "base seems to as well"},
		{"settled later", strings.Repeat(".", 12), "x...........", record.Pass, ""},
		{"crossed mostly, in the end", strings.Repeat(".", 16), "xxxxxxx.xxxxxxxx", record.Fail, "11 of 12 boots"},
		{"too few", "...", "xxx", record.Inconclusive, "only 3 of the 8 pairs"},
		{"silent", none, "????????", record.Missing, "head gave no value in any of 8 pairs"},
		{"silent once", none, ".......?", record.Missing, "head gave no value in 1 of 8 pairs"},
		{"crossed but silent once", strings.Repeat(".", 12), "xxxxxxxxxxx?", record.Fail, "8 of 8"},
		{"no boots", "", "", record.Missing, "no pair of boots was completed"},
	} {
		in := compare.Input{Name: "api", Base: scripted(c.base), Head: scripted(c.head), Thresholds: []record.Threshold{fast}}
		row, found := thresholdRow(compare.Service(in))
		if !found || row.Verdict != c.want || !strings.Contains(row.Note, c.note) {
			t.Errorf("%s: %s %q, expected %s %q", c.name, row.Verdict, row.Note, c.want, c.note)
		}
	}
}

func thresholdRow(s record.Service) (record.Change, bool) {
	for _, row := range s.Metrics {
		if row.ID == "k6: http_req_duration p(95)<200" {
			return row, true
		}
	}
	return record.Change{}, false
}

func TestThresholdRowsShowShares(t *testing.T) {
	in := compare.Input{Name: "api", Base: scripted("x......."), Head: scripted("xx......"), Thresholds: []record.Threshold{fast}}
	row, _ := thresholdRow(compare.Service(in))
	if row.N != 8 || *row.Base != 0.125 || *row.Head != 0.25 || *row.Difference != 0.125 || *row.Budget.Max != 0.5 || row.Unit != record.UnitRatio {
		t.Errorf("got %+v", row)
	}
}

// A script is as good a reason as a budget to go on until its bounds are decided.
func TestThresholdsKeepARunGoing(t *testing.T) {
	in := compare.Input{Name: "api", Base: scripted("........"), Head: scripted("xxxx...."), Thresholds: []record.Threshold{fast}}
	if compare.Decided(in) {
		t.Error("decided, although head crosses its threshold in half of its boots")
	}
	in.Head = scripted("xxxxxxxx")
	if !compare.Decided(in) {
		t.Error("not decided, although head crosses its threshold in every boot")
	}
}

// Thresholds share the family of Holm's procedure with the budgets: three
// hypotheses cannot be rejected by 8 pairs.
func TestThresholdsJoinTheFamily(t *testing.T) {
	in := compare.Input{Name: "api", Base: scripted("........"), Head: scripted("xxxxxxxx"), Thresholds: []record.Threshold{fast}, Others: 2}
	if row, _ := thresholdRow(compare.Service(in)); row.Verdict != record.Inconclusive || !strings.Contains(row.Note, "only 8 of the 10 pairs") {
		t.Errorf("%s %q", row.Verdict, row.Note)
	}
}

func TestThresholdsArePredicted(t *testing.T) {
	in := compare.Input{Name: "api", Base: scripted("......"), Head: scripted("x....."), Thresholds: []record.Threshold{fast}}
	if got := compare.Predict(in); got.Look < 8 {
		t.Errorf("got %+v, expected one of the looks", got)
	}
}
