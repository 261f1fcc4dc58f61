package measure

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/plimsoll-ci/plimsoll/internal/agent"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// finishJob waits for the engine to know how a job ended. Another exit code
// than the expected one is a boot that failed.
func (b *boot) finishJob(ctx context.Context, trial *record.Trial) (err error) {
	if trial.Exit, err = b.ending(ctx); err != nil {
		return err
	}
	if want := b.target.Setup.Ready.Exit; trial.Exit.Code != want {
		return &agent.Failure{Kind: agent.FailExited, After: trial.Ready.High,
			Message: fmt.Sprintf("the job failed %.2f s after its start, expected exit code %d", float64(trial.Ready.High), want)}
	}
	return nil
}

// mostLines bounds how many matching lines the agent is told of: the first that
// is not of an earlier life of the app is enough.
const mostLines = 1000

// watchLog looks for the line that means ready, where a log is what tells. The
// caller ends it.
func (b *boot) watchLog(ctx context.Context) (stop func(), err error) {
	ready := b.target.Setup.Ready
	if ready.Kind != record.ReadyLog {
		return func() {}, nil
	}
	match, err := record.LogPattern(ready.Log)
	if err != nil {
		return nil, fmt.Errorf("ready.log: %w", err)
	}
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		b.sendLines(ctx, match)
	}()
	return func() { cancel(); <-done }, nil
}

// sendLines tells the agent of every line that matches, and why there will be
// no more. Where that cannot be sent the agent is gone, which others notice.
func (b *boot) sendLines(ctx context.Context, match func([]byte) bool) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	sent := 0
	err := b.pod.FollowLog(ctx, func(stamp time.Time, text []byte) {
		if sent < mostLines && match(text) {
			sent++
			if b.session.Line(agent.LogLine{Wall: stamp.UnixNano()}) != nil {
				cancel()
			}
		}
	})
	if err != nil && ctx.Err() == nil {
		_ = b.session.Line(agent.LogLine{Gone: err.Error()})
	}
}

// recover kills the app, starts it again through the gate, and notes how long
// it takes to be ready again.
func (b *boot) recover(ctx context.Context, trial *record.Trial) error {
	if !b.target.Setup.Recover {
		return nil
	}
	if trial.Ready.Kind == record.ReadyNone {
		trial.Notes = append(trial.Notes, "recover.seconds is not known: nothing tells when an app without a port is ready again")
		return nil
	}
	if err := b.session.Killing(); err != nil {
		return err
	}
	if err := b.killAndStart(ctx); err != nil {
		return err
	}
	stopLog, err := b.watchLog(ctx)
	if err != nil {
		return err
	}
	defer stopLog()
	if _, err := b.awaitGo(ctx); err != nil {
		return err
	}
	recovered, err := b.session.Await(ctx, agent.EventRecovered)
	if err != nil {
		return err
	}
	if recovered.Recovery == nil {
		return errors.New("the agent saw the app recover and reported nothing")
	}
	trial.Recover = recovered.Recovery
	trial.Metrics[record.RecoverSeconds] = float64(trial.Recover.Emptied + trial.Recover.Engine + trial.Recover.Ready)
	return nil
}

// killAndStart ends the container and starts the same one again.
func (b *boot) killAndStart(ctx context.Context) error {
	if err := b.pod.Kill(ctx); err != nil {
		return err
	}
	if err := b.pod.AwaitEnd(ctx); err != nil {
		return err
	}
	if err := b.session.Ended(); err != nil {
		return err
	}
	if _, err := b.session.Await(ctx, agent.EventGate); err != nil {
		return err
	}
	if err := b.pod.Start(ctx); err != nil {
		return fmt.Errorf("the engine does not start a container again after a kill, recover.seconds cannot be measured on it: %w", err)
	}
	return nil
}

// drains reports whether requests are to keep coming while the app stops.
func (b *boot) drains(trial *record.Trial) bool {
	setup := b.target.Setup
	return setup.StopUnderLoad && len(setup.Load.Requests) > 0 && trial.Ready.Port != 0
}

// sumDrains tells what became of the requests of all stops of a target.
func (r *rounds) sumDrains() {
	for i, trials := range r.result.Trials {
		if all, stops := record.Drains(trials); all.Lost+all.Failed > 0 {
			r.note("%s loses requests when it is stopped: in %d stops under load, of %d requests %d were accepted and never answered, %d answered with an error, %d refused once nothing listened",
				r.result.Targets[i].Name, stops, all.Sent, all.Lost, all.Failed, all.Refused)
		}
	}
}
