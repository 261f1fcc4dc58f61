package sample

import (
	"time"

	"golang.org/x/sys/unix"
)

// Monotonic reads CLOCK_MONOTONIC: the time since an arbitrary moment that all
// processes of the machine share, containers included. The launcher stamps the
// gate with the same clock.
func Monotonic() time.Duration {
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &now); err != nil {
		panic("sample: CLOCK_MONOTONIC: " + err.Error()) // every kernel Go runs on has it
	}
	return time.Duration(now.Nano())
}
