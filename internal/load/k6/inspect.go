package k6

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// Requirements is what `k6 inspect` says of a script.
type Requirements struct {
	Thresholds []record.Threshold // sorted
}

// ParseInspect reads the output of `k6 inspect`.
func ParseInspect(raw []byte) (Requirements, error) {
	var found struct {
		Thresholds map[string][]json.RawMessage `json:"thresholds"`
	}
	if err := json.Unmarshal(raw, &found); err != nil {
		return Requirements{}, fmt.Errorf("read what k6 says of the script: %w", err)
	}
	var r Requirements
	for _, metric := range slices.Sorted(maps.Keys(found.Thresholds)) {
		seen := map[string]bool{}
		for _, one := range found.Thresholds[metric] {
			t := record.Threshold{Metric: metric, Expression: expression(one)}
			if t.Expression == "" || !bounded(t) {
				return Requirements{}, fmt.Errorf("the threshold %.80s of %.80q is no expression of at most %d bytes", one, metric, maxName)
			}
			if !seen[t.Expression] {
				r.Thresholds = append(r.Thresholds, t)
			}
			seen[t.Expression] = true
		}
	}
	if len(r.Thresholds) > maxThresholds {
		return Requirements{}, fmt.Errorf("the script has %d thresholds, expected at most %d", len(r.Thresholds), maxThresholds)
	}
	return r, nil
}

// expression is a threshold written as text, or as an object with more options.
func expression(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return text
	}
	var object struct {
		Threshold string `json:"threshold"`
	}
	if json.Unmarshal(raw, &object) != nil {
		return ""
	}
	return object.Threshold
}
