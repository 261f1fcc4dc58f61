package compare_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/plimsoll-ci/plimsoll/internal/compare"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// answering is a service of which every boot answers the load in this way.
func answering(base, head map[int]int, was, is columns) compare.Input {
	in := compare.Input{Name: "api", Base: booted(was), Head: booted(is)}
	for i := range in.Base.Trials {
		in.Base.Trials[i].Load, in.Head.Trials[i].Load = answered(base), answered(head)
	}
	return in
}

// answered is a load with these statuses; those of 0 are errors.
func answered(statuses map[int]int) *record.LoadResult {
	good := maps.Clone(statuses)
	delete(good, 0)
	result := record.LoadResult{Statuses: good, Errors: statuses[0]}
	for _, n := range good {
		result.Completed += n
	}
	result.Sent = result.Completed + result.Errors
	return &result
}

// An image that answers the same requests otherwise does other work: that it is
// cheaper is no gain.
func TestOtherAnswersAreTold(t *testing.T) {
	for name, c := range map[string]struct {
		base, head map[int]int
		want       string
	}{
		"the same":             {map[int]int{200: 300}, map[int]int{200: 280}, ""},
		"another success":      {map[int]int{200: 300}, map[int]int{204: 300}, ""},
		"routes lost":          {map[int]int{200: 300}, map[int]int{404: 300}, "api: base answers the load with 200 and head with 404: "},
		"one of ten":           {map[int]int{200: 300}, map[int]int{200: 270, 401: 30}, "base answers the load with 200 and head with 200 (90 %), 401 (10 %): "},
		"one of a thousand":    {map[int]int{200: 3000}, map[int]int{200: 2997, 401: 3}, ""},
		"a redirect gone":      {map[int]int{301: 300}, map[int]int{200: 300}, "base answers the load with 301 and head with 200: "},
		"always a few of them": {map[int]int{200: 200, 404: 100}, map[int]int{200: 100, 404: 50}, ""},
		"errors":               {map[int]int{200: 300}, map[int]int{200: 270, 0: 30}, "base answers the load with 200 and head with 200 (90 %), errors (10 %): "},
		"errors gone":          {map[int]int{200: 295, 0: 5}, map[int]int{200: 300}, "base answers the load with 200 (98 %), errors (1.7 %) and head with 200: "},
		"errors on both":       {map[int]int{200: 90, 0: 10}, map[int]int{200: 180, 0: 20}, ""},
		"hardly any errors":    {map[int]int{200: 300}, map[int]int{200: 298, 0: 2}, ""},
		"nothing but errors":   {map[int]int{200: 300}, map[int]int{0: 300}, "base answers the load with 200 and head with errors: "},
		"base of another time": {nil, map[int]int{404: 300}, ""},
		"many":                 {map[int]int{200: 5}, map[int]int{201: 2, 302: 3, 403: 4, 404: 5, 410: 1}, "head with 404 (33 %), 403 (27 %), 302 (20 %): "},
	} {
		in := answering(c.base, c.head, columns{record.MemoryPeak: constant(1, 8)}, columns{record.MemoryPeak: constant(1, 8)})
		all := strings.Join(compare.Run([]record.Service{compare.Service(in)}).Warnings, "\n")
		if (c.want == "") != (all == "") || !strings.Contains(all, c.want) {
			t.Errorf("%s: %q, want %q", name, all, c.want)
		}
	}
}

// A boot that does not count shows nothing.
func TestOtherAnswersOfVoidBootsAreNotTold(t *testing.T) {
	in := answering(map[int]int{200: 9}, map[int]int{200: 9}, columns{record.MemoryPeak: constant(1, 8)}, columns{record.MemoryPeak: constant(1, 8)})
	in.Head.Trials[3].Void, in.Head.Trials[3].Load = "steal", answered(map[int]int{404: 9})
	if c := compare.Run([]record.Service{compare.Service(in)}); len(c.Warnings) > 0 {
		t.Errorf("warnings %q", c.Warnings)
	}
}

