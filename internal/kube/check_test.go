package kube_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v4"

	"github.com/plimsoll-ci/plimsoll/internal/golden"
	"github.com/plimsoll-ci/plimsoll/internal/kube"
)

// findings are the places and messages of what does not fit.
func findings(w kube.Workload, seen kube.Seen) map[[2]int]string {
	found := map[[2]int]string{}
	for _, f := range kube.Check(w, seen) {
		found[[2]int{f.Line, f.Column}] = f.Message
	}
	return found
}

func TestCheck(t *testing.T) {
	for name, c := range map[string]struct {
		file string
		seen kube.Seen
		want map[[2]int]string
	}{
		"all fits": {"small.yaml", kube.Seen{MemoryPeak: 90 * mib, MemoryIdle: 60 * mib, Memory: 104 * mib, Start: 20, CPU: 0.2, CPUIdle: 0.01, Replicas: 3},
			map[[2]int]string{}},
		"nothing was measured": {"small.yaml", kube.Seen{}, map[[2]int]string{}},
		"killed": {"small.yaml", kube.Seen{MemoryPeak: 171 * mib, MemoryIdle: 130 * mib, Memory: 197 * mib},
			map[[2]int]string{
				{11, 41}: "request 96Mi, measured idle 130Mi: the pod is over its request before the first request, and among the first to be evicted",
				{12, 39}: "limit 128Mi, measured peak 171Mi: this pod will be killed",
			}},
		"killed in a boot": {"small.yaml", kube.Seen{Killed: true},
			map[[2]int]string{{12, 39}: "limit 128Mi, and a boot needed more: this pod will be killed; a larger `limits: {memory: ...}` in the configuration measures how much"}},
		"tight": {"small.yaml", kube.Seen{MemoryPeak: 120 * mib, MemoryIdle: 60 * mib, Memory: 138 * mib},
			map[[2]int]string{
				{11, 41}: "request 96Mi, measured peak 120Mi: the node may run out of memory",
				{12, 39}: "limit 128Mi, measured peak 120Mi: less than the usual margin of 15 %, which takes 138Mi",
			}},
		"far too large": {"small.yaml", kube.Seen{MemoryPeak: 20 * mib, MemoryIdle: 10 * mib, Memory: 23 * mib, CPU: 0.05},
			map[[2]int]string{
				{11, 27}: "CPU request 150m, the average traffic takes 50m of each replica at the least number of them: the rest is paid for and not used",
				{11, 41}: "request 96Mi, measured peak 20Mi: 23Mi would do",
			}},
		"busy": {"small.yaml", kube.Seen{CPU: 0.301, Replicas: 7},
			map[[2]int]string{
				{11, 27}: "CPU request 150m, the average traffic takes 301m of each replica at the least number of them: it will be slow, or scaled out all day",
				{22, 16}: "maxReplicas 6, the traffic at the peak wants 7: the service will be slow then",
			}},
		"idling": {"small.yaml", kube.Seen{CPUIdle: 0.1501},
			map[[2]int]string{{11, 27}: "CPU request 150m, measured idle 151m: the pod takes more than it asks for without a single request"}},
		"slow at the edge": {"small.yaml", kube.Seen{Start: 20}, map[[2]int]string{}},
		"slow": {"small.yaml", kube.Seen{Start: 20.1},
			map[[2]int]string{{14, 11}: "the livenessProbe gives up 20 s after the start (initialDelaySeconds 10 + 2 x periodSeconds 5), the slowest measured start took 20.1 s: the container is restarted before it is ready"}},
		"no requests": {"bare-scaled.yaml", kube.Seen{MemoryPeak: 20 * mib, Memory: 23 * mib, CPU: 0.1, Replicas: 9},
			map[[2]int]string{{8, 9}: "no CPU request: the autoscaler api goes by a part of it, and does nothing"}},
	} {
		w := read(t, c.file, kube.Choice{})
		if d := cmp.Diff(c.want, findings(w, c.seen)); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
	}
}

func TestSuggest(t *testing.T) {
	small, bare := read(t, "small.yaml", kube.Choice{}), read(t, "bare-scaled.yaml", kube.Choice{})
	job := read(t, "kinds.yaml", kube.Choice{Workload: "report"})
	for name, c := range map[string]struct {
		of   kube.Workload
		seen kube.Seen
	}{
		"grown": {small, kube.Seen{MemoryPeak: 171 * mib, Memory: 197 * mib, Start: 40, CPU: 0.5, Replicas: 30, ReplicasThen: 9}},
		"large": {small, kube.Seen{MemoryPeak: 20 * mib, Memory: 23 * mib}},
		"bare":  {bare, kube.Seen{MemoryPeak: 20 * mib, Memory: 23 * mib, CPU: 0.1}},
		"job":   {job, kube.Seen{MemoryPeak: 60 * mib, Memory: 69 * mib, CPU: 3, Start: 1000}},
	} {
		got, err := kube.Suggest(c.of, c.seen)
		if err != nil {
			t.Fatal(err)
		}
		golden.Compare(t, "testdata/patch/"+name+".yaml", got)
		var any map[string]any
		if err := yaml.Unmarshal([]byte(got), &any); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What is suggested leaves nothing to find.
func TestSuggestsNothingWhereAllFits(t *testing.T) {
	for _, seen := range []kube.Seen{{}, {Killed: true}, {MemoryPeak: 90 * mib, MemoryIdle: 60 * mib, Memory: 104 * mib, Start: 20, CPU: 0.2, CPUIdle: 0.01, Replicas: 3}} {
		got, err := kube.Suggest(read(t, "small.yaml", kube.Choice{}), seen)
		if err != nil || got != "" {
			t.Errorf("%+v: %v\n%s", seen, err, got)
		}
	}
}
