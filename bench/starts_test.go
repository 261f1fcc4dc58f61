package bench

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// start is a program that begins and ends.
type start struct {
	name string
	args []string
}

// timeStarts starts the programs by turns, reports how long each took and gives
// the medians in milliseconds.
func timeStarts(b *testing.B, tools string, turns int, programs []start) map[string]float64 {
	b.Helper()
	taken := map[string][]time.Duration{}
	for range b.N * turns {
		for _, p := range programs {
			taken[p.name] = append(taken[p.name], timed(b, tools, p.args))
		}
	}
	medians := map[string]float64{}
	for _, p := range programs {
		slices.Sort(taken[p.name])
		medians[p.name] = percentile(taken[p.name], 50)
		b.ReportMetric(medians[p.name], p.name+"-p50-ms")
		b.ReportMetric(percentile(taken[p.name], 95), p.name+"-p95-ms")
	}
	return medians
}

func percentile(sorted []time.Duration, percent int) float64 {
	at := sorted[(len(sorted)-1)*percent/100]
	return float64(at.Microseconds()) / 1000
}

// timed runs a command as a step does.
func timed(b *testing.B, tools string, args []string) time.Duration {
	b.Helper()
	c := exec.Command(args[0], args[1:]...)
	c.Env = append(os.Environ(), "RUNNER_TOOL_CACHE="+tools, "RUNNER_TEMP="+b.TempDir(), "GITHUB_STATE="+filepath.Join(tools, "state"))
	began := time.Now()
	out, err := c.CombinedOutput()
	taken := time.Since(began)
	if err != nil {
		b.Fatalf("%q: %v\n%s", args, err, out)
	}
	return taken
}
