package sample

import (
	"errors"
	"fmt"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// Memory is one reading of a cgroup and everything below it, in bytes. The
// package comment says which counters each field comes from.
type Memory struct {
	Anon   record.Bytes
	Shmem  record.Bytes
	Kernel record.Bytes // the kernel's own; 0 with NoKernel set where it is not accounted
	Cache  record.Bytes // page cache without shared memory

	NoKernel bool // Kernel is unknown and missing from Unreclaimable
}

// Unreclaimable is the memory the kernel cannot take back: Anon + Shmem + Kernel.
func (m Memory) Unreclaimable() record.Bytes { return m.Anon + m.Shmem + m.Kernel }

// Memory reads the cgroup's memory. The error wraps ErrGone when the container
// has ended.
func (g *Group) Memory() (Memory, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	content, err := g.files.memory.read(&g.buf)
	if err != nil {
		return Memory{}, err
	}
	stat := parseMemoryStat(content)
	kernel, known := stat.kernelMemory()
	if g.Version == 1 {
		kernel, err = g.count(g.files.kmem)
		known = err == nil
		if err != nil && !errors.Is(err, ErrAbsent) {
			return Memory{}, err
		}
	}
	m, err := stat.memory(g.Version)
	if err != nil {
		return Memory{}, fmt.Errorf("read %s: %w", g.files.memory.path, err)
	}
	m.Kernel, m.NoKernel = record.Bytes(kernel), !known
	return m, nil
}

// memoryStat holds the counters of a memory.stat, -1 where the file has none.
// The second block is in files of version 2 only.
type memoryStat struct {
	anon, shmem, file int64

	kernel, reclaimable, unreclaimable int64
	stack, tables, percpu, sock        int64
}

// parseMemoryStat reads both versions. A v1 file counts the cgroup itself under
// the plain names and the whole subtree under total_; the subtree comes last
// in the file and wins. (v2 always counts the subtree.)
func parseMemoryStat(content []byte) memoryStat {
	s := memoryStat{-1, -1, -1, -1, -1, -1, -1, -1, -1, -1}
	for key, value := range pairs(content) {
		switch string(key) {
		case "anon", "rss", "total_rss":
			s.anon = value
		case "shmem", "total_shmem":
			s.shmem = value
		case "file", "cache", "total_cache":
			s.file = value
		case "kernel":
			s.kernel = value
		case "slab_reclaimable":
			s.reclaimable = value
		case "slab_unreclaimable":
			s.unreclaimable = value
		case "kernel_stack":
			s.stack = value
		case "pagetables":
			s.tables = value
		case "percpu":
			s.percpu = value
		case "sock":
			s.sock = value
		}
	}
	return s
}

// memory gives what both versions of the file share.
func (s memoryStat) memory(version int) (Memory, error) {
	names := [3]string{"anon", "shmem", "file"}
	if version == 1 {
		names = [3]string{"total_rss", "total_shmem", "total_cache"}
	}
	for i, value := range [3]int64{s.anon, s.shmem, s.file} {
		if value < 0 {
			return Memory{}, fmt.Errorf("no counter %q, which Linux 4.12 and later have: %w", names[i], ErrAbsent)
		}
	}
	return Memory{
		Anon:  record.Bytes(s.anon),
		Shmem: record.Bytes(s.shmem),
		Cache: record.Bytes(max(0, s.file-s.shmem)),
	}, nil
}

// kernelMemory is what a v2 file says of the kernel's own memory less what can
// be reclaimed. "kernel" (since Linux 5.18) covers stacks, page tables, per-cpu
// data, vmalloc and slab, but no socket buffers; before, the parts are added.
// See memory.stat in https://docs.kernel.org/admin-guide/cgroup-v2.html.
func (s memoryStat) kernelMemory() (bytes int64, known bool) {
	if s.kernel >= 0 {
		return max(0, s.kernel-max(0, s.reclaimable)) + max(0, s.sock), true
	}
	parts := [...]int64{s.stack, s.tables, s.percpu, s.sock, s.unreclaimable}
	for _, part := range parts {
		if part >= 0 {
			bytes, known = bytes+part, true
		}
	}
	return bytes, known
}

// KernelPeak is the highest usage the kernel itself saw since the cgroup was
// made, page cache included: memory.peak (Linux 5.19) or, in v1,
// memory.max_usage_in_bytes. The error wraps ErrAbsent on older kernels.
func (g *Group) KernelPeak() (record.Bytes, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	n, err := g.count(g.files.peak)
	return record.Bytes(n), err
}
