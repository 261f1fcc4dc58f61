package compare_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/plimsoll-ci/plimsoll/internal/compare"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

func TestLooks(t *testing.T) {
	for hypotheses, want := range map[int][]int{0: {8, 12, 16, 24}, 2: {8, 12, 16, 24}, 3: {10, 14, 18, 24}, 9: {10, 14, 18, 24}} {
		if d := cmp.Diff(want, compare.Looks(hypotheses)); d != "" {
			t.Errorf("%d hypotheses (-want +got):\n%s", hypotheses, d)
		}
	}
}

func TestHypotheses(t *testing.T) {
	got := compare.Hypotheses(map[record.MetricID]record.Budget{
		record.ImageSize:    budget(0.1, unset, 1e6),   // exact: not tested
		record.StartupReady: budget(0.1, 0.02, 2),      // two
		record.MemoryPeak:   budget(unset, 1e6, unset), // one
		record.CostMonth:    budget(0.05, unset, unset),
		record.LoadP99:      {},
		"memroy.idle":       budget(0.1, unset, unset),
	})
	if got != 4 {
		t.Errorf("%d hypotheses, want 4", got)
	}
}

func TestDecided(t *testing.T) {
	const ready, idle, rate = record.StartupReady, record.MemoryIdle, record.LoadRate
	grow := budget(0.15, unset, unset)
	clear, open := about(0.2, 0.02, 24, 2), about(0.23, 0.1, 24, 3)
	for _, c := range []struct {
		name    string
		pairs   int
		head    []float64
		budgets map[record.MetricID]record.Budget
		others  int
		want    bool
	}{
		{"nothing gated, 7 pairs", 7, clear, nil, 0, false},
		{"nothing gated, 8 pairs", 8, clear, nil, 0, true},
		{"nothing gated here", 8, clear, nil, 5, true},
		{"exact budgets alone", 8, clear, map[record.MetricID]record.Budget{record.ImageSize: grow}, 0, true},
		{"clear, but never on base", 8, clear, map[record.MetricID]record.Budget{rate: budget(0.15, unset, 50)}, 0, true},
		{"clear, 7 pairs", 7, clear, map[record.MetricID]record.Budget{ready: grow}, 0, false},
		{"clear, 8 pairs", 8, clear, map[record.MetricID]record.Budget{ready: grow}, 0, true},
		{"clear, 9 pairs", 9, clear, map[record.MetricID]record.Budget{ready: grow}, 0, true},
		{"clear, looks start at 10", 9, clear, map[record.MetricID]record.Budget{ready: grow}, 2, false},
		{"clear, at 10", 10, clear, map[record.MetricID]record.Budget{ready: grow}, 2, true},
		{"open, 8 pairs", 8, open, map[record.MetricID]record.Budget{ready: grow}, 0, false},
		{"open, 23 pairs", 23, open, map[record.MetricID]record.Budget{ready: grow}, 0, false},
		{"open, last look", 24, open, map[record.MetricID]record.Budget{ready: grow}, 0, true},
		{"one clear, one never measured", 8, clear, map[record.MetricID]record.Budget{ready: grow, idle: grow}, 0, true},
		{"a limit never measured", 8, clear, map[record.MetricID]record.Budget{idle: budget(unset, unset, 5)}, 0, true},
		{"growth clear, limit open", 8, clear, map[record.MetricID]record.Budget{ready: budget(0.15, unset, 0.2)}, 0, false},
	} {
		in := compare.Input{
			Base:    booted(columns{ready: about(0.2, 0.02, 24, 1)[:c.pairs]}),
			Head:    booted(columns{ready: c.head[:c.pairs], rate: constant(100, c.pairs)}),
			Budgets: c.budgets, Others: c.others,
		}
		if got := compare.Decided(in); got != c.want {
			t.Errorf("%s: decided is %v", c.name, got)
		}
	}
}

func TestServiceShowsWhatWasMeasured(t *testing.T) {
	base := booted(columns{record.StartupReady: {0.1, 0.2, 0.3, 0.2, 0.2, 0.2, 0.2}, record.LoadRate: constant(100, 7)})
	head := booted(columns{record.StartupReady: {0.2, 0.4, 0.6, 0.4, 0.4, 0.4, 0.4}, record.LoadRate: constant(50, 7)})
	head.Metrics = sizes{record.MemoryIdle: measured(7)}
	s := compare.Service(compare.Input{Name: "api", Base: base, Head: head})
	if s.Name != "api" || s.Verdict != record.None || s.Pairs != 7 {
		t.Errorf("service %+v", s)
	}
	fast, slow, much, half, fall, idle := 0.2, 0.4, 100.0, 50.0, -50.0, 7.0
	want := []record.Change{
		{
			ID: record.StartupReady, Unit: record.UnitSeconds, Direction: record.Lower, N: 7, Base: &fast, Head: &slow, Difference: &fast,
			Ratio: &record.Ratio{Ratio: 2, Low: 2, High: 2, Level: 0.98}, Verdict: record.None,
		},
		{ID: record.MemoryIdle, Unit: record.UnitBytes, Direction: record.Lower, Head: &idle, Verdict: record.None},
		{
			ID: record.LoadRate, Unit: record.UnitPerSecond, Direction: record.Higher, N: 7, Base: &much, Head: &half, Difference: &fall,
			Ratio: &record.Ratio{Ratio: 0.5, Low: 0.5, High: 0.5, Level: 0.98}, Verdict: record.None,
		},
	}
	rounded := cmp.Comparer(func(a, b float64) bool { return math.Abs(a-b) < 1e-9 })
	if d := cmp.Diff(want, s.Metrics, rounded); d != "" {
		t.Errorf("rows (-want +got):\n%s", d)
	}
	encodes(t, s)

	base.Trials, head.Trials = base.Trials[:7], head.Trials[:7]
	if r := compare.Service(compare.Input{Base: base, Head: head}).Metrics[0]; r.N != 6 || r.Ratio != nil || r.Base == nil {
		t.Errorf("six pairs cannot give an interval at 98 %%: %+v", r)
	}
}

