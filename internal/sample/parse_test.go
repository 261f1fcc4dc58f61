package sample

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestDecimal(t *testing.T) {
	for text, want := range map[string]int64{"0": 0, "007": 7, "9223372036854775807": 1<<63 - 1} {
		if n, ok := decimal([]byte(text)); !ok || n != want {
			t.Errorf("decimal(%q) = %d, %v", text, n, ok)
		}
	}
	for _, text := range []string{"", "-1", "+1", "1.5", "max", "1 ", "9223372036854775808", "99999999999999999999"} {
		if n, ok := decimal([]byte(text)); ok {
			t.Errorf("decimal(%q) = %d, want none", text, n)
		}
	}
}

// Whatever other counters a kernel adds, and in whatever order, the sum stands.
func TestMemoryStatIgnoresUnknownCounters(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		amount := rapid.Int64Range(0, 1<<40)
		anon, shmem, cache := amount.Draw(t, "anon"), amount.Draw(t, "shmem"), amount.Draw(t, "cache")
		kernel, slab, sock := amount.Draw(t, "kernel"), amount.Draw(t, "slab"), amount.Draw(t, "sock")
		lines := []string{
			fmt.Sprint("anon ", anon), fmt.Sprint("shmem ", shmem), fmt.Sprint("file ", shmem+cache),
			fmt.Sprint("kernel ", kernel+slab), fmt.Sprint("slab_reclaimable ", slab), fmt.Sprint("sock ", sock),
		}
		noise := rapid.SliceOf(rapid.StringMatching(`x[a-z_]{0,9} [0-9]{1,25}`)).Draw(t, "noise")
		content := strings.Join(rapid.Permutation(append(lines, noise...)).Draw(t, "order"), "\n")
		stat := parseMemoryStat([]byte(content))
		m, err := stat.memory(2)
		if err != nil {
			t.Fatal(err)
		}
		bytes, known := stat.kernelMemory()
		if !known || int64(m.Anon) != anon || int64(m.Shmem) != shmem || int64(m.Cache) != cache || bytes != kernel+sock {
			t.Errorf("got %+v, kernel %d (%v) from\n%s", m, bytes, known, content)
		}
	})
}

func TestMemoryStatWithoutACounterIsNotZero(t *testing.T) {
	root := tree(t, map[string]string{
		"cgroup.controllers":              "memory\n",
		"docker/" + id + "/memory.stat":   "anon 5\nfile 7\n",
		"docker/" + id + "/cpu.stat":      "usage_usec 1\nuser_usec 1\n",
		"docker/" + id + "/memory.peak":   "max\n",
		"docker/" + id + "/cgroup.events": "frozen 0\n",
	})
	g := find(t, root)
	if m, err := g.Memory(); !errors.Is(err, ErrAbsent) || !strings.Contains(err.Error(), `"shmem"`) {
		t.Errorf("Memory() = %+v, %v; want an error that names shmem", m, err)
	}
	if c, err := g.CPU(); err == nil || !strings.Contains(err.Error(), "system_usec") {
		t.Errorf("CPU() = %+v, %v; want an error that names system_usec", c, err)
	}
	if p, err := g.KernelPeak(); err == nil || !strings.Contains(err.Error(), "expected one number") {
		t.Errorf("KernelPeak() = %v, %v; want an error", p, err)
	}
	if empty, err := g.Empty(); !errors.Is(err, ErrAbsent) {
		t.Errorf("Empty() = %v, %v; want ErrAbsent", empty, err)
	}
}

