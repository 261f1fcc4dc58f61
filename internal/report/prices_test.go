package report_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/plimsoll-ci/plimsoll/internal/record"
	"github.com/plimsoll-ci/plimsoll/internal/report"
)

// priceList is what images cost on two platforms, and that there is no price on a
// third.
func priceList(images ...string) record.PriceList {
	l := record.PriceList{Schema: record.PriceListSchema, Level: 0.9,
		Demand: record.Demand{Average: 120, Peak: 400, PeakHours: 6, Deploys: 60, Min: 2, Max: 10, TargetCPU: 0.7}}
	for i, name := range images {
		l.Images = append(l.Images, record.PricedImage{Record: name + "/record.json", Image: "app:" + name})
		for j, platform := range []string{"fargate", "kubernetes"} {
			e := priced(record.Service{}, 40, 50+float64(30*j+i), 8, 12).Cost.Detail
			e.Platform, e.Month.Low, e.Month.High, e.Arch = platform, e.Month.Value-2, e.Month.Value+3, "amd64"
			if j == 1 {
				e.Prices[0].Grade = "A"
			}
			l.Estimates = append(l.Estimates, record.Priced{Record: name + "/record.json", Estimate: e})
		}
	}
	if len(images) == 2 {
		for j, platform := range []string{"fargate", "kubernetes"} {
			c := *priced(record.Service{}, 50+float64(30*j), 51+float64(30*j), 0.4, 2).Cost
			c.Platform, c.Level = platform, 0.9
			l.Changes = append(l.Changes, c)
		}
	}
	l.Notes = []string{"fly has no price in us-east-1, the configuration's region, and is priced in its usual one"}
	l.Unpriced = []record.Unpriced{{Platform: "lambda", Why: "no size has 20000 MiB; the largest has 10240 MiB"}}
	return l
}

func goldenPrices(t *testing.T, name string, l record.PriceList, details bool) {
	t.Helper()
	compare(t, name+".md.golden", report.PricesMarkdown(l, details, report.Options{}))
	compare(t, name+".txt.golden", report.PricesTerminal(l, details, report.Options{}))
}

func TestPricesOfOne(t *testing.T)    { goldenPrices(t, "prices", priceList("head"), false) }
func TestPricesInDetail(t *testing.T) { goldenPrices(t, "prices-details", priceList("head"), true) }
func TestPricesOfTwo(t *testing.T)    { goldenPrices(t, "prices-two", priceList("base", "head"), true) }
func TestPricesOfMany(t *testing.T)   { goldenPrices(t, "prices-many", priceList("a", "b", "c"), false) }
func TestHostilePrices(t *testing.T)  { goldenPrices(t, "prices-hostile", hostilePrices(), true) }
func TestUnchangedCost(t *testing.T)  { forPeople(t, "cost-unchanged", unchangedCost()) }

func unchangedCost() record.Comparison {
	s := record.Service{Name: "batch", Verdict: record.None, Pairs: 12, Base: record.Record{Image: "batch:1"}, Head: record.Record{Image: "batch:2"}}
	s = priced(s, 12.5, 12.5, 0, 0)
	s.Cost.Causes = nil
	return comparison(s)
}

func hostilePrices() record.PriceList {
	l := priceList("base", "head")
	l.Images[0].Record, l.Images[1].Image = evil, evil
	l.Notes[0], l.Unpriced[0].Platform, l.Unpriced[0].Why = evil, evil, evil
	cost := *hostile().Services[0].Cost
	cost.Region = evil
	l.Changes[0] = cost
	return l
}

// What a platform has no price for is named, also where nothing else is.
func TestNothingPriced(t *testing.T) {
	l := priceList("head")
	l.Estimates = nil
	for _, out := range [][]byte{report.PricesMarkdown(l, true, report.Options{}), report.PricesTerminal(l, true, report.Options{})} {
		if text := string(out); !strings.Contains(text, "lambda") || !strings.Contains(text, "the largest has 10240 MiB") {
			t.Errorf("got\n%s", text)
		}
	}
}

func TestPricesJSON(t *testing.T) {
	out, err := report.PricesJSON(priceList("head"))
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Estimates []struct {
			Platform, Region string
			Month            struct{ Value, Low, High float64 }
		}
		Unpriced []record.Unpriced
	}
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatal(err)
	}
	if e := got.Estimates; len(e) != 2 || e[0].Platform != "fargate" || e[0].Region != "us-east-1" || e[0].Month.Low != 48 || e[0].Month.High != 53 || len(got.Unpriced) != 1 {
		t.Errorf("%+v", got)
	}
	l := priceList("head")
	l.Estimates[0].Month.High = math.Inf(1)
	if out, err := report.PricesJSON(l); err == nil {
		t.Errorf("an infinite price is written as %s", out)
	}
	if out, err := report.PricesJSON(record.PriceList{}); err != nil || strings.Contains(string(out), "null") {
		t.Errorf("%v\n%s", err, out)
	}
}
