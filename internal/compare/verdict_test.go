package compare_test

import (
	"math"
	"strings"
	"testing"

	"github.com/plimsoll-ci/plimsoll/internal/compare"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

func TestMeasuredVerdicts(t *testing.T) {
	const ready, rate, errors = record.StartupReady, record.LoadRate, record.LoadErrors
	steady := about(0.2, 0.02, 8, 1)
	for _, c := range []struct {
		name       string
		id         record.MetricID
		base, head []float64
		budget     record.Budget
		want       record.Verdict
		note       string // a part of it
	}{
		{"grew by less", ready, steady, about(0.21, 0.02, 8, 2), budget(0.15, unset, unset), record.Pass, ""},
		{"grew by more", ready, steady, about(0.26, 0.02, 8, 2), budget(0.15, unset, unset), record.Fail, "over its budget of +15 %: +30.2 % [+26.7, +33.0] after 8 pairs"},
		{"grew by about as much", ready, steady, about(0.23, 0.05, 8, 2), budget(0.15, unset, unset), record.Inconclusive, "undecided after 8 pairs"},
		{"more, but below the floor", ready, steady, about(0.26, 0.02, 8, 2), budget(0.15, 0.1, unset), record.Pass, ""},
		{"grew by more, and the floor is less", ready, steady, about(0.26, 0.02, 8, 2), budget(0.15, 0.01, unset), record.Fail, "over its budget of +15 % or +10 ms: +30.2 % ["},
		{"a floor without a ratio", ready, steady, about(0.26, 0.02, 8, 2), budget(unset, 0.02, unset), record.Fail, "over its budget of +20 ms (here +10.0 %): +30.2 % ["},
		{"nothing moves at all", ready, constant(0.2, 8), constant(0.2, 8), budget(0, unset, unset), record.Pass, ""},
		{"exactly on the budget", ready, constant(0.2, 8), constant(0.23, 8), budget(0.15, unset, unset), record.Pass, ""},
		{"ties over the budget", ready, constant(0.2, 8), constant(0.24, 8), budget(0.15, unset, unset), record.Fail, "+20.0 % [+20.0, +20.0] after 8 pairs"},
		{"seven pairs", ready, steady[:7], about(0.3, 0.02, 7, 2), budget(0.15, unset, unset), record.Inconclusive, "7 of the 8 pairs"},
		{"nine pairs look back at eight", ready, about(0.2, 0.02, 9, 1), about(0.3, 0.02, 9, 2), budget(0.15, unset, unset), record.Fail, "after 8 pairs"},
		{"an empty budget", ready, steady, steady, record.Budget{}, record.None, ""},

		{"more is better: fell by less", rate, about(100, 0.01, 8, 1), about(95, 0.01, 8, 2), budget(0.1, unset, unset), record.Pass, ""},
		{"more is better: fell by more", rate, about(100, 0.01, 8, 1), about(80, 0.01, 8, 2), budget(0.1, unset, unset), record.Fail, "below its budget of -10 %: -19.9 % [-21.0, -19.1] after 8 pairs"},
		{"more is better: rose", rate, about(100, 0.01, 8, 1), about(150, 0.01, 8, 2), budget(0.1, unset, unset), record.Pass, ""},
		{"more is better: any fall is allowed", rate, about(100, 0.01, 8, 1), about(1, 0.01, 8, 2), budget(1, unset, unset), record.Pass, ""},
		{"more is better: above its limit", rate, about(100, 0.01, 8, 1), about(95, 0.01, 8, 2), budget(unset, unset, 90), record.Pass, ""},
		{"more is better: below its limit", rate, about(100, 0.01, 8, 1), about(80, 0.01, 8, 2), budget(unset, unset, 90), record.Fail, "below its limit of 90/s: 80/s [79.2/s, 80.8/s] after 8 pairs"},

		{"no errors on both sides", errors, constant(0, 8), constant(0, 8), budget(0, unset, 0), record.Pass, ""},
		{"errors appear", errors, constant(0, 8), about(0.2, 0.1, 8, 2), budget(0.1, 0.01, unset), record.Fail, "over its budget of +10 % or +1 percentage point: +20 percentage points [+18.3, +21.7] after 8 pairs"},
		{"few errors appear", errors, constant(0, 8), about(0.005, 0.1, 8, 2), budget(0.1, 0.01, unset), record.Pass, ""},
		{"differences close to the budget", errors, constant(0.1, 8), about(0.11, 0.05, 8, 2), budget(0.1, unset, unset), record.Inconclusive, "between +0.529 percentage points and +1.47 percentage points, the budget is +10 % (here +1 percentage point)"},

		{"within its limit", ready, steady, about(0.21, 0.02, 8, 2), budget(unset, unset, 0.25), record.Pass, ""},
		{"at its limit", ready, steady, constant(0.25, 8), budget(unset, unset, 0.25), record.Pass, ""},
		{"over its limit", ready, steady, about(0.3, 0.02, 8, 2), budget(unset, unset, 0.25), record.Fail, "over its limit of 250 ms: 300 ms [294, 306] after 8 pairs"},
		{"around its limit", ready, steady, about(0.25, 0.1, 8, 2), budget(unset, unset, 0.25), record.Inconclusive, "head's median lies between 225 ms and 275 ms, its limit is 250 ms; no number of pairs is likely to settle it"},
		{"around a limit of zero", errors, constant(0, 8), append(constant(0, 4), constant(0.1, 4)...), budget(unset, unset, 0), record.Inconclusive, "head's median lies between 0 % and 10 %, its limit is 0 %"},
		{"base is over the limit too", ready, about(0.28, 0.02, 8, 1), about(0.3, 0.02, 8, 2), budget(unset, unset, 0.25), record.Pass, "not blamed on head"},
		{"base is over the limit, head repairs it", ready, about(0.28, 0.02, 8, 1), about(0.2, 0.02, 8, 2), budget(unset, unset, 0.25), record.Pass, ""},
		{"base seems to be over the limit", ready, append(constant(0.24, 3), constant(0.26, 5)...), about(0.3, 0.02, 8, 2), budget(unset, unset, 0.25), record.Inconclusive, "base seems to be as well"},
		{"over a broken limit, and grew", ready, about(0.28, 0.02, 8, 1), about(0.4, 0.02, 8, 2), budget(0.15, unset, 0.25), record.Fail, "over its budget of +15 %: +43.1 % ["},
		{"grew, within its limit", ready, steady, about(0.26, 0.02, 8, 2), budget(0.15, unset, 1), record.Fail, "over its budget of +15 %"},

		{"head silent once", ready, steady, append([]float64{math.NaN()}, about(0.2, 0.02, 7, 2)...), budget(0.15, unset, unset), record.Missing, "head gave no value in 1 of 8 pairs"},
		{"base silent once", ready, append([]float64{math.NaN()}, about(0.2, 0.02, 7, 2)...), steady, budget(0.15, unset, unset), record.Pass, "base gave no value in 1 of 8 pairs"},
		{"head silent and over anyway", ready, about(0.2, 0.02, 12, 1), append([]float64{math.NaN()}, about(0.3, 0.02, 11, 2)...), budget(0.15, unset, unset), record.Fail, "head gave no value"},
		{"a failed measurement is none", ready, steady, append([]float64{-1}, about(0.2, 0.02, 7, 2)...), budget(0.15, unset, unset), record.Missing, "head gave no value"},
		{"infinite is no value", ready, steady, append([]float64{math.Inf(1)}, about(0.2, 0.02, 7, 2)...), budget(0.15, unset, unset), record.Missing, "head gave no value"},
		{"never on head", ready, steady, nil, budget(0.15, unset, unset), record.Missing, "not measured: no pair of boots was completed"},
		{"never on base", ready, constant(math.NaN(), 8), steady, budget(0.15, unset, unset), record.Missing, "base gave no value in any of 8 pairs"},
		{"never on base, over its limit", ready, constant(math.NaN(), 8), steady, budget(unset, unset, 0.1), record.Fail, "base gave no value in any of 8 pairs; over its limit of 100 ms: 200 ms ["},
		{"never on base, within its limit", ready, constant(math.NaN(), 8), steady, budget(unset, unset, 0.3), record.Pass, "base gave no value in any of 8 pairs"},
		{"silent head", ready, steady, constant(math.NaN(), 8), budget(0.15, unset, 0.3), record.Missing, "head gave no value in any of 8 pairs"},
		{"silent both", ready, constant(math.NaN(), 8), constant(math.NaN(), 8), budget(0.15, unset, 0.3), record.Missing, "not measured on either side"},
		{"never on both", ready, append(steady, constant(math.NaN(), 8)...), append(constant(math.NaN(), 8), steady...), budget(0.15, unset, unset), record.Missing, "not measured on both sides at once"},

		{"zero on base", ready, append([]float64{0}, about(0.2, 0.02, 7, 1)...), about(0.205, 0.02, 8, 2), budget(0.15, 0.05, unset), record.Inconclusive, "compared by difference"},
		{"zero on head", ready, about(0.2, 0.02, 8, 1), append([]float64{0}, about(0.2, 0.02, 7, 2)...), budget(0.15, unset, unset), record.Pass, "compared by difference"},
		{"zero on both", ready, constant(0, 8), constant(0, 8), budget(0.15, unset, unset), record.Pass, "compared by difference"},
		{"zero on base, over", ready, constant(0, 8), about(0.2, 0.02, 8, 2), budget(0.15, 0.05, unset), record.Fail, "over its budget of +15 % or +50 ms: +200 ms [+197, +203] after 8 pairs"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := judge(t, c.id, c.base, c.head, c.budget)
			if got.Verdict != c.want || !strings.Contains(got.Note, c.note) || c.note == "" && got.Note != "" {
				t.Errorf("verdict %s, note %q; want %s, note %q", got.Verdict, got.Note, c.want, c.note)
			}
		})
	}
}

