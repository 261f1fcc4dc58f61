package measure

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"syscall"
	"time"

	"github.com/plimsoll-ci/plimsoll/internal/agent"
	"github.com/plimsoll-ci/plimsoll/internal/agent/gate"
	"github.com/plimsoll-ci/plimsoll/internal/engine"
	"github.com/plimsoll-ci/plimsoll/internal/load/k6"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// Target is one image and how to boot it.
type Target struct {
	Name  string // base, head
	Image engine.Image
	Setup record.Setup
	Env   map[string]string // on top of the image's; values stay out of records

	Script       *k6.Script    // that Setup.Load.Script names; nil for the open loop
	Dependencies *Dependencies // nil for none: the pod has no network then
}

// Observation is what one boot gave.
type Observation struct {
	Trial     record.Trial
	Sustained float64 // requests per second, when the boot was a calibration
	Sampler   string  // where memory and CPU came from, "" for nowhere
	Pinned    *record.Pinned
	Log       []string // the app's last lines, where they were asked for; foreign text
}

// Booter boots a target once. With calibrate above zero the boot finds the
// sustained request rate for so long, instead of sending the load.
type Booter interface {
	Boot(ctx context.Context, target Target, calibrate record.Seconds) (Observation, error)
}

// Pods boots targets as pods of a run.
type Pods struct {
	Run *engine.Run
	Log int // how many of the app's last lines to keep of every boot

	// Pinned says which CPUs app and agent get. Where it is nil the first boot
	// chooses, unless they are to share all: see [split].
	Pinned *record.Pinned
	Shared bool
	mu     sync.Mutex // guards the two from the first boot on

	cgroup   string        // the root of the cgroup tree, for tests that hide it; usually ""
	standing *surroundings // of boots that share their dependencies

	look    sync.Once
	daemons daemons // of the engine, found at the first boot
	habits  habits
}

const (
	// gateTimeout bounds the engine: create, start, and the launcher's arrival.
	gateTimeout = 60 * time.Second
	// slack is added to the trial's own windows before it is given up on.
	slack = 30 * time.Second
	// cleanupTimeout bounds the removal of a pod after an interrupt.
	cleanupTimeout = 30 * time.Second
	// shownLog is how many lines of a failed app's log are kept.
	shownLog = 20
)

// Boot boots the target once, beside what it depends on. The error is a
// [BootError] when the image or a dependency, not the engine, is to blame, and an
// [engine.LostError] when the engine is gone.
func (p *Pods) Boot(ctx context.Context, target Target, calibrate record.Seconds) (Observation, error) {
	observation, err := p.boot(ctx, target, calibrate)
	for attempt := 1; attempt < diskAttempts && errors.Is(err, errElsewhere) && ctx.Err() == nil; attempt++ {
		again := fmt.Sprintf("booted again, since somebody else may have filled the disk: %v", err)
		observation, err = p.boot(ctx, target, calibrate)
		observation.Trial.Notes = append(observation.Trial.Notes, again)
	}
	if err == nil || ctx.Err() != nil {
		return observation, err
	}
	if lost := p.Run.Lost(ctx); lost != nil {
		return Observation{}, fmt.Errorf("boot %s (%s): %w", target.Name, target.Image.Ref, lost)
	}
	return observation, err
}

func (p *Pods) boot(ctx context.Context, target Target, calibrate record.Seconds) (Observation, error) {
	around, err := p.surround(ctx, target)
	if err != nil {
		return Observation{}, err
	}
	observation, err := p.bootIn(ctx, around, target, calibrate)
	if around == nil {
		return observation, err
	}
	err = around.fallen(ctx, err)
	observation.Trial.Dependencies = around.took
	if stuck := around.close(ctx); stuck != nil {
		observation.Trial.Notes = append(observation.Trial.Notes, stuck.Error())
	}
	return observation, err
}

// bootIn boots the target in its surroundings.
func (p *Pods) bootIn(ctx context.Context, around *surroundings, target Target, calibrate record.Seconds) (Observation, error) {
	p.look.Do(func() { p.daemons = findDaemons("/proc") })
	bound := bootBound(target.Setup, calibrate)
	ctx, cancel := context.WithTimeoutCause(ctx, bound, fmt.Errorf("not over after %v, more than all its windows and timeouts: is the engine stuck?", bound))
	defer cancel()
	b := &boot{target: target, around: around, socket: "plimsoll-" + engine.NewID() + engine.NewID(), created: time.Now(), cgroup: cmp.Or(p.cgroup, engine.CgroupRoot), daemons: p.daemons, pods: p, pinned: p.chosen()}
	var err error
	if b.pod, err = p.Run.NewPod(ctx, b.podSpec()); err != nil {
		return Observation{}, fmt.Errorf("boot %s (%s): %w", target.Name, target.Image.Ref, err)
	}
	b.session = agent.NewSession(b.pod.Agent())
	observation, err := b.run(ctx, calibrate)
	if err != nil {
		err = b.explain(ctx, err)
	} else if p.Log > 0 {
		observation.Log, err = b.pod.Logs(ctx, p.Log)
	}
	if stuck := b.close(ctx); stuck != nil {
		// What was observed stands. The end of the run tries again, and tells.
		observation.Trial.Notes = append(observation.Trial.Notes, stuck.Error())
	}
	if err != nil {
		return Observation{}, err
	}
	return observation, nil
}

