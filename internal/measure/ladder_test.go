package measure_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/plimsoll-ci/plimsoll/internal/measure"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// climbers boots without an engine, and keeps the setups it was given.
type climbers struct {
	machine
	bears  map[string]int // the most users a target bears
	breaks int            // the boot, from 1, at which the engine itself fails
	setups []record.Setup
	others float64 // CPUs that other programs use
}

func (c *climbers) Boot(ctx context.Context, target measure.Target, calibrate record.Seconds) (measure.Observation, error) {
	c.setups = append(c.setups, target.Setup)
	if len(c.setups) == c.breaks {
		return measure.Observation{}, errors.New("the engine has gone")
	}
	observed, err := c.machine.Boot(ctx, target, calibrate)
	users := target.Setup.Load.Stages[0].Users
	if most, ok := c.bears[target.Name]; ok && users > most {
		return measure.Observation{}, &measure.BootError{Target: target.Name, Image: target.Image.Ref, Cause: errors.New("out of memory")}
	}
	observed.Trial.Host.Others = &c.others
	return observed, err
}

func settled() []measure.Target {
	all := targets()
	for i := range all {
		all[i].Setup.Ready = record.Ready{Kind: record.ReadyHTTP, Port: 8080, Timeout: 60}
		all[i].Setup.Recover, all[i].Setup.StopUnderLoad = true, true
		all[i].Setup.Load = record.Load{
			Stages: []record.Stage{{For: 9, Rate: 50}}, Think: 0.1, Protocol: record.H2C,
			Requests: []record.Request{{Path: "/a", Expect: []int{200}}},
		}
	}
	return all
}

func TestLadderBootsEachStepThreeTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &climbers{machine: machine{takes: time.Second}}
		var told []measure.Climb
		rungs, err := measure.Ladder(t.Context(), m, settled(), []int{10, 50}, 1, func(c measure.Climb) { told = append(told, c) })
		if err != nil {
			t.Fatal(err)
		}
		if len(m.booted) != 12 {
			t.Fatalf("%d boots, want two steps of three boots of two images", len(m.booted))
		}
		for i := 0; i < 12; i += 2 {
			if m.booted[i] == m.booted[i+1] {
				t.Errorf("boots %d and %d are both of %s", i, i+1, m.booted[i])
			}
		}
		for i, setup := range m.setups {
			want := record.Load{Stages: []record.Stage{{For: 2, Users: []int{10, 50}[i/6]}}, Think: 0.1, Protocol: record.H2C,
				Requests: []record.Request{{Path: "/a", Expect: []int{200}}}}
			if d := cmp.Diff(want, setup.Load); d != "" || setup.Recover || setup.StopUnderLoad {
				t.Errorf("boot %d: %+v, load (-want +got):\n%s", i, setup, d)
			}
		}
		for i := range rungs {
			if len(rungs[i]) != 2 || len(rungs[i][0].Trials) != 3 || len(rungs[i][1].Trials) != 3 || rungs[i][1].Trials[2].Pair != 3 {
				t.Errorf("target %d: %+v", i, rungs[i])
			}
		}
		last := told[len(told)-1]
		want := measure.Climb{Users: 50, Step: 2, Steps: 2, Boot: 6, Boots: 6, Name: last.Name, Left: time.Second}
		if d := cmp.Diff(want, last); d != "" {
			t.Errorf("last progress (-want +got):\n%s", d)
		}
	})
}

func TestLadderOrderIsRandomWithinAStep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		firsts := map[string]int{}
		for seed := range uint64(50) {
			m := &climbers{}
			if _, err := measure.Ladder(t.Context(), m, settled(), []int{1}, seed, func(measure.Climb) {}); err != nil {
				t.Fatal(err)
			}
			for i := 0; i < len(m.booted); i += 2 {
				firsts[m.booted[i]]++
			}
		}
		// 150 fair coins: 5 standard deviations are 31.
		if firsts["base"] < 44 || firsts["head"] < 44 {
			t.Errorf("went first: %v", firsts)
		}
	})
}

// An image that does not bear a step is booted no more; the other climbs on.
func TestTheLadderOfAnImageEndsWhereItBreaks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &climbers{bears: map[string]int{"head": 10}}
		rungs, err := measure.Ladder(t.Context(), m, settled(), []int{10, 50, 100}, 1, func(measure.Climb) {})
		if err != nil {
			t.Fatal(err)
		}
		base, head := rungs[0], rungs[1]
		if len(base) != 3 || len(base[2].Trials) != 3 || base[2].Failure != nil {
			t.Errorf("base %+v", base)
		}
		if len(head) != 2 || len(head[0].Trials) != 3 || len(head[1].Trials) != 0 {
			t.Fatalf("head %+v", head)
		}
		if err := head[1].Failure; err == nil || !strings.Contains(err.Error(), "out of memory") {
			t.Errorf("head's failure is %v", err)
		}
		if n := len(m.booted); n != 6+4+3 {
			t.Errorf("%d boots, want 13: a broken image is booted once", n)
		}
	})
}

func TestALadderEndsWithTheEngine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &climbers{breaks: 8}
		rungs, err := measure.Ladder(t.Context(), m, settled(), []int{10, 50}, 1, func(measure.Climb) {})
		if err == nil || !strings.Contains(err.Error(), "ladder, 50 users: the engine has gone") {
			t.Errorf("error %v", err)
		}
		if len(rungs[0][0].Trials) != 3 || len(rungs[1][0].Trials) != 3 {
			t.Errorf("the first step is lost: %+v", rungs)
		}
	})
}

func TestDisturbedStepsAreTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &climbers{others: 3}
		rungs, err := measure.Ladder(t.Context(), m, settled(), []int{10}, 1, func(measure.Climb) {})
		if err != nil {
			t.Fatal(err)
		}
		want := slices.Repeat([]string{"other programs"}, 3)
		if d := cmp.Diff(want, rungs[0][0].Disturbed); d != "" || len(rungs[0][0].Trials) != 3 {
			t.Errorf("%d trials, disturbed (-want +got):\n%s", len(rungs[0][0].Trials), d)
		}
	})
}
