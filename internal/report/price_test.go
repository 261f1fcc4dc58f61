package report_test

import (
	"strings"
	"testing"

	"github.com/plimsoll-ci/plimsoll/internal/record"
	"github.com/plimsoll-ci/plimsoll/internal/report"
)

// What a user's book changed, and what nobody has verified, can be seen in every
// form of the report.
func TestPricesTellTheirStory(t *testing.T) {
	c := costOnly()
	detail := &c.Services[0].Cost.Detail
	detail.Prices = []record.PriceUsed{
		{Key: "gce.run.idle.gb_second", Value: 0.0000025, Unit: "USD/GB-s", Source: "https://example.org", AsOf: "2026-03-01", Grade: "U"},
		{Key: "node.aws.m7i.large", Value: 0.072576, Unit: "USD/h", Source: "prices.yml", Grade: "own", List: 0.1008, Reason: "28 % off: savings plan"},
	}
	page, err := report.HTML(c, report.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"markdown": string(report.Markdown(c, report.Options{})), "terminal": string(report.Terminal(c, report.Options{Width: 200})), "html": string(page),
	} {
		text = strings.NewReplacer("`", "", "\u00a0", " ", "<code>", "", "</code>", "").Replace(text)
		for _, want := range []string{"gce.run.idle.gb_second †", "† unverified price", "instead of 0.1008: 28 % off: savings plan"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s lacks %q", name, want)
			}
		}
		if strings.Contains(text, "as of ,") {
			t.Errorf("%s has a day that nobody gave", name)
		}
	}
}
