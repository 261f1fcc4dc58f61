package compare_test

import (
	"math/rand/v2"
	"testing"

	"github.com/plimsoll-ci/plimsoll/internal/compare"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

func TestPredict(t *testing.T) {
	ready := func(base, head []float64, b record.Budget) compare.Input {
		return compare.Input{
			Base: booted(columns{record.StartupReady: base}), Head: booted(columns{record.StartupReady: head}),
			Budgets: map[record.MetricID]record.Budget{record.StartupReady: b},
		}
	}
	for name, c := range map[string]struct {
		in   compare.Input
		want compare.Outlook
	}{
		"too few pairs":     {ready(about(0.2, 0.02, 4, 1), about(0.2, 0.02, 4, 2), budget(0.15, unset, unset)), compare.Outlook{}},
		"clear":             {ready(about(0.2, 0.02, 5, 1), about(0.2, 0.02, 5, 2), budget(0.15, unset, unset)), compare.Outlook{Look: 8, Likely: true}},
		"close":             {ready(about(0.2, 0.06, 8, 1), about(0.218, 0.06, 8, 4), budget(0.15, unset, unset)), compare.Outlook{Look: 12, Likely: true}},
		"hopeless":          {ready(about(0.2, 0.1, 8, 1), about(0.23, 0.1, 8, 2), budget(0.15, unset, unset)), compare.Outlook{Likely: true}},
		"a limit, clear":    {ready(about(0.2, 0.02, 6, 1), about(0.2, 0.02, 6, 2), budget(unset, unset, 0.3)), compare.Outlook{Look: 8, Likely: true}},
		"a limit, hopeless": {ready(constant(0.2, 8), append(constant(0.2, 4), constant(0.4, 4)...), budget(unset, unset, 0.3)), compare.Outlook{Likely: true}},
		"nothing to decide": {ready(about(0.2, 0.02, 6, 1), about(0.2, 0.02, 6, 2), record.Budget{}), compare.Outlook{Look: 8, Likely: true}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := compare.Predict(c.in); got != c.want {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
}

// What is predicted after the first look must be worth reading: of the runs that
// are still open then, most of those that are told a look end by then.
func TestPredictionsComeTrue(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 7))
	told, kept := 0, 0
	for range 400 {
		const noise = 0.08
		base, head := make([]float64, 24), make([]float64, 24)
		for i := range base {
			base[i] = 0.2 * (1 + noise*random.NormFloat64()/2)
			head[i] = 0.2 * (1 + noise*random.NormFloat64()/2)
		}
		at := func(n int) compare.Input {
			return compare.Input{Base: booted(columns{record.StartupReady: base[:n]}), Head: booted(columns{record.StartupReady: head[:n]}),
				Budgets: map[record.MetricID]record.Budget{record.StartupReady: budget(0.06, unset, unset)}}
		}
		if compare.Decided(at(8)) {
			continue
		}
		if look := compare.Predict(at(8)).Look; look > 0 {
			told++
			if compare.Decided(at(look)) && row(t, compare.Service(at(look)), record.StartupReady).Verdict != record.Inconclusive {
				kept++
			}
		}
	}
	t.Logf("%d of %d predictions came true", kept, told)
	if told < 50 || float64(kept) < 0.6*float64(told) {
		t.Errorf("%d of %d predictions came true", kept, told)
	}
}
