package sample

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// Empty reports whether no process is left in the cgroup or below it; a cgroup
// that is gone is empty. The error wraps ErrAbsent where the kernel lets us see
// neither a population, nor a count of tasks, nor the processes.
func (g *Group) Empty() (bool, error) {
	alive, err := g.population()
	if errors.Is(err, ErrGone) {
		return true, nil
	}
	return err == nil && !alive, err
}

// choosePopulation picks the source for Empty: the first that sees the
// container alive now, else the first there is. A hybrid's unified directory
// may exist without holding the processes, and v1's cgroup.procs leaves out
// every process of another PID namespace, so to an agent in a namespace of its
// own a live container looks empty there.
func (g *Group) choosePopulation() func() (bool, error) {
	sources := []func() (bool, error){g.populated, g.tasks, g.procs}
	for _, source := range sources {
		if alive, err := source(); err == nil && alive {
			return source
		}
	}
	for _, source := range sources[:2] {
		if _, err := source(); !errors.Is(err, ErrAbsent) {
			return source
		}
	}
	return func() (bool, error) {
		return false, fmt.Errorf("see the processes of %s (no cgroup.events, no pids controller, and cgroup.procs shows none of another PID namespace): %w", g.Dir, ErrAbsent)
	}
}

// populated reads "populated" of cgroup.events, which covers the cgroups below.
func (g *Group) populated() (bool, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	content, err := g.files.events.read(&g.buf)
	if err != nil {
		return false, err
	}
	n, ok := lookup(content, "populated")
	if !ok {
		return false, fmt.Errorf("read %s: no counter \"populated\": %w", g.files.events.path, ErrAbsent)
	}
	return n > 0, nil
}

func (g *Group) tasks() (bool, error) {
	n, err := g.PIDs()
	return n > 0, err
}

// procs looks for a process in cgroup.procs of the cgroup and those below.
func (g *Group) procs() (bool, error) {
	alive := false
	err := filepath.WalkDir(g.Dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.Name() != "cgroup.procs" {
			return skipVanished(err)
		}
		content, err := os.ReadFile(path)
		if len(bytes.TrimSpace(content)) > 0 {
			alive = true
			return fs.SkipAll
		}
		return skipVanished(err)
	})
	if err == nil && missing(g.Dir) {
		err = fmt.Errorf("read %s: %w", g.Dir, ErrGone)
	}
	return alive, err
}

// skipVanished forgives what a cgroup that is being removed causes.
func skipVanished(err error) error {
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ENODEV) {
		return nil
	}
	return err
}

// PIDs is the number of tasks (threads) in the cgroup and below.
func (g *Group) PIDs() (int64, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.count(g.files.pids)
}

// LimitHits is how often the cgroup ran into its memory limit, so that the kernel
// had to reclaim page cache or to kill: max of memory.events or, in v1,
// memory.failcnt and memory.memsw.failcnt. Linux 6.18 was seen to leave those of v1
// at 0; there a [Group.KernelPeak] that has reached the limit tells.
func (g *Group) LimitHits() (int64, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.Version == 1 {
		hits, err := g.count(g.files.hits)
		withSwap, noSwap := g.count(g.files.swapHits) // is hit first where both limits are equal
		if noSwap == nil {
			hits += withSwap
		}
		return hits, err
	}
	return g.counter(g.files.oom, "max")
}

// ForksRefused is how often a process of the cgroup could not start another, or
// a thread, because of its limit: max of pids.events, in v1 since Linux 4.8.
func (g *Group) ForksRefused() (int64, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.counter(g.files.forks, "max")
}

// OOMKills is the number of processes the kernel killed for want of memory in
// the cgroup: oom_kill of memory.events or, in v1, of memory.oom_control, both
// since Linux 4.13.
func (g *Group) OOMKills() (int64, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.counter(g.files.oom, "oom_kill")
}

// counter reads one key of a flat keyed control file; the caller holds g.mu.
func (g *Group) counter(f file, key string) (int64, error) {
	content, err := f.read(&g.buf)
	if err != nil {
		return 0, err
	}
	n, ok := lookup(content, key)
	if !ok {
		return 0, fmt.Errorf("read %s: no counter %q: %w", f.path, key, ErrAbsent)
	}
	return n, nil
}
