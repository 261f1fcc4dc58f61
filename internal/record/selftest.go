package record

import "time"

// SelfTestSchema identifies the JSON of a SelfTest.
const SelfTestSchema = "plimsoll/selftest/v1"

// SelfTest is what a machine can tell: an image compared with itself, and what
// its recorded pairs say about the verdicts to expect here.
type SelfTest struct {
	Schema  string        `json:"schema"`
	Created time.Time     `json:"created"`
	Tool    string        `json:"tool"`
	Service Service       `json:"service"` // the image against itself, judged by its budgets
	Alarms  []Alarm       `json:"alarms"`
	Metrics []Sensitivity `json:"metrics"`
	Noise   Disturbance   `json:"noise"`
}

// Alarm is how often a run over the same pairs would have failed although nothing
// has changed, found by swapping base and head inside of pairs.
type Alarm struct {
	Grow    *float64   `json:"grow,omitempty"` // of every metric; nil: the budgets of the service
	Metrics []MetricID `json:"metrics"`        // gated together
	Runs    int        `json:"runs"`
	Fails   int        `json:"fails"`
	Rate    float64    `json:"rate"`  // Fails of Runs
	Bound   float64    `json:"bound"` // the rate is at most that, with Level
	Level   float64    `json:"level"`
}

// Sensitivity is how well one metric can be told on this machine.
type Sensitivity struct {
	ID       MetricID         `json:"id"`
	Unit     Unit             `json:"unit"`
	Pairs    int              `json:"pairs"`
	Ratio    bool             `json:"ratio"` // Noise and the effects are ratios, else amounts in Unit
	Noise    float64          `json:"noise"` // standard deviation within pairs, of ln(head/base) or head - base
	Smallest []SmallestEffect `json:"smallest"`
}

// SmallestEffect is the smallest growth that four runs in five would call over a
// budget by the last look; nil where no growth would be.
type SmallestEffect struct {
	Budget Budget   `json:"budget"`
	Effect *float64 `json:"effect"`
}

// Disturbance is what else went on while the pairs were booted.
type Disturbance struct {
	Sampler    string  `json:"sampler"`     // where memory and CPU came from
	SamplerGap Seconds `json:"sampler_gap"` // the longest time between two samples
	Steal      Extent  `json:"steal"`       // share of the machine's CPU time that the hypervisor took
	Others     *Extent `json:"others"`      // CPUs used by neither app nor agent nor engine; nil where unknown
	Lag        Extent  `json:"lag"`         // seconds by which the load generator itself was late (99th percentile)
	Voided     int     `json:"voided"`      // pairs that do not count
}

// Extent is the middle and the worst of what the boots gave.
type Extent struct {
	Median float64 `json:"median"`
	Worst  float64 `json:"worst"`
}
