//go:build !linux

package load

import (
	"context"
	"time"
)

// waitUntil waits by the runtime's timers where the agent does not run anyway.
func waitUntil(ctx context.Context, until time.Time) error {
	timer := time.NewTimer(time.Until(until))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
