package measure_test

import (
	"context"
	"testing"

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
