package agent

import (
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/plimsoll-ci/plimsoll/internal/record"
	"github.com/plimsoll-ci/plimsoll/internal/sample"
)

// surroundings is what the machine has done until a moment: the app, those who
// measure it, and whoever else runs there.
type surroundings struct {
	at         time.Duration // on CLOCK_MONOTONIC
	host       sample.Host
	app        sample.CPU
	agent      time.Duration
	beside     time.Duration
	engine     time.Duration
	engineSeen bool
	clock      int64 // 0 where it is not visible
	hot        int64
}

// look takes all counters. It costs about 0.2 ms where there are few CPUs.
func (t *trial) look() (surroundings, error) {
	s := surroundings{at: sample.Monotonic(), agent: ownCPU()}
	s.beside = t.generated
	s.engine, s.engineSeen = sample.EngineCPU(t.spec.Cgroup)
	s.clock, _ = sample.AllowedClock(sample.Frequencies)
	s.hot = sample.HeatThrottles(sample.Frequencies)
	for _, g := range t.beside {
		if cpu, err := g.CPU(); err == nil {
			s.beside += cpu.Usage
		}
	}
	var err error
	if t.group != nil {
		if s.app, err = t.group.CPU(); err != nil {
			return s, err
		}
	}
	s.host, err = sample.ReadHost(procStat)
	return s, err
}

// findBeside opens the cgroups of the pod's other containers. What cannot be
// found looks like the work of others, which errs on the safe side.
func (t *trial) findBeside() {
	for _, id := range t.spec.Beside {
		g, err := sample.Find(t.spec.Cgroup, id)
		if err != nil {
			t.note("a container beside the app counts as another program: %v", err)
			continue
		}
		t.beside = append(t.beside, g)
	}
}

func (t *trial) closeBeside() {
	for _, g := range t.beside {
		_ = g.Close() // nothing was written
	}
}

// lookAround notes what the machine has done until the gate.
func (t *trial) lookAround() {
	t.findBeside()
	now, err := t.look()
	if err != nil {
		t.note("what else the machine does is not known: %v", err)
		return
	}
	t.lookAtGo = &now
}

// ownCPU is the CPU time of the agent and of the programs it has run.
func ownCPU() time.Duration {
	var spent time.Duration
	for _, who := range []int{unix.RUSAGE_SELF, unix.RUSAGE_CHILDREN} {
		var usage unix.Rusage
		if unix.Getrusage(who, &usage) == nil {
			spent += time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
		}
	}
	return spent
}

// hostSince is what the machine has done between two moments.
func hostSince(from, to surroundings) record.Host {
	host := to.host.Since(from.host)
	h := record.Host{
		Steal: host.StealShare(), Throttled: record.SecondsOf(to.app.Throttled - from.app.Throttled),
		Periods: to.app.Periods - from.app.Periods, ThrottledPeriods: to.app.ThrottledPeriods - from.app.ThrottledPeriods,
		Window: record.SecondsOf(to.at - from.at), CPUs: host.CPUs, Busy: record.SecondsOf(host.Programs),
		App: record.SecondsOf(to.app.Usage - from.app.Usage), Agent: record.SecondsOf(to.agent - from.agent),
		Beside: record.SecondsOf(to.beside - from.beside),
		TooHot: max(0, to.hot-from.hot),
	}
	if from.engineSeen && to.engineSeen {
		h.Engine, h.EngineSeen = record.SecondsOf(to.engine-from.engine), record.SeenByCgroup
	}
	if from.clock > 0 && to.clock > 0 {
		h.Clock = []int64{from.clock, to.clock}
	}
	return h
}

// allowedCPUs are the CPUs this process may run on, nil where the kernel does not
// tell.
func allowedCPUs() []int {
	var set unix.CPUSet
	if unix.SchedGetaffinity(0, &set) != nil {
		return nil
	}
	var cpus []int
	for cpu := range 8 * int(unsafe.Sizeof(set)) {
		if set.IsSet(cpu) {
			cpus = append(cpus, cpu)
		}
	}
	return cpus
}
