package agent

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/plimsoll-ci/plimsoll/internal/load"
	"github.com/plimsoll-ci/plimsoll/internal/record"
	"github.com/plimsoll-ci/plimsoll/internal/sample"
)

// trial is one boot as the agent lives through it.
type trial struct {
	spec      Spec
	report    *reporter
	inbox     *inbox
	generated time.Duration // CPU time of the orchestrator's own load, whose generator is gone by the end

	group    *sample.Group    // nil when the cgroup tree cannot be seen
	recorder *sample.Recorder // nil with group
	watch    *watch           // from GO on
	began    time.Time        // the moment of the gate
	zero     time.Duration    // the same on CLOCK_MONOTONIC
	wall     wallClock        // how the engine's clock stood to it then
	atGo     sample.CPU
	beside   []*sample.Group // of the pod's other containers
	lookAtGo *surroundings   // nil where the machine's counters cannot be read
	older    map[uint32]bool // listeners that were there before the app

	seen Observed
}

// procStat is the machine's CPU time; containers see the host's.
const procStat = "/proc/stat"

func newTrial(spec Spec, report *reporter, inbox *inbox) *trial {
	return &trial{spec: spec, report: report, inbox: inbox, seen: Observed{Metrics: map[record.MetricID]float64{}}}
}

// run lives through the trial and reports each step.
func (t *trial) run(ctx context.Context) error {
	if err := t.start(ctx); err != nil {
		return err
	}
	t.seen.Gate = record.SecondsOf(t.zero)
	defer func() { t.closeGroup() }()
	defer t.closeBeside()
	if err := t.report.send(Event{Kind: EventGo, Sees: t.group != nil}); err != nil {
		return err
	}
	ctx, end := t.guard(ctx)
	defer end()
	if err := t.measure(ctx); err != nil {
		return t.fate(ctx, err)
	}
	t.finish()
	if err := t.report.send(Event{Kind: EventMeasured, Trial: &t.seen}); err != nil {
		return err
	}
	if t.spec.Ready.Kind == record.ReadyExit {
		return nil
	}
	if t.spec.Recover && t.seen.Ready.Kind != record.ReadyNone {
		if err := t.recover(ctx); err != nil {
			return t.fate(ctx, err)
		}
	}
	if err := t.stop(ctx); err != nil {
		return t.fate(ctx, err)
	}
	return nil
}

func (t *trial) closeGroup() {
	if t.group != nil {
		t.group.Close()
	}
}

// start opens the gate, takes the counters and lets the app through.
func (t *trial) start(ctx context.Context) error {
	keeper, err := openGate(t.spec.Socket)
	if err != nil {
		return err
	}
	defer keeper.close()
	if err := t.report.send(Event{Kind: EventGate, CPUs: allowedCPUs()}); err != nil {
		return err
	}
	if err := keeper.await(ctx, t.spec.GateTimeout.Duration()); err != nil {
		return &Failure{Kind: FailGate, Message: err.Error()}
	}
	if err := t.openCounters(); err != nil {
		return err
	}
	if t.began, t.zero, err = keeper.release(); err != nil && t.recorder != nil {
		return errors.Join(err, t.recorder.Stop())
	}
	t.wall = readWall()
	return err
}

// openCounters notes where everything stands just before GO.
func (t *trial) openCounters() error {
	before, err := listeners(nil)
	if err != nil {
		return err
	}
	t.older = inodes(before)
	defer t.lookAround()
	if t.group, err = sample.Find(t.spec.Cgroup, t.spec.Container); err != nil {
		t.group = nil
		t.note("the app's cgroup is not visible to the agent: %v", err)
		return nil
	}
	t.seen.Sampler = fmt.Sprintf("cgroup v%d", t.group.Version)
	if t.atGo, err = t.group.CPU(); err != nil {
		return fmt.Errorf("read the app's CPU time at the gate: %w", err)
	}
	t.recorder = sample.Start(t.group, 0)
	return nil
}

// measure goes from GO to the end of the load.
func (t *trial) measure(ctx context.Context) error {
	if t.spec.Ready.Kind == record.ReadyExit {
		return t.job(ctx)
	}
	ready, err := t.findReady(ctx)
	if err != nil {
		return err
	}
	t.seen.Ready = ready
	if ready.Kind == record.ReadyNone {
		sleep(ctx, workerSettle)
	} else {
		t.seen.Metrics[record.StartupReady] = float64(ready.Low+ready.High) / 2
	}
	if err := t.report.send(Event{Kind: EventReady}); err != nil {
		return err
	}
	if err := t.idle(ctx); err != nil {
		return err
	}
	load := t.load
	if t.spec.Load.Script != nil {
		load = t.external
	} else if ready.Kind == record.ReadyNone || len(t.spec.Load.Stages) == 0 {
		return nil
	}
	if ready.Port == 0 && ready.Kind != record.ReadyNone {
		return t.noPort()
	}
	if err := load(ctx); err != nil {
		return err
	}
	return t.checkAlive()
}

