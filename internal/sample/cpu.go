package sample

import (
	"errors"
	"fmt"
	"time"
)

// tick is the unit of cpuacct.stat and /proc/stat: USER_HZ is 100 on every
// architecture Go supports.
const tick = 10 * time.Millisecond

// CPU is the CPU time a cgroup and everything below it has used since it was
// made. User and System add up to Usage only roughly: v1 keeps them in ticks
// of 10 ms, v2 scales sampled ticks to Usage.
type CPU struct {
	Usage  time.Duration
	User   time.Duration
	System time.Duration

	Throttling       bool          // whether the kernel reports what follows; it is 0 otherwise
	Throttled        time.Duration // held back by the cgroup's own CPU limit, summed over CPUs
	Periods          int64         // enforcement periods that elapsed
	ThrottledPeriods int64         // of those, the ones in which the limit was hit
}

// CPU reads the cgroup's CPU time. The error wraps ErrGone when the container
// has ended and ErrAbsent when no CPU accounting is mounted.
func (g *Group) CPU() (CPU, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	content, err := g.files.cpu.read(&g.buf)
	if g.Version == 2 {
		if err != nil {
			return CPU{}, err
		}
		return parseCPUStatV2(g.files.cpu.path, content)
	}
	var c CPU
	if err == nil {
		c = parseThrottling(content, "throttled_time", time.Nanosecond)
	} else if !errors.Is(err, ErrAbsent) {
		return CPU{}, err
	}
	return g.cpuacct(c)
}

// cpuacct completes c from the v1 controller of that name.
func (g *Group) cpuacct(c CPU) (CPU, error) {
	usage, err := g.count(g.files.usage)
	if err != nil {
		return CPU{}, err
	}
	content, err := g.files.split.read(&g.buf)
	if err != nil {
		return CPU{}, err
	}
	user, hasUser := lookup(content, "user")
	system, hasSystem := lookup(content, "system")
	if !hasUser || !hasSystem {
		return CPU{}, fmt.Errorf("read %s: found %.60q, expected the counters user and system", g.files.split.path, content)
	}
	c.Usage = time.Duration(usage)
	c.User, c.System = times(user, tick), times(system, tick)
	return c, nil
}

// parseCPUStatV2 reads cpu.stat of version 2. The three usage counters are
// always there, the rest only with the cpu controller enabled: see "CPU
// Interface Files" in https://docs.kernel.org/admin-guide/cgroup-v2.html.
func parseCPUStatV2(path string, content []byte) (CPU, error) {
	usage, hasUsage := lookup(content, "usage_usec")
	user, hasUser := lookup(content, "user_usec")
	system, hasSystem := lookup(content, "system_usec")
	if !hasUsage || !hasUser || !hasSystem {
		return CPU{}, fmt.Errorf("read %s: found %.60q, expected the counters usage_usec, user_usec and system_usec", path, content)
	}
	c := parseThrottling(content, "throttled_usec", time.Microsecond)
	c.Usage = times(usage, time.Microsecond)
	c.User = times(user, time.Microsecond)
	c.System = times(system, time.Microsecond)
	return c, nil
}

// parseThrottling reads the bandwidth counters, which both versions name alike
// but for the time.
func parseThrottling(content []byte, key string, unit time.Duration) CPU {
	var c CPU
	throttled, ok := lookup(content, key)
	c.Throttling, c.Throttled = ok, times(throttled, unit)
	c.Periods, _ = lookup(content, "nr_periods")
	c.ThrottledPeriods, _ = lookup(content, "nr_throttled")
	return c
}

// times multiplies without overflow; the counters come from outside.
func times(n int64, unit time.Duration) time.Duration {
	const limit = 1<<63 - 1
	if n > limit/int64(unit) {
		return limit
	}
	return time.Duration(n) * unit
}
