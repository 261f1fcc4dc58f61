package agent

import (
	"context"
	"fmt"
	"time"

	"github.com/plimsoll-ci/plimsoll/internal/record"
	"github.com/plimsoll-ci/plimsoll/internal/sample"
)

const (
	// trailPeriod is how often the app's CPU time is noted while its log is
	// waited for: the news of a line comes later than the line.
	trailPeriod = 2 * time.Millisecond
	// clockTolerance is how much earlier than the gate a line may seem to be:
	// the engine's clock and ours are one, but readings of it take time.
	clockTolerance = 2 * time.Millisecond
	// clockStep is a change of the wall clock that is worth a remark.
	clockStep = time.Millisecond
)

// awaitLine waits for a line of the app's log. The moment is the engine's stamp
// of it, converted to the clock of the gate.
func (t *trial) awaitLine(ctx context.Context) (record.Readiness, error) {
	alive, early := t.aliveness(), 0
	var cpu cpuTrail
	for {
		cpu.add(t)
		select {
		case line := <-t.inbox.lines:
			if line.Gone != "" {
				return record.Readiness{}, t.notReady(fmt.Errorf("%w: %s", errNotReady, line.Gone))
			}
			wall := readWall()
			at := wall.monotonic(line.Wall)
			if at < t.zero-clockTolerance {
				early++ // of an earlier life of the app
				continue
			}
			cpu.set(t, at)
			return t.lineReady(at, wall)
		case <-time.After(cpu.rest(time.Since(t.began))):
		case <-ctx.Done():
		}
		if ctx.Err() != nil || !alive() {
			return record.Readiness{}, t.notReady(fmt.Errorf("%w: no line of the log matches %q%s", errNotReady, t.spec.Ready.Log, before(early)))
		}
	}
}

func before(early int) string {
	if early == 0 {
		return ""
	}
	return fmt.Sprintf(" (but for %d stamped before the start: is the engine's clock that of its containers?)", early)
}

// lineReady is the readiness of an app whose line was stamped at a moment.
func (t *trial) lineReady(at time.Duration, wall wallClock) (record.Readiness, error) {
	off := wall.off(t.wall)
	if off > clockStep {
		t.note("the clock of the engine's host was set by %v between the gate and the log line: startup.ready is as uncertain", off.Round(time.Microsecond))
	}
	at = min(max(at, t.zero), sample.Monotonic())
	after := record.SecondsOf(at - t.zero)
	ready := record.Readiness{Kind: record.ReadyLog, Low: max(0, after-record.SecondsOf(off)), High: after, Attempts: 1, Clocks: record.SecondsOf(off)}
	open, err := t.listeners()
	if err != nil {
		return record.Readiness{}, err
	}
	if ready.Port = t.spec.Ready.Port; ready.Port == 0 {
		r := resolver{exposed: t.spec.Exposed}
		if found := r.candidates(open); len(found) == 1 {
			ready.Port = found[0]
		}
	}
	ready.Listeners = addresses(first(open, ready.Port))
	return ready, nil
}

// noPort is what becomes of a load that has no port to go to.
func (t *trial) noPort() error {
	open, err := t.listeners()
	if err != nil {
		return err
	}
	return &Failure{Kind: FailPorts, Listeners: addresses(open), Message: fmt.Sprintf(
		"the load has no port to go to, the app listens on %s: set ready.port beside ready.log", listed(open))}
}

func listed(open []listener) string {
	if len(open) == 0 {
		return "none"
	}
	return joined(addresses(open))
}

// cpuTrail remembers the app's CPU time of the last moments.
type cpuTrail struct {
	at    []time.Duration
	usage []time.Duration
}

// trailLength is how many readings are remembered: 2 s of them at first.
const trailLength = 1000

func (c *cpuTrail) add(t *trial) {
	reading, known := t.cpu()
	if !known {
		return
	}
	if len(c.at) >= 2*trailLength {
		c.at, c.usage = append(c.at[:0], c.at[trailLength:]...), append(c.usage[:0], c.usage[trailLength:]...)
	}
	c.at, c.usage = append(c.at, sample.Monotonic()), append(c.usage, reading.Usage)
}

// rest is how long to wait for the next reading: as sparing as the probe.
func (c *cpuTrail) rest(elapsed time.Duration) time.Duration {
	if elapsed > probeEager {
		return max(trailPeriod, elapsed/probeShare)
	}
	return trailPeriod
}

// set sets startup.cpu to the first reading at or after the moment.
func (c *cpuTrail) set(t *trial, moment time.Duration) {
	c.add(t)
	for i, at := range c.at {
		if at >= moment || i == len(c.at)-1 {
			t.seen.Metrics[record.StartupCPU] = max(0, (c.usage[i] - t.atGo.Usage).Seconds())
			return
		}
	}
}
