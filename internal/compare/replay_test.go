package compare_test

import (
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/plimsoll-ci/plimsoll/internal/compare"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// swapped are the records with the labels of some pairs taken literally: the
// trials change sides, and head is worsened.
func swapped(in compare.Input, flip []bool, change map[record.MetricID]float64) compare.Input {
	base, head := *in.Base, *in.Head
	base.Trials, head.Trials = slices.Clone(base.Trials), slices.Clone(head.Trials)
	for n, f := range flip {
		for i := range head.Trials {
			if f && head.Trials[i].Pair == n+1 {
				base.Trials[i], head.Trials[i] = head.Trials[i], base.Trials[i]
			}
		}
	}
	for i := range head.Trials {
		head.Trials[i].Metrics = maps.Clone(head.Trials[i].Metrics)
		for id, by := range change {
			metric, _ := record.Lookup(id)
			v := head.Trials[i].Metrics[id]
			switch {
			case metric.Zeroable:
				v += by
			case metric.Direction == record.Higher:
				v *= 1 - by
			default:
				v *= 1 + by
			}
			head.Trials[i].Metrics[id] = v
		}
	}
	in.Base, in.Head = &base, &head
	return in
}

// ended is the number of pairs after which the measurement would have stopped.
func ended(in compare.Input, pairs int) int {
	until := func(n int) compare.Input {
		base, head := *in.Base, *in.Head
		keep := func(trials []record.Trial) []record.Trial {
			return slices.DeleteFunc(slices.Clone(trials), func(t record.Trial) bool { return t.Pair > n })
		}
		base.Trials, head.Trials = keep(base.Trials), keep(head.Trials)
		part := in
		part.Base, part.Head = &base, &head
		return part
	}
	for _, look := range compare.Looks(compare.Hypotheses(in.Budgets) + in.Others) {
		if look <= pairs && compare.Decided(until(look)) {
			return look
		}
	}
	return pairs
}

// A replay says what comparing the records themselves would have said, and ends
// where the measurement would have ended.
func TestReplayIsTheRealProcedure(t *testing.T) {
	ids := []record.MetricID{record.StartupReady, record.MemoryPeak, record.CPUIdle, record.LoadRate, record.CostMonth}
	rapid.Check(t, func(r *rapid.T) {
		n := rapid.IntRange(0, 26).Draw(r, "pairs")
		value := rapid.OneOf(rapid.Float64Range(0.9, 1.1), rapid.SampledFrom([]float64{0, 1, 1}))
		side := func(name string) *record.Record {
			values := columns{}
			for _, id := range ids[:4] {
				values[id] = rapid.SliceOfN(value, n, n).Draw(r, name+string(id))
			}
			return booted(values)
		}
		in := compare.Input{Base: side("base"), Head: side("head"), Price: perByte, Budgets: map[record.MetricID]record.Budget{}}
		for _, id := range ids {
			if rapid.Bool().Draw(r, "gate "+string(id)) {
				in.Budgets[id] = budget(rapid.SampledFrom([]float64{0, 0.05, 0.5}).Draw(r, "grow"), unset, unset)
			}
		}
		flip := rapid.SliceOfN(rapid.Bool(), n, n).Draw(r, "flip")
		change := map[record.MetricID]float64{}
		if rapid.Bool().Draw(r, "change") {
			change[record.MemoryPeak], change[record.LoadRate], change[record.CPUIdle] = 0.3, 0.3, 0.3
		}
		if _, priced := in.Budgets[record.CostMonth]; priced {
			change = nil // the price of a changed head is another
		}
		literal := swapped(in, flip, change)
		want := map[record.MetricID]record.Verdict{}
		for _, row := range compare.Service(literal).Metrics {
			if row.Budget != nil {
				want[row.ID] = row.Verdict
			}
		}
		got := compare.NewReplay(in).Judge(compare.Variant{Budgets: in.Budgets, Flip: flip, Change: change})
		if d := cmp.Diff(want, got.Verdicts); d != "" {
			r.Errorf("verdicts (-literal +replay):\n%s", d)
		}
		if pairs := ended(literal, n); pairs != got.Pairs && len(in.Budgets) > 0 {
			r.Errorf("ends after %d pairs, literally after %d", got.Pairs, pairs)
		}
	})
}

// noisy is an image against itself: 24 pairs with noise that drifts.
func noisy(spread float64) compare.Input {
	random := rand.New(rand.NewPCG(7, 7))
	draw := func() columns {
		values := columns{}
		for _, id := range gated {
			for i := range 24 {
				values[id] = append(values[id], 1e6*math.Exp(spread*random.NormFloat64()+0.01*float64(i)))
			}
		}
		return values
	}
	return compare.Input{Base: booted(draw()), Head: booted(draw())}
}

var gated = []record.MetricID{record.StartupReady, record.StartupCPU, record.MemoryPeak, record.CPURequest}

func allGrow(by float64) map[record.MetricID]record.Budget {
	budgets := map[record.MetricID]record.Budget{}
	for _, id := range gated {
		budgets[id] = budget(by, unset, unset)
	}
	return budgets
}

func TestRehearsal(t *testing.T) {
	replay := compare.NewReplay(noisy(0.03))
	strict := compare.Rehearsal{Replay: replay, Budgets: allGrow(0), Seed: 1}
	lax := compare.Rehearsal{Replay: replay, Budgets: allGrow(0.1), Seed: 1}
	if a := strict.FalseAlarms(2000); a.Share() > 0.035 || a.Found == 0 || a.Pairs < 20 {
		t.Errorf("no budget: %+v, want about 2.5 %%, and runs that go on to the last look", a)
	}
	if a := lax.FalseAlarms(2000); a.Found != 0 || a.Pairs != 10 {
		t.Errorf("10 %%: %+v, want no alarm, and the end at the first look", a)
	}
	small, ok := strict.SmallestSeen(record.CPURequest)
	if !ok || small < 0.015 || small > 0.06 {
		t.Errorf("smallest change that is seen: %v, %v", small, ok)
	}
	large, ok := lax.SmallestSeen(record.CPURequest)
	if !ok || large < 0.1+small/2 || large > 0.1+2*small {
		t.Errorf("smallest change over 10 %% that is seen: %v, %v; without a budget %v", large, ok, small)
	}
	found := lax.Detected(400, map[record.MetricID]float64{record.CPURequest: large})
	if found.Share() < 0.8 || found.Share() > 0.9 {
		t.Errorf("it is found by %+v, want four in five", found)
	}
	noise := replay.Noise(record.CPURequest)
	if noise.Pairs != 24 || !noise.Ratio || noise.Deviation < 0.02 || noise.Deviation > 0.065 {
		t.Errorf("noise %+v, want about 0.03 times the root of two", noise)
	}
}

func TestTooFewPairsSeeNothing(t *testing.T) {
	in := noisy(0.03)
	in.Base.Trials, in.Head.Trials = in.Base.Trials[:6], in.Head.Trials[:6]
	r := compare.Rehearsal{Replay: compare.NewReplay(in), Budgets: allGrow(0.1)}
	if change, ok := r.SmallestSeen(record.MemoryPeak); ok {
		t.Errorf("five pairs see a change of %v", change)
	}
}

func BenchmarkFlips(b *testing.B) {
	r := compare.Rehearsal{Replay: compare.NewReplay(noisy(0.03)), Budgets: allGrow(0)}
	for b.Loop() {
		r.FalseAlarms(1000)
	}
}
