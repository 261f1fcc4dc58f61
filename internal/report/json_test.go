package report_test

import (
	"encoding/json"
	"math"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/plimsoll-ci/plimsoll/internal/record"
	"github.com/plimsoll-ci/plimsoll/internal/report"
)

func TestJSONRoundTrip(t *testing.T) {
	want := failing()
	raw, err := report.JSON(want)
	if err != nil {
		t.Fatal(err)
	}
	if raw[len(raw)-1] != '\n' {
		t.Error("no newline at the end")
	}
	var got record.Comparison
	if err := json.Unmarshal(raw, &got); err != nil {
		t.Fatal(err)
	}
	again, err := report.JSON(got)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(raw), string(again)); d != "" {
		t.Errorf("written twice (-first +second):\n%s", d)
	}
}

// Programs iterate over the lists: null would break them.
func TestJSONListsAreNeverNull(t *testing.T) {
	c := comparison(record.Service{Name: "empty", Growth: &record.Growth{}, Base: record.Record{Contents: &record.Contents{}}})
	raw, err := report.JSON(c)
	if err != nil {
		t.Fatal(err)
	}
	if regexp.MustCompile(`"(warnings|metrics|layers|packages|unowned|files|waste|advice)": null`).Match(raw) {
		t.Errorf("null for a list:\n%s", raw)
	}
	if c.Services[0].Warnings != nil || c.Services[0].Growth.Files != nil || c.Services[0].Base.Contents.Files != nil {
		t.Error("JSON changed the comparison it was given")
	}
}

func TestJSONNamesTheFieldThatIsNotFinite(t *testing.T) {
	for want, spoil := range map[string]func(*record.Comparison){
		"services[0].metrics[2].head is NaN":                             func(c *record.Comparison) { c.Services[0].Metrics[2].Head = f(math.NaN()) },
		"services[0].cost.low is -Inf":                                   func(c *record.Comparison) { c.Services[0].Cost.Low = math.Inf(-1) },
		`services[0].base.metrics["startup.ready"].values[3] is +Inf`:    func(c *record.Comparison) { c.Services[0].Base.Metrics[record.StartupReady].Values[3] = math.Inf(1) },
		"services[0].head.trials[4].memory.at[1] is NaN":                 func(c *record.Comparison) { c.Services[0].Head.Trials[4].Memory.At[1] = record.Seconds(math.NaN()) },
		"services[0].head.setup.limits.cpus is NaN, expected a finite n": func(c *record.Comparison) { c.Services[0].Head.Setup.Limits.CPUs = math.NaN() },
	} {
		c := failing()
		spoil(&c)
		if _, err := report.JSON(c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want it to say %q", err, want)
		}
	}
}

func TestRecordJSON(t *testing.T) {
	raw, err := report.RecordJSON(record.Record{Schema: record.RecordSchema, Image: "app"})
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(raw, &got); err != nil {
		t.Fatal(err)
	}
	if got["schema"] != "plimsoll/record/v1" || got["layers"] == nil || got["metrics"] == nil || got["warnings"] == nil {
		t.Errorf("record:\n%s", raw)
	}
	_, err = report.RecordJSON(record.Record{Metrics: map[record.MetricID]record.Measured{record.MemoryPeak: {Value: math.NaN()}}})
	if err == nil || !strings.Contains(err.Error(), `record as JSON: metrics["memory.peak"].value is NaN`) {
		t.Errorf("error %v", err)
	}
}
