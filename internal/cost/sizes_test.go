package cost

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/plimsoll-ci/plimsoll/internal/config"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// What is sold in sizes: so many replicas with declared requests, whatever the
// traffic. The figures were worked from the vendors' rules that the rows name.
func TestSizesSheets(t *testing.T) {
	for _, platform := range []string{"fargate", "eks-fargate", "autopilot", "fly", "vm"} {
		t.Run(platform, func(t *testing.T) {
			for i, row := range sheet(t, platform+".csv") {
				n := int(figure(t, row, "replicas"))
				e := explain(t, config.Cost{
					Platform: platform, Arch: row["arch"], Region: row["region"], Node: row["node"],
					Traffic: steady(1, 0), Replicas: config.Replicas{Min: n, Max: n, TargetCPU: 0.7},
				}, Inputs{Declared: Declared{Request: limits(figure(t, row, "cores"), figure(t, row, "mib"))}})
				agrees(t, i+2, row, e)
				if got := e.Density[len(e.Density)-1].Instances; got != int(figure(t, row, "instances")) {
					t.Errorf("line %d: %d instances, want %s", i+2, got, row["instances"])
				}
				if e.Arch != row["arch"] {
					t.Errorf("line %d: priced for %q", i+2, e.Arch)
				}
			}
		})
	}
}

func TestNeedsThatNoSizeHolds(t *testing.T) {
	for _, c := range []struct {
		cost config.Cost
		cpus float64
		mib  float64
		want string
	}{
		{config.Cost{Platform: "fargate"}, 1, 122_881, "no task size has 1 vCPU and 122881 MiB; the largest has 16 vCPU and 120 GB"},
		{config.Cost{Platform: "fargate"}, 16.1, 512, "no task size has 16.1 vCPU"},
		{config.Cost{Platform: "eks-fargate"}, 1, 122_625, "no pod size has 1 vCPU and 122881 MiB, 256 MiB of them for Kubernetes; the largest"},
		{config.Cost{Platform: "autopilot"}, 30.1, 512, "no pod of the general-purpose class has 30.1 vCPU"},
		{config.Cost{Platform: "autopilot"}, 1, 112_641, "the largest has 30 vCPU and 110 GiB, with at most 6.5 GiB to a vCPU"},
		{config.Cost{Platform: "fly"}, 1, 131_073, "no machine has 1 cores and 131073 MiB; the largest has 16 cores and 128 GiB"},
		{config.Cost{Platform: "vm"}, 2, 512, "a replica with 2 cores and 512 MiB does not fit on aws/m7i.large, which has 1.9 cores and 7680 MiB beside its system; choose a larger node: the largest amd64 one in us-east-1 is aws/m7i.xlarge, with 3.9 cores and 15872 MiB"},
		{config.Cost{Platform: "vm", Node: "aws/m7i.xlarge"}, 1, 15_873, "the price book has no larger amd64 node in us-east-1"},
		{config.Cost{Platform: "vm", Arch: "arm64"}, 1.95, 512, "the largest arm64 one in us-east-1 is aws/t4g.xlarge, with 3.9 cores"},
		{config.Cost{Platform: "kubernetes"}, 1, 6904, "the largest amd64 one in us-east-1 is aws/m7i.xlarge, with 3.92 cores"},
	} {
		_, err := model(t, c.cost).Estimate(Inputs{Declared: Declared{Request: limits(c.cpus, c.mib)}})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: error %v, want %q", c, err, c.want)
		}
	}
}

