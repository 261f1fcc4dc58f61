package sample

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// layouts are the places engines put a container's cgroup, relative to the root
// of the hierarchy: Docker with the cgroupfs and the systemd driver, Podman with
// systemd and with cgroupfs. Anything else (Kubernetes, rootless engines, an
// engine inside a container, --cgroup-parent) is found by walking.
var layouts = []string{
	"docker/%s",
	"system.slice/docker-%s.scope",
	"machine.slice/libpod-%s.scope",
	"libpod_parent/libpod-%s",
}

// The walk stops here. Deep nesting looks like
// kubepods.slice/…/docker-<outer>.scope/docker/<id>, and a busy node has a few
// thousand cgroups.
const (
	maxDepth       = 12
	maxDirectories = 20_000
)

var containerID = regexp.MustCompile(`^[0-9a-f]{64}$`)

// Find opens the cgroup of a running container in the cgroup tree at root
// (usually /sys/fs/cgroup, or wherever the engine host's tree is mounted). The
// id is the engine's full one. The caller closes the Group.
func Find(root, id string) (*Group, error) {
	if !containerID.MatchString(id) {
		return nil, fmt.Errorf("find cgroup of container %.80q: expected the full id of 64 hexadecimal digits", id)
	}
	mounts, err := detect(root)
	if err != nil {
		return nil, fmt.Errorf("find cgroup of container %.12s: %w", id, err)
	}
	place, err := locate(mounts.memory, id, layouts)
	if err != nil {
		return nil, fmt.Errorf("find cgroup of container %.12s (cgroup v%d): %w", id, mounts.version, err)
	}
	g, err := open(mounts.below(place, id))
	if err != nil {
		return nil, fmt.Errorf("open cgroup of container %.12s: %w", id, err)
	}
	return g, nil
}

// hierarchies names one directory per kind of reading, empty where there is
// none. In version 2 they are all the same.
type hierarchies struct {
	version int
	memory  string
	cpu     string
	cpuacct string
	pids    string
	events  string // the one with cgroup.events: v2, or the "unified" of a hybrid
}

// detect tells the versions apart by what is mounted at root. A hybrid mounts
// the v1 controllers and, without any, v2 under "unified".
func detect(root string) (hierarchies, error) {
	if isFile(root, "cgroup.controllers") {
		return hierarchies{2, root, root, root, root, root}, nil
	}
	unified := filepath.Join(root, "unified")
	h := hierarchies{
		version: 1,
		memory:  controller(root, "memory"),
		cpu:     controller(root, "cpu", "cpu,cpuacct", "cpuacct,cpu"),
		cpuacct: controller(root, "cpuacct", "cpu,cpuacct", "cpuacct,cpu"),
		pids:    controller(root, "pids"),
	}
	if isFile(unified, "cgroup.controllers") {
		h.events = unified
	}
	if h.memory == "" {
		return h, fmt.Errorf("%s is no cgroup tree with a memory controller: found neither cgroup.controllers (v2) nor memory/cgroup.procs (v1) there; mount the engine host's /sys/fs/cgroup", root)
	}
	return h, nil
}

// controller finds the mount of a v1 controller. Most systems mount cpu and
// cpuacct together under a joint name, with symlinks that a bind mount may lose.
func controller(root string, names ...string) string {
	for _, name := range names {
		if isFile(filepath.Join(root, name), "cgroup.procs") {
			return filepath.Join(root, name)
		}
	}
	return ""
}

func isFile(dir, name string) bool {
	info, err := os.Stat(filepath.Join(dir, name))
	return err == nil && info.Mode().IsRegular()
}

// below moves every hierarchy down to the container's directory. v1 hierarchies
// are separate trees, so where the one place does not exist the container is
// looked for again; a hierarchy that does not know it is dropped.
func (h hierarchies) below(place, id string) hierarchies {
	down := func(mount string) string {
		if mount == "" {
			return ""
		}
		found, err := locate(mount, id, []string{strings.ReplaceAll(place, id, "%s")})
		if err != nil {
			return ""
		}
		return filepath.Join(mount, found)
	}
	return hierarchies{h.version, down(h.memory), down(h.cpu), down(h.cpuacct), down(h.pids), down(h.events)}
}

// locate gives the container's directory relative to the mount: one of the
// known places, else the first directory named after it, breadth first.
func locate(mount, id string, places []string) (string, error) {
	tried := make([]string, 0, len(places))
	for _, layout := range places {
		place := strings.ReplaceAll(layout, "%s", id)
		if info, err := os.Stat(filepath.Join(mount, place)); err == nil && info.IsDir() {
			return place, nil
		}
		tried = append(tried, strings.ReplaceAll(layout, "%s", id[:12]+"…"))
	}
	place, seen, err := walk(mount, id)
	if err != nil {
		return "", fmt.Errorf("not under %s: tried %s, then %d directories by name: %w", mount, strings.Join(tried, ", "), seen, err)
	}
	return place, nil
}

var (
	errNotNamed = errors.New("none is named after it; is the container running, and is this the cgroup tree of the engine's host?")
	errTooMany  = fmt.Errorf("gave up at depth %d or %d directories", maxDepth, maxDirectories)
)

// walk searches breadth first, so that the container itself is found before
// anything nested in another's cgroup. Directories that cannot be read are
// passed over: cgroups come and go.
func walk(mount, id string) (place string, seen int, err error) {
	level := []string{"."}
	for range maxDepth {
		var next []string
		for _, dir := range level {
			entries, _ := os.ReadDir(filepath.Join(mount, dir))
			for _, e := range entries {
				if !e.IsDir() {
					continue
				}
				seen++
				next = append(next, filepath.Join(dir, e.Name()))
				if namedAfter(e.Name(), id) {
					return next[len(next)-1], seen, nil
				}
			}
			if seen >= maxDirectories {
				return "", seen, errTooMany
			}
		}
		if len(next) == 0 {
			return "", seen, errNotNamed
		}
		level = next
	}
	return "", seen, errTooMany
}

// namedAfter accepts <id>, docker-<id>.scope, libpod-<id>, cri-containerd-<id>.scope,
// slice:prefix:<id>; but not libpod-conmon-<id>.scope, which holds the monitor.
func namedAfter(name, id string) bool {
	prefix, ok := strings.CutSuffix(strings.TrimSuffix(name, ".scope"), id)
	if !ok || strings.Contains(prefix, "conmon") {
		return false
	}
	return prefix == "" || strings.HasSuffix(prefix, "-") || strings.HasSuffix(prefix, ":")
}
