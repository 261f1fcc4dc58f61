package measure

import (
	"context"
	"errors"
	"os"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/plimsoll-ci/plimsoll/internal/agent"
	"github.com/plimsoll-ci/plimsoll/internal/agent/programs"
	"github.com/plimsoll-ci/plimsoll/internal/engine"
	"github.com/plimsoll-ci/plimsoll/internal/engine/enginetest"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// An app that spends a tenth of a core, and holds 10 MiB until it is ready and
// 30 MiB for half a second after the idle window.
func TestStatistics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		read := func(context.Context) (engine.Usage, error) {
			since := time.Since(began)
			u := engine.Usage{CPU: since / 10, Memory: true, Unreclaimable: 10 << 20, Cache: 1 << 20}
			if since > 2*time.Second && since < 2500*time.Millisecond {
				u.Unreclaimable = 30 << 20
			}
			return u, nil
		}
		s := follow(t.Context(), read)
		time.Sleep(time.Second)
		s.markReady(t.Context())
		time.Sleep(2 * time.Second)
		seen := &agent.Observed{Metrics: map[record.MetricID]float64{}, Load: &record.LoadResult{Completed: 100}}
		seen.Ready.Kind = record.ReadyHTTP
		s.complete(t.Context(), seen, 500*time.Millisecond)
		for id, want := range map[record.MetricID]float64{
			record.MemoryPeak: 30 << 20, record.MemoryIdle: 10 << 20, record.StartupCPU: 0.1, record.CPURequest: 0.002,
		} {
			if got := seen.Metrics[id]; got != want {
				t.Errorf("%s = %v, want %v", id, got, want)
			}
		}
		if len(seen.Notes) == 0 || seen.Memory.MaxGap > record.SecondsOf(statisticsPeriod) {
			t.Errorf("notes %q, largest gap %v", seen.Notes, seen.Memory.MaxGap)
		}
	})
}

// A reading that fails leaves a gap, never a zero.
func TestStatisticsThatFail(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := follow(t.Context(), func(context.Context) (engine.Usage, error) { return engine.Usage{}, errors.New("no") })
		time.Sleep(time.Second)
		s.markReady(t.Context())
		seen := &agent.Observed{Metrics: map[record.MetricID]float64{}}
		s.complete(t.Context(), seen, time.Second)
		if len(seen.Metrics) != 0 {
			t.Errorf("metrics came from nothing: %v", seen.Metrics)
		}
	})
}

// blind boots fixtures with the cgroup tree hidden from the agent.
func blind(t *testing.T, fixture string, change ...func(*Target)) (Observation, error) {
	t.Helper()
	built, err := programs.For(t.Context(), runtime.GOARCH, os.Getenv)
	if err != nil {
		t.Fatal(err)
	}
	client := enginetest.Connect(t)
	pods := &Pods{Run: enginetest.Run(t, client, built), cgroup: "/nowhere"}
	target := Target{Name: "head", Image: enginetest.Image(t, client, fixture), Setup: record.Setup{
		Ready: record.Ready{Kind: record.ReadyAuto, Timeout: 20}, Idle: 0.6, StopTimeout: 5,
		Load: record.Load{Stages: []record.Stage{{For: 1.5, Rate: 50}}, Requests: []record.Request{{Path: "/"}}},
	}}
	for _, c := range change {
		c(&target)
	}
	return pods.Boot(t.Context(), target, 0)
}

func TestWithoutAVisibleCgroupTheEngineIsAsked(t *testing.T) {
	t.Parallel()
	seen, err := blind(t, "distroless")
	if err != nil {
		t.Fatal(err)
	}
	notes := strings.Join(seen.Trial.Notes, "\n")
	if used, known := seen.Trial.Metrics[record.StartupCPU]; known != strings.Contains(notes, "startup.cpu lacks about") || known == strings.Contains(notes, "startup.cpu is not known") || known && used <= 0 {
		t.Errorf("startup.cpu %v, %v, notes %q", used, known, notes)
	}
	for _, id := range []record.MetricID{record.StartupReady, record.MemoryPeak, record.MemoryIdle, record.CPURequest} {
		if seen.Trial.Metrics[id] <= 0 {
			t.Errorf("%s = %v", id, seen.Trial.Metrics[id])
		}
	}
	if seen.Sampler != "engine statistics" || !strings.Contains(notes, statisticsNote) {
		t.Errorf("sampler %q, notes %q", seen.Sampler, seen.Trial.Notes)
	}
}

func TestWithoutAVisibleCgroupAnEndIsSeen(t *testing.T) {
	t.Parallel()
	_, err := blind(t, "exits")
	var failure *agent.Failure
	if !errors.As(err, &failure) || failure.Kind != agent.FailExited {
		t.Errorf("got %v, expected that the app ended by itself", err)
	}
}

func TestWithoutAVisibleCgroupAJobIsTimedByTheEngine(t *testing.T) {
	t.Parallel()
	for length, least := range map[string]float64{"1s": 1, "0s": 0.0001} {
		seen, err := blind(t, "shapes", func(target *Target) {
			target.Setup.Ready, target.Setup.Load = record.Ready{Kind: record.ReadyExit, Timeout: 20}, record.Load{}
			target.Setup.Command = []string{"/server", "job"}
			target.Setup.Environment, target.Env = []string{"RUN_FOR", "BURN"}, map[string]string{"RUN_FOR": length, "BURN": "20ms"}
		})
		if err != nil {
			t.Fatal(err)
		}
		notes := strings.Join(seen.Trial.Notes, "\n")
		if ran := seen.Trial.Metrics[record.RunSeconds]; ran < least || ran > least+1 || !strings.Contains(notes, "reaches to the moment the engine told") {
			t.Errorf("%s: run.seconds %v, notes %q", length, ran, notes)
		}
		if used, known := seen.Trial.Metrics[record.RunCPU]; known != strings.Contains(notes, "run.cpu lacks up to") || known == strings.Contains(notes, "run.cpu is not known") || known && used <= 0 {
			t.Errorf("%s: run.cpu %v, %v, notes %q", length, used, known, notes)
		}
	}
}

func TestWithoutAVisibleCgroupTheAppComesBackAndIsDrained(t *testing.T) {
	t.Parallel()
	seen, err := blind(t, "shapes", func(target *Target) {
		target.Setup.Recover, target.Setup.StopUnderLoad = true, true
		target.Setup.Command = []string{"/server", "slow"}
	})
	if err != nil {
		t.Fatal(err)
	}
	if seen.Trial.Recover == nil || seen.Trial.Metrics[record.RecoverSeconds] <= 0.7 || seen.Trial.Recover.Engine < 0 {
		t.Errorf("recovery %+v", seen.Trial.Recover)
	}
	if d := seen.Trial.Drain; d == nil || d.Lost == 0 {
		t.Errorf("drain %+v, it ends without an answer to what it took", d)
	}
}
