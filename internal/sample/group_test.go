package sample

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// reading is everything a Group says; "absent" stands for ErrAbsent.
type reading struct {
	Version       int
	Memory        Memory
	Unreclaimable record.Bytes
	CPU           CPU
	KernelPeak    any
	OOMKills      any
	LimitHits     any
	PIDs          any
	Refused       any
	Empty         any
}

func TestReadings(t *testing.T) {
	const ms = time.Millisecond
	for name, want := range map[string]reading{
		"v1-cgroupfs": {
			Version:       1,
			Memory:        Memory{Anon: 67973120, Shmem: 12288, Kernel: 544768, Cache: 1060864 - 12288},
			Unreclaimable: 67973120 + 12288 + 544768,
			CPU: CPU{Usage: 154048762, User: 30 * ms, System: 120 * ms,
				Throttling: true, Throttled: 250 * ms, Periods: 40, ThrottledPeriods: 7},
			KernelPeak: record.Bytes(68534272), OOMKills: int64(3), LimitHits: int64(7), PIDs: int64(4), Refused: int64(12), Empty: false,
		},
		"v1-systemd-joint": {
			Version:       1,
			Memory:        Memory{Anon: 8192, Cache: 4096, NoKernel: true},
			Unreclaimable: 8192,
			CPU:           CPU{Usage: 2 * time.Second, User: 1500 * ms, System: 400 * ms, Throttling: true},
			KernelPeak:    "absent", OOMKills: "absent", LimitHits: "absent", PIDs: "absent", Refused: "absent", Empty: false,
		},
		"v2-systemd": {
			Version:       2,
			Memory:        Memory{Anon: 64 << 20, Shmem: 1 << 20, Kernel: 1<<20 - 300000 + 8192, Cache: 2 << 20},
			Unreclaimable: 65<<20 + 1<<20 - 300000 + 8192,
			CPU: CPU{Usage: 1500 * ms, User: 1200 * ms, System: 300 * ms,
				Throttling: true, Throttled: 750 * ms, Periods: 100, ThrottledPeriods: 25},
			KernelPeak: record.Bytes(71311360), OOMKills: int64(1), LimitHits: int64(12), PIDs: int64(9), Refused: int64(0), Empty: false,
		},
		"v2-cgroupfs-5.10": {
			Version:       2,
			Memory:        Memory{Anon: 10000000, Shmem: 500000, Kernel: 49152 + 1000 + 4096 + 100000, Cache: 1500000},
			Unreclaimable: 10000000 + 500000 + 154248,
			CPU:           CPU{Usage: 42 * time.Microsecond, User: 40 * time.Microsecond, System: 2 * time.Microsecond},
			KernelPeak:    "absent", OOMKills: int64(0), LimitHits: int64(0), PIDs: int64(1), Refused: "absent", Empty: false,
		},
		"v2-libpod": {
			Version:       2,
			Memory:        Memory{Anon: 4096, Shmem: 4096, Kernel: 0, Cache: 4096},
			Unreclaimable: 8192,
			CPU:           CPU{Usage: 7 * time.Microsecond, User: 4 * time.Microsecond, System: 3 * time.Microsecond},
			KernelPeak:    "absent", OOMKills: "absent", LimitHits: "absent", PIDs: int64(2), Refused: "absent", Empty: false,
		},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(want, read(t, find(t, fixture(t, name)))); diff != "" {
				t.Errorf("readings (-want +got):\n%s", diff)
			}
		})
	}
}

func read(t *testing.T, g *Group) reading {
	t.Helper()
	memory, err := g.Memory()
	if err != nil {
		t.Fatal(err)
	}
	cpu, err := g.CPU()
	if err != nil {
		t.Fatal(err)
	}
	return reading{
		Version: g.Version, Memory: memory, Unreclaimable: memory.Unreclaimable(), CPU: cpu,
		KernelPeak: optional(t)(g.KernelPeak()), OOMKills: optional(t)(g.OOMKills()), LimitHits: optional(t)(g.LimitHits()),
		PIDs: optional(t)(g.PIDs()), Refused: optional(t)(g.ForksRefused()), Empty: optional(t)(g.Empty()),
	}
}

