package measure_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/plimsoll-ci/plimsoll/internal/engine"
	"github.com/plimsoll-ci/plimsoll/internal/measure"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// machine boots without an engine: each boot takes a while of the fake clock.
type machine struct {
	takes     time.Duration
	sustained map[string]float64
	ready     map[string]record.Readiness
	fail      map[string]int // the boot, counted from 0, at which a target fails
	booted    []string
	rates     []float64 // offered in each boot that was not a calibration
	busy      bool
}

func (m *machine) Boot(ctx context.Context, target measure.Target, calibrate record.Seconds) (measure.Observation, error) {
	if m.busy {
		return measure.Observation{}, errors.New("two boots at the same time")
	}
	m.busy = true
	time.Sleep(m.takes)
	m.busy = false
	count := 0
	for _, name := range m.booted {
		if name == target.Name {
			count++
		}
	}
	m.booted = append(m.booted, target.Name)
	if at, ok := m.fail[target.Name]; ok && at == count {
		return measure.Observation{}, &measure.BootError{Target: target.Name, Image: target.Image.Ref, Cause: errors.New("exploded")}
	}
	if calibrate == 0 {
		for _, stage := range target.Setup.Load.Stages {
			m.rates = append(m.rates, stage.Rate)
		}
	}
	ready, ok := m.ready[target.Name]
	if !ok {
		ready = record.Readiness{Kind: record.ReadyHTTP, Port: 8080, Listeners: []string{"0.0.0.0:8080"}}
	}
	return measure.Observation{
		Sampler: "cgroup v2", Sustained: m.sustained[target.Name],
		Trial: record.Trial{Ready: ready, Metrics: map[record.MetricID]float64{record.MemoryPeak: float64(count)}},
	}, nil
}

func targets() []measure.Target {
	setup := record.Setup{
		Ready: record.Ready{Kind: record.ReadyAuto, Timeout: 60},
		Load:  record.Load{Stages: []record.Stage{{For: 1}}},
	}
	return []measure.Target{
		{Name: "base", Image: engine.Image{Ref: "app:base"}, Setup: setup},
		{Name: "head", Image: engine.Image{Ref: "app:head"}, Setup: setup},
	}
}

func quiet(measure.Progress) {}

func TestRoundsAreOrderedPairs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &machine{takes: time.Second, sustained: map[string]float64{"base": 300, "head": 90}}
		result, err := measure.Rounds(t.Context(), m, targets(), measure.Plan{Looks: []int{8}}, 1, quiet)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff([]string{"base", "head"}, m.booted[:2]); d != "" {
			t.Errorf("warm-up:\n%s", d)
		}
		firsts := map[string]int{}
		for round := range 8 {
			pair := m.booted[2+2*round : 4+2*round]
			if pair[0] == pair[1] {
				t.Errorf("round %d booted %q", round+1, pair)
			}
			firsts[pair[0]]++
		}
		if firsts["base"] == 0 || firsts["head"] == 0 {
			t.Errorf("one side always went first: %v", firsts)
		}
		for side, trials := range result.Trials {
			for i, trial := range trials {
				if trial.Pair != i {
					t.Errorf("trial %d of side %d has pair %d", i, side, trial.Pair)
				}
			}
			if len(trials) != 9 {
				t.Errorf("side %d has %d trials, expected the warm-up and 8", side, len(trials))
			}
		}
		for i := 1; i <= 8; i++ {
			if result.Trials[0][i].Order+result.Trials[1][i].Order != 1 {
				t.Errorf("pair %d has orders %d and %d", i, result.Trials[0][i].Order, result.Trials[1][i].Order)
			}
		}
	})
}

// The order must be random, or whatever favours the second boot of a pair
// would look like a change.
func TestOrderIsBalanced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		baseFirst := 0
		for seed := range uint64(50) {
			m := &machine{}
			if _, err := measure.Rounds(t.Context(), m, targets(), measure.Plan{Looks: []int{24}}, rand.Uint64()+seed, quiet); err != nil {
				t.Fatal(err)
			}
			for i := 2; i < len(m.booted); i += 2 {
				if m.booted[i] == "base" {
					baseFirst++
				}
			}
		}
		// 1200 fair coins: 5 standard deviations are 87.
		if baseFirst < 513 || baseFirst > 687 {
			t.Errorf("base went first in %d of 1200 pairs", baseFirst)
		}
	})
}

func TestSameSeedSameOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := &machine{}, &machine{}
		for _, m := range []*machine{a, b} {
			if _, err := measure.Rounds(t.Context(), m, targets(), measure.Plan{Looks: []int{12}}, 42, quiet); err != nil {
				t.Fatal(err)
			}
		}
		if d := cmp.Diff(a.booted, b.booted); d != "" {
			t.Error(d)
		}
	})
}

func TestBothSidesGetOneRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &machine{sustained: map[string]float64{"base": 300, "head": 90}}
		if _, err := measure.Rounds(t.Context(), m, targets(), measure.Plan{Looks: []int{8}}, 1, quiet); err != nil {
			t.Fatal(err)
		}
		if slices.Max(m.rates) != 45 || slices.Min(m.rates) != 45 {
			t.Errorf("offered %v, expected half of what the slower side sustains, 45/s", m.rates)
		}
	})
}

func TestStopsWhenDecided(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked []int
		plan := measure.Plan{Looks: []int{8, 12, 16, 24}, Decided: func(trials [][]record.Trial) bool {
			asked = append(asked, len(trials[0])-1)
			return len(trials[0])-1 >= 12
		}}
		result, err := measure.Rounds(t.Context(), &machine{takes: time.Second}, targets(), plan, 1, quiet)
		if err != nil {
			t.Fatal(err)
		}
		if result.Rounds != 12 || !cmp.Equal(asked, []int{8, 12}) {
			t.Errorf("ran %d rounds, asked after %v", result.Rounds, asked)
		}
	})
}

func TestTimeBudget(t *testing.T) {
	never := func([][]record.Trial) bool { return false }
	for name, c := range map[string]struct {
		takes time.Duration
		given time.Duration
		want  int // rounds; 0 is a refusal
	}{
		"enough for all":              {time.Second, 10 * time.Minute, 24},
		"up to the second look":       {5 * time.Second, 125 * time.Second, 12},
		"a slow starter, default":     {60 * time.Second, 0, 8},
		"too short for a single look": {60 * time.Second, 5 * time.Minute, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := &machine{takes: c.takes, ready: map[string]record.Readiness{
					"base": {Kind: record.ReadyNone}, "head": {Kind: record.ReadyNone},
				}}
				plan := measure.Plan{Looks: []int{8, 12, 16, 24}, Time: c.given, Decided: never}
				result, err := measure.Rounds(t.Context(), m, targets(), plan, 1, quiet)
				var tooShort *measure.TimeError
				if c.want == 0 {
					if !errors.As(err, &tooShort) || len(m.booted) != 2 {
						t.Errorf("got %v after %d boots, expected a refusal after the warm-up", err, len(m.booted))
					}
					return
				}
				if err != nil || result.Rounds != c.want {
					t.Errorf("ran %d rounds, %v; expected %d", result.Rounds, err, c.want)
				}
			})
		})
	}
}

func TestWarmUpTellsOfEveryImageThatDoesNotBoot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &machine{fail: map[string]int{"base": 0, "head": 0}}
		_, err := measure.Rounds(t.Context(), m, targets(), measure.Plan{Looks: []int{8}}, 1, quiet)
		if err == nil || !strings.Contains(err.Error(), "app:base") || !strings.Contains(err.Error(), "app:head") {
			t.Errorf("got %v, expected both images in it", err)
		}
	})
}

func TestAFailureKeepsWhatWasMeasured(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &machine{fail: map[string]int{"head": 4}}
		result, err := measure.Rounds(t.Context(), m, targets(), measure.Plan{Looks: []int{8}}, 1, quiet)
		var boot *measure.BootError
		if !errors.As(err, &boot) || boot.Target != "head" {
			t.Fatalf("got %v, expected that head did not boot", err)
		}
		if result.Rounds != 3 || len(result.Trials[0]) < 4 {
			t.Errorf("kept %d rounds and %d trials of base", result.Rounds, len(result.Trials[0]))
		}
	})
}

func TestInterruptEndsTheWarmUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := measure.Rounds(ctx, &machine{}, targets(), measure.Plan{Looks: []int{8}}, 1, quiet); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	})
}

func TestWorkersAreNotLoadedAndLoopbackIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &machine{ready: map[string]record.Readiness{
			"base": {Kind: record.ReadyNone},
			"head": {Kind: record.ReadyHTTP, Port: 9, Listeners: []string{"127.0.0.1:9", "[::1]:9", "0.0.0.0:10"}},
		}}
		result, err := measure.Rounds(t.Context(), m, targets(), measure.Plan{Looks: []int{8}}, 1, quiet)
		if err != nil {
			t.Fatal(err)
		}
		if len(result.Targets[0].Setup.Load.Stages) != 0 {
			t.Error("a worker was given a load")
		}
		if notes := fmt.Sprint(result.Notes); !strings.Contains(notes, "head listens on loopback only") || strings.Contains(notes, "base listens") {
			t.Errorf("notes are %s", notes)
		}
	})
}
