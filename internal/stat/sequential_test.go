package stat_test

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/plimsoll-ci/plimsoll/internal/stat"
)

func TestHolm(t *testing.T) {
	for _, c := range []struct {
		name   string
		p      []float64
		others int
		level  float64
		want   []bool
	}{
		{"nothing", nil, 0, .05, []bool{}},
		{"one", []float64{.05}, 0, .05, []bool{true}},
		// The usual classroom family of four: .005 <= .05/4, .01 <= .05/3, then .03 > .05/2 stops it.
		{"steps down and stops", []float64{.01, .04, .03, .005}, 0, .05, []bool{true, false, false, true}},
		{"goes through", []float64{.04, .01, .02}, 0, .05, []bool{true, true, true}},
		{"stopped at the first step nothing falls", []float64{.02, .03, .04}, 0, .05, []bool{false, false, false}},
		{"others make the family larger", []float64{.004, .03}, 3, .05, []bool{true, false}},
		{"and too large", []float64{.004}, 12, .05, []bool{false}},
		{"equal p-values fall together", []float64{.02, .02}, 0, .04, []bool{true, true}},
	} {
		if d := cmp.Diff(c.want, stat.Holm(c.p, c.others, c.level)); d != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, d)
		}
	}
}

// Holm rejects everything Bonferroni rejects, nothing above the level, and the
// others act as so many p-values of 1.
func TestHolmBounds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := rapid.SliceOfN(rapid.Float64Range(0, 0.1), 1, 8).Draw(t, "p")
		others := rapid.IntRange(0, 5).Draw(t, "others")
		rejected := stat.Holm(p, others, .05)
		padded := append([]float64(nil), p...)
		for range others {
			padded = append(padded, 1)
		}
		if d := cmp.Diff(stat.Holm(padded, 0, .05)[:len(p)], rejected); d != "" {
			t.Errorf("others differ from p-values of 1:\n%s", d)
		}
		for i, r := range rejected {
			if p[i] <= .05/float64(len(p)+others) && !r {
				t.Errorf("Bonferroni rejects %v of %v, Holm does not", p[i], p)
			}
			if r && p[i] > .05 {
				t.Errorf("rejected %v above the level", p[i])
			}
		}
	})
}

// Every look can reject: n pairs in agreement must pass Holm's first step.
func TestLooksCanReject(t *testing.T) {
	for hypotheses := 1; hypotheses <= 10; hypotheses++ {
		looks := stat.Looks(hypotheses)
		if len(looks) != 4 {
			t.Fatalf("%d looks; the level was calibrated for four", len(looks))
		}
		for _, n := range looks {
			if math.Exp2(float64(-n)) > stat.LookLevel/float64(hypotheses) {
				t.Errorf("%d hypotheses: at %d pairs the smallest p-value is too large to reject", hypotheses, n)
			}
		}
	}
}

// The formula against its own test: of samples of the size it names, about four
// in five reject.
func TestPairsNeededGivesThePower(t *testing.T) {
	source := normals(7)
	pilot := make([]float64, 4001)
	for i := range pilot {
		pilot[i] = 0.5 + source()
	}
	n := int(stat.PairsNeeded(pilot[:400], .01))
	rejected, runs := 0, 2000
	for range runs {
		d := make([]float64, n)
		for i := range d {
			d[i] = 0.5 + source()
		}
		if above(d) <= .01 {
			rejected++
		}
	}
	if power := float64(rejected) / float64(runs); power < .70 || power > .90 {
		t.Errorf("%d pairs reject %.1f %% of the time, want about 80 %%", n, 100*power)
	}
}

func TestPairsNeededAtTheEdges(t *testing.T) {
	if got := stat.PairsNeeded([]float64{0, 0, 0}, .01); !math.IsInf(got, 1) {
		t.Errorf("at zero: %v pairs", got)
	}
	if got := stat.PairsNeeded([]float64{1, 1, 1}, .01); got != 7 {
		t.Errorf("without noise: %v pairs, want the 7 that can reach 1 %% at all", got)
	}
	if got := stat.PairsNeeded([]float64{1, 1, 1, 1, 10}, .01); math.IsNaN(got) || got < 7 {
		t.Errorf("with most values equal: %v pairs", got)
	}
	if got := stat.PairsNeeded(nil, .01); !math.IsNaN(got) {
		t.Errorf("of nothing: %v pairs", got)
	}
}
