package agent

import (
	"context"
	"errors"
	"time"

	"github.com/plimsoll-ci/plimsoll/internal/record"
	"github.com/plimsoll-ci/plimsoll/internal/sample"
)

// stopPeriod is how often the app's processes are counted while it stops.
const stopPeriod = time.Millisecond

// stop times the app from the stop signal to an empty cgroup.
func (t *trial) stop(ctx context.Context) error {
	var d *drain
	select {
	case <-t.inbox.draining.c:
		d = t.beginDrain(ctx)
		if err := t.report.send(Event{Kind: EventDraining}); err != nil {
			return err
		}
	case <-t.inbox.stopping.c:
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case <-t.inbox.stopping.c:
	case <-ctx.Done():
		return ctx.Err()
	}
	took, emptied := t.untilEmpty(ctx, t.spec.StopTimeout.Duration())
	stopped := Event{Kind: EventStopped, Emptied: emptied}
	if emptied {
		stopped.Stop = record.SecondsOf(took)
	}
	if d != nil {
		var err error
		if stopped.Drain, err = d.end(); err != nil {
			return err
		}
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return t.report.send(stopped)
}

// untilEmpty waits for the last process to be gone, for so long at most.
// Without a visible cgroup the engine's word is waited for, and no time given.
func (t *trial) untilEmpty(ctx context.Context, patience time.Duration) (took time.Duration, emptied bool) {
	began := time.Now()
	if t.group == nil {
		select {
		case <-t.inbox.ended.c:
		case <-time.After(patience):
		case <-ctx.Done():
		}
		return 0, false
	}
	for deadline := began.Add(patience); time.Now().Before(deadline) && ctx.Err() == nil; sleep(ctx, stopPeriod) {
		if empty, err := t.group.Empty(); empty || errors.Is(err, sample.ErrGone) {
			return time.Since(began), true
		}
	}
	return 0, false
}