// What a budget allows is allowed of every pair by itself, however base drifts
// from one to the next.
func TestEveryPairHasItsOwnAllowance(t *testing.T) {
	drifting := []float64{0.1, 0.4, 0.15, 0.22, 0.31, 0.12, 0.26, 0.18}
	head := func(grown func(base float64) float64) []float64 {
		values := make([]float64, len(drifting))
		for i, base := range drifting {
			values[i] = grown(base)
		}
		return values
	}
	for _, c := range []struct {
		name   string
		id     record.MetricID
		budget record.Budget
		grown  func(base, more float64) float64 // by all that is allowed, and more
	}{
		{"a floor", record.StartupReady, budget(0, 0.05, unset), func(base, more float64) float64 { return base + 0.05 + more }},
		{"a ratio or a floor", record.StartupReady, budget(0.2, 0.05, unset), func(base, more float64) float64 { return base + max(0.05, 0.2*base) + more }},
		{"a ratio of a difference", record.CPUIdle, budget(0.5, unset, unset), func(base, more float64) float64 { return 1.5*base + more }},
		{"a ratio or a floor of a difference", record.CPUIdle, budget(0.5, 0.1, unset), func(base, more float64) float64 { return base + max(0.1, 0.5*base) + more }},
		{"a fall", record.LoadRate, budget(0.2, 0.05, unset), func(base, more float64) float64 { return base - max(0.05, 0.2*base) - more }},
	} {
		for more, want := range map[float64]record.Verdict{-0.001: record.Pass, 0: record.Pass, 0.001: record.Fail} {
			got := judge(t, c.id, drifting, head(func(base float64) float64 { return c.grown(base, more) }), c.budget)
			if got.Verdict != want {
				t.Errorf("%s and %v more: %s (%s), want %s", c.name, more, got.Verdict, got.Note, want)
			}
		}
	}
}

