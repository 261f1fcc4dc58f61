package compare

import (
	"fmt"
	"math"
	"testing"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// growing makes a budget of a ratio and an amount.
func growing(ratio, floor float64) record.Budget { return record.Budget{Grow: &ratio, Floor: floor} }

// The scenes in which the promise is kept by the committed test: head lies exactly
// on its budget, or is base itself.
var scenes = []scene{
	{"15 %, independent metrics", record.StartupReady, growing(0.15, 0), each, noise{pair: 0.2, sole: 0.05}, 6},
	{"15 %, correlated metrics", record.StartupReady, growing(0.15, 0), each, noise{pair: 0.2, boot: 0.08, sole: 0.03}, 6},
	{"0 %, head is base, slow boots", record.StartupReady, growing(0, 0), times(1), noise{pair: 0.2, boot: 0.03, sole: 0.05, spikes: 0.1}, 3},
	{"floor of 20 %", record.StartupReady, growing(0.15, 0.2), each, noise{pair: 0.05, sole: 0.05}, 2},
	{"floor of 100 %, drift 4 times the noise, head twice base", record.StartupReady, growing(0, 1), ratio, noise{pair: 0.2, sole: 0.05}, 2},
	{"difference, 5 %", record.CostMonth, growing(0.05, 0), each, noise{pair: 0.05, sole: 0.05}, 1},
	{"difference, 50 %", record.CostMonth, growing(0.5, 0), each, noise{pair: 0.05, sole: 0.05}, 2},
}

// More of them, for the benchmark, among them the worst that were found.
var moreScenes = []scene{
	{"floor of 20 %, drift 4 times the noise", record.StartupReady, growing(0.15, 0.2), each, noise{pair: 0.2, sole: 0.05}, 6},
	{"floor of 20 %, drift 8 times the noise", record.StartupReady, growing(0.15, 0.2), each, noise{pair: 0.4, sole: 0.05}, 6},
	{"floor of 20 %, drift 15 times the noise, head 1.2 times base", record.StartupReady, growing(0.15, 0.2), ratio, noise{pair: 0.2, sole: 0.013}, 1},
	{"floor of 500 %, drift 15 times the noise, head 6 times base", record.StartupReady, growing(0, 5), ratio, noise{pair: 0.2, sole: 0.013}, 1},
	{"floor of 500 %, slow boots", record.StartupReady, growing(0, 5), level, noise{pair: 0.05, sole: 0.05, spikes: 0.1}, 6},
	{"floor of 500 %, many slow boots", record.StartupReady, growing(0, 5), level, noise{pair: 0.05, sole: 0.05, spikes: 0.3}, 6},
	{"difference, 10 %", record.CostMonth, growing(0.1, 0), each, noise{pair: 0.05, sole: 0.05}, 6},
	{"difference, 50 %, slow boots", record.CostMonth, growing(0.5, 0), each, noise{pair: 0.05, sole: 0.05, spikes: 0.1}, 6},
	{"difference, 100 %", record.CostMonth, growing(1, 0), each, noise{pair: 0.05, sole: 0.05}, 6},
	{"difference, 100 %, noisy", record.CostMonth, growing(1, 0), each, noise{pair: 0.2, sole: 0.3}, 6},
	{"difference, floor of 10 %", record.CostMonth, growing(0.05, 0.1), ratio, noise{pair: 0.4, sole: 0.05}, 6},
	{"a fall of 10 % or a floor of 20 %", record.LoadRate, growing(0.1, 0.2), fewer, noise{pair: 0.2, sole: 0.05}, 6},
}

// The promise that red never means noise: where every metric lies exactly on its
// budget, at most 3 % of runs fail any of them, and where nothing changed and the
// budget is 0 %, neither. BenchmarkFamilyWise has more runs and more scenes.
func TestFamilyWiseFalseFail(t *testing.T) {
	const runs, promised = 4000, 0.03
	for i, c := range scenes {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for k, r := range c.simulate(perPair, uint64(2026+i), runs) {
				fail, pass := float64(r.fail)/runs, float64(r.pass)/runs
				upper := fail + 2.326*math.Sqrt(fail*(1-fail)/runs)
				t.Logf("%d metrics: any fail %.2f %% (99 %% sure of at most %.2f %%), any pass %.2f %%", k+1, 100*fail, 100*upper, 100*pass)
				if fail > promised {
					t.Errorf("%d metrics: %.2f %% of runs failed, promised are at most %.0f %%", k+1, 100*fail, 100*promised)
				}
			}
		})
	}
}

// BenchmarkFamilyWise prints how many of b.N simulated runs fail any of 1 … 6
// metrics though all lie exactly on their budgets, in percent, and the same by the
// median of base, the threshold that was rejected:
//
//	go test ./internal/compare -run '^$' -bench FamilyWise -benchtime 200000x
func BenchmarkFamilyWise(b *testing.B) {
	for i, c := range append(scenes[:len(scenes):len(scenes)], moreScenes...) {
		b.Run(c.name, func(b *testing.B) {
			share := func(runs int) float64 { return 100 * float64(runs) / float64(b.N) }
			for k, r := range c.simulate(perPair, uint64(2026+i), b.N) {
				b.ReportMetric(share(r.fail), fmt.Sprintf("%%fail-of-%d", k+1))
			}
			one := c
			one.most = 1
			b.ReportMetric(share(one.simulate(perMedian, uint64(2026+i), b.N)[0].fail), "%fail-of-1-by-median")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// A judge who never says fail keeps every promise. Boots that differ by 5 % must
// get a clear answer where the truth is clear.
func TestPower(t *testing.T) {
	const runs = 400
	for _, c := range []struct {
		name       string
		metric     record.MetricID
		budget     record.Budget
		ratio      float64
		fail, pass float64 // at least this share of runs
	}{
		{"over 15 %", record.StartupReady, growing(0.15, 0), 1.30, 0.98, 0},
		{"within 15 %", record.StartupReady, growing(0.15, 0), 1.00, 0, 0.98},
		{"over a floor of 10 %, under drift", record.StartupReady, growing(0, 0.1), 1.25, 0.98, 0},
		{"within a floor of 10 %, under drift", record.StartupReady, growing(0, 0.1), 1.00, 0, 0.90},
		{"over 50 % of a difference, under drift", record.CostMonth, growing(0.5, 0), 1.75, 0.98, 0},
		{"within 50 % of a difference, under drift", record.CostMonth, growing(0.5, 0), 1.25, 0, 0.98},
	} {
		one := scene{c.name, c.metric, c.budget, times(c.ratio), noise{pair: 0.2, sole: 0.05}, 1}
		r := one.simulate(perPair, 7, runs)[0]
		fail, pass := float64(r.fail)/runs, float64(r.pass)/runs
		t.Logf("%s, head at %.2f of base: fail %.1f %%, pass %.1f %%", c.name, c.ratio, 100*fail, 100*pass)
		if fail < c.fail || pass < c.pass || fail > 0 && pass > 0 {
			t.Errorf("%s, head at %.2f of base: fail %.3f (want %.2f), pass %.3f (want %.2f), and never both", c.name, c.ratio, fail, c.fail, pass, c.pass)
		}
	}
}
