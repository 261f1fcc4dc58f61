package report_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/plimsoll-ci/plimsoll/internal/record"
	"github.com/plimsoll-ci/plimsoll/internal/report"
)

// However much a comparison holds, the page stays below its limit, whole, and says
// what is not on it.
func TestHTMLStaysBelowItsLimit(t *testing.T) {
	for name, c := range map[string]record.Comparison{
		"50 services": booted50(), "3,000 services": plain(3000), "50 hostile services": hostile50(), "10,000 of everything": endless(), "evil warnings": shouting(),
	} {
		t.Run(name, func(t *testing.T) {
			got := page(t, c)
			wellFormed(t, got)
			if len(got) > report.PageLimit {
				t.Errorf("%d bytes, want at most %d", len(got), report.PageLimit)
			}
			for i := range strings.Count(string(got), `href="#service-`) {
				if !strings.Contains(string(got), fmt.Sprintf(`<section id="service-%d"`, i+1)) {
					t.Errorf("the link to service %d leads nowhere", i+1)
				}
			}
		})
	}
}

func TestHTMLSaysWhatIsLeftOut(t *testing.T) {
	for name, want := range map[string]struct {
		of    record.Comparison
		words []string
	}{
		"brief":     {booted50(), []string{"Its other metrics, charts, cost and image were left out", `<section id="service-50"`}},
		"uncounted": {plain(3000), []string{"services left out to keep this page below 2 MB: ", " pass. The JSON has all of them.", "… and 2800 more services"}},
		"rows":      {endless(), []string{"… and 9900 more layers", "… and 19900 more boots", "9988 more warnings"}},
	} {
		got := string(page(t, want.of))
		for _, w := range want.words {
			if !strings.Contains(got, w) {
				t.Errorf("%s: the page does not say %q", name, w)
			}
		}
	}
	if got := string(page(t, failing())); strings.Contains(got, "left out to keep") {
		t.Error("something is said to be left out of a small page")
	}
}

// The gravest services are those that are shown whole.
func TestHTMLShowsTheGravestFirst(t *testing.T) {
	c := booted50()
	c.Services[49].Name, c.Services[49].Verdict = "grave", record.Fail
	for i := range 49 {
		c.Services[i].Verdict = record.Pass
	}
	_, first, _ := strings.Cut(string(page(t, c)), `<section id="service-1"`)
	first, _, _ = strings.Cut(first, "</section>")
	if !strings.Contains(first, "grave") || !strings.Contains(first, `<div class="charts">`) {
		t.Error("the service that failed is not the first, or has no charts")
	}
}

func booted50() record.Comparison { return repeat(failing().Services[0], 50) }

func repeat(s record.Service, n int) record.Comparison {
	var all []record.Service
	for i := range n {
		s.Name = fmt.Sprintf("service-%03d", i)
		all = append(all, s)
	}
	return comparison(all...)
}

func plain(n int) record.Comparison { return repeat(passing().Services[0], n) }

func hostile50() record.Comparison {
	c := repeat(hostile().Services[0], 50)
	for i := range c.Services {
		c.Services[i].Name = fmt.Sprint(i, strings.Repeat(evil, 50))
	}
	return c
}

// endless has 10,000 of everything that a file can hold many of.
func endless() record.Comparison {
	c := failing()
	s := &c.Services[0]
	const n = 10_000
	layer, trial := s.Head.Layers[0], s.Head.Trials[1]
	s.Base.Trials, s.Head.Trials, s.Head.Layers, s.Base.Layers = nil, nil, nil, nil
	for i := range n {
		trial.Pair = i + 1
		s.Base.Trials, s.Head.Trials = append(s.Base.Trials, trial), append(s.Head.Trials, trial)
		layer.DiffID = fmt.Sprint("sha256:", i)
		s.Head.Layers = append(s.Head.Layers, layer)
		s.Warnings = append(s.Warnings, "a warning")
		s.Head.Ladder = append(s.Head.Ladder, record.Step{Users: i, Metrics: map[record.MetricID]record.Measured{record.LoadP50: {Value: 1}}})
		s.Metrics = append(s.Metrics, record.Change{ID: record.MetricID(fmt.Sprint("k6: a<", i)), Unit: record.UnitSeconds, Verdict: record.Pass})
		s.Cost.Causes = append(s.Cost.Causes, s.Cost.Causes[0])
		s.Cost.Detail.Notes = append(s.Cost.Detail.Notes, "a note")
		s.Cost.Detail.Steps = append(s.Cost.Detail.Steps, s.Cost.Detail.Steps[0])
		s.Cost.Detail.Decision.Why = append(s.Cost.Detail.Decision.Why, "a reason")
	}
	return c
}

// shouting fills every line of every warning.
func shouting() record.Comparison {
	c := hostile50()
	line := strings.Repeat(`"'<`, 1000) + "\n"
	for range 100 {
		c.Warnings = append(c.Warnings, strings.Repeat(line, 100))
		for i := range c.Services {
			c.Services[i].Warnings = c.Warnings
		}
	}
	return c
}

func BenchmarkHTML(b *testing.B) {
	fifty := booted50()
	for i := range fifty.Services {
		s := &fifty.Services[i]
		for _, r := range []*record.Record{&s.Base, &s.Head} {
			for len(r.Trials) < 100 {
				t := r.Trials[len(r.Trials)%12+1]
				t.Pair = len(r.Trials)
				r.Trials = append(r.Trials, t)
			}
		}
	}
	for name, c := range map[string]record.Comparison{"50 services of 200 trials": fifty, "one service of 20,000 trials": endless()} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := report.HTML(c, report.Options{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
