package report_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/plimsoll-ci/plimsoll/internal/record"
	"github.com/plimsoll-ci/plimsoll/internal/report"
)

// The page is what html/template makes of the same templates and the same data.
func TestPageIsThatOfTheStandardLibrary(t *testing.T) {
	for name, c := range map[string]record.Comparison{
		"fail": failing(), "pass": passing(), "inconclusive": undecided(), "missing": missing(), "none": unbudgeted(), "cost": costOnly(),
		"static": static(), "hostile": hostile(), "several": severalServices(), "nothing": comparison(), "grown": grown(), "swapped": swapped(),
	} {
		for i := range c.Services {
			if c.Services[i].Base.Metrics != nil && c.Services[i].Head.Metrics != nil {
				c.Services[i] = booted(c.Services[i])
			}
		}
		parts, err := report.RenderBoth(c, pull())
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for _, p := range parts {
			if d := cmp.Diff(p.Theirs, p.Ours); d != "" {
				t.Errorf("%s, %s (-html/template +ours):\n%s", name, p.Name, d)
			}
		}
	}
}