// optional turns an absent reading into a word.
func optional(t *testing.T) func(value any, err error) any {
	return func(value any, err error) any {
		t.Helper()
		switch {
		case errors.Is(err, ErrAbsent):
			return "absent"
		case err != nil:
			t.Fatal(err)
		}
		return value
	}
}

func TestEmptyFollowsEachSource(t *testing.T) {
	for _, c := range []struct {
		name, fixture, file, content string
	}{
		{"v2 events", "v2-systemd", "system.slice/docker-" + id + ".scope/cgroup.events", "populated 0\nfrozen 0\n"},
		{"hybrid events", "v1-cgroupfs", "unified/docker/" + id + "/cgroup.events", "populated 0\nfrozen 0\n"},
		{"processes", "v1-systemd-joint", "memory/system.slice/docker-" + id + ".scope/cgroup.procs", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			root := fixture(t, c.fixture)
			g := find(t, root)
			assertEmpty(t, g, false)
			write(t, filepath.Join(root, c.file), c.content)
			assertEmpty(t, g, true)
		})
	}
}

// An old runc leaves the unified directory of a hybrid without processes, and an
// agent in its own PID namespace finds cgroup.procs of v1 empty: the count of
// tasks is what tells.
func TestEmptyIgnoresSourcesThatSeeNothingOfALiveContainer(t *testing.T) {
	root := fixture(t, "v1-cgroupfs")
	write(t, filepath.Join(root, "unified/docker", id, "cgroup.events"), "populated 0\nfrozen 0\n")
	g := find(t, root)
	assertEmpty(t, g, false)
	write(t, filepath.Join(root, "pids/docker", id, "pids.current"), "0\n")
	assertEmpty(t, g, true)
}

func TestEmptyWithoutAnySourceIsAbsent(t *testing.T) {
	root := fixture(t, "v1-systemd-joint")
	write(t, filepath.Join(root, "memory/system.slice/docker-"+id+".scope/cgroup.procs"), "")
	if empty, err := find(t, root).Empty(); !errors.Is(err, ErrAbsent) || empty {
		t.Errorf("Empty() = %v, %v, want false and ErrAbsent", empty, err)
	}
}

func TestEmptySeesProcessesInCgroupsBelow(t *testing.T) {
	root := fixture(t, "v1-systemd-joint")
	scope := filepath.Join(root, "memory/system.slice/docker-"+id+".scope")
	g := find(t, root)
	write(t, filepath.Join(scope, "cgroup.procs"), "")
	write(t, filepath.Join(scope, "child/cgroup.procs"), "12\n")
	assertEmpty(t, g, false)
	if err := os.RemoveAll(scope); err != nil {
		t.Fatal(err)
	}
	assertEmpty(t, g, true)
}

func assertEmpty(t *testing.T, g *Group, want bool) {
	t.Helper()
	if empty, err := g.Empty(); err != nil || empty != want {
		t.Errorf("Empty() = %v, %v, want %v", empty, err, want)
	}
}

func TestReadingsAfterCloseAreErrors(t *testing.T) {
	g := find(t, fixture(t, "v2-systemd"))
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
	if m, err := g.Memory(); err == nil {
		t.Errorf("Memory() after Close = %+v, want an error", m)
	}
}

func TestOpenFileTellsAGoneDirectoryFromAnAbsentFile(t *testing.T) {
	dir := t.TempDir()
	if f, err := openFile(dir, "memory.peak"); err != nil || f.exists() {
		t.Errorf("absent file: exists %v, error %v; want neither", f.exists(), err)
	}
	if _, err := openFile(filepath.Join(dir, "gone"), "memory.peak"); !errors.Is(err, ErrGone) {
		t.Errorf("gone directory: error %v, want ErrGone", err)
	}
}

func TestReadGrowsItsBuffer(t *testing.T) {
	dir := tree(t, map[string]string{"big": string(make([]byte, 3*firstRead))})
	f, err := openFile(dir, "big")
	if err != nil {
		t.Fatal(err)
	}
	defer f.close()
	var buf []byte
	if content, err := f.read(&buf); err != nil || len(content) != 3*firstRead {
		t.Errorf("read %d bytes, error %v; want %d", len(content), err, 3*firstRead)
	}
}
