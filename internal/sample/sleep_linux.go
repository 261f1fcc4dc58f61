package sample

import (
	"time"

	"golang.org/x/sys/unix"
)

// sleep waits in the kernel rather than on a runtime timer, which takes the
// sampler from about 1.4 % of a core to 0.8 %, most of it the wake-up itself.
// A signal of the runtime's scheduler may end it early; the next sample is then
// early too.
func sleep(d time.Duration) {
	if d > 0 {
		left := unix.NsecToTimespec(int64(d))
		_ = unix.ClockNanosleep(unix.CLOCK_MONOTONIC, 0, &left, nil)
	}
}