func TestUnknownAndAbsentAreMissing(t *testing.T) {
	s := compare.Service(compare.Input{Budgets: map[record.MetricID]record.Budget{
		"memroy.peak": budget(0.1, unset, unset), record.MemoryPeak: budget(0.1, unset, 5),
	}})
	if s.Verdict != record.Missing || len(s.Metrics) != 2 {
		t.Fatalf("service %+v", s)
	}
	for i, want := range []string{"not measured: nothing was booted", "there is no metric of this name"} {
		if got := s.Metrics[i]; got.Verdict != record.Missing || got.Note != want {
			t.Errorf("%s: %s, note %q, want %q", got.ID, got.Verdict, got.Note, want)
		}
	}
	encodes(t, s)
}

// A service whose budgets are all exact puts nothing to the test: its verdict is
// theirs, and what was measured is shown without one.
func TestExactBudgetsAlone(t *testing.T) {
	for limit, want := range map[float64]record.Verdict{90: record.Fail, 110: record.Pass} {
		in := compare.Input{
			Base:    booted(columns{record.StartupReady: about(0.2, 0.02, 8, 1)}),
			Head:    booted(columns{record.StartupReady: about(0.4, 0.02, 8, 2)}),
			Budgets: map[record.MetricID]record.Budget{record.ImageSize: budget(unset, unset, limit)},
		}
		in.Head.Metrics = sizes{record.ImageSize: measured(100)}
		s := compare.Service(in)
		ready := row(t, s, record.StartupReady)
		if s.Verdict != want || s.Pairs != 8 || ready.Verdict != record.None || ready.Note != "" || ready.Ratio == nil {
			t.Errorf("limit %v: %s, startup %+v", limit, s.Verdict, ready)
		}
		if !compare.Decided(in) || compare.Hypotheses(in.Budgets) != 0 {
			t.Errorf("limit %v: undecided after 8 pairs, %d hypotheses", limit, compare.Hypotheses(in.Budgets))
		}
	}
}

// The caller's records stay as they are, and come back to its price by identity.
func TestTheRecordsAreTheCallers(t *testing.T) {
	in := growing()
	in.Budgets = map[record.MetricID]record.Budget{record.CostMonth: budget(0.05, 5, 220)}
	in.Base.Metrics = sizes{record.ImageCompressed: measured(math.NaN())}
	in.Base.Trials[1].Metrics[record.LoadP50] = math.Inf(1)
	known := func(rec *record.Record) {
		if rec != in.Base && rec != in.Head {
			t.Errorf("priced is a copy, not the record itself: %p", rec)
		}
	}
	in.Price = func(rec *record.Record, trial map[record.MetricID]float64) (float64, error) {
		known(rec)
		return trial[record.MemoryPeak] / mib, nil
	}
	in.Estimate = func(rec *record.Record) (record.Estimate, error) {
		known(rec)
		return requests(rec)
	}
	before := fmt.Sprintf("%+v %+v", *in.Base, *in.Head)
	if s := compare.Service(in); s.Cost == nil || s.Verdict != record.Fail {
		t.Errorf("%s, cost %+v", s.Verdict, s.Cost)
	}
	compare.Decided(in)
	if after := fmt.Sprintf("%+v %+v", *in.Base, *in.Head); after != before {
		t.Errorf("the records changed:\n%s\n%s", before, after)
	}
}

func TestRun(t *testing.T) {
	c := compare.Run([]record.Service{{Verdict: record.Pass}, {Verdict: record.Missing}})
	if c.Schema != record.ComparisonSchema || c.Verdict != record.Missing || c.Warnings == nil || len(c.Services) != 2 {
		t.Errorf("comparison %+v", c)
	}
	if c := compare.Run(nil); c.Verdict != record.None || c.Services == nil {
		t.Errorf("nothing compared: %+v", c)
	}
}

