package app

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/plimsoll-ci/plimsoll/internal/config"
	"github.com/plimsoll-ci/plimsoll/internal/github"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// The outputs are the documented ones. The addresses come from whoever posted.
func TestOutputsAreTheDocumentedOnes(t *testing.T) {
	got := map[string]bool{"comment-url": true, "check-url": true}
	for _, o := range outputs(record.Comparison{}, written{}, 0) {
		if got[o.Name] {
			t.Errorf("%s is written twice", o.Name)
		}
		got[o.Name] = true
	}
	want := map[string]bool{}
	for _, o := range config.Outputs {
		want[o.Name] = true
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-documented +written):\n%s", d)
	}
}

func TestOutputsAddServicesUp(t *testing.T) {
	c := record.Comparison{Verdict: record.Fail, Services: []record.Service{
		{Cost: &record.CostChange{Base: 10, Head: 12.5}}, {}, {Cost: &record.CostChange{Base: 5, Head: 4}},
	}}
	got := map[string]string{}
	for _, o := range outputs(c, written{comparison: "out/comparison.json", markdown: "out/report.md", html: "out/report.html", junit: "out/junit.xml", codeQuality: "out/code-quality.json"}, 1) {
		got[o.Name] = o.Value
	}
	want := map[string]string{
		"verdict": "fail", "exit-code": "1", "comparison": "out/comparison.json", "report": "out/report.md", "html": "out/report.html",
		"junit": "out/junit.xml", "code-quality": "out/code-quality.json",
		"cost-difference": "1.50", "cost-head": "16.50",
	}
	for name, value := range got {
		if strings.HasSuffix(name, "-change") && value == "" {
			delete(got, name)
		}
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	for _, o := range outputs(record.Comparison{Services: []record.Service{{}}}, written{}, 0) {
		if o.Name == "cost-difference" && o.Value != "" {
			t.Errorf("nothing was priced, and the difference is %q", o.Value)
		}
	}
}

// The growth of a metric is the worst of the services that have a budget on it.
func TestOutputsOfMetrics(t *testing.T) {
	gated := &record.Budget{Grow: new(0.1)}
	service := func(changes ...record.Change) record.Service { return record.Service{Metrics: changes} }
	c := record.Comparison{Services: []record.Service{
		service(
			record.Change{ID: record.MemoryPeak, Budget: gated, Ratio: &record.Ratio{Ratio: 1.1234567}},
			record.Change{ID: record.LoadRate, Budget: gated, Ratio: &record.Ratio{Ratio: 0.9}},
			record.Change{ID: record.ImageSize, Ratio: &record.Ratio{Ratio: 3}},
			record.Change{ID: record.ImageWasted, Budget: gated, Base: new(0.0), Head: new(10.0)},
		),
		service(
			record.Change{ID: record.MemoryPeak, Budget: gated, Ratio: &record.Ratio{Ratio: 0.5}},
			record.Change{ID: record.LoadRate, Budget: gated, Ratio: &record.Ratio{Ratio: 1.2}},
			record.Change{ID: record.CostMonth, Budget: gated, Base: new(10.0), Head: new(8.0)},
		),
	}}
	got := map[string]string{}
	for _, o := range outputs(c, written{}, 0) {
		if strings.HasSuffix(o.Name, "-change") && o.Value != "" {
			got[o.Name] = o.Value
		}
	}
	want := map[string]string{"memory-peak-change": "0.1235", "load-rate-change": "-0.1000", "cost-month-change": "-0.2000"}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestAnnotationsPointAtTheBudget(t *testing.T) {
	budget := &record.Budget{Max: new(1.0)}
	change := func(id record.MetricID, v record.Verdict, line int) record.Change {
		return record.Change{ID: id, Verdict: v, Budget: budget, Line: line}
	}
	c := record.Comparison{Config: "ci/plimsoll.yml", Services: []record.Service{
		{Name: "a", Verdict: record.Fail, Metrics: []record.Change{
			change(record.ImageSize, record.Fail, 7), change(record.MemoryPeak, record.Inconclusive, 8), change(record.StartupReady, record.Pass, 9),
		}},
		{Name: "c", Config: "c.yml", Verdict: record.Fail, Metrics: []record.Change{change(record.ImageSize, record.Fail, 3)}},
		{Name: "b", Verdict: record.Missing, Warnings: []string{"noisy", "round 3: it\nended"}},
	}}
	type place struct {
		Level   github.Level
		File    string
		Line    int
		Message string
	}
	places := func() (all []place) {
		for _, a := range annotations(c) {
			p := place{Level: a.Level, File: a.File, Line: a.Line}
			if a.File == "" {
				p.Message = a.Message
			}
			all = append(all, p)
		}
		return all
	}
	want := []place{
		{github.Error, "ci/plimsoll.yml", 7, ""}, {github.Warning, "ci/plimsoll.yml", 8, ""},
		{github.Error, "c.yml", 3, ""}, {github.Error, "", 0, "b: round 3: it ended"},
	}
	if d := cmp.Diff(want, places()); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	c.OnInconclusive, want[1].Level = record.Fail, github.Error
	if d := cmp.Diff(want, places()); d != "" {
		t.Errorf("where inconclusive fails (-want +got):\n%s", d)
	}
}

func TestPathsInTheRepository(t *testing.T) {
	env, _ := screen(map[string]string{"GITHUB_WORKSPACE": "/work/repo"}, false)
	for path, want := range map[string]string{
		"./plimsoll.yml": "plimsoll.yml", "/work/repo/ci/a.yml": "ci/a.yml", "/work/other/a.yml": "/work/other/a.yml", "ci/../b.yml": "b.yml",
	} {
		if got := inRepository(env, path); got != want {
			t.Errorf("%s is %s in the repository, expected %s", path, got, want)
		}
	}
}
