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
// the length keeps a schedule within exact arithmetic. A virtual user costs a
// connection, at both ends.
const (
	maxRate   = 100_000 // requests per second
	maxUsers  = 1000
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
		if err := checkOffer(s); err != nil {
			return nil, fmt.Errorf("stage %d %w", i+1, err)
		}
	}
	return schedule(stages), nil
}

// checkOffer refuses a stage that is neither by rate nor by virtual users, or both.
func checkOffer(s record.Stage) error {
	switch {
	case s.Users != 0 && s.Rate != 0:
		return fmt.Errorf("has a rate and virtual users, expected one of the two")
	case s.Users < 0 || s.Users > maxUsers:
		return fmt.Errorf("has %d virtual users, expected 1 to %d", s.Users, maxUsers)
	case s.Users == 0 && (!(s.Rate > 0) || s.Rate > maxRate):
		return fmt.Errorf("has a rate of %v requests per second, expected more than 0 and at most %d (a rate of 0 must be chosen first, see AtRate)", s.Rate, maxRate)
	}
	return nil
}

// requests is how many requests become due in the stage: every k with k/rate
// before its end. A stage of virtual users has none that are due.
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

// Undecided reports whether a rate of the plan was left to choose, see AtRate.
func Undecided(plan record.Load) bool { return slices.ContainsFunc(plan.Stages, undecided) }

func undecided(s record.Stage) bool { return s.Rate == 0 && s.Users == 0 }

// AtRate gives the plan with every rate that was left to choose set.
func AtRate(plan record.Load, rate float64) record.Load {
	plan.Stages = slices.Clone(plan.Stages)
	for i := range plan.Stages {
		if undecided(plan.Stages[i]) {
			plan.Stages[i].Rate = rate
		}
	}
	return plan
}
