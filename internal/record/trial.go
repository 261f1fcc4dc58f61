package record

import "time"

// Trial is one boot of one image: the raw observation everything else is
// computed from.
type Trial struct {
	Pair    int       `json:"pair"`  // 0 is the warm-up, gated pairs count from 1
	Order   int       `json:"order"` // 0 when this side booted first in its pair
	Started time.Time `json:"started"`
	Gate    Seconds   `json:"gate"`   // CLOCK_MONOTONIC of the engine's host when the app was executed
	Engine  Seconds   `json:"engine"` // from create to the app's execution
	// Dependencies is how long those of the service took to start, or to be
	// reset, before the boot; no part of anything else.
	Dependencies Seconds              `json:"dependencies,omitempty"`
	Void         string               `json:"void,omitempty"` // why the pair does not count
	Ready        Readiness            `json:"ready"`
	Metrics      map[MetricID]float64 `json:"metrics"`
	Memory       Timeline             `json:"memory"`
	Load         *LoadResult          `json:"load,omitempty"`
	Exit         Exit                 `json:"exit"`
	Recover      *Recovery            `json:"recover,omitempty"` // nil when the app was not killed
	Drain        *Drain               `json:"drain,omitempty"`   // nil when it stopped without load
	Host         Host                 `json:"host"`
	Notes        []string             `json:"notes,omitempty"`
}

// Readiness is the outcome of the readiness probe, in seconds since the gate.
// The true moment lies between Low and High; their midpoint is startup.ready.
type Readiness struct {
	Kind      ReadyKind `json:"kind"`
	Port      int       `json:"port,omitempty"`
	Status    int       `json:"status,omitempty"` // of the first good HTTP answer
	Open      Seconds   `json:"open,omitempty"`   // the port accepted a connection, midpoint
	Low       Seconds   `json:"low"`
	High      Seconds   `json:"high"`
	Attempts  int       `json:"attempts"`
	Listeners []string  `json:"listeners,omitempty"` // address:port of every new listener
	Clocks    Seconds   `json:"clocks,omitempty"`    // of log probes: how far the engine's clock may be off the gate's
}

// Timeline holds samples of the app's memory, as columns of equal length.
type Timeline struct {
	At            []Seconds `json:"at"` // since the gate
	Unreclaimable []Bytes   `json:"unreclaimable"`
	Cache         []Bytes   `json:"cache"`
	MaxGap        Seconds   `json:"max_gap"`               // longest time between two samples
	KernelPeak    Bytes     `json:"kernel_peak,omitempty"` // of all memory, page cache included
	LimitHits     int64     `json:"limit_hits,omitempty"`  // times the app ran into its memory limit, and something had to give way
}

// LoadResult sums up the load of one trial.
type LoadResult struct {
	Model     LoadModel      `json:"model"`   // from when latency counts
	Offered   float64        `json:"offered"` // requests per second, over all stages; of virtual users, what they sent
	Sent      int            `json:"sent"`
	Completed int            `json:"completed"`          // answered with an accepted status
	Statuses  map[int]int    `json:"statuses,omitempty"` // of the completed, how many had which
	Errors    int            `json:"errors"`
	Start     Seconds        `json:"start,omitempty"` // when the first request was due, since the gate
	Seconds   Seconds        `json:"seconds"`
	Latency   []Quantile     `json:"latency,omitempty"` // by rising share, as far as the requests tell shares apart
	Mean      Seconds        `json:"mean"`
	Max       Seconds        `json:"max"`
	Lag       Seconds        `json:"lag"`              // 99th percentile of how late the generator itself sent
	Late      float64        `json:"late"`             // share of the requests it sent more than 5 ms late by its own fault
	Causes    map[string]int `json:"causes,omitempty"` // what the errors were
	Script    *ScriptResult  `json:"script,omitempty"` // of a load by k6, whose latency counts from the send
}

// Quantile is the latency that a share of the requests did not exceed.
type Quantile struct {
	Share   float64 `json:"share"` // ratio: 0.99 is p99
	Latency Seconds `json:"latency"`
}