func TestADecisionStands(t *testing.T) {
	for _, c := range []struct {
		name         string
		early, later float64
		want         record.Verdict
		note         string
	}{
		{"fail, and later pairs agree", 0.3, 0.31, record.Fail, "over its budget of +15 %: +49.7 % [+44.9, +54.6] after 8 pairs"},
		{"pass, and later pairs agree", 0.15, 0.16, record.Pass, ""},
		{"fail", 0.3, 0.15, record.Fail, "over its budget of +15 %: +49.7 % [+44.9, +54.6] after 8 pairs, which stands"},
		{"pass", 0.15, 0.3, record.Pass, "within its budget after 8 pairs, which stands"},
	} {
		head := append(about(c.early, 0.02, 8, 2), about(c.later, 0.02, 16, 3)...)
		got := judge(t, record.StartupReady, about(0.2, 0.02, 24, 1), head, budget(0.15, unset, unset))
		if got.Verdict != c.want || got.Note != c.note {
			t.Errorf("%s: %s, note %q", c.name, got.Verdict, got.Note)
		}
	}
}

// Four fast boots and then slow ones: 8 pairs leave it open, 15 change nothing
// since no look lies between, 16 settle it.
func TestVerdictsFallAtLooksOnly(t *testing.T) {
	base, head := about(0.2, 0.02, 24, 1), append(constant(0.15, 4), about(0.4, 0.02, 20, 3)...)
	for n, want := range map[int]record.Verdict{8: record.Inconclusive, 15: record.Inconclusive, 16: record.Fail, 24: record.Fail} {
		if got := judge(t, record.StartupReady, base[:n], head[:n], budget(0.15, unset, unset)); got.Verdict != want {
			t.Errorf("%d pairs: %s (%s), want %s", n, got.Verdict, got.Note, want)
		}
	}
}

