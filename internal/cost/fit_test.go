package cost

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/plimsoll-ci/plimsoll/internal/config"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// 100/s at 4 ms are 0.4 cores, 0.2 of each of 2 replicas; at a target of 70 % that
// is 0.2858 cores. At the peak, 1.2 cores of work want ceil(1.2 / 0.2) replicas, and
// at the declared 0.1 cores ceil(1.2 / 0.07). 100 MiB and 15 % are 115 MiB.
func TestFit(t *testing.T) {
	traffic := config.Traffic{Average: 100, Peak: 300, PeakHours: 6, Deploys: 60}
	m := model(t, config.Cost{Traffic: traffic})
	in := Inputs{MemoryPeak: 100 * mib, CPURequest: 0.004, Declared: Declared{
		Request: record.Limits{CPUs: 0.1, Memory: 10 * mib}, Min: 2, Max: 4, TargetCPU: 0.7}}
	want := Fit{Memory: 115 * mib, CPUs: 0.286, Replicas: 18, ReplicasThen: 6}
	if d := cmp.Diff(want, m.Fit(in)); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	traffic.Assumed = true
	if d := cmp.Diff(Fit{Memory: 115 * mib}, model(t, config.Cost{Traffic: traffic}).Fit(in)); d != "" {
		t.Errorf("of assumed traffic (-want +got):\n%s", d)
	}
	in.CPUIdle = 0.2 // over the target of the declared request: no number of replicas would do
	if got := m.Fit(in); got.Replicas != 0 || got.ReplicasThen == 0 {
		t.Errorf("%+v", got)
	}
}