// Exit says how the app container ended.
type Exit struct {
	Code      int     `json:"code"`
	OOMKilled bool    `json:"oom_killed,omitempty"`
	Stop      Seconds `json:"stop,omitempty"` // from the stop signal to an empty cgroup
	Killed    bool    `json:"killed,omitempty"`
	Ending    Ending  `json:"ending,omitempty"`
	Cause     string  `json:"cause,omitempty"` // why the ending is not graceful, in words, where that was looked into
}

// Ending is what an app made of its stop signal.
type Ending string

// The endings.
const (
	EndedGracefully Ending = "graceful"  // it ended by itself, in time
	EndedBySignal   Ending = "signalled" // the signal ended it: it never handled it
	EndedByKill     Ending = "killed"    // it had to be killed
)

// Recovery is how an app came back after SIGKILL. All of it together is
// recover.seconds.
type Recovery struct {
	Emptied Seconds `json:"emptied"` // from the kill to the last process gone
	Engine  Seconds `json:"engine"`  // from there to the app's execution: what the engine took
	Ready   Seconds `json:"ready"`   // from there to readiness
}

// Counts reports whether the trial is one that metrics and verdicts rest on:
// neither a warm-up nor void.
func (t *Trial) Counts() bool { return t.Pair > 0 && t.Void == "" }

// Drain counts what became of the requests that kept coming while the app was
// told to stop. Sent is the sum of the others.
type Drain struct {
	Rate     float64 `json:"rate"` // offered, requests per second
	Sent     int     `json:"sent"`
	Answered int     `json:"answered"` // with an accepted status
	Failed   int     `json:"failed"`   // with another status
	Lost     int     `json:"lost"`     // the connection was accepted, and no answer came
	Refused  int     `json:"refused"`  // nothing listened any more
}

// Drains sums what the trials that count saw in their stops, and gives the number
// of those stops. A sum has no rate.
func Drains(trials []Trial) (sum Drain, stops int) {
	for i := range trials {
		d := trials[i].Drain
		if d == nil || !trials[i].Counts() {
			continue
		}
		stops++
		sum.Sent, sum.Answered = sum.Sent+d.Sent, sum.Answered+d.Answered
		sum.Failed, sum.Lost, sum.Refused = sum.Failed+d.Failed, sum.Lost+d.Lost, sum.Refused+d.Refused
	}
	return sum, stops
}

// Host is what the machine did during a trial, from the gate to the end of what
// is measured. The CPU times are those of this window.
type Host struct {
	Steal     float64 `json:"steal"`     // share of CPU time the hypervisor took
	Throttled Seconds `json:"throttled"` // time the app was held back by its own CPU limit

	Periods          int64 `json:"periods,omitempty"`           // of the app's CPU limit that went by
	ThrottledPeriods int64 `json:"throttled_periods,omitempty"` // of those, the ones in which it was used up

	Window Seconds `json:"window,omitempty"`
	CPUs   int     `json:"cpus,omitempty"`
	Busy   Seconds `json:"busy,omitempty"`   // CPU time of all programs, without interrupts
	App    Seconds `json:"app,omitempty"`    // CPU time of the app
	Agent  Seconds `json:"agent,omitempty"`  // CPU time of the agent, the load's generator
	Beside Seconds `json:"beside,omitempty"` // CPU time of the pod's other containers
	Engine Seconds `json:"engine,omitempty"` // CPU time of the engine's daemons
	// EngineSeen says how that was seen: [SeenByCgroup], [SeenByProcess], or ""
	// where it was not.
	EngineSeen string   `json:"engine_seen,omitempty"`
	Others     *float64 `json:"others,omitempty"` // CPUs used on average by none of these; nil where unknown

	// Clock is the highest frequency the machine allows its CPUs, as a mean over them
	// in kHz, at the gate and at the end; nil where it is not visible.
	Apart  bool    `json:"apart,omitempty"` // app and agent ran on different CPUs
	Clock  []int64 `json:"clock,omitempty"`
	TooHot int64   `json:"too_hot,omitempty"` // times a CPU was slowed down for its temperature
}

// The ways to see what the engine's daemons use.
const (
	SeenByCgroup  = "cgroup"
	SeenByProcess = "processes"
)