// Eight pairs in agreement have p = 1/256: enough for a family of two, not of
// three, whose looks therefore start at ten.
func TestOthersEnlargeTheFamily(t *testing.T) {
	for _, c := range []struct {
		pairs, others int
		want          record.Verdict
		note          string
	}{
		{8, 0, record.Fail, "after 8 pairs"},
		{8, 1, record.Fail, ""},
		{8, 2, record.Inconclusive, "8 of the 10 pairs"},
		{10, 2, record.Fail, ""},
		{10, 9, record.Fail, ""},
		{10, 10, record.Inconclusive, "as one of 11 bounds judged together it is not clear enough"},
		{14, 10, record.Fail, ""},
	} {
		in := compare.Input{
			Base:    booted(columns{record.StartupReady: about(0.2, 0.02, c.pairs, 1)}),
			Head:    booted(columns{record.StartupReady: about(0.4, 0.02, c.pairs, 2)}),
			Budgets: map[record.MetricID]record.Budget{record.StartupReady: budget(0.15, unset, unset)},
			Others:  c.others,
		}
		got := row(t, compare.Service(in), record.StartupReady)
		if got.Verdict != c.want || !strings.Contains(got.Note, c.note) {
			t.Errorf("%d pairs, %d others: %s, %q; want %s, %q", c.pairs, c.others, got.Verdict, got.Note, c.want, c.note)
		}
	}
}

func TestVoidedPairsAreLeftOutWhole(t *testing.T) {
	base := booted(columns{record.StartupReady: about(0.2, 0.02, 10, 1)})
	head := booted(columns{record.StartupReady: append([]float64{9, 9}, about(0.2, 0.02, 8, 2)...)})
	base.Trials[1].Void, head.Trials[2].Void = "steal 12 %", "sent late"
	in := compare.Input{Base: base, Head: head, Budgets: map[record.MetricID]record.Budget{record.StartupReady: budget(0.15, unset, unset)}}
	s := compare.Service(in)
	got := row(t, s, record.StartupReady)
	if s.Pairs != 8 || s.Voided != 2 || got.N != 8 || got.Verdict != record.Pass || *got.Head > 0.3 {
		t.Errorf("pairs %d, voided %d, row %+v", s.Pairs, s.Voided, got)
	}
	if len(s.Warnings) != 1 || s.Warnings[0] != "2 of 10 pairs do not count; the first: steal 12 %" {
		t.Errorf("warnings %q", s.Warnings)
	}

	head.Trials = append(head.Trials, record.Trial{Pair: 5, Metrics: head.Trials[5].Metrics})
	if s := compare.Service(in); s.Pairs != 7 || s.Voided != 3 {
		t.Errorf("with two boots of head in pair 5: pairs %d, voided %d", s.Pairs, s.Voided)
	}
	head.Trials = head.Trials[:9]
	if s := compare.Service(in); s.Pairs != 6 || s.Voided != 2 {
		t.Errorf("with pairs 9 and 10 half done: pairs %d, voided %d", s.Pairs, s.Voided)
	}
	for i := range base.Trials {
		base.Trials[i].Void = "steal 50 %"
	}
	if got := row(t, compare.Service(in), record.StartupReady); got.Verdict != record.Missing || got.Note != "not measured: no pair counts" {
		t.Errorf("with everything void: %s, %q", got.Verdict, got.Note)
	}
}

// An open verdict names what would settle it, in pairs where pairs would.
func TestRemedies(t *testing.T) {
	for _, c := range []struct {
		name       string
		base, head []float64
		want       string
	}{
		{"more pairs", about(0.2, 0.03, 8, 1), about(0.212, 0.1, 8, 3), "about 24 pairs would likely settle it"},
		{"more pairs than a run takes", about(0.2, 0.05, 24, 1), about(0.222, 0.3, 24, 2), "more than the 24 of a run"},
		{"no pairs", constant(0.2, 8), append(constant(0.2, 4), constant(0.2645, 4)...), "no number of pairs"},
	} {
		got := judge(t, record.StartupReady, c.base, c.head, budget(0.15, unset, unset))
		if got.Verdict != record.Inconclusive || !strings.Contains(got.Note, c.want) || !strings.Contains(got.Note, "the budget is +15 %;") {
			t.Errorf("%s: %s, note %q, want %q", c.name, got.Verdict, got.Note, c.want)
		}
	}
}

// To fail takes more evidence in a larger family, to pass does not.
func TestRemediesCountTheFamily(t *testing.T) {
	for _, c := range []struct {
		name   string
		centre float64
		others int
		want   string
	}{
		{"over, alone", 0.25, 0, "about 24 pairs"},
		{"over, one of many", 0.25, 20, "more than the 24 of a run"},
		{"within, one of many", 0.213, 20, "about 18 pairs"},
	} {
		in := compare.Input{
			Base:    booted(columns{record.StartupReady: about(0.2, 0.02, 10, 1)}),
			Head:    booted(columns{record.StartupReady: about(c.centre, 0.14, 10, 3)}),
			Budgets: map[record.MetricID]record.Budget{record.StartupReady: budget(0.15, unset, unset)},
			Others:  c.others,
		}
		if got := row(t, compare.Service(in), record.StartupReady); got.Verdict != record.Inconclusive || !strings.Contains(got.Note, c.want) {
			t.Errorf("%s: %s, note %q, want %q", c.name, got.Verdict, got.Note, c.want)
		}
	}
}
