package bench

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/plimsoll-ci/plimsoll/bench/accuracy"
	"github.com/plimsoll-ci/plimsoll/internal/engine/enginetest"
	"github.com/plimsoll-ci/plimsoll/internal/measure"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// printed reads a fact that a fixture printed into v.
func (r *rig) printed(log []string, v any) {
	r.b.Helper()
	for _, line := range log {
		if text, ok := strings.CutPrefix(line, "fixture: "); ok && json.Unmarshal([]byte(text), v) == nil {
			return
		}
	}
	r.b.Fatalf("the fixture printed nothing of the kind: %q", log)
}

func startupRows(r *rig) []accuracy.Startup {
	watch := newOutsider(r.b, r.pods.Run.ID)
	target := clockTarget(r.b, r.client)
	var rows []accuracy.Startup
	for _, delay := range delays {
		target.Env = map[string]string{"LISTEN_AFTER": delay.String()}
		for range r.boots(boots) {
			rows = append(rows, observe(r.b, r.pods, target, delay, watch))
		}
	}
	return rows
}

const (
	touched  = 64 << 20
	touchFor = 100 * time.Millisecond
)

// memoryRows asks for 64 MiB for 100 ms, once in a boot, a second after the idle
// window has begun.
func memoryRows(r *rig) []accuracy.Memory {
	watch := newStatsWatcher(r.b, r.pods.Run.ID)
	setup := onPort(1, record.Stage{For: 1.5, Rate: 0.7})
	setup.Load.Requests[0].Path = "/touch?mb=64&ms=100"
	var rows []accuracy.Memory
	for range r.boots(20) {
		seen := r.boot("memory", setup)
		stats := watch.next(r.b)
		rows = append(rows, accuracy.Memory{
			Touched: touched, For: touchFor.Seconds(),
			Idle: seen.Trial.Metrics[record.MemoryIdle], Peak: seen.Trial.Metrics[record.MemoryPeak],
			StatsIdle: stats.first, StatsPeak: stats.most, Readings: stats.readings,
		})
	}
	return rows
}

func requestRows(r *rig) []accuracy.Request {
	var rows []accuracy.Request
	for range r.boots(20) {
		seen := r.boot("cost100", onPort(0.3, record.Stage{For: 2, Rate: 100}))
		rows = append(rows, accuracy.Request{
			Truth: 0.002, Measured: seen.Trial.Metrics[record.CPURequest], Requests: seen.Trial.Load.Completed,
		})
	}
	return rows
}

func frozenRows(r *rig) []accuracy.Frozen {
	const rate = 200
	var rows []accuracy.Frozen
	for range r.boots(6) {
		seen := r.boot("frozen", onPort(0.1, record.Stage{For: 12, Rate: rate}))
		var schedule struct{ Start, First, Frozen, Every int64 }
		r.printed(seen.Log, &schedule)
		rows = append(rows, accuracy.Frozen{
			Start: float64(schedule.Start) / 1e9, First: float64(schedule.First) / 1e9,
			Frozen: float64(schedule.Frozen) / 1e9, Every: float64(schedule.Every) / 1e9,
			Rate: rate, Requests: seen.Trial.Load.Sent, P99: seen.Trial.Metrics[record.LoadP99], Lag: float64(seen.Trial.Load.Lag),
		})
	}
	return rows
}

// overheadRows times whole boots of an app that listens and ends at once.
func overheadRows(r *rig) []accuracy.Overhead {
	setup := onPort(0.1, record.Stage{For: 0.2, Rate: 50})
	log := r.pods.Log
	r.pods.Log = 0 // reading the log is the bench's own
	defer func() { r.pods.Log = log }()
	var rows []accuracy.Overhead
	for range r.boots(40) {
		began := time.Now()
		seen := r.boot("clock", setup)
		rows = append(rows, accuracy.Overhead{
			Wall: time.Since(began).Seconds(), Ready: seen.Trial.Metrics[record.StartupReady],
			Idle: float64(setup.Idle), Load: float64(seen.Trial.Load.Seconds), Stop: seen.Trial.Metrics[record.StopSeconds],
		})
	}
	return rows
}

// agentRows boots without a load, for a second and for longer, at 200 requests per second, and at the rate that
// the app was found to sustain.
func agentRows(r *rig) []accuracy.Agent {
	const length = 4
	target := measure.Target{Name: "clock", Image: enginetest.Image(r.b, r.client, "clock"), Setup: onPort(0.1, record.Stage{For: 1})}
	target.Setup.StopTimeout = 5
	calibrated, err := r.pods.Boot(r.b.Context(), target, 1)
	if err != nil {
		r.b.Fatal(err)
	}
	var rows []accuracy.Agent
	for range r.boots(8) {
		rows = append(rows,
			r.agentOf(0, onPort(1)), r.agentOf(0, onPort(1+length)),
			r.agentOf(200, onPort(0.1, record.Stage{For: length, Rate: 200})),
			r.agentOf(calibrated.Sustained, onPort(0.1, record.Stage{For: length, Rate: calibrated.Sustained})))
	}
	return rows
}

func (r *rig) agentOf(rate float64, setup record.Setup) accuracy.Agent {
	r.b.Helper()
	t := r.boot("clock", setup).Trial
	if t.Host.Agent == 0 {
		r.b.Fatal("the record has no CPU time of the agent")
	}
	a := accuracy.Agent{Rate: rate, CPU: float64(t.Host.Agent), Window: float64(t.Host.Window)}
	if t.Load != nil {
		a.Completed, a.Load = t.Load.Completed, float64(t.Load.Seconds)
	}
	return a
}
