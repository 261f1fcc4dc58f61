package report

import (
	"strings"
	"testing"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

func TestThresholdTitles(t *testing.T) {
	for id, want := range map[record.MetricID]string{
		"k6: http_req_duration p(95)<200":            "k6: http_req_duration p(95) < 200",
		"k6: checks{name:login} rate>=0.99":          "k6: checks{name:login} rate ≥ 0.99",
		"k6: errors count===0":                       "k6: errors count = 0",
		"k6: a<script>alert(1)</script> [x](y) `|*@": "k6: a < script > alert(1) < script > x(y)",
	} {
		if got := title(id); got != want {
			t.Errorf("%s is called %q, expected %q", id, got, want)
		}
	}
	long := title(record.MetricID("k6: " + strings.Repeat("x", 500)))
	if n := len([]rune(long)); n > 70 {
		t.Errorf("a title of %d characters", n)
	}
	if got := noun("k6: checks rate>0.9"); got != "k6's threshold checks rate > 0.9" {
		t.Errorf("in a sentence it is %q", got)
	}
	if got := title("k6: \x00"); strings.HasPrefix(got, "k6: ") {
		t.Errorf("nothing printable gave %q", got)
	}
}

func TestLoadByScriptInWords(t *testing.T) {
	load := record.Load{Script: &record.Script{File: "ci/test.js", K6: "k6 v1.8.1", Thresholds: make([]record.Threshold, 2)}}
	if got, want := offered(load), "ci/test.js by k6 v1.8.1, 2 thresholds; latency counts from the send, as k6 has it"; got != want {
		t.Errorf("got %q, expected %q", got, want)
	}
}
