package report_test

import (
	"strings"
	"testing"

	"github.com/plimsoll-ci/plimsoll/internal/record"
	"github.com/plimsoll-ci/plimsoll/internal/report"
)

func memoryFails(name string) record.Service {
	return service(name, budget(sampled(record.MemoryPeak, 182<<20, 206<<20, record.Fail), record.Budget{Grow: f(0.1)}))
}

// The first line is all that many people read.
func TestHeadline(t *testing.T) {
	cheaper := priced(memoryFails("api"), 412, 326, -104, -61)
	noise := priced(memoryFails("api"), 412, 414, -9, 13)
	allPass := passing().Services[0]
	dearerPass := priced(allPass, 412, 422, 8, 12)
	otherwise := priced(allPass, 412, 326, -104, -61)
	lighter := service("api", sampled(record.MemoryPeak, 100, 40, record.None))
	otherwise.OtherWork, lighter.OtherWork = true, true
	free := priced(service("api"), 0, 5, 4, 6)
	euro := priced(memoryFails("api"), 412, 498, 61, 104)
	euro.Cost.Currency = "EUR"
	unbounded := priced(service("api", sampled(record.MemoryPeak, 1, 2, record.None)), 412, 498, 86, 86)
	unbounded.Cost.Level = 0
	pennies := priced(unbudgeted().Services[0], 49.5448, 49.54, -0.0048, -0.0048)
	leaner := priced(service("api", budget(sampled(record.MemoryPeak, 100, 40, record.Pass), record.Budget{Grow: f(0.1)})), 49.5448, 49.54, -0.0048, -0.0048)
	crashed := service("api")
	crashed.Verdict = record.Missing
	accepted := service("api", budget(sampled(record.MemoryPeak, 1, 2, record.Accepted), record.Budget{Grow: f(0.1)}))
	bulky := exact(record.ImageCompressed, 40e6, 67e6, record.None)
	bulky.Estimated = true
	overweight := budget(bulky, record.Budget{Grow: f(0.1)})
	overweight.Verdict = record.Fail
	hairline := exact(record.ImageCompressed, 40e6, 40e6+14, record.None)
	wasted, pulled := exact(record.ImageWasted, 1e6, 31e6, record.None), exact(record.ImagePull, 0, 30e6, record.None)
	pulled.Ratio, pulled.Estimated = nil, true
	crumbs := exact(record.ImageWasted, 1e6, 1e6+99_999, record.None)
	lost := record.Service{Name: "shop", Verdict: record.Missing}
	noisy := service("api", hairline)
	noisy.Pairs, noisy.Voided = 0, 4
	zeros := exact(record.ImageSize, 100e6, 130e6, record.None)
	for _, c := range []struct {
		services []record.Service
		want     string
	}{
		{nil, "This change touches no service that is measured"},
		{[]record.Service{memoryFails("api")}, "Over the line: peak memory of api (+13.2 %, budget +10 %)"},
		{[]record.Service{memoryFails("api"), memoryFails("web")}, "Over the line: peak memory of api and peak memory of web"},
		{[]record.Service{cheaper}, "This change makes api $86 a month cheaper (-21 %), but peak memory is over the line (+13.2 %, budget +10 %)"},
		{[]record.Service{euro}, "This change makes api EUR 86 a month dearer (+21 %), and peak memory is over the line (+13.2 %, budget +10 %)"},
		{[]record.Service{noise}, "Over the line: peak memory of api (+13.2 %, budget +10 %)"},
		{[]record.Service{allPass}, "No action needed: api is within its 4 budgets; the bill stays the same"},
		{[]record.Service{dearerPass}, "No action needed: api is within its 4 budgets; it is $10 a month dearer (+2.4 %)"},
		{[]record.Service{dearerPass, dearerPass}, "No action needed: 2 services within 8 budgets; 2 services are together $20 a month dearer (+2.4 %)"},
		{[]record.Service{otherwise}, "No action needed: api is within its 4 budgets; api answers the load otherwise"},
		{[]record.Service{otherwise, dearerPass}, "No action needed: 2 services within 8 budgets; api is $10 a month dearer (+2.4 %); api answers the load otherwise"},
		{[]record.Service{lighter}, "No change that can be compared; no budgets are set; api answers the load otherwise"},
		{[]record.Service{lighter, otherwise}, "No action needed: 2 services within 4 budgets; api and api answer the load otherwise"},
		{[]record.Service{free}, "This change makes api $5 a month dearer; no budgets are set"},
		{[]record.Service{service("api", sampled(record.StartupReady, 0.2, 0.3, record.None), sampled(record.MemoryPeak, 100, 101, record.None))}, "This change brings startup +50 %; no budgets are set"},
		{[]record.Service{service("api", sampled(record.StartupReady, 0.2, 0.2, record.None))}, "No measurable change; no budgets are set"},
		{[]record.Service{service("api", bulky, wasted)}, "This change brings compressed size ≈+67.5 %; no budgets are set"},
		{[]record.Service{service("api", overweight)}, "Over the line: compressed size of api (≈+67.5 %, budget +10 %)"},
		{[]record.Service{service("api", hairline, crumbs)}, "No measurable change; no budgets are set"},
		{[]record.Service{service("api", hairline, wasted)}, "This change brings wasted image space +30 MB; no budgets are set"},
		{[]record.Service{service("api", hairline, zeros)}, "This change brings unpacked image size +30 MB; no budgets are set"},
		{[]record.Service{service("api", hairline, pulled)}, "This change brings a pull of ≈30 MB to nodes that hold base; no budgets are set"},
		{[]record.Service{service("api", hairline, pulled), service("web", hairline)}, "This change brings a pull of ≈30 MB to nodes that hold base of api; no budgets are set"},
		{[]record.Service{unbounded}, "This change brings peak memory +100 %; no budgets are set"},
		{[]record.Service{pennies}, "This change brings compressed size -93.7 %, startup -98.2 %, peak memory -85.2 % and CPU per request -95.7 %; no budgets are set"},
		{[]record.Service{leaner}, "No action needed: api is within its budget; the bill stays the same; peak memory -60 %"},
		{[]record.Service{crashed}, "Could not be measured: api"},
		{[]record.Service{accepted}, "Accepted: peak memory of api over the line, signed off"},
		{undecided().Services, "Not decided: startup of api (the other budget holds)"},
		{missing().Services, "Could not be measured: startup and peak memory of api"},
		{[]record.Service{memoryFails("web"), missing().Services[0]}, "Over the line: peak memory of web (+13.2 %, budget +10 %); 2 budgets could not be measured"},
		{[]record.Service{memoryFails("web"), missing().Services[0], lost}, "Over the line: peak memory of web (+13.2 %, budget +10 %); 2 budgets and shop could not be measured"},
		{[]record.Service{memoryFails("web"), lost}, "Over the line: peak memory of web (+13.2 %, budget +10 %); shop could not be measured"},
		{[]record.Service{missing().Services[0], lost}, "Could not be measured: startup and peak memory of api and shop"},
		{[]record.Service{noisy}, "Nothing is known of the boots; no pair of boots counted, and no budgets are set"},
		{[]record.Service{noisy, service("web", bulky)}, "This change brings compressed size of web ≈+67.5 %; no pair of boots of api counted, and no budgets are set"},
		{costOnly().Services, "This change makes batch $3.60 a month dearer (+29 %), which is over the line (budget +5 %)"},
	} {
		if got := report.Headline(comparison(c.services...), report.Options{}); got != c.want {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
	}
}

func TestHeadlineNamesWhoSignedOff(t *testing.T) {
	c := comparison(service("api", budget(sampled(record.MemoryPeak, 1, 2, record.Accepted), record.Budget{Grow: f(0.1)})))
	c.Accepted = &record.Acceptance{By: "octo-cat"}
	if got, want := report.Headline(c, report.Options{}), "Accepted: peak memory of api over the line, signed off by octo-cat"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got := string(report.Markdown(c, report.Options{})); !strings.Contains(got, "signed off by `octo-cat`") {
		t.Errorf("a mention, or no name at all:\n%.300s", got)
	}
}

func TestUnchanged(t *testing.T) {
	still := service("api", budget(sampled(record.MemoryPeak, 100<<20, 100<<20, record.Pass), record.Budget{Grow: f(0.1)}))
	grown := service("api", sampled(record.MemoryPeak, 100<<20, 200<<20, record.None))
	for name, c := range map[string]struct {
		c    record.Comparison
		want bool
	}{
		"still": {comparison(still), true}, "nothing judged": {comparison(service("api")), true}, "one of two": {comparison(still, grown), false},
		"grown": {comparison(grown), false}, "fail": {failing(), false}, "missing": {missing(), false}, "undecided": {undecided(), false}, "cost": {costOnly(), false},
	} {
		if got := report.Unchanged(c.c); got != c.want {
			t.Errorf("%s: %t", name, got)
		}
	}
	noisy := service("api")
	noisy.Pairs, noisy.Voided = 0, 4
	if report.Unchanged(comparison(noisy)) {
		t.Error("that no boot counted is something to tell")
	}
	told := comparison(still)
	told.Warnings = []string{"the clock was slow"}
	if report.Unchanged(told) {
		t.Error("a warning is something to tell")
	}
}
