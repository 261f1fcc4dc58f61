package load

import (
	"fmt"
	"iter"
	"math"
	"slices"
	"time"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// Bounds of a plan. A loopback client on two cores stays far below the rate;
// the length keeps a schedule within exact arithmetic.
const (
	maxRate   = 100_000 // requests per second
	maxLength = 24 * time.Hour
)

// schedule says when requests are due, counted from its start.
type schedule []record.Stage

func newSchedule(stages []record.Stage) (schedule, error) {
	if len(stages) == 0 {
		return nil, fmt.Errorf("the load has no stages")
	}
	for i, s := range stages {
		if !(s.For > 0) || s.For.Duration() > maxLength {
			return nil, fmt.Errorf("stage %d lasts %v s, expected more than 0 and at most 24 h", i+1, s.For)
		}
		if !(s.Rate > 0) || s.Rate > maxRate {
			return nil, fmt.Errorf("stage %d has a rate of %v requests per second, expected more than 0 and at most %d (a rate of 0 must be chosen first, see AtRate)", i+1, s.Rate, maxRate)
		}
	}
	return schedule(stages), nil
}

// requests is how many requests become due in the stage: every k with k/rate
// before its end.
func requests(s record.Stage) int {
	const rounding = 1e-6 // of a request, against 0.1 * 30 = 3.0000000000000004
	return int(math.Ceil(float64(s.For)*s.Rate - rounding))
}

// due yields the moments requests are due.
func (s schedule) due() iter.Seq[time.Duration] {
	return func(yield func(time.Duration) bool) {
		var begin time.Duration
		for _, stage := range s {
			for k := range requests(stage) {
				if !yield(begin + time.Duration(float64(k)/stage.Rate*float64(time.Second))) {
					return
				}
			}
			begin += stage.For.Duration()
		}
	}
}

// length is the duration of all stages.
func (s schedule) length() time.Duration {
	return record.Load{Stages: s}.Seconds().Duration()
}

// offered is the mean rate over all stages, in requests per second.
func (s schedule) offered() float64 {
	n := 0
	for _, stage := range s {
		n += requests(stage)
	}
	return float64(n) / s.length().Seconds()
}

// AtRate gives the plan with every rate that was left to choose (0) set.
func AtRate(plan record.Load, rate float64) record.Load {
	plan.Stages = slices.Clone(plan.Stages)
	for i := range plan.Stages {
		if plan.Stages[i].Rate == 0 {
			plan.Stages[i].Rate = rate
		}
	}
	return plan
}
