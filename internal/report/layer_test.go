package report

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

func TestLayerRows(t *testing.T) {
	base := []record.Layer{
		{DiffID: "os", Size: 300, Compressed: 100, Instruction: "ADD rootfs /"},
		{DiffID: "deps", Size: 150, Compressed: 50, Instruction: "RUN /bin/sh -c apt-get install -y curl # buildkit"},
		{DiffID: "app1", Size: 20, Compressed: 10, Instruction: "/bin/sh -c #(nop) COPY dir:0123456789abcdef0123456789abcdef in /app "},
		{DiffID: "old", Size: 900, Compressed: 7, Instruction: "RUN gone"},
		{DiffID: "again1", Size: 8, Compressed: 8, Instruction: "RUN date"},
	}
	head := []record.Layer{
		{DiffID: "os", Size: 300, Compressed: 100, Instruction: "ADD rootfs /"},
		{DiffID: "deps2", Size: 170, Compressed: 90, Instruction: "RUN /bin/sh -c apt-get install -y curl # buildkit"},
		{DiffID: "app2", Size: 50, Compressed: 9, Instruction: "/bin/sh -c #(nop) COPY dir:fedcba9876543210fedcba9876543210 in /app "},
		{DiffID: "new", Size: 9, Instruction: ""},
		{DiffID: "again2", Size: 8, Compressed: 8, Instruction: "RUN date"},
	}
	type seen struct{ Number, Growth, Base, Head, Instruction string }
	var got []seen
	rows := layerRows(base, head)
	for _, l := range rows {
		got = append(got, seen{l.number(), l.growth(), layerSize(l.base), layerSize(l.head), l.instruction})
	}
	want := []seen{
		{"3", "+30 B", "10 B", "9 B", "COPY dir:fedcba98… in /app"},
		{"2", "+20 B", "50 B", "90 B", "RUN apt-get install -y curl"},
		{"4", "+9 B", "–", "9 B", ""},
		{"", "-900 B", "7 B", "–", "RUN gone"},
		{"5", "0 B", "8 B", "8 B", "RUN date"},
		{"1", "", "100 B", "100 B", "ADD rootfs /"},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("layers (-want +got):\n%s", d)
	}
	if got, want := layersTitle(changedLayers(rows)), "layers that changed: -841 B unpacked"; got != want {
		t.Errorf("title %q, want %q", got, want)
	}
}

// The largest layer that advice names is so by what the failing budget counts.
func TestHeaviest(t *testing.T) {
	s := record.Service{Name: "api", Head: record.Record{Layers: []record.Layer{
		{DiffID: "a", Size: 9e6, Compressed: 1e6, Instruction: "RUN text"}, {DiffID: "b", Size: 4e6, Compressed: 3e6, Instruction: "COPY zip"},
	}}}
	for id, want := range map[record.MetricID]string{
		record.ImageSize: "Most of the image growth of api is +9 MB unpacked from layer 1, RUN text",
		record.ImagePull: "Most of the image growth of api is +3 MB compressed from layer 2, COPY zip",
	} {
		s.Metrics = []record.Change{{ID: id, Verdict: record.Fail}}
		if got := heaviest(s, onTerminal()); len(got) != 1 || got[0] != want {
			t.Errorf("%s: got %q, want %q", id, got, want)
		}
	}
	s.Head, s.Base = s.Base, s.Head
	if got := heaviest(s, onTerminal()); got != nil {
		t.Errorf("nothing grew, yet %q is told", got)
	}
}

// A terminal of 80 columns has one line for each layer.
func TestLayersIn80Columns(t *testing.T) {
	long := "RUN " + strings.Repeat("apt-get install -y something && ", 9)
	s := record.Service{
		Base: record.Record{Layers: []record.Layer{{DiffID: "a", Size: 123_456_789, Compressed: 1_234_567, Estimated: true, Instruction: long}}},
		Head: record.Record{Layers: []record.Layer{{DiffID: "b", Size: 1_123_456_789, Compressed: 123_234_567, Estimated: true, Instruction: long}}},
	}
	to := &terminal{o: Options{Width: 80}}
	to.layers(s)
	lines := strings.Split(strings.TrimSpace(to.b.String()), "\n")
	if len(lines) != 3 || !strings.HasPrefix(strings.TrimSpace(lines[2]), "1     +1 GB    ≈1.23 MB  → ≈123 MB  RUN apt-get") {
		t.Errorf("%d lines, want 3:\n%s", len(lines), to.b.String())
	}
	for _, l := range lines {
		if columns(l) > 80 {
			t.Errorf("%d columns: %s", columns(l), l)
		}
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