// What shows nothing has no verdict: that head is cheap while it has lost its routes,
// or dear while it has got new ones.
func TestOtherWorkIsNotJudged(t *testing.T) {
	const n = 16
	ok, lost, moved, half := map[int]int{200: 90}, map[int]int{404: 90}, map[int]int{301: 90}, map[int]int{200: 45, 404: 45}
	better, failing := map[int]int{200: 48, 404: 42}, map[int]int{200: 60, 0: 30}
	grow, limit := budget(0.1, unset, unset), budget(unset, unset, 150)
	for name, c := range map[string]struct {
		base, head map[int]int
		is         float64 // of head, where base has 100
		budget     record.Budget
		id         record.MetricID
		want       record.Verdict
		note       string
	}{
		"routes lost, and cheaper":          {ok, lost, 50, grow, record.CPURequest, record.Inconclusive, "it may have done less"},
		"routes lost, and within its limit": {ok, lost, 50, limit, record.LoadP95, record.Inconclusive, "it may have done less"},
		"routes lost, and dearer":           {ok, lost, 200, grow, record.CPURequest, record.Fail, ""},
		"routes lost, and over its limit":   {ok, lost, 200, limit, record.LoadP95, record.Fail, ""},
		"half of them lost":                 {ok, half, 50, grow, record.MemoryPeak, record.Inconclusive, "it may have done less"},
		"redirected":                        {ok, moved, 50, grow, record.CPURequest, record.Inconclusive, "it may have done less"},
		"no longer redirected to nothing":   {lost, moved, 50, grow, record.CPURequest, record.Inconclusive, "it may have done less"},
		"routes new, and dearer":            {lost, ok, 200, grow, record.CPURequest, record.Inconclusive, "it did more"},
		"routes new, and within it":         {lost, ok, 100, grow, record.CPURequest, record.Pass, ""},
		"routes new, and over its limit":    {lost, ok, 200, limit, record.LoadP95, record.Fail, ""},
		"hardly any new, and dearer":        {half, better, 200, grow, record.CPURequest, record.Fail, ""},
		"hardly any new, and within it":     {half, better, 100, grow, record.CPURequest, record.Pass, ""},
		"some of it fails, and cheaper":     {ok, failing, 50, grow, record.CPURequest, record.Inconclusive, "more of the load failed with head"},
		"some of it fails, and over it":     {ok, failing, 200, limit, record.LoadP95, record.Fail, ""},
		"errors, within what is allowed":    {ok, failing, 50, limit, record.LoadErrors, record.Pass, ""},
		"no errors, of nothing":             {ok, lost, 50, limit, record.LoadErrors, record.Inconclusive, "it may have done less"},
		"what failed works, and dearer":     {failing, ok, 200, grow, record.CPURequest, record.Inconclusive, "it did more"},
		"what failed works, and within it":  {failing, ok, 100, grow, record.CPURequest, record.Pass, ""},
		"what no load has part in":          {ok, lost, 50, grow, record.StartupReady, record.Pass, ""},
		"the same work":                     {ok, ok, 50, grow, record.CPURequest, record.Pass, ""},
	} {
		in := answering(c.base, c.head, columns{c.id: about(100, 0.01, n, 1)}, columns{c.id: about(c.is, 0.01, n, 2)})
		in.Budgets = map[record.MetricID]record.Budget{c.id: c.budget}
		s := compare.Service(in)
		got := row(t, s, c.id)
		if got.Verdict != c.want || !strings.Contains(got.Note, c.note) || s.Verdict != c.want {
			t.Errorf("%s: %s (%s), want %s", name, got.Verdict, got.Note, c.want)
		}
		if again := compare.NewReplay(in).Judge(compare.Variant{Budgets: in.Budgets}).Verdicts[c.id]; again != c.want {
			t.Errorf("%s: replayed, %s", name, again)
		}
	}
}

// A price is judged where nothing of it depends on the load, and else is not.
func TestThePriceOfOtherWorkIsNotJudged(t *testing.T) {
	for id, want := range map[record.MetricID]record.Verdict{record.CPURequest: record.Inconclusive, record.MemoryIdle: record.Pass} {
		in := answering(map[int]int{200: 9}, map[int]int{404: 9}, columns{id: about(100, 0.01, 16, 1)}, columns{id: about(50, 0.01, 16, 2)})
		in.Budgets = map[record.MetricID]record.Budget{record.CostMonth: budget(0.1, unset, unset)}
		in.Price = func(_ *record.Record, trial map[record.MetricID]float64) (float64, error) { return trial[id], nil }
		if got := row(t, compare.Service(in), record.CostMonth); got.Verdict != want {
			t.Errorf("billed for %s: %s (%s), want %s", id, got.Verdict, got.Note, want)
		}
	}
}

// A k6 script tells what failed, and no status.
func TestErrorsOfAScriptAreOtherWork(t *testing.T) {
	in := answering(nil, nil, columns{record.CPURequest: about(100, 0.01, 16, 1)}, columns{record.CPURequest: about(50, 0.01, 16, 2)})
	for i := range in.Base.Trials {
		in.Base.Trials[i].Load = &record.LoadResult{Sent: 90, Completed: 90}
		in.Head.Trials[i].Load = &record.LoadResult{Sent: 90, Completed: 60, Errors: 30}
	}
	in.Budgets = map[record.MetricID]record.Budget{record.CPURequest: budget(0.1, unset, unset)}
	c := compare.Run([]record.Service{compare.Service(in)})
	if c.Verdict != record.Inconclusive || len(c.Warnings) != 1 || !strings.Contains(c.Warnings[0], "base answers the load with good answers and head with good answers (67 %), errors (33 %): ") {
		t.Errorf("%s, %q", c.Verdict, c.Warnings)
	}
}
