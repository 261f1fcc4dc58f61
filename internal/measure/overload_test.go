package measure_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/plimsoll-ci/plimsoll/internal/measure"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// alone boots for real, and hides what other tests do to the machine meanwhile:
// what is left is what head does to itself.
type alone struct{ *measure.Pods }

func (a alone) Boot(ctx context.Context, target measure.Target, calibrate record.Seconds) (measure.Observation, error) {
	observed, err := a.Pods.Boot(ctx, target, calibrate)
	observed.Trial.Host.Steal, observed.Trial.Host.Others = 0, nil
	if target.Name == "base" && observed.Trial.Load != nil {
		observed.Trial.Load.Late = 0
	}
	return observed, err
}

// A head that cannot keep up with the offered rate, and burns every CPU in the
// attempt, is a result: it must not pass for a disturbance.
func TestAnAppThatCannotKeepUpIsNoDisturbance(t *testing.T) {
	r := newRig(t)
	base, head := r.target(t, "burn"), r.target(t, "burn")
	base.Name = "base"
	for target, each := range map[*measure.Target]string{&base: "1ms", &head: "40ms"} {
		target.Setup.Load.Stages = []record.Stage{{For: 1, Rate: 150}}
		target.Setup.Environment, target.Env = []string{"BURN"}, map[string]string{"BURN": each}
	}
	result, err := measure.Rounds(t.Context(), alone{r.pods}, []measure.Target{base, head}, measure.Plan{Looks: []int{2}}, 1, func(measure.Progress) {})
	if err != nil {
		t.Fatal(err)
	}
	for _, trial := range result.Trials[1] {
		if trial.Void != "" {
			t.Errorf("pair %d is void: %s (%.0f %% left late)", trial.Pair, trial.Void, 100*trial.Load.Late)
		}
		if rate := trial.Metrics[record.LoadRate]; rate > 100 {
			t.Errorf("head kept up with %.0f/s", rate)
		}
	}
}

// A neighbour that burns half a CPU makes every pair void, and a run of one pair
// tries three times.
func TestANeighbourVoidsAPair(t *testing.T) {
	r := newRig(t)
	base, head := r.target(t, "clock"), r.target(t, "clock")
	base.Name = "base"
	base.Setup.Idle, head.Setup.Idle = 1, 1
	ctx, stop := context.WithCancel(t.Context())
	gone := make(chan struct{})
	go func() { defer close(gone); neighbour(ctx, 0.5) }()
	defer func() { stop(); <-gone }()
	result, err := measure.Rounds(t.Context(), r.pods, []measure.Target{base, head}, measure.Plan{Looks: []int{1}}, 1, func(measure.Progress) {})
	if err != nil {
		t.Fatal(err)
	}
	if result.Rounds != 0 || result.Voided != 3 || !strings.HasPrefix(result.Trials[0][1].Void, "other programs: ") {
		t.Errorf("%d rounds count, %d do not: %q", result.Rounds, result.Voided, result.Trials[0][1].Void)
	}
}

// neighbour burns a share of one CPU, in slices of 20 ms.
func neighbour(ctx context.Context, share float64) {
	const slice = 20 * time.Millisecond
	busy := time.Duration(share * float64(slice))
	for ctx.Err() == nil {
		for end := time.Now().Add(busy); time.Now().Before(end); {
		}
		time.Sleep(slice - busy)
	}
}
