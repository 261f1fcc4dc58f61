package compare

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// noise is how the boots of the simulation differ: lognormal, with a part that
// both boots of a pair share (the machine at that moment), a part that all metrics
// of one boot share (a slow boot is slow in everything), and now and then a boot
// that takes three times as long.
type noise struct {
	name             string
	pair, boot, sole float64 // standard deviations of the logarithm
	spikes           float64 // share of boots
}

// run draws the pairs of one run with as many metrics, each of which head has
// ratio times as high as base.
func (n noise) run(source *rand.Rand, metrics, pairs int, ratio float64) []series {
	latency, _ := record.Lookup(record.StartupReady)
	all := make([]series, metrics)
	for k := range all {
		all[k] = series{latency, make([]float64, pairs), make([]float64, pairs)}
	}
	for i := range pairs {
		machine := n.pair * source.NormFloat64()
		slowBase, slowHead := machine+n.boots(source), machine+n.boots(source)
		for k := range all {
			all[k].base[i] = math.Exp(slowBase + n.sole*source.NormFloat64())
			all[k].head[i] = ratio * math.Exp(slowHead+n.sole*source.NormFloat64())
		}
	}
	return all
}

// boots is what all metrics of one boot share.
func (n noise) boots(source *rand.Rand) float64 {
	shared := n.boot * source.NormFloat64()
	if source.Float64() < n.spikes {
		shared += math.Log(3)
	}
	return shared
}

// remembered keeps the evidence of a hypothesis, so that one simulated run can
// serve families of every size.
type remembered struct {
	hypothesis
	seen *[25]evidence
}

func (r remembered) at(n int) evidence {
	if r.seen[n].above == 0 {
		r.seen[n] = r.hypothesis.at(n)
	}
	return r.seen[n]
}

// tally counts the runs in which any metric failed, and in which any passed.
type tally struct{ fail, pass int }

// simulate judges many runs as Service does, looks and stopping included, with
// the first 1, 2 … most metrics as the family.
func simulate(n noise, seed uint64, runs, most int, ratio, grow float64) []tally {
	source := rand.New(rand.NewPCG(seed, 0))
	tallies := make([]tally, most+1)
	for range runs {
		claims := make([]hypothesis, most)
		for k, s := range n.run(source, most, 24, ratio) {
			claims[k] = remembered{growth{series: s, budget: record.Budget{Grow: &grow}}, new([25]evidence)}
		}
		for metrics := 1; metrics <= most; metrics++ {
			tallies[metrics].add(decide(claims[:metrics], 0, 24))
		}
	}
	return tallies
}

func (t *tally) add(outcomes []outcome) {
	var fail, pass int
	for _, o := range outcomes {
		switch o.verdict {
		case record.Fail:
			fail = 1
		case record.Pass:
			pass = 1
		}
	}
	t.fail, t.pass = t.fail+fail, t.pass+pass
}

// The promise that red never means noise: where every metric lies exactly on its
// budget, at most 3 % of runs fail any of them, and where nothing changed and the
// budget is 0 %, neither.
func TestFamilyWiseFalseFail(t *testing.T) {
	const runs, most, promised = 8000, 6, 0.03
	for i, c := range []struct {
		name        string
		ratio, grow float64
		noise       noise
	}{
		{"on a budget of 15 %, independent metrics", 1.15, 0.15, noise{pair: 0.2, sole: 0.05}},
		{"on a budget of 15 %, correlated metrics", 1.15, 0.15, noise{pair: 0.2, boot: 0.08, sole: 0.03}},
		{"head is base and the budget 0 %, with slow boots", 1, 0, noise{pair: 0.2, boot: 0.03, sole: 0.05, spikes: 0.1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for metrics, r := range simulate(c.noise, uint64(2026+i), runs, most, c.ratio, c.grow) {
				if metrics == 0 {
					continue
				}
				fail, pass := float64(r.fail)/runs, float64(r.pass)/runs
				upper := fail + 2.326*math.Sqrt(fail*(1-fail)/runs)
				t.Logf("%d metrics: any fail %.2f %% (99 %% sure of at most %.2f %%), any pass %.2f %%", metrics, 100*fail, 100*upper, 100*pass)
				if fail > promised {
					t.Errorf("%d metrics: %.2f %% of runs failed, promised are at most %.0f %%", metrics, 100*fail, 100*promised)
				}
			}
		})
	}
}
