package agent

import (
	"time"

	"golang.org/x/sys/unix"

	"github.com/plimsoll-ci/plimsoll/internal/sample"
)

// wallClock is how far CLOCK_REALTIME is ahead of CLOCK_MONOTONIC on this
// kernel, which is the engine's too: its log is stamped with the one, the gate
// with the other. Containers have no realtime clock of their own.
type wallClock struct {
	ahead time.Duration
	error time.Duration // how far off that may be
}

// wallReadings is how often the two clocks are read for one comparison: the
// tightest of them counts, since the process may be interrupted in any.
const wallReadings = 5

func readWall() wallClock {
	best := wallClock{error: time.Hour}
	for range wallReadings {
		before := sample.Monotonic()
		var wall unix.Timespec
		if err := unix.ClockGettime(unix.CLOCK_REALTIME, &wall); err != nil {
			panic("agent: CLOCK_REALTIME: " + err.Error()) // every kernel Go runs on has it
		}
		half := (sample.Monotonic() - before) / 2
		if half < best.error {
			best = wallClock{ahead: time.Duration(wall.Nano()) - before - half, error: half}
		}
	}
	return best
}

// monotonic converts a reading of the wall clock.
func (w wallClock) monotonic(wall int64) time.Duration { return time.Duration(wall) - w.ahead }

// off is how far apart two comparisons are: what the wall clock was set or
// slewed by meanwhile, and how well it was read.
func (w wallClock) off(other wallClock) time.Duration {
	return (w.ahead - other.ahead).Abs() + w.error + other.error
}