// close removes the pod, also after an interrupt.
func (b *boot) close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTimeout)
	defer cancel()
	return b.pod.Close(ctx)
}

// bootBound is the longest a trial can take if everything goes slowly.
func bootBound(setup record.Setup, calibrate record.Seconds) time.Duration {
	windows := setup.Ready.Timeout + setup.Idle + setup.Load.Seconds() + setup.StopTimeout + calibrate
	if setup.Load.Script != nil {
		windows += setup.Load.Script.Timeout
	}
	if setup.Recover {
		windows += setup.Ready.Timeout + record.SecondsOf(gateTimeout)
	}
	return windows.Duration() + gateTimeout + slack
}

// boot is one boot under way.
type boot struct {
	target  Target
	around  *surroundings // nil without dependencies
	socket  string
	created time.Time
	pod     *engine.Pod
	session *agent.Session
	cgroup  string // the root of the cgroup tree, as the agent sees it
	daemons daemons
	pods    *Pods
	pinned  *record.Pinned
	notes   []string
	stopLog func() // ends the search of the log
}

func (b *boot) command() []string {
	if len(b.target.Setup.Command) > 0 {
		return b.target.Setup.Command
	}
	if b.target.Dependencies != nil {
		return composed(b.target.Image, b.target.Dependencies.Service)
	}
	return b.target.Image.Command()
}

func (b *boot) podSpec() engine.PodSpec {
	env := b.environment()
	merged := append(append([]string{}, b.target.Image.Env...), env...)
	hidden, blanks := gate.Hide(merged)
	setup := b.target.Setup
	spec := engine.PodSpec{
		Image:      b.target.Image.ID,
		Entrypoint: append([]string{gate.Launcher}, gate.Arguments(b.socket, hidden, b.command())...),
		Env:        append(env, blanks...),
		User:       setup.User, Tmpfs: setup.Tmpfs, ReadOnly: setup.ReadOnly, Limits: setup.Limits,
		Pinned: b.pinned,
	}
	if b.around != nil {
		service := b.target.Dependencies.Service
		spec.Site, spec.Joining, spec.Further = b.around.site, joining(service), further(service)
	}
	return spec
}

func (b *boot) environment() []string {
	env := make([]string, 0, len(b.target.Env))
	for _, name := range b.target.Setup.Environment {
		env = append(env, name+"="+b.target.Env[name])
	}
	return env
}

func (b *boot) spec(calibrate record.Seconds) agent.Spec {
	setup := b.target.Setup
	return agent.Spec{
		Socket: b.socket, Container: b.pod.App, Beside: b.around.containers(), Cgroup: b.cgroup,
		Ready: setup.Ready, Exposed: b.target.Image.Exposed, Idle: setup.Idle, Load: setup.Load, Limits: setup.Limits,
		Calibrate: calibrate, Recover: setup.Recover, StopTimeout: setup.StopTimeout + record.SecondsOf(time.Second), GateTimeout: record.SecondsOf(gateTimeout),
	}
}

// run takes the pod from the gate to the empty cgroup.
func (b *boot) run(ctx context.Context, calibrate record.Seconds) (Observation, error) {
	if err := b.session.Begin(b.spec(calibrate)); err != nil {
		return Observation{}, err
	}
	gate, err := b.session.Await(ctx, agent.EventGate)
	if err != nil {
		return Observation{}, err
	}
	b.pin(ctx, gate.CPUs)
	if err := b.pod.Start(ctx); err != nil {
		return Observation{}, err
	}
	if b.stopLog, err = b.watchLog(ctx); err != nil {
		return Observation{}, err
	}
	defer b.stopLog()
	started, err := b.awaitGo(ctx)
	if err != nil {
		return Observation{}, err
	}
	engineSince := b.daemons.watch(b.pod.App)
	trial := record.Trial{Started: time.Now().UTC(), Engine: record.SecondsOf(time.Since(b.created))}
	observe := b.observeByCgroup
	if !started.Sees {
		observe = b.observeByStatistics
	}
	seen, err := observe(ctx)
	if err != nil {
		return Observation{}, err
	}
	if engineSince(&seen.Host, seen.Gate); started.Sees {
		strangers(&seen.Host)
	}
	trial.Gate, trial.Ready, trial.Metrics, trial.Memory = seen.Gate, seen.Ready, seen.Metrics, seen.Memory
	trial.Load, trial.Host, trial.Notes = seen.Load, seen.Host, append(seen.Notes, b.notes...)
	trial.Host.Apart = b.pinned != nil
	if err := b.finish(ctx, &trial); err != nil {
		return Observation{}, err
	}
	trial.Exit.OOMKilled = trial.Exit.OOMKilled || seen.OOMKills > 0
	return Observation{Trial: trial, Sustained: seen.Sustained, Sampler: seen.Sampler, Pinned: b.pinned}, nil
}

