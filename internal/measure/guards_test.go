package measure_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/plimsoll-ci/plimsoll/internal/measure"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// disturbances boots like a machine on which the trials come out as given, by
// the boot's number; the two warm-ups are 0 and 1.
type disturbances struct {
	machine
	trials map[int]record.Trial
}

func (d *disturbances) Boot(ctx context.Context, target measure.Target, calibrate record.Seconds) (measure.Observation, error) {
	observed, err := d.machine.Boot(ctx, target, calibrate)
	if disturbed, ok := d.trials[len(d.booted)-1]; ok {
		observed.Trial.Host, observed.Trial.Load = disturbed.Host, disturbed.Load
		for id, value := range disturbed.Metrics {
			observed.Trial.Metrics[id] = value
		}
	}
	return observed, err
}

func others(cpus float64) *float64 { return &cpus }

// quietHost is a machine of 2 CPUs during 2 s, on which others used as much.
func quietHost(cpus float64) record.Host {
	return record.Host{Window: 2, CPUs: 2, Others: others(cpus), EngineSeen: "cgroup", Clock: []int64{3_000_000, 3_000_000}}
}

func TestAVoidedPairIsReplaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &disturbances{machine: machine{takes: time.Second}, trials: map[int]record.Trial{
			0: {Host: record.Host{Steal: 1}}, // a warm-up never counts anyway
			4: {Host: quietHost(0.6)},
			7: {Host: record.Host{Steal: 0.3}},
		}}
		var told []string
		result, err := measure.Rounds(t.Context(), m, targets(), measure.Plan{Looks: []int{8}}, 1, func(p measure.Progress) {
			if p.Void != "" {
				told = append(told, p.Void)
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		if result.Rounds != 8 || result.Voided != 2 || len(m.booted) != 2+2*10 {
			t.Errorf("%d rounds count, %d do not, after %d boots", result.Rounds, result.Voided, len(m.booted))
		}
		for side, trials := range result.Trials {
			var voided []int
			for i, trial := range trials {
				if trial.Pair != i {
					t.Errorf("trial %d of side %d has pair %d", i, side, trial.Pair)
				}
				if trial.Void != "" {
					voided = append(voided, trial.Pair)
				}
			}
			if d := cmp.Diff([]int{2, 3}, voided); d != "" {
				t.Errorf("side %d, voided pairs:\n%s", side, d)
			}
			if trials[2].Void != result.Trials[0][2].Void {
				t.Errorf("two reasons for one pair: %q and %q", trials[2].Void, result.Trials[0][2].Void)
			}
		}
		if len(told) != 2 || !strings.HasPrefix(told[0], "other programs: they used 0.60 CPUs") || !strings.HasPrefix(told[1], "stolen CPU time: ") {
			t.Errorf("told %q", told)
		}
	})
}

func TestTooManyVoidsEndTheRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &disturbances{trials: map[int]record.Trial{}}
		for boot := range 100 {
			m.trials[boot] = record.Trial{Host: quietHost(0.9)}
		}
		asked := 0
		plan := measure.Plan{Looks: []int{8, 12, 16, 24}, Decided: func([][]record.Trial) bool { asked++; return false }}
		result, err := measure.Rounds(t.Context(), m, targets(), plan, 1, quiet)
		if err != nil || result.Rounds != 0 || result.Voided != 12 || asked != 0 {
			t.Errorf("%d rounds count, %d do not, asked %d times, %v", result.Rounds, result.Voided, asked, err)
		}
		want := "stopped after 0 rounds: machine too noisy, 12 of 12 voided, most for other programs; " +
			"run it when the machine is quiet, or count them all with `measure.guards: off`"
		if len(result.Notes) != 1 || result.Notes[0] != want {
			t.Errorf("notes are %q, want %q", result.Notes, want)
		}
		plan = measure.Plan{Looks: []int{8}, Unguarded: true}
		if result, _ = measure.Rounds(t.Context(), m, targets(), plan, 1, quiet); result.Rounds != 8 || result.Voided != 0 {
			t.Errorf("unguarded, %d rounds count and %d do not", result.Rounds, result.Voided)
		}
	})
}