func TestHost(t *testing.T) {
	dir := tree(t, map[string]string{
		"before": "cpu  100 10 30 1000 50 5 5 40 7 0\ncpu0 1 1 1 1 1 1 1 1\n",
		"after":  "cpu  150 10 40 1100 49 5 5 80 9 0\n",
	})
	before, err := ReadHost(filepath.Join(dir, "before"))
	if err != nil {
		t.Fatal(err)
	}
	after, err := ReadHost(filepath.Join(dir, "after"))
	if err != nil {
		t.Fatal(err)
	}
	spent := after.Since(before)
	want := Host{Total: 1990 * time.Millisecond, Busy: 600 * time.Millisecond, Programs: 600 * time.Millisecond, Steal: 400 * time.Millisecond}
	if spent != want {
		t.Errorf("spent %+v, want %+v", spent, want)
	}
	if share := spent.StealShare(); share != 400.0/1990 {
		t.Errorf("steal share %v, want %v", share, 400.0/1990)
	}
	if share := before.Since(after).StealShare(); share != 0 {
		t.Errorf("steal share of no time = %v, want 0", share)
	}
}

func TestHostOfThisMachine(t *testing.T) {
	h, err := ReadHost("/proc/stat")
	if err != nil {
		t.Fatal(err)
	}
	if h.Busy <= 0 || h.Total < h.Busy+h.Steal {
		t.Errorf("read %+v, want some busy time within the total", h)
	}
}

func TestHostErrors(t *testing.T) {
	dir := tree(t, map[string]string{"short": "cpu 1 2 3\n", "words": "cpu a b c d e f g h\n", "other": "intr 1 2 3 4 5 6 7 8 9\n"})
	for name, want := range map[string]string{
		"short": "at least 8 counters", "words": "counters only", "other": `expected "cpu"`, "missing": "no such file",
	} {
		if h, err := ReadHost(filepath.Join(dir, name)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %+v, %v; want an error with %q", name, h, err, want)
		}
	}
}

func seed(f *testing.F, name, file string) {
	f.Helper()
	content, err := os.ReadFile(filepath.Join(fixture(f, name), file))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(content)
}

func FuzzMemoryStat(f *testing.F) {
	seed(f, "v1-cgroupfs", "memory/docker/"+id+"/memory.stat")
	seed(f, "v2-systemd", "system.slice/docker-"+id+".scope/memory.stat")
	f.Add([]byte("anon 9223372036854775807\nshmem 1\nfile 0\nkernel 0\nslab_reclaimable 5"))
	f.Fuzz(func(t *testing.T, content []byte) {
		stat := parseMemoryStat(content)
		for _, version := range []int{1, 2} {
			m, err := stat.memory(version)
			if err == nil && (m.Anon < 0 || m.Shmem < 0 || m.Cache < 0) {
				t.Errorf("negative memory %+v", m)
			}
			if err == nil && (stat.anon < 0 || stat.shmem < 0 || stat.file < 0) {
				t.Errorf("a missing counter passed as %+v", m)
			}
		}
	})
}

func FuzzCPUStat(f *testing.F) {
	seed(f, "v2-systemd", "system.slice/docker-"+id+".scope/cpu.stat")
	seed(f, "v1-cgroupfs", "cpu/docker/"+id+"/cpu.stat")
	f.Add([]byte("usage_usec 9223372036854775807\nuser_usec 1\nsystem_usec 0\nthrottled_usec 9223372036854775807"))
	f.Fuzz(func(t *testing.T, content []byte) {
		c, err := parseCPUStatV2("cpu.stat", content)
		if err == nil && (c.Usage < 0 || c.User < 0 || c.System < 0 || c.Throttled < 0) {
			t.Errorf("negative CPU time %+v", c)
		}
		if !c.Throttling && c.Throttled != 0 {
			t.Errorf("throttling is not reported, yet %v", c.Throttled)
		}
	})
}

func FuzzHost(f *testing.F) {
	f.Add([]byte("cpu  100 10 30 1000 50 5 5 40 7 0\n"))
	f.Add([]byte("cpu 9223372036854775807 9223372036854775807 9223372036854775807 9223372036854775807 9223372036854775807 1 1 9223372036854775807"))
	f.Fuzz(func(t *testing.T, content []byte) {
		h, err := parseHost(content)
		if err == nil && (h.Busy < 0 || h.Steal < 0 || h.Total < h.Busy+h.Steal) {
			t.Errorf("%q: %+v", content, h)
		}
	})
}