// findReady resolves the port where none is known, and probes it.
func (t *trial) findReady(ctx context.Context) (record.Readiness, error) {
	spec := t.spec.Ready
	if spec.Kind == record.ReadyNone {
		return worker(), nil
	}
	ctx, cancel := context.WithTimeout(ctx, spec.Timeout.Duration())
	defer cancel()
	if spec.Kind == record.ReadyLog {
		return t.awaitLine(ctx)
	}
	alive, closed := t.aliveness(), t.began
	if spec.Port == 0 {
		r := resolver{exposed: t.spec.Exposed, timeout: spec.Timeout.Duration(), open: t.listeners, alive: alive}
		found, err := r.run(ctx)
		if err != nil {
			return record.Readiness{}, t.notReady(err)
		}
		if found.note != "" {
			t.seen.Notes = append(t.seen.Notes, found.note)
		}
		if found.port == 0 {
			return worker(), nil
		}
		spec.Port, closed = found.port, found.closed
	}
	p := probe{kind: spec.Kind, path: requestPath(spec), service: spec.Service, port: spec.Port, began: t.began, closed: closed, h2c: t.spec.Load.Protocol == record.H2C}
	ready, err := p.run(ctx, alive)
	if err != nil {
		return record.Readiness{}, t.notReady(err)
	}
	t.cpuSince(record.StartupCPU, t.atGo, 1) // at once: the app goes on
	if spec.Kind == record.ReadyAuto && ready.Kind == record.ReadyTCP && !p.h2c {
		if note := hintH2C(ctx, ready.Port); note != "" {
			t.note("%s", note)
		}
	}
	open, err := t.listeners()
	if err != nil {
		return record.Readiness{}, err
	}
	ready.Listeners = addresses(first(open, ready.Port))
	return ready, nil
}

func (t *trial) listeners() ([]listener, error) { return listeners(t.older) }

// alivePeriod is how often the app is looked for while it is waited for.
const alivePeriod = 20 * time.Millisecond

// aliveness gives a check that is cheap to call often. Without a cgroup the
// app counts as alive: the orchestrator learns of its end from the engine.
func (t *trial) aliveness() func() bool {
	last, alive := time.Time{}, true
	return func() bool {
		if t.group == nil || time.Since(last) < alivePeriod {
			return alive
		}
		last = time.Now()
		empty, err := t.group.Empty()
		alive = err == nil && !empty
		return alive
	}
}

// notReady turns the end of the wait into a failure the user can act on.
func (t *trial) notReady(err error) error {
	if !errors.Is(err, errNotReady) {
		return err
	}
	after := record.SecondsOf(time.Since(t.began))
	if dead := t.checkAlive(); dead != nil {
		return dead
	}
	open, listErr := t.listeners()
	if listErr != nil {
		return listErr
	}
	message := fmt.Sprintf("%v after %.1f s", err, float64(after))
	if len(open) > 0 {
		message += fmt.Sprintf("; it listens on %s", joined(addresses(open)))
	} else {
		message += "; it listens on no port at all" + t.unixSockets()
	}
	return &Failure{Kind: FailTimeout, Message: message, Listeners: addresses(open), After: after}
}

// checkAlive is the failure of an app that ended by itself, nil while it runs.
func (t *trial) checkAlive() error {
	if t.group == nil {
		return nil
	}
	empty, err := t.group.Empty()
	if err != nil && !errors.Is(err, sample.ErrGone) {
		return fmt.Errorf("look for the app's processes: %w", err)
	}
	if !empty && err == nil {
		return nil
	}
	after := record.SecondsOf(time.Since(t.began))
	return &Failure{Kind: FailExited, After: after, Message: fmt.Sprintf("the app ended by itself %.2f s after its start%s", float64(after), t.jobAdvice())}
}

// workerSettle is how long an app without a port is given to come up before
// its idle window begins: there is nothing to ask whether it has.
const workerSettle = time.Second

