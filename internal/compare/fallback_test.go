package compare_test

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/plimsoll-ci/plimsoll/internal/compare"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// start is a simulated image: its start computes for so long and waits for so
// long, in seconds.
type start struct{ computes, waits float64 }

// boots are starts on a machine whose time is noisy and whose CPU time is not.
func (s start) boots(n int, noise float64, random *rand.Rand) columns {
	ready, cpu := make([]float64, n), make([]float64, n)
	for i := range n {
		cpu[i] = s.computes * math.Exp(0.02*random.NormFloat64())
		ready[i] = (s.computes + s.waits) * math.Exp(noise*random.NormFloat64())
	}
	return columns{record.StartupReady: ready, record.StartupCPU: cpu}
}

func judgeStart(t *testing.T, base, head start, pairs int, noise float64, random *rand.Rand) record.Change {
	t.Helper()
	return row(t, compare.Service(compare.Input{
		Base: booted(base.boots(pairs, noise, random)), Head: booted(head.boots(pairs, noise, random)),
		Budgets: map[record.MetricID]record.Budget{record.StartupReady: budget(0.15, unset, unset)},
	}), record.StartupReady)
}

const byCPU = "judged by startup CPU, since the time is too noisy here"

func TestANoisyStartIsJudgedByItsCPU(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	same := start{computes: 0.2}
	passed := 0
	for range 50 {
		got := judgeStart(t, same, same, 24, 0.3, random)
		if got.Verdict == record.Pass && strings.Contains(got.Note, byCPU) {
			passed++
		}
		if early := judgeStart(t, same, same, 23, 0.3, random); strings.Contains(early.Note, byCPU) {
			t.Fatalf("before the last look: %s", early.Note)
		}
	}
	if passed < 20 {
		t.Errorf("passed by CPU in %d of 50 runs", passed)
	}
	noCPU := compare.Input{
		Base: booted(same.boots(24, 0.3, random)), Head: booted(same.boots(24, 0.3, random)),
		Budgets: map[record.MetricID]record.Budget{record.StartupReady: budget(0.05, unset, unset)},
	}
	for i := range noCPU.Head.Trials {
		delete(noCPU.Head.Trials[i].Metrics, record.StartupCPU)
	}
	if got := row(t, compare.Service(noCPU), record.StartupReady); strings.Contains(got.Note, byCPU) {
		t.Errorf("judged by what was not measured: %s", got.Note)
	}
}

// What the fallback is worth, and what it must not do: of starts that are over
// their budget it passes hardly any that compute more, and few that wait more.
func TestTheFallbackPassesHardlyAnyBrokenBudget(t *testing.T) {
	const runs = 400
	base := start{computes: 0.15, waits: 0.05}
	for name, c := range map[string]struct {
		head start
		most float64 // share of runs that pass by CPU
	}{
		"computes 30 % more":           {start{computes: 0.195, waits: 0.065}, 0.01},
		"waits 30 % of the start more": {start{computes: 0.15, waits: 0.11}, 0.15},
		"waits half of the start more": {start{computes: 0.15, waits: 0.15}, 0.01},
	} {
		random := rand.New(rand.NewPCG(2, 2))
		passed, failed := 0, 0
		for range runs {
			got := judgeStart(t, base, c.head, 24, 0.3, random)
			if strings.Contains(got.Note, byCPU) {
				passed++
				if got.Verdict != record.Pass {
					t.Fatalf("%s by the fallback", got.Verdict)
				}
			}
			if got.Verdict == record.Fail {
				failed++
			}
		}
		t.Logf("%s: passed by CPU in %.1f %%, failed by time in %.1f %%", name, 100*float64(passed)/runs, 100*float64(failed)/runs)
		if float64(passed) > c.most*runs {
			t.Errorf("%s: passed by CPU in %d of %d runs", name, passed, runs)
		}
	}
}

// BenchmarkFallbackInTheFamily measures what it would cost to let startup.cpu
// fail the budget of startup.ready: it would have to be one more member of Holm's
// family in every run that gates the one and not the other.
func BenchmarkFallbackInTheFamily(b *testing.B) {
	for b.Loop() {
		for _, others := range []int{0, 1} {
			random := rand.New(rand.NewPCG(3, 3))
			const runs = 4000
			found, pairs := 0, 0
			for range runs {
				base, head := start{computes: 0.2}.boots(24, 0.08, random), start{computes: 0.25}.boots(24, 0.08, random)
				for _, n := range compare.Looks(1 + others) {
					in := compare.Input{Base: booted(first(base, n)), Head: booted(first(head, n)), Others: others,
						Budgets: map[record.MetricID]record.Budget{record.StartupReady: budget(0.15, unset, unset)}}
					if compare.Decided(in) {
						pairs += n
						if compare.Service(in).Verdict == record.Fail {
							found++
						}
						break
					}
				}
			}
			b.Logf("with %d more in the family: +25 %% over +15 %% found in %.1f %% of runs, %.1f pairs on average", others, 100*float64(found)/runs, float64(pairs)/runs)
		}
	}
}

func first(all columns, n int) columns {
	some := columns{}
	for id, values := range all {
		some[id] = values[:n]
	}
	return some
}