// finish goes from the end of what is measured to the end of the app.
func (b *boot) finish(ctx context.Context, trial *record.Trial) error {
	if trial.Ready.Kind == record.ReadyExit {
		return b.finishJob(ctx, trial)
	}
	if err := b.recover(ctx, trial); err != nil {
		return err
	}
	return b.stop(ctx, trial)
}

// goPatience is how long GO may take before the engine is asked whether the
// container still runs. A boot passes in a tenth of that and is not disturbed.
const goPatience = 2 * time.Second

// awaitGo waits until the app's command was executed. A container that ends
// before its launcher has reported in would be waited for in vain.
func (b *boot) awaitGo(ctx context.Context) (agent.Event, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	watch := time.AfterFunc(goPatience, func() {
		if b.pod.AwaitEnd(ctx) == nil {
			cancel(&agent.Failure{Kind: agent.FailExited, Message: "the app's container ended before its launcher had reported in"})
		}
	})
	defer watch.Stop()
	started, err := b.session.Await(ctx, agent.EventGo)
	if err != nil {
		return started, causeOf(ctx, err)
	}
	return started, nil
}

func (b *boot) observeByCgroup(ctx context.Context) (*agent.Observed, error) {
	return b.observe(ctx, func() {})
}

// observe waits for what the agent sees. Ready is called when the app is.
func (b *boot) observe(ctx context.Context, ready func()) (*agent.Observed, error) {
	if _, err := b.session.Await(ctx, agent.EventReady); err != nil {
		return nil, err
	}
	b.stopLog()
	ready()
	if b.target.Script != nil {
		return b.observeScript(ctx)
	}
	measured, err := b.session.Await(ctx, agent.EventMeasured)
	if err != nil {
		return nil, err
	}
	if measured.Trial == nil {
		return nil, errors.New("the agent measured and reported nothing")
	}
	return measured.Trial, nil
}

// observeByStatistics is observe for an agent that cannot see the app's cgroup:
// memory and CPU come from the engine, and so does the news of the app's end.
func (b *boot) observeByStatistics(ctx context.Context) (*agent.Observed, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go func() {
		switch {
		case b.pod.AwaitEnd(ctx) != nil:
		case b.target.Setup.Ready.Kind == record.ReadyExit:
			_ = b.session.Ended() // where that cannot be sent the agent is gone, which others notice
		default:
			cancel(&agent.Failure{Kind: agent.FailExited, Message: "the app ended by itself"})
		}
	}()
	readings := follow(ctx, b.pod.Usage)
	seen, err := b.observe(ctx, func() { readings.markReady(ctx) })
	if err != nil {
		return nil, causeOf(ctx, err)
	}
	readings.complete(ctx, seen, b.target.Setup.Idle.Duration())
	return seen, nil
}

// causeOf is why ctx was cancelled, where that is an end of the app.
func causeOf(ctx context.Context, err error) error {
	var failure *agent.Failure
	if errors.As(context.Cause(ctx), &failure) {
		return failure
	}
	return err
}

// stop sends the image's stop signal and follows the app to its end.
func (b *boot) stop(ctx context.Context, trial *record.Trial) error {
	habit := b.pods.habits.of(ctx, b)
	if b.drains(trial) {
		if err := b.beginDrain(ctx); err != nil {
			return err
		}
	}
	if err := b.session.Stopping(); err != nil {
		return err
	}
	timeout, began := b.target.Setup.StopTimeout, time.Now()
	if err := b.pod.Stop(ctx, timeout.Duration()); err != nil {
		return err
	}
	took := record.SecondsOf(time.Since(began))
	if err := b.session.Ended(); err != nil {
		return err
	}
	stopped, err := b.session.Await(ctx, agent.EventStopped)
	if err != nil {
		return err
	}
	if trial.Exit, err = b.pod.Exit(ctx); err != nil {
		return err
	}
	if stopped.Emptied {
		took = stopped.Stop
		trial.Exit.Stop = took
		trial.Metrics[record.StopSeconds] = float64(took)
	}
	trial.Drain = stopped.Drain
	trial.Exit.Killed = trial.Exit.Code == exitKilled && took >= timeout
	habit.judge(&trial.Exit, timeout.Duration())
	return nil
}

// beginDrain returns when the load is under way that the stop is to meet.
func (b *boot) beginDrain(ctx context.Context) error {
	if err := b.session.Draining(); err != nil {
		return err
	}
	_, err := b.session.Await(ctx, agent.EventDraining)
	return err
}

// exitKilled is the exit code of a program that SIGKILL ended.
const exitKilled = signalled + int(syscall.SIGKILL)
