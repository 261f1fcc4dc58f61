package sample

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestFindLayouts(t *testing.T) {
	stat := "anon 1\nfile 1\nshmem 1\n"
	for name, dir := range map[string]string{
		"cgroupfs":                "docker/" + id,
		"systemd":                 "system.slice/docker-" + id + ".scope",
		"podman":                  "machine.slice/libpod-" + id + ".scope",
		"podman cgroupfs":         "libpod_parent/libpod-" + id,
		"rootless podman":         "user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" + id + ".scope",
		"podman pod":              "machine.slice/machine-libpod_pod_" + outer + ".slice/libpod-" + id + ".scope",
		"custom parent":           "ci.slice/jobs/docker-" + id + ".scope",
		"docker in docker":        "docker/" + outer + "/docker/" + id,
		"docker in a kubelet pod": "kubepods.slice/kubepods-pod1.slice/cri-containerd-" + outer + ".scope/docker/" + id,
		"systemd name, cgroupfs":  "system.slice:docker:" + id,
	} {
		t.Run(name, func(t *testing.T) {
			root := tree(t, map[string]string{
				"cgroup.controllers":                                           "memory\n",
				"docker/" + outer + "/memory.stat":                             stat,
				"machine.slice/libpod-conmon-" + id + ".scope/x":               "",
				dir + "/memory.stat":                                           stat,
				"zzz.slice/docker/" + strings.Repeat("9", 64) + "/memory.stat": stat,
			})
			if g := find(t, root); g.Dir != filepath.Join(root, dir) {
				t.Errorf("found %s, want %s", g.Dir, dir)
			}
		})
	}
}

// The controllers of v1 are separate trees and may know a container by
// different places.
func TestFindLooksInEveryV1Hierarchy(t *testing.T) {
	root := tree(t, map[string]string{
		"memory/cgroup.procs":                    "",
		"memory/docker/" + id + "/memory.stat":   "rss 1\nshmem 1\ncache 1\n",
		"cpuacct/cgroup.procs":                   "",
		"cpuacct/other/" + id + "/cpuacct.usage": "5\n",
		"cpuacct/other/" + id + "/cpuacct.stat":  "user 0\nsystem 0\n",
		"pids/cgroup.procs":                      "",
		"pids/docker/" + outer + "/pids.current": "3\n",
	})
	g := find(t, root)
	if cpu, err := g.CPU(); err != nil || cpu.Usage != 5 || cpu.Throttling {
		t.Errorf("CPU() = %+v, %v; want 5ns of usage and no throttling reported", cpu, err)
	}
	if n, err := g.PIDs(); err == nil {
		t.Errorf("PIDs() = %d, want an error: another container's count must not be taken", n)
	}
}

func TestDetectUnifiedV2WinsOnlyAtTheRoot(t *testing.T) {
	for name, want := range map[string]int{"v1-cgroupfs": 1, "v2-systemd": 2} {
		if g := find(t, fixture(t, name)); g.Version != want {
			t.Errorf("%s: version %d, want %d", name, g.Version, want)
		}
	}
}

func TestFindErrorsSayWhatWasLookedForAndWhere(t *testing.T) {
	v2 := tree(t, map[string]string{"cgroup.controllers": "cpu memory\n", "docker/" + outer + "/memory.stat": "anon 1\n"})
	disabled := tree(t, map[string]string{"cgroup.controllers": "cpu memory\n", "docker/" + id + "/cgroup.controllers": "cpu pids\n"})
	bare := t.TempDir()
	for _, c := range []struct {
		name, root, id string
		want           []string
	}{
		{"short id", v2, "55db8dfc199e", []string{`"55db8dfc199e"`, "64 hexadecimal digits"}},
		{"no tree", bare, id, []string{bare, "cgroup.controllers", "memory/cgroup.procs"}},
		{"not there", v2, id, []string{"55db8dfc199e", "cgroup v2", v2, "docker/55db8dfc199e…", "libpod-", "then 2 directories", "running"}},
		{"no controller", disabled, id, []string{"memory.stat does not exist", "not enabled", `"cpu pids"`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Find(c.root, c.id)
			if err == nil {
				t.Fatal("no error")
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %q does not say %q", err, want)
				}
			}
		})
	}
}

func TestWalkIsBounded(t *testing.T) {
	deep := filepath.Join(strings.Split(strings.Repeat("d/", maxDepth)+id, "/")...)
	root := t.TempDir()
	if err := os.MkdirAll(filepath.Join(root, deep), 0o755); err != nil {
		t.Fatal(err)
	}
	if place, seen, err := walk(root, id); !errors.Is(err, errTooMany) || seen != maxDepth {
		t.Errorf("walk = %q after %d directories, %v; want %v after %d", place, seen, err, errTooMany, maxDepth)
	}
}

func ExampleFind() {
	_, err := Find("/nonexistent", strings.Repeat("0", 64))
	fmt.Println(err)
	// Output: find cgroup of container 000000000000: /nonexistent is no cgroup tree with a memory controller: found neither cgroup.controllers (v2) nor memory/cgroup.procs (v1) there; mount the engine host's /sys/fs/cgroup
}