func TestArchitectures(t *testing.T) {
	for _, c := range []struct {
		cost config.Cost
		want string
	}{
		{config.Cost{Platform: "eks-fargate", Arch: "arm64"}, "run on amd64 alone"},
		{config.Cost{Platform: "autopilot", Arch: "arm64"}, "no Arm class of Autopilot"},
		{config.Cost{Platform: "fly", Arch: "arm64"}, "machines of Fly are amd64"},
		{config.Cost{Platform: "fly", Region: "mars"}, `no price for region "mars"; price book`},
		{config.Cost{Platform: "vm", Node: "aws/m7i.large", Arch: "arm64"}, "node aws/m7i.large is amd64, and what it is to run is arm64; choose a node such as aws/m7g.large"},
		{config.Cost{Platform: "kubernetes", Node: "aws/m7g.large", Arch: "amd64"}, "node aws/m7g.large is arm64, and what it is to run is amd64"},
	} {
		_, err := NewModel(book(t), c.cost, today)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: error %v, want %q", c.cost, err, c.want)
		}
	}
	for arch, node := range map[string]string{"": "aws/m7i.large", "arm64": "aws/m7g.large"} {
		if m := model(t, config.Cost{Platform: "kubernetes", Arch: arch}); m.cost.Node != node {
			t.Errorf("%q runs on %s, want %s", arch, m.cost.Node, node)
		}
	}
}

// Of a peak that takes more machines than the rest of the day, those it has no
// need of are stopped, and pay for the file system they are made of.
func TestStoppedMachinesOfFly(t *testing.T) {
	c := config.Cost{Platform: "fly", Replicas: config.Replicas{Min: 1, Max: 10, TargetCPU: 0.7},
		Traffic: config.Traffic{Average: 2, Peak: 8, PeakHours: 6, Ramp: new(float64)}}
	in := Inputs{MemoryPeak: 100 * mib, CPURequest: 0.02, Unpacked: 2_000_000_000}
	in.Declared.Request = record.Limits{CPUs: 0.0625}
	e := estimate(t, c, in)
	// 8/s x 20 ms / (0.7 x 1/16) = 3.66, so four at the peak, and no requests in
	// the other 18 hours: one, but for the five minutes after the peak.
	average := (6+5.0/60)/24*4 + (18-5.0/60)/24*1
	want := (4 - average) * 2 * 0.15 * 730 / 720
	if got := item(e, "stopped machines").Amount; got < want-1e-9 || got > want+1e-9 {
		t.Errorf("$%v, want $%v\n%+v", got, want, e.Items)
	}
}

// Clusters where pods cannot burst have steps of 250 mCPU: 0.26 cores are billed as
// half of one, and that takes 512 MiB. 730 h x (0.5 x $0.0445 + 0.5 x $0.0049225 +
// 10 MiB x $0.0000548 a GiB) is $18.0396, and 0.25 cores are $9.0200.
func TestAutopilotInLongerSteps(t *testing.T) {
	older := *book(t)
	older.tables.Autopilot.StepVCPU = 0.25
	for cores, want := range map[float64][3]float64{0.05: {0.25, 256, 9.0200}, 0.25: {0.25, 256, 9.0200}, 0.26: {0.5, 512, 18.0396}} {
		m, err := NewModel(&older, one("autopilot"), today)
		if err != nil {
			t.Fatal(err)
		}
		e, err := m.Estimate(Inputs{Declared: Declared{Request: limits(cores, 52)}})
		if err != nil {
			t.Fatal(err)
		}
		got := [3]float64{e.Request.CPUs, float64(e.Request.Memory) / mib, e.Month.Value}
		if d := cmp.Diff(want, got, within(1e-4)); d != "" {
			t.Errorf("%v cores (-want +got):\n%s", cores, d)
		}
	}
}

// No runtime starts a container in the 3 MiB that a small service peaks at.
func TestTheLeastMemory(t *testing.T) {
	for peak, want := range map[record.Bytes]record.Bytes{2 * mib: 12 * mib, 10 * mib: 12 * mib, 11 * mib: 13 * mib} {
		if e := estimate(t, one("kubernetes"), Inputs{MemoryPeak: peak}); e.Request.Memory != want {
			t.Errorf("a peak of %d MiB asks for %d MiB, want %d", peak/mib, e.Request.Memory/mib, want/mib)
		}
	}
}
