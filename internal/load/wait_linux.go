package load

import (
	"context"
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

// coarse is how long before the moment the wait turns from a runtime timer, which
// can be interrupted, into a system call, which cannot.
const coarse = 20 * time.Millisecond

// waitUntil returns at the moment, or before it with the error of ctx.
func waitUntil(ctx context.Context, until time.Time) error {
	// The worker that was just woken runs first: otherwise it would sit in the
	// queue of a processor that a system call is about to block, and be late.
	runtime.Gosched()
	if d := time.Until(until) - coarse; d > 0 {
		timer := time.NewTimer(d)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
		}
	}
	for ctx.Err() == nil {
		d := time.Until(until)
		if d <= 0 {
			return nil
		}
		left := unix.NsecToTimespec(int64(d))
		// Signals of the runtime's scheduler end it early, hence the loop.
		_ = unix.ClockNanosleep(unix.CLOCK_MONOTONIC, 0, &left, nil)
	}
	return ctx.Err()
}