// Each trial takes the place of one boot of a pair, the other one being quiet.
func TestWhatVoidsAPair(t *testing.T) {
	late := func(share, cpuPerRequest, rate float64) record.Trial {
		return record.Trial{Host: quietHost(0), Metrics: map[record.MetricID]float64{record.CPURequest: cpuPerRequest, record.LoadRate: rate},
			Load: &record.LoadResult{Completed: 200, Seconds: 2, Late: share, Offered: 100}}
	}
	host := func(change func(*record.Host)) record.Trial {
		h := quietHost(0.02)
		change(&h)
		return record.Trial{Host: h}
	}
	for name, c := range map[string]struct {
		trial record.Trial
		want  string // the cause; "" counts
	}{
		"a quiet machine":                       {host(func(*record.Host) {}), ""},
		"some background":                       {host(func(h *record.Host) { h.Others = others(0.2) }), ""},
		"a neighbour with half a CPU":           {host(func(h *record.Host) { h.Others = others(0.5) }), "other programs"},
		"the same, unseen engine":               {host(func(h *record.Host) { h.Others, h.EngineSeen = others(0.5), "" }), "other programs"},
		"an unseen engine that copies a log":    {host(func(h *record.Host) { h.Others, h.EngineSeen = others(0.34), "" }), ""},
		"half a CPU in a short window":          {host(func(h *record.Host) { h.Others, h.Window = others(0.5), 0.5 }), "other programs"},
		"a tick or two in a very short window":  {host(func(h *record.Host) { h.Others, h.Window = others(0.3), 0.1 }), ""},
		"half a CPU of 64":                      {host(func(h *record.Host) { h.Others, h.CPUs = others(0.5), 64 }), ""},
		"three CPUs of 64":                      {host(func(h *record.Host) { h.Others, h.CPUs = others(3), 64 }), "other programs"},
		"unknown others":                        {host(func(h *record.Host) { h.Others = nil }), ""},
		"hardly any steal":                      {host(func(h *record.Host) { h.Steal = 0.02 }), ""},
		"steal":                                 {host(func(h *record.Host) { h.Steal = 0.08 }), "stolen CPU time"},
		"throttled at the app's own limit":      {host(func(h *record.Host) { h.Throttled, h.App = 3, 2 }), ""},
		"too hot":                               {host(func(h *record.Host) { h.TooHot = 1 }), "CPU frequency"},
		"a lower frequency at the end":          {host(func(h *record.Host) { h.Clock[1] = 2_400_000 }), "CPU frequency"},
		"another frequency than the other boot": {host(func(h *record.Host) { h.Clock = []int64{2_400_000, 2_400_000} }), "CPU frequency"},
		"no frequency visible":                  {host(func(h *record.Host) { h.Clock = nil }), ""},
		"a late generator":                      {late(0.02, 0.0001, 100), "late requests"},
		"a punctual generator":                  {late(0.005, 0.0001, 100), ""},
		"an app that does not keep up":          {late(0.5, 0.0001, 60), ""},
		"an app that leaves no CPU to send":     {late(0.5, 0.0195, 100), ""},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := &disturbances{trials: map[int]record.Trial{2: {Host: quietHost(0)}, 3: c.trial}}
				result, err := measure.Rounds(t.Context(), m, targets(), measure.Plan{Looks: []int{2}}, 1, quiet)
				if err != nil {
					t.Fatal(err)
				}
				cause, details, _ := strings.Cut(result.Trials[0][1].Void, ": ")
				if cause != c.want || c.want != "" && details == "" {
					t.Errorf("void is %q, expected the cause %q", result.Trials[0][1].Void, c.want)
				}
			})
		})
	}
}
