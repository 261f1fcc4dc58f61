package browsertest

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/plimsoll-ci/plimsoll/internal/compare"
	"github.com/plimsoll-ci/plimsoll/internal/record"
	"github.com/plimsoll-ci/plimsoll/internal/report"
)

//go:embed audit.js
var audit string

// found is what the audit of a page gives.
type found struct {
	Texts, Pictures, Tiles             int
	Faint, Misplaced, Tiny, Unlabelled []string
	Wide                               string
	Dark                               bool
}

// Every page can be read wherever it is opened, and asks nobody for anything.
func TestPageInABrowser(t *testing.T) {
	ctx := browser(t)
	for name, page := range pages(t) {
		t.Run(name, func(t *testing.T) {
			var w watched
			if err := chromedp.Listen(ctx, w.see); err != nil {
				t.Fatal(err)
			}
			url := serve(t, page, &w)
			open(ctx, t, url, 1280, "light")
			for _, width := range []int64{360, 390, 1280} {
				for _, scheme := range []string{"light", "dark"} {
					open(ctx, t, "", width, scheme)
					got, err := chromedp.Run(ctx, chromedp.Evaluate[found](audit))
					if err != nil {
						t.Fatal(err)
					}
					got.check(t, fmt.Sprintf("%d pixels, %s", width, scheme), scheme == "dark")
					if least := 10; got.Pictures < least && name != "inspect" {
						t.Errorf("%d pictures, want at least %d", got.Pictures, least)
					}
				}
			}
			w.check(t, url)
		})
	}
}

func (f found) check(t *testing.T, where string, dark bool) {
	t.Helper()
	for what, list := range map[string][]string{
		"contrast below 4.5": f.Faint, "outside of its picture": f.Misplaced, "a picture": f.Tiny, "a column head without a scope": f.Unlabelled,
	} {
		if len(list) > 0 {
			t.Errorf("%s: %s:\n\t%s", where, what, strings.Join(list[:min(len(list), 20)], "\n\t"))
		}
	}
	if f.Wide != "" {
		t.Errorf("%s: the page scrolls sideways: %s", where, f.Wide)
	}
	if f.Dark != dark {
		t.Errorf("%s: the page is dark: %v", where, f.Dark)
	}
	if f.Texts < 50 || f.Pictures < 1 || f.Tiles < 3 {
		t.Errorf("%s: %d texts, %d pictures, %d tiles: that is not the whole page", where, f.Texts, f.Pictures, f.Tiles)
	}
}

func (w *watched) check(t *testing.T, url string) {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.messages) > 0 {
		t.Errorf("the console has %q", w.messages)
	}
	for _, r := range w.requests {
		if r != url {
			t.Errorf("the page asked for %s", r)
		}
	}
	if !slices.Contains(w.requests, url) {
		t.Errorf("the page itself was not seen among the requests %v: nothing was watched", w.requests)
	}
}

// pages are those of real runs, and of what can be made of them.
func pages(t *testing.T) map[string][]byte {
	t.Helper()
	pass := saved(t, "pass")
	fail := turned(pass)
	signed := compare.Accept(fail, record.Acceptance{By: "ada", Label: "plimsoll: accept", At: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC), Head: "4f6c1de0a5b7"})
	one, err := report.RecordHTML(fail.Services[0].Head)
	if err != nil {
		t.Fatal(err)
	}
	return map[string][]byte{
		"pass": render(t, pass), "of an earlier version": render(t, saved(t, "earlier")), "fail": render(t, fail), "accepted": render(t, signed),
		"several": render(t, repeated(fail, 2)), "hostile": render(t, hostile(fail)), "inspect": one,
	}
}

// turned compares the same boots the other way round: a move from Gin to Flask.
// Nothing prices them here, so that the bill is turned by hand.
func turned(c record.Comparison) record.Comparison {
	s := c.Services[0]
	in := compare.Input{Name: s.Name, Base: &s.Head, Head: &s.Base, Budgets: map[record.MetricID]record.Budget{}}
	for _, m := range s.Metrics {
		if m.Budget != nil && m.ID != record.CostMonth {
			in.Budgets[m.ID] = *m.Budget
		}
	}
	out, bill := compare.Service(in), *s.Cost
	bill.Base, bill.Head, bill.Low, bill.High = bill.Head, bill.Base, -bill.High, -bill.Low
	bill.Detail, bill.Was, bill.Causes = bill.Was, bill.Detail, slices.Clone(bill.Causes)
	for i, cause := range bill.Causes {
		bill.Causes[i].Base, bill.Causes[i].Head, bill.Causes[i].Amount = cause.Head, cause.Base, -cause.Amount
	}
	out.Cost = &bill
	return compare.Run([]record.Service{out})
}

// repeated is a comparison of many services.
func repeated(c record.Comparison, n int) record.Comparison {
	first := c.Services[0]
	c.Services = nil
	for i := range n {
		s := first
		s.Name = fmt.Sprintf("service-%d", i)
		c.Services = append(c.Services, s)
	}
	return c
}

// hostile has names that do not break, and ones that are markup.
func hostile(c record.Comparison) record.Comparison {
	evil := `<script>fetch("https://evil.example")</script><img src=https://evil.example/x onerror=alert(1)></style></title>` + strings.Repeat("W", 10_000)
	c = repeated(c, 1)
	s := &c.Services[0]
	s.Name, s.Base.Image, s.Head.Image, s.Head.Platform = evil, evil, evil, evil
	s.Warnings, c.Warnings, c.Tool = []string{evil, evil + "\n" + evil}, []string{evil}, evil
	s.Metrics = slices.Clone(s.Metrics)
	for i := range s.Metrics {
		s.Metrics[i].Note = evil
	}
	s.Head.Layers = slices.Clone(s.Head.Layers)
	for i := range s.Head.Layers {
		s.Head.Layers[i].Instruction = evil
	}
	return c
}
