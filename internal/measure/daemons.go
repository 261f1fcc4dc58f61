package measure

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/plimsoll-ci/plimsoll/internal/record"
	"github.com/plimsoll-ci/plimsoll/internal/sample"
)

// daemons are the engine's processes on this machine. They stand in where the
// engine has no cgroup of its own. They are looked for before anything of a run
// is booted, so that an image cannot pass for one.
type daemons struct {
	proc string // usually /proc
	pids []string
}

// findDaemons looks for the engines' daemons by name. None are found where the
// engine runs on another machine, or this program inside a container.
func findDaemons(proc string) daemons {
	d := daemons{proc: proc}
	for _, pid := range processes(proc) {
		if slices.Contains([]string{"dockerd", "containerd", "podman"}, comm(proc, pid)) {
			d.pids = append(d.pids, pid)
		}
	}
	return d
}

// processes are the numbers of all processes that can be seen.
func processes(proc string) []string {
	paths, _ := filepath.Glob(filepath.Join(proc, "[0-9]*")) // the pattern is sound
	for i, path := range paths {
		paths[i] = filepath.Base(path)
	}
	return paths
}

func comm(proc, pid string) string {
	name, _ := os.ReadFile(filepath.Join(proc, pid, "comm")) // it may have ended
	return strings.TrimSpace(string(name))
}

// used is the CPU time of the daemons so far.
func (d daemons) used() time.Duration {
	var sum time.Duration
	for _, pid := range d.pids {
		sum += cpuOf(d.proc, pid)
	}
	return sum
}

// shim is the CPU time of the process that carries what a container writes to its
// log, since that process began: some 20 ms of it are before the app.
func (d daemons) shim(container string) time.Duration {
	for _, pid := range processes(d.proc) {
		if !strings.HasPrefix(comm(d.proc, pid), "containerd-shim") {
			continue
		}
		if line, _ := os.ReadFile(filepath.Join(d.proc, pid, "cmdline")); bytes.Contains(line, []byte(container)) {
			return cpuOf(d.proc, pid)
		}
	}
	return 0
}

// cpuOf is the CPU time of a process, 0 once it has ended: utime and stime of
// proc_pid_stat(5), the 12th and 13th field behind the name in brackets.
func cpuOf(proc, pid string) time.Duration {
	const tick = 10 * time.Millisecond
	line, _ := os.ReadFile(filepath.Join(proc, pid, "stat"))
	fields := strings.Fields(string(line[bytes.LastIndexByte(line, ')')+1:]))
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.ParseInt(fields[11], 10, 48) // a field that is no number is none of a kernel's
	system, _ := strconv.ParseInt(fields[12], 10, 48)
	return time.Duration(user+system) * tick
}

// sameMachine is how far the clocks of the agent and of this program may be apart
// for the two to be on one machine: both count from its start.
const sameMachine = 2 * time.Second

// watch follows the daemons from the gate on.
func (d daemons) watch(container string) func(host *record.Host, gate record.Seconds) {
	before, began := d.used(), sample.Monotonic()
	return func(host *record.Host, gate record.Seconds) {
		near := (began - gate.Duration()).Abs() < sameMachine
		if host.EngineSeen != "" || len(d.pids) == 0 || !near {
			return
		}
		host.Engine, host.EngineSeen = record.SecondsOf(d.used()-before+d.shim(container)), record.SeenByProcess
	}
}

// strangers works out how many CPUs others have used.
func strangers(host *record.Host) {
	if host.Window <= 0 {
		return
	}
	left := host.Busy - host.App - host.Agent - host.Beside - host.Engine
	host.Others = new(max(0, float64(left/host.Window)))
}
