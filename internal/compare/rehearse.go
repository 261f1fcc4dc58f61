package compare

import (
	"math"
	"math/rand/v2"

	"github.com/plimsoll-ci/plimsoll/internal/record"
	"github.com/plimsoll-ci/plimsoll/internal/stat"
)

// Rehearsal judges the recorded pairs of an image against itself again and again.
// Since base and head are the same, swapping the labels of a pair gives a run that
// was as likely as the one that was recorded, whatever the machine's noise is. The
// pairs stay in their order, with the drift that is in it.
type Rehearsal struct {
	Replay  *Replay
	Budgets map[record.MetricID]record.Budget
	Seed    uint64 // of the labels: the same seed gives the same runs
}

// Tally counts the runs of a rehearsal.
type Tally struct {
	Runs  int
	Found int     // that say fail: of the metric that was changed, or of any
	Pairs float64 // on average: when a run ended, or knew of the metrics that were changed
}

// Share is Found of Runs.
func (t Tally) Share() float64 { return float64(t.Found) / float64(max(1, t.Runs)) }

// FalseAlarms counts the runs that fail any metric although nothing has changed.
func (r Rehearsal) FalseAlarms(runs int) Tally {
	return r.count(runs, nil, Judged.Failed)
}

// Detected counts the runs that find a change of head in the metrics that were
// changed, see [Variant]: all of them are over their budgets.
func (r Rehearsal) Detected(runs int, change map[record.MetricID]float64) Tally {
	return r.count(runs, change, func(j Judged) bool {
		for id := range change {
			if j.Verdicts[id] != record.Fail {
				return false
			}
		}
		return true
	})
}

func (r Rehearsal) count(runs int, change map[record.MetricID]float64, found func(Judged) bool) Tally {
	random := rand.New(rand.NewPCG(r.Seed, 0))
	flip := make([]bool, r.Replay.Pairs())
	t := Tally{Runs: runs}
	pairs := 0
	for range runs {
		for i := range flip {
			flip[i] = random.Uint64()&1 == 1
		}
		judged := r.Replay.Judge(Variant{Budgets: r.Budgets, Flip: flip, Change: change})
		pairs += judged.known(change)
		if found(judged) {
			t.Found++
		}
	}
	t.Pairs = float64(pairs) / float64(max(1, runs))
	return t
}

const (
	// power is how often a change must be found to count as one that can be seen.
	power = 0.8
	// powerRuns tell a share of 80 % to 2 percentage points.
	powerRuns = 400
	// largestChange is where the search for a change that can be seen ends.
	largestChange = 64.0
)

// SmallestSeen is the smallest change of one metric that four runs in five would
// call over its budget, by the last look: a ratio, or an amount for metrics that
// may be zero. ok is false where even a change by a factor of 65 would not be seen,
// as with too few pairs. The same labels serve every size of change, so that more
// change is not found less often by chance.
func (r Rehearsal) SmallestSeen(id record.MetricID) (change float64, ok bool) {
	unit := r.Replay.unit(id)
	seen := func(x float64) bool {
		return r.Detected(powerRuns, map[record.MetricID]float64{id: x * unit}).Share() >= power
	}
	low, high := 0.0, 1.0/1024
	for !seen(high) {
		if low, high = high, 2*high; high > largestChange {
			return 0, false
		}
	}
	for high-low > high/64 {
		if middle := (low + high) / 2; seen(middle) {
			high = middle
		} else {
			low = middle
		}
	}
	return high * unit, true
}

// unit is what changes of a metric are counted in: its own value for ratios, and
// an amount of its size for metrics that may be zero.
func (r *Replay) unit(id record.MetricID) float64 {
	s := r.m.series[id].sample(len(r.m.pairs))
	if !s.metric.Zeroable {
		return 1
	}
	size := math.Max(stat.Median(s.base), r.Noise(id).Deviation)
	if !(size > 0) {
		return 1
	}
	return size
}

// Noise is how much a metric differs between two boots of a pair.
type Noise struct {
	Pairs     int     // that have the metric on both sides
	Ratio     bool    // Deviation is of ln(head/base), else of head - base
	Deviation float64 // the standard deviation; 0 with less than two pairs
}

// Noise measures a metric's noise within the pairs.
func (r *Replay) Noise(id record.MetricID) Noise {
	s := r.m.series[id].sample(len(r.m.pairs))
	n := Noise{Pairs: len(s.worse), Ratio: s.ratio}
	if n.Pairs < 2 {
		return n
	}
	mean, squares := 0.0, 0.0
	for _, d := range s.worse {
		mean += d / float64(n.Pairs)
	}
	for _, d := range s.worse {
		squares += (d - mean) * (d - mean)
	}
	n.Deviation = math.Sqrt(squares / float64(n.Pairs-1))
	return n
}

// known is after how many pairs a run has its verdicts on the metrics that were
// changed; on all of them where none was.
func (j Judged) known(change map[record.MetricID]float64) int {
	pairs := 0
	for id := range change {
		pairs = max(pairs, j.Looks[id])
	}
	if len(change) == 0 {
		return j.Pairs
	}
	return pairs
}