// idle watches the app do nothing.
func (t *trial) idle(ctx context.Context) error {
	from := sample.Monotonic()
	before, known := t.cpu()
	sleep(ctx, t.spec.Idle.Duration())
	to := sample.Monotonic()
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := t.checkAlive(); err != nil {
		return err
	}
	if t.recorder == nil || to <= from {
		return nil
	}
	if idle, ok := t.recorder.Median(from, to); ok {
		t.seen.Metrics[record.MemoryIdle] = float64(idle)
	}
	if known {
		t.cpuSince(record.CPUIdle, before, (to - from).Seconds())
	}
	return nil
}

// load sends the requests, or finds out how many the app can bear.
func (t *trial) load(ctx context.Context) error {
	address, err := target(ctx, t.seen.Ready.Port)
	if err != nil {
		return t.noLongerThere(ctx, err)
	}
	options := load.Options{Host: fmt.Sprintf("localhost:%d", t.seen.Ready.Port)}
	if t.spec.Calibrate > 0 {
		t.seen.Sustained, err = load.Calibrate(ctx, address, t.spec.Load, t.spec.Calibrate.Duration(), options)
		if err != nil && ctx.Err() == nil {
			t.note("%v", err) // the load itself will show what is wrong
			return nil
		}
		return err
	}
	before, known := t.cpu()
	result, err := load.Run(ctx, address, t.spec.Load, options)
	if err != nil {
		return fmt.Errorf("load the app: %w", err)
	}
	t.seen.Load = &result.LoadResult
	t.seen.Load.Start = record.SecondsOf(result.Start.Sub(t.began))
	if known && result.Completed > 0 {
		t.cpuSince(record.CPURequest, before, float64(result.Completed))
	}
	t.loadMetrics(result)
	return nil
}

// dying is how long an app is given to be gone that takes no connection any more:
// its ports are closed before its processes have left.
const dying = time.Second

// noLongerThere is the failure of an app that was ready and cannot be connected to.
func (t *trial) noLongerThere(ctx context.Context, cause error) error {
	for until := time.Now().Add(dying); time.Now().Before(until) && ctx.Err() == nil; sleep(ctx, alivePeriod) {
		if dead := t.checkAlive(); dead != nil {
			return dead
		}
	}
	after := record.SecondsOf(time.Since(t.began))
	return &Failure{Kind: FailLoad, After: after, Message: fmt.Sprintf(
		"the app was ready and runs, but takes no connection any more %.2f s after its start: %v", float64(after), cause)}
}

func (t *trial) loadMetrics(result load.Result) {
	m := t.seen.Metrics
	m[record.LoadErrors] = result.ErrorRatio()
	if result.Completed == 0 {
		return
	}
	m[record.LoadP50] = result.Quantile(0.50).Seconds()
	m[record.LoadP95] = result.Quantile(0.95).Seconds()
	m[record.LoadP99] = result.Quantile(0.99).Seconds()
	m[record.LoadRate] = result.Rate()
}

// cpu reads the app's CPU time; known is false where it cannot be read.
func (t *trial) cpu() (reading sample.CPU, known bool) {
	if t.group == nil {
		return sample.CPU{}, false
	}
	reading, err := t.group.CPU()
	return reading, err == nil
}

// cpuSince sets a metric to the CPU seconds since a reading, per unit.
func (t *trial) cpuSince(id record.MetricID, before sample.CPU, per float64) {
	now, known := t.cpu()
	if !known {
		return
	}
	if value := (now.Usage - before.Usage).Seconds() / per; value >= 0 && !math.IsInf(value, 0) {
		t.seen.Metrics[id] = value
	}
}

// finish closes the recorder and takes the last counters.
func (t *trial) finish() {
	if now, err := t.look(); err == nil && t.lookAtGo != nil {
		t.seen.Host = hostSince(*t.lookAtGo, now)
	}
	if t.recorder == nil {
		return
	}
	if err := t.recorder.Stop(); err != nil {
		t.note("memory was sampled in part only: %v", err)
	}
	t.seen.Memory = t.recorder.Timeline(t.zero)
	if peak, ok := t.recorder.Peak(t.zero, sample.Monotonic()); ok && t.seen.Ready.Kind != record.ReadyExit { // a job's last sample is of nothing
		t.seen.Metrics[record.MemoryPeak] = float64(peak)
	}
	if peak, err := t.group.KernelPeak(); err == nil {
		t.seen.Memory.KernelPeak = peak
	}
	if hits, err := t.group.LimitHits(); err == nil {
		t.seen.Memory.LimitHits = hits
	}
	if kills, err := t.group.OOMKills(); err == nil {
		t.seen.OOMKills = kills
	}
}

// note adds a remark to the trial, for the record.
func (t *trial) note(format string, args ...any) {
	t.seen.Notes = append(t.seen.Notes, fmt.Sprintf(format, args...))
}
