package sample

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestEngineCPU(t *testing.T) {
	for name, c := range map[string]struct {
		files map[string]string
		want  time.Duration
		seen  bool
	}{
		"v2": {map[string]string{
			"cgroup.controllers":                            "cpu\n",
			"system.slice/docker.service/cpu.stat":          "usage_usec 1500\nuser_usec 1000\n",
			"system.slice/containerd.service/cpu.stat":      "usage_usec 500\n",
			"system.slice/docker-" + id + ".scope/cpu.stat": "usage_usec 90000\n",
		}, 2 * time.Millisecond, true},
		"v1": {map[string]string{
			"cpu,cpuacct/cgroup.procs":                                  "1\n",
			"cpu,cpuacct/system.slice/docker.service/cpuacct.usage":     "7000\n",
			"cpu,cpuacct/system.slice/containerd.service/cpuacct.usage": "3000\n",
		}, 10 * time.Microsecond, true},
		"started by hand":  {map[string]string{"cgroup.controllers": "cpu\n"}, 0, false},
		"containerd alone": {map[string]string{"system.slice/containerd.service/cpu.stat": "usage_usec 500\n"}, 0, false},
		"not a number":     {map[string]string{"system.slice/docker.service/cpu.stat": "usage_usec many\n"}, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			if used, seen := EngineCPU(tree(t, c.files)); used != c.want || seen != c.seen {
				t.Errorf("used %v, seen %v; want %v, %v", used, seen, c.want, c.seen)
			}
		})
	}
}

func TestFrequencies(t *testing.T) {
	root := tree(t, map[string]string{
		"cpu0/cpufreq/scaling_max_freq":              "3000000\n",
		"cpu1/cpufreq/scaling_max_freq":              "2000000\n",
		"cpu2/cpufreq/scaling_max_freq":              "<unknown>\n",
		"cpufreq/policy0/scaling_max_freq":           "1\n",
		"cpu0/thermal_throttle/core_throttle_count":  "2\n",
		"cpu1/thermal_throttle/core_throttle_count":  "5\n",
		"cpu1/thermal_throttle/core_throttle_max_ms": "900\n",
	})
	if kHz, ok := AllowedClock(root); kHz != 2_500_000 || !ok {
		t.Errorf("allowed %d kHz, %v", kHz, ok)
	}
	if n := HeatThrottles(root); n != 7 {
		t.Errorf("slowed down %d times", n)
	}
	if kHz, ok := AllowedClock(t.TempDir()); ok {
		t.Errorf("a virtual machine allows %d kHz", kHz)
	}
}

func TestHostTellsProgramsFromInterrupts(t *testing.T) {
	got, err := parseHost([]byte("cpu  10 20 30 40 50 60 70 80 9 9\ncpu0 5 10 15 20 25 30 35 40 0 0\ncpu1 5 10 15 20 25 30 35 40 0 0\nintr 1\n"))
	if err != nil {
		t.Fatal(err)
	}
	want := Host{Total: 3600 * time.Millisecond, Busy: 1900 * time.Millisecond, Programs: 600 * time.Millisecond, Steal: 800 * time.Millisecond, CPUs: 2}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if d := got.Since(Host{Programs: 100 * time.Millisecond}); d.Programs != 500*time.Millisecond || d.CPUs != 2 {
		t.Errorf("since: %+v", d)
	}
}
