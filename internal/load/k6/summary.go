package k6

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// Bounds of what is kept of k6's output: a script can make metrics and
// thresholds without end.
const (
	MaxSummary    = 8 << 20 // bytes
	maxMetrics    = 200
	maxValues     = 16
	maxThresholds = 100
	maxName       = 200 // bytes of a name or expression
)

// CodeCrossed is k6's exit code when a threshold is crossed
// (https://github.com/grafana/k6/blob/v1.8.1/errext/exitcodes/codes.go).
const CodeCrossed = 99

// Outcome is what a run of k6 measured.
type Outcome struct {
	Load    record.LoadResult
	Metrics map[record.MetricID]float64
}

// ParseSummary reads what `k6 run --summary-export` wrote. Requests that k6
// counts as failed are errors; the others completed.
func ParseSummary(raw []byte, code int) (Outcome, error) {
	var found struct {
		Metrics map[string]map[string]json.RawMessage `json:"metrics"`
	}
	if err := json.Unmarshal(raw, &found); err != nil {
		return Outcome{}, fmt.Errorf("read k6's summary: %w", err)
	}
	if found.Metrics == nil {
		return Outcome{}, errors.New("read k6's summary: it has no metrics; expected the format of k6 0.30 to 1.8")
	}
	script := record.ScriptResult{Code: code, Metrics: map[string]map[string]float64{}}
	for _, name := range important(found.Metrics) {
		values := numbers(found.Metrics[name])
		if len(script.Metrics) < maxMetrics && len(name) <= maxName {
			script.Metrics[name] = values
		}
		for _, t := range crossings(name, found.Metrics[name]["thresholds"]) {
			if len(script.Thresholds) < maxThresholds {
				script.Thresholds = append(script.Thresholds, t)
			}
		}
	}
	return outcome(script), nil
}

// important lists the names with those first that hold thresholds or have no
// tags, so that a bound cuts off the least.
func important(metrics map[string]map[string]json.RawMessage) []string {
	rank := func(name string) int {
		_, gates := metrics[name]["thresholds"]
		switch {
		case gates:
			return 0
		case strings.HasPrefix(name, "http_req"):
			return 1
		case !strings.Contains(name, "{"):
			return 2
		}
		return 3
	}
	return slices.SortedFunc(maps.Keys(metrics), func(a, b string) int { return cmp.Or(rank(a)-rank(b), strings.Compare(a, b)) })
}

func numbers(raw map[string]json.RawMessage) map[string]float64 {
	values := map[string]float64{}
	for _, name := range slices.Sorted(maps.Keys(raw)) {
		var v float64
		if len(values) < maxValues && len(name) <= maxName && json.Unmarshal(raw[name], &v) == nil && !math.IsInf(v, 0) {
			values[name] = v
		}
	}
	return values
}

// crossings reads the thresholds of one metric. True says that one is crossed,
// which the name does not suggest
// (https://github.com/grafana/k6/blob/v1.8.1/internal/js/summary.go).
func crossings(metric string, raw json.RawMessage) []record.Threshold {
	var crossed map[string]bool
	if raw == nil || json.Unmarshal(raw, &crossed) != nil {
		return nil
	}
	var all []record.Threshold
	for _, expression := range slices.Sorted(maps.Keys(crossed)) {
		if t := (record.Threshold{Metric: metric, Expression: expression, Crossed: crossed[expression]}); bounded(t) {
			all = append(all, t)
		}
	}
	return all
}

func bounded(t record.Threshold) bool {
	return len(t.Metric) <= maxName && len(t.Expression) <= maxName
}

// outcome puts k6's numbers into our terms.
func outcome(script record.ScriptResult) Outcome {
	requests, failed, took := script.Metrics["http_reqs"], script.Metrics["http_req_failed"], script.Metrics["http_req_duration"]
	sent := int(max(0, min(requests["count"], 1e12)))
	wrong := int(math.Round(max(0, min(failed["value"], 1)) * float64(sent)))
	out := Outcome{
		Load: record.LoadResult{
			Offered: max(0, requests["rate"]), Sent: sent, Completed: sent - wrong, Errors: wrong,
			Mean: milliseconds(took["avg"]), Max: milliseconds(took["max"]), Script: &script,
		},
		Metrics: map[record.MetricID]float64{},
	}
	if sent == 0 || !(requests["rate"] > 1e-6) {
		return out
	}
	out.Load.Seconds = record.Seconds(float64(sent) / requests["rate"])
	out.Metrics[record.LoadErrors] = float64(wrong) / float64(sent)
	if out.Load.Completed == 0 {
		return out
	}
	out.Metrics[record.LoadRate] = float64(out.Load.Completed) / float64(out.Load.Seconds)
	for id, name := range map[record.MetricID]string{record.LoadP50: "med", record.LoadP95: "p(95)", record.LoadP99: "p(99)"} {
		if v, ok := took[name]; ok && v >= 0 {
			out.Metrics[id] = float64(milliseconds(v))
		}
	}
	return out
}

func milliseconds(v float64) record.Seconds { return record.Seconds(max(0, v) / 1000) }
