package agent

import (
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// Spec tells the agent what one trial is.
type Spec struct {
	Socket      string         `json:"socket"`           // abstract socket of the gate, random per trial
	Container   string         `json:"container"`        // id of the app's container
	Beside      []string       `json:"beside,omitempty"` // ids of the pod's other containers, whose CPU time is not that of strangers
	Cgroup      string         `json:"cgroup"`           // root of the engine host's cgroup tree, as the agent sees it
	Ready       record.Ready   `json:"ready"`
	Exposed     []int          `json:"exposed,omitempty"` // ports the image declares; hints, used when Ready.Port is 0
	Idle        record.Seconds `json:"idle"`
	Load        record.Load    `json:"load"`
	Calibrate   record.Seconds `json:"calibrate,omitempty"` // find the sustained rate for so long, instead of the load
	Limits      record.Limits  `json:"limits"`
	StopTimeout record.Seconds `json:"stop_timeout"`
	Recover     bool           `json:"recover,omitempty"` // a kill comes before the stop
	GateTimeout record.Seconds `json:"gate_timeout"`      // for the launcher to report in
}

// command is a line from the orchestrator to the agent.
type command struct {
	Trial *Spec     `json:"trial,omitempty"`
	Load  *External `json:"load,omitempty"`
	Stop  bool      `json:"stop,omitempty"` // the stop signal is about to be sent

	Drain bool     `json:"drain,omitempty"` // begin the load that goes on until the app has stopped
	Kill  bool     `json:"kill,omitempty"`  // SIGKILL is about to be sent: open the gate again when the cgroup is empty
	Ended bool     `json:"ended,omitempty"` // the app's container has ended, says the engine
	Line  *LogLine `json:"line,omitempty"`  // a line of the app's log matched
}

// LogLine is a line that matches the readiness probe, or the end of the search.
type LogLine struct {
	Wall int64  `json:"wall,omitempty"` // nanoseconds since 1970 by the engine's clock
	Gone string `json:"gone,omitempty"` // why no further line will come
}

// EventKind names a step of the trial.
type EventKind string

// The events of a trial, in the order they come. Failed may take the place of
// any of them and ends the trial.
const (
	EventGate      EventKind = "gate"      // the gate is open: start the app
	EventGo        EventKind = "go"        // the app's command was executed
	EventReady     EventKind = "ready"     // readiness was decided
	EventLoad      EventKind = "load"      // the orchestrator's own load may begin; only where there is one
	EventMeasured  EventKind = "measured"  // nothing is left to measure but the stop
	EventRecovered EventKind = "recovered" // the app is ready again after a kill; gate and go come before it once more
	EventDraining  EventKind = "draining"  // load is under way, for the stop to come
	EventStopped   EventKind = "stopped"   // the app's cgroup is empty
	EventFailed    EventKind = "failed"
)

// Event is a line from the agent to the orchestrator.
type Event struct {
	Kind    EventKind      `json:"event"`
	CPUs    []int          `json:"cpus,omitempty"`    // with gate: the CPUs the agent may run on
	Sees    bool           `json:"sees,omitempty"`    // with go: the app's cgroup is visible
	Address string         `json:"address,omitempty"` // with load: the app's
	Trial   *Observed      `json:"trial,omitempty"`   // with measured
	Stop    record.Seconds `json:"stop,omitempty"`    // with stopped
	Emptied bool           `json:"emptied,omitempty"` // with stopped: the cgroup did become empty
	Failure *Failure       `json:"failure,omitempty"` // with failed

	Recovery *record.Recovery `json:"recovery,omitempty"` // with recovered
	Drain    *record.Drain    `json:"drain,omitempty"`    // with stopped, when there was load
}

// Observed is what the agent saw of a trial. The orchestrator adds what the
// engine knows.
type Observed struct {
	Gate      record.Seconds              `json:"gate"` // CLOCK_MONOTONIC when the app was executed
	Ready     record.Readiness            `json:"ready"`
	Metrics   map[record.MetricID]float64 `json:"metrics"`
	Memory    record.Timeline             `json:"memory"`
	Load      *record.LoadResult          `json:"load,omitempty"`
	External  *Loaded                     `json:"external,omitempty"`  // of a load by the orchestrator
	Sustained float64                     `json:"sustained,omitempty"` // requests per second, of a calibration
	OOMKills  int64                       `json:"oom_kills,omitempty"`
	Host      record.Host                 `json:"host"`
	Sampler   string                      `json:"sampler"` // cgroup v1, cgroup v2
	Notes     []string                    `json:"notes,omitempty"`
}

// FailureKind sorts failures by who has to act.
type FailureKind string

// The ways a trial ends early.
const (
	FailGate    FailureKind = "gate"    // the launcher did not report in, or something else did
	FailExec    FailureKind = "exec"    // the image's command could not be executed
	FailExited  FailureKind = "exited"  // the app ended by itself
	FailTimeout FailureKind = "timeout" // not ready in time
	FailPorts   FailureKind = "ports"   // several ports, none named
	FailLoad    FailureKind = "load"    // the load could not be run
	FailLimit   FailureKind = "limit"   // the app broke a limit that does not end it by itself
	FailAgent   FailureKind = "agent"   // the agent itself could not do its work
)

// Failure is why a trial ended early, in words for the user.
type Failure struct {
	Kind      FailureKind    `json:"kind"`
	Message   string         `json:"message"`
	Listeners []string       `json:"listeners,omitempty"`
	After     record.Seconds `json:"after,omitempty"` // since the gate
	Peak      record.Bytes   `json:"peak,omitempty"`  // unreclaimable memory, the highest sample
	OOMKills  int64          `json:"oom_kills,omitempty"`
	Disk      bool           `json:"disk,omitempty"` // the limit that was broken is the disk's
}

func (f *Failure) Error() string { return f.Message }
