package sample

import (
	"bytes"
	"os"
	"path/filepath"
)

// Frequencies is where Linux tells the frequencies of its CPUs. Virtual machines
// have nothing there.
const Frequencies = "/sys/devices/system/cpu"

// AllowedClock is the highest frequency the machine allows its CPUs at the moment,
// in kHz, as a mean over them; ok is false where that is not visible. The kernel
// lowers it for heat and power, and somebody at the machine by another governor;
// how fast a CPU runs just now is the app's own doing as well, and not looked at.
// See scaling_max_freq in https://docs.kernel.org/admin-guide/pm/cpufreq.html.
func AllowedClock(root string) (kHz int64, ok bool) {
	sum, n := total(root, "cpufreq/scaling_max_freq")
	if n == 0 {
		return 0, false
	}
	return sum / n, true
}

// HeatThrottles counts how often a CPU of the machine was slowed down for its
// temperature since boot. Intel's CPUs alone tell; it is 0 elsewhere.
func HeatThrottles(root string) int64 {
	cores, _ := total(root, "thermal_throttle/core_throttle_count")
	return cores
}

// total adds up one number of every CPU that has it.
func total(root, name string) (sum, n int64) {
	paths, _ := filepath.Glob(filepath.Join(root, "cpu[0-9]*", name)) // the pattern is sound
	for _, path := range paths {
		content, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		if value, ok := decimal(bytes.TrimSpace(content)); ok && value < 1<<40 {
			sum, n = sum+value, n+1
		}
	}
	return sum, n
}