func TestSummarize(t *testing.T) {
	rec := booted(columns{record.StartupReady: {0.3, 9, 0.1, 0.2, math.Inf(1)}, record.CPUIdle: {0, 0, 0, 0, 0}})
	rec.Trials[2].Void = "steal"
	rec.Metrics = sizes{record.ImageSize: measured(5)}
	compare.Summarize(rec)
	want := sizes{
		record.ImageSize:    measured(5),
		record.StartupReady: {Unit: record.UnitSeconds, Value: 0.2, Values: []float64{0.3, 0.1, 0.2}},
		record.CPUIdle:      {Unit: record.UnitCores, Value: 0, Values: []float64{0, 0, 0, 0}},
	}
	if d := cmp.Diff(want, sizes(rec.Metrics)); d != "" {
		t.Errorf("metrics (-want +got):\n%s", d)
	}
	empty := &record.Record{}
	if compare.Summarize(empty); empty.Metrics != nil {
		t.Errorf("a record without trials got %v", empty.Metrics)
	}
}

// drawInput draws two records with all that may be wrong with them: zeros, silent
// boots, nonsense, void pairs, boots still to come.
func drawInput(t *rapid.T) compare.Input {
	ids := []record.MetricID{record.StartupReady, record.CPUIdle, record.LoadRate, record.MemoryPeak}
	value := rapid.OneOf(
		rapid.Float64Range(0.1, 0.3),
		rapid.SampledFrom([]float64{0, 0.2, 0.2, 0.2, -1, math.NaN(), math.Inf(1), math.Inf(-1), 1e-300, 1e300, math.MaxFloat64}),
	)
	side := func(name string) *record.Record {
		values := columns{}
		for _, id := range ids {
			values[id] = rapid.SliceOfN(value, 0, 26).Draw(t, name+" "+string(id))
		}
		rec := booted(values)
		for i := range rec.Trials {
			if rapid.IntRange(0, 9).Draw(t, name+" void") == 0 {
				rec.Trials[i].Void = "drawn"
			}
		}
		return rec
	}
	in := compare.Input{Base: side("base"), Head: side("head"), Price: perByte, Others: rapid.IntRange(0, 3).Draw(t, "others")}
	in.Budgets = map[record.MetricID]record.Budget{}
	for _, id := range append(ids, record.CostMonth, record.ImageSize) {
		part := rapid.SampledFrom([]float64{math.NaN(), 0, 0.1, 1, 5})
		in.Budgets[id] = budget(part.Draw(t, "grow"), part.Draw(t, "floor"), part.Draw(t, "max"))
	}
	return in
}

// Whatever comes in, the result can be written as JSON and does not depend on the
// order of the trials.
func TestServiceBearsAnything(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		in := drawInput(r)
		s := compare.Service(in)
		encodes(t, s)
		for _, row := range s.Metrics {
			if !row.Verdict.Known() {
				r.Errorf("verdict %q of %s", row.Verdict, row.ID)
			}
			if row.Ratio != nil && !(row.Ratio.Low <= row.Ratio.Ratio && row.Ratio.Ratio <= row.Ratio.High) {
				r.Errorf("%s: ratio %+v", row.ID, row.Ratio)
			}
		}
		random := rand.New(rand.NewPCG(1, 2))
		for _, trials := range [][]record.Trial{in.Base.Trials, in.Head.Trials} {
			random.Shuffle(len(trials), func(i, j int) { trials[i], trials[j] = trials[j], trials[i] })
		}
		if d := cmp.Diff(s.Metrics, compare.Service(in).Metrics); d != "" {
			r.Errorf("after shuffling the trials (-before +after):\n%s", d)
		}
	})
}

// More hypotheses elsewhere never turn a verdict into fail.
func TestOthersOnlyMakeItStricter(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		in := drawInput(r)
		in.Others = 3
		few := compare.Service(in)
		in.Others += rapid.IntRange(1, 9).Draw(r, "more")
		for i, row := range compare.Service(in).Metrics {
			if row.Verdict == record.Fail && few.Metrics[i].Verdict != record.Fail {
				r.Errorf("%s fails only with more others", row.ID)
			}
		}
	})
}

// Swapping base and head turns every ratio over.
func TestSwappingTurnsTheRatioOver(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		n := rapid.IntRange(7, 24).Draw(r, "n")
		value := rapid.Float64Range(0.01, 100)
		base := rapid.SliceOfN(value, n, n).Draw(r, "base")
		head := rapid.SliceOfN(value, n, n).Draw(r, "head")
		one := judge(t, record.StartupReady, base, head, record.Budget{}).Ratio
		other := judge(t, record.StartupReady, head, base, record.Budget{}).Ratio
		got := []float64{1 / other.Ratio, 1 / other.High, 1 / other.Low}
		if !slices.EqualFunc(got, []float64{one.Ratio, one.Low, one.High}, func(a, b float64) bool { return math.Abs(a/b-1) < 1e-12 }) {
			r.Errorf("ratio %+v, swapped %+v", one, other)
		}
	})
}
