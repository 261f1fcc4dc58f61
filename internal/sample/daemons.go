package sample

import (
	"os"
	"path/filepath"
	"time"
)

// services are the cgroups of engines that systemd starts, relative to the root
// of the hierarchy: Docker's own packages, its snap, and Podman's socket. The
// containers are not below them.
var services = []string{
	"system.slice/docker.service",
	"system.slice/snap.docker.dockerd.service",
	"system.slice/podman.service",
}

// helpers run beside a service and do part of its work: containerd with its
// shims, which carry what a container writes to its log.
var helpers = []string{"system.slice/containerd.service"}

// EngineCPU is the CPU time that the engine's services in the cgroup tree at root
// have used. seen is false where none has a cgroup of its own, as for an engine
// that was started by hand.
func EngineCPU(root string) (used time.Duration, seen bool) {
	for _, place := range services {
		if spent, ok := usageOf(root, place); ok {
			used, seen = used+spent, true
		}
	}
	if !seen {
		return 0, false
	}
	for _, place := range helpers {
		spent, _ := usageOf(root, place)
		used += spent
	}
	return used, true
}

// usageOf is the CPU time of a cgroup in either version.
func usageOf(root, place string) (time.Duration, bool) {
	if content, err := os.ReadFile(filepath.Join(root, place, "cpu.stat")); err == nil {
		usage, ok := lookup(content, "usage_usec")
		return times(usage, time.Microsecond), ok
	}
	mount := controller(root, "cpuacct", "cpu,cpuacct", "cpuacct,cpu")
	if mount == "" {
		return 0, false
	}
	path := filepath.Join(mount, place, "cpuacct.usage")
	content, err := os.ReadFile(path)
	if err != nil {
		return 0, false
	}
	usage, err := count(path, content)
	return time.Duration(usage), err == nil
}
