package agent

import (
	"context"
	"errors"

	"github.com/plimsoll-ci/plimsoll/internal/record"
	"github.com/plimsoll-ci/plimsoll/internal/sample"
)

// recover follows the app from SIGKILL until it is ready again. The gate opens
// again only when the cgroup is empty: whatever then comes through it is the
// launcher, and no leftover of the app's first life.
func (t *trial) recover(ctx context.Context) error {
	select {
	case <-t.inbox.killing.c:
	case <-ctx.Done():
		return ctx.Err()
	}
	killed := sample.Monotonic()
	if _, emptied := t.untilEmpty(ctx, t.spec.GateTimeout.Duration()); !emptied && t.group != nil {
		return errors.Join(ctx.Err(), errors.New("the app's processes are still there after SIGKILL"))
	}
	emptied := sample.Monotonic()
	again := t.reborn()
	defer func() { t.group = again.group }()
	defer again.closeBeside()
	t.closeGroup()
	if err := again.comeBack(ctx); err != nil {
		return afterKill(err)
	}
	recovery := record.Recovery{
		Emptied: record.SecondsOf(emptied - killed),
		Engine:  record.SecondsOf(again.zero - emptied),
		Ready:   (again.seen.Ready.Low + again.seen.Ready.High) / 2,
	}
	return t.report.send(Event{Kind: EventRecovered, Recovery: &recovery})
}

// reborn is the trial of the app's second life. What is known of the first
// need not be found out again.
func (t *trial) reborn() *trial {
	spec := t.spec
	spec.Ready.Kind, spec.Ready.Port = t.seen.Ready.Kind, t.seen.Ready.Port
	return newTrial(spec, t.report, t.inbox)
}

// comeBack goes from the gate to readiness.
func (t *trial) comeBack(ctx context.Context) error {
	if err := t.start(ctx); err != nil {
		return err
	}
	if t.recorder != nil {
		defer func() { _ = t.recorder.Stop() }() // its memory was measured in its first life
	}
	if err := t.report.send(Event{Kind: EventGo, Sees: t.group != nil}); err != nil {
		return err
	}
	var err error
	t.seen.Ready, err = t.findReady(ctx)
	return err
}

// afterKill says of a failure that the app had been killed before.
func afterKill(err error) error {
	failure := asFailure(err)
	return &Failure{Kind: failure.Kind, Listeners: failure.Listeners, After: failure.After,
		Message: "started again after a kill: " + failure.Message}
}
