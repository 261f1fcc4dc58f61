package sample

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// Group is the open cgroup of one container. Its methods may be called from
// several goroutines; after the container ended they report ErrGone.
type Group struct {
	Version int    // of the cgroup hierarchy that accounts memory: 1 or 2
	Dir     string // the container's directory there

	population func() (alive bool, err error)

	mu    sync.Mutex // guards buf
	buf   []byte
	files files
}

// files are the control files of a container; a version that lacks one leaves
// it absent.
type files struct {
	memory   file // memory.stat
	kmem     file // v1 only: memory.kmem.usage_in_bytes
	peak     file
	oom      file
	cpu      file // cpu.stat
	usage    file // v1 only: cpuacct.usage, in nanoseconds
	split    file // v1 only: cpuacct.stat, in ticks
	hits     file // v1 only: memory.failcnt
	swapHits file // v1 only: memory.memsw.failcnt
	pids     file
	events   file // cgroup.events
	forks    file // pids.events
}

// open opens the control files of the container whose directories h names.
func open(h hierarchies) (*Group, error) {
	g := &Group{Version: h.version, Dir: h.memory}
	if err := g.openFiles(h); err != nil {
		return nil, errors.Join(err, g.Close())
	}
	if !g.files.memory.exists() {
		controllers, _ := os.ReadFile(filepath.Join(h.memory, "cgroup.controllers"))
		return nil, errors.Join(fmt.Errorf("%s does not exist: the memory controller is not enabled for this cgroup, its controllers are %q",
			g.files.memory.path, strings.TrimSpace(string(controllers))), g.Close())
	}
	g.population = g.choosePopulation()
	return g, nil
}

func (g *Group) openFiles(h hierarchies) error {
	peak, oom := "memory.peak", "memory.events"
	if h.version == 1 {
		peak, oom = "memory.max_usage_in_bytes", "memory.oom_control"
	}
	var err error
	at := func(dir, name string) file {
		f, e := openFile(dir, name)
		err = errors.Join(err, e)
		return f
	}
	g.files = files{
		memory:   at(h.memory, "memory.stat"),
		peak:     at(h.memory, peak),
		oom:      at(h.memory, oom),
		cpu:      at(h.cpu, "cpu.stat"),
		pids:     at(h.pids, "pids.current"),
		forks:    at(h.pids, "pids.events"),
		events:   at(h.events, "cgroup.events"),
		kmem:     file{path: "memory.kmem.usage_in_bytes", fd: -1},
		usage:    file{path: "cpuacct.usage", fd: -1},
		split:    file{path: "cpuacct.stat", fd: -1},
		hits:     file{path: "memory.failcnt", fd: -1},
		swapHits: file{path: "memory.memsw.failcnt", fd: -1},
	}
	if h.version == 1 {
		g.files.kmem = at(h.memory, "memory.kmem.usage_in_bytes")
		g.files.usage = at(h.cpuacct, "cpuacct.usage")
		g.files.split = at(h.cpuacct, "cpuacct.stat")
		g.files.hits = at(h.memory, "memory.failcnt")
		g.files.swapHits = at(h.memory, "memory.memsw.failcnt")
	}
	return err
}

// Close releases the control files.
func (g *Group) Close() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	var err error
	for _, f := range []*file{&g.files.memory, &g.files.kmem, &g.files.peak, &g.files.oom, &g.files.cpu,
		&g.files.usage, &g.files.split, &g.files.hits, &g.files.swapHits, &g.files.pids, &g.files.events, &g.files.forks} {
		err = errors.Join(err, f.close())
		f.fd = -1
	}
	return err
}

// count reads a control file that holds one number; the caller holds g.mu.
func (g *Group) count(f file) (int64, error) {
	content, err := f.read(&g.buf)
	if err != nil {
		return 0, err
	}
	return count(f.path, content)
}
