package report

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

func TestLayerRows(t *testing.T) {
	base := []record.Layer{
		{DiffID: "os", Compressed: 100, Instruction: "ADD rootfs /"},
		{DiffID: "deps", Compressed: 50, Instruction: "RUN /bin/sh -c apt-get install -y curl # buildkit"},
		{DiffID: "app1", Compressed: 10, Instruction: "/bin/sh -c #(nop) COPY dir:0123456789abcdef0123456789abcdef in /app "},
		{DiffID: "old", Compressed: 7, Instruction: "RUN gone"},
	}
	head := []record.Layer{
		{DiffID: "os", Compressed: 100, Instruction: "ADD rootfs /"},
		{DiffID: "deps2", Compressed: 90, Instruction: "RUN /bin/sh -c apt-get install -y curl # buildkit"},
		{DiffID: "app2", Compressed: 11, Instruction: "/bin/sh -c #(nop) COPY dir:fedcba9876543210fedcba9876543210 in /app "},
		{DiffID: "new", Size: 9, Instruction: ""},
	}
	type seen struct{ Growth, Base, Head, Instruction string }
	var got []seen
	for _, l := range layerRows(base, head) {
		got = append(got, seen{l.growth(), layerSize(l.base), layerSize(l.head), l.instruction})
	}
	want := []seen{
		{"+40 B", "50 B", "90 B", "RUN apt-get install -y curl"},
		{"+9 B", "–", "9 B", ""},
		{"-7 B", "7 B", "–", "RUN gone"},
		{"+1 B", "10 B", "11 B", "COPY dir:fedcba98… in /app"},
		{"", "100 B", "100 B", "ADD rootfs /"},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("layers (-want +got):\n%s", d)
	}
}

// The same layer may stand in an image more than once (an empty COPY, say).
func TestLayerRowsWithRepeatedLayers(t *testing.T) {
	one := record.Layer{DiffID: "empty", Compressed: 32, Instruction: "COPY a"}
	rows := layerRows([]record.Layer{one}, []record.Layer{one, one})
	if len(rows) != 2 || len(changedLayers(rows)) != 1 {
		t.Errorf("%d rows, %d changed, want 2 and 1", len(rows), len(changedLayers(rows)))
	}
}

func TestItemsJoinBothBills(t *testing.T) {
	c := record.CostChange{
		Was:    record.Estimate{Items: []record.CostItem{{Name: "cpu", Amount: 4}, {Name: "disk", Amount: 1}}},
		Detail: record.Estimate{Items: []record.CostItem{{Name: "cpu", Amount: 9}, {Name: "network", Amount: 2}}},
	}
	type seen struct{ Name, Base, Head string }
	var got []seen
	for _, it := range items(c) {
		got = append(got, seen{it.name, paid("$", it.base), paid("$", it.head)})
	}
	want := []seen{{"cpu", "$4", "$9"}, {"network", "–", "$2"}, {"disk", "$1", "–"}}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("items (-want +got):\n%s", d)
	}
	if worst, ok := costliest(items(c)); !ok || worst.name != "cpu" {
		t.Errorf("costliest is %q, want cpu", worst.name)
	}
}
