package sample

import (
	"bytes"
	"fmt"
	"os"
	"time"
)

// Host is the time all CPUs of the machine have spent together since boot, from
// /proc/stat, in steps of 10 ms.
type Host struct {
	Total    time.Duration
	Busy     time.Duration // running anything: user, nice, system, interrupts
	Programs time.Duration // the same without interrupts, which nobody is charged for
	Steal    time.Duration // ready to run while the hypervisor ran something else
	CPUs     int           // that are online
}

// ReadHost reads the counters from path, usually /proc/stat.
func ReadHost(path string) (Host, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return Host{}, fmt.Errorf("read the machine's CPU time: %w", err)
	}
	h, err := parseHost(content)
	if err != nil {
		return Host{}, fmt.Errorf("read the machine's CPU time: %s: %w", path, err)
	}
	return h, nil
}

// parseHost reads "cpu user nice system idle iowait irq softirq steal …", see
// proc_stat(5). The guest columns that follow are part of user and nice.
func parseHost(content []byte) (Host, error) {
	line, rest, _ := bytes.Cut(content, []byte{'\n'})
	fields := bytes.Fields(line)
	if len(fields) < 9 || string(fields[0]) != "cpu" {
		return Host{}, fmt.Errorf("found %.60q, expected \"cpu\" and at least 8 counters", line)
	}
	var h Host
	for i, field := range fields[1:9] {
		ticks, ok := decimal(field)
		if !ok {
			return Host{}, fmt.Errorf("found %.60q, expected counters only", line)
		}
		// A hundred centuries of CPU time at most, so that the sums hold.
		spent := min(times(ticks, tick), 1<<58)
		h.Total += spent
		switch i {
		case 0, 1, 2:
			h.Busy, h.Programs = h.Busy+spent, h.Programs+spent
		case 5, 6:
			h.Busy += spent
		case 7:
			h.Steal += spent
		}
	}
	for bytes.HasPrefix(rest, []byte("cpu")) {
		h.CPUs++
		_, rest, _ = bytes.Cut(rest, []byte{'\n'})
	}
	return h, nil
}

// Since is what was spent after an earlier reading. Counters of single columns
// may step back by a tick (proc_stat(5) says so of iowait), which counts as none.
func (h Host) Since(earlier Host) Host {
	return Host{
		Total:    max(0, h.Total-earlier.Total),
		Busy:     max(0, h.Busy-earlier.Busy),
		Programs: max(0, h.Programs-earlier.Programs),
		Steal:    max(0, h.Steal-earlier.Steal),
		CPUs:     h.CPUs,
	}
}

// StealShare is the share of the machine's CPU time the hypervisor took, 0 to 1;
// 0 when no time has passed.
func (h Host) StealShare() float64 {
	if h.Total <= 0 {
		return 0
	}
	return min(1, float64(h.Steal)/float64(h.Total))
}
