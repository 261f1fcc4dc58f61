package cost

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/plimsoll-ci/plimsoll/internal/config"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

func TestKubernetesSheet(t *testing.T) {
	for i, row := range sheet(t, "kubernetes.csv") {
		n := func(column string) float64 { return figure(t, row, column) }
		in := Inputs{MemoryPeak: record.Bytes(n("peak_bytes")), CPURequest: n("cpu_ms") / 1000}
		if row["declared_cores"] != "" {
			in.Declared.Request = limits(n("declared_cores"), n("declared_mib"))
		}
		count := int(n("replicas"))
		e := explain(t, config.Cost{
			Node: row["node"], View: row["view"],
			Traffic:  config.Traffic{Average: n("rate"), Peak: n("rate"), PeakHours: 24, Deploys: n("deploys"), Ramp: new(float64)},
			Replicas: config.Replicas{Min: count, Max: count, TargetCPU: 0.7},
		}, in)
		got := []float64{e.Request.CPUs, float64(e.Request.Memory) / mib, e.Views[0].Amount, e.Views[1].Amount, e.Views[2].Amount, e.Month.Value}
		want := []float64{n("cores"), n("mib"), n("allocation"), n("dominant"), n("dedicated"), n("month")}
		if diff := cmp.Diff(want, got, within(1e-4)); diff != "" {
			t.Errorf("line %d: %s\n(-want +got):\n%s", i+2, row["rule"], diff)
		}
		m := model(t, config.Cost{Node: row["node"]})
		if fit, _ := m.platform.(*kubernetes).pool.fit(n("cores"), n("mib")); fit != n("per_node") {
			t.Errorf("line %d: %v to a node, want %v", i+2, fit, n("per_node"))
		}
	}
}

// The amount is the view that was asked for, when nothing else is on the bill.
func TestTheViewsOfABill(t *testing.T) {
	for i, view := range config.Views {
		e := explain(t, config.Cost{View: view}, Inputs{MemoryPeak: 171 * mib, CPURequest: 0.0021, StartupReady: 0.4})
		if v := e.Views[i]; v.Name != view || dollars(v.Amount) != dollars(e.Month.Value) {
			t.Errorf("%s: $%v of %+v", view, e.Month.Value, e.Views)
		}
	}
}

// 143 m and 115 MiB: $3.78551 each by allocation, 12 to a node of $73.584.
func TestDensity(t *testing.T) {
	in := Inputs{MemoryPeak: 100 * mib, CPURequest: 0.002}
	c := config.Cost{Replicas: config.Replicas{Min: 2, Max: 20, TargetCPU: 0.7}}
	row := func(n int, nodes int, month float64) record.Density {
		return record.Density{Replicas: n, CPUs: 0.143 * float64(n), Memory: record.Bytes(n) * 115 * mib, Instances: nodes, Month: month}
	}
	want := []record.Density{row(1, 1, 3.78551), row(2, 1, 7.57102), row(4, 1, 15.14203), row(8, 1, 30.28406), row(16, 2, 60.56813), row(20, 2, 75.71016)}
	if d := cmp.Diff(want, explain(t, c, in).Density, within(1e-4)); d != "" {
		t.Errorf("allocation (-want +got):\n%s", d)
	}
	c.View = "dedicated"
	want = []record.Density{row(1, 1, 73.584), row(2, 1, 73.584), row(4, 1, 73.584), row(8, 1, 73.584), row(16, 2, 147.168), row(20, 2, 147.168)}
	dedicated := explain(t, c, in).Density
	if d := cmp.Diff(want, dedicated, within(1e-4)); d != "" {
		t.Errorf("dedicated (-want +got):\n%s", d)
	}
	if got := dedicated[4].Instance(); dollars(got) != "73.58" {
		t.Errorf("$%v a node", got)
	}
	tasks := explain(t, config.Cost{Platform: "fargate"}, in).Density // 0.25 vCPU and 0.5 GB for $9.01
	want = nil
	for _, n := range []int{1, 2, 4, 8, 10} {
		want = append(want, record.Density{Replicas: n, CPUs: 0.25 * float64(n), Memory: record.Bytes(n) * 512 * mib, Instances: n, Month: 9.010025 * float64(n)})
	}
	if d := cmp.Diff(want, tasks, within(1e-4)); d != "" {
		t.Errorf("fargate (-want +got):\n%s", d)
	}
}
