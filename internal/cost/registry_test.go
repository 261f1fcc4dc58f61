package cost

import (
	"encoding/csv"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/plimsoll-ci/plimsoll/internal/config"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// sheet reads a table of testdata, a map from column to text for every row.
func sheet(t *testing.T, name string) []map[string]string {
	t.Helper()
	f, err := os.Open("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil || len(rows) < 2 {
		t.Fatalf("%s: %d rows, %v", name, len(rows), err)
	}
	var all []map[string]string
	for _, row := range rows[1:] {
		one := map[string]string{}
		for i, column := range rows[0] {
			one[column] = row[i]
		}
		all = append(all, one)
	}
	return all
}

func figure(t *testing.T, row map[string]string, column string) float64 {
	t.Helper()
	v, err := strconv.ParseFloat(row[column], 64)
	if err != nil {
		t.Fatalf("column %s: %v", column, err)
	}
	return v
}

func item(e record.Estimate, name string) record.CostItem {
	for _, i := range e.Items {
		if i.Name == name {
			return i
		}
	}
	return record.CostItem{}
}

func TestRegistrySheet(t *testing.T) {
	for i, row := range sheet(t, "registry.csv") {
		n := func(column string) float64 { return figure(t, row, column) }
		c := config.Cost{
			Platform: row["platform"], Node: row["node"], Network: row["network"],
			Registry: config.Registry{Kind: row["kind"], Region: row["registry_region"], Tags: int(n("tags"))},
			Traffic:  config.Traffic{Average: 1, Peak: 1, PeakHours: 6, Deploys: n("deploys"), ScaleOuts: n("scale_outs"), NewNodes: n("new_nodes")},
			Replicas: config.Replicas{Min: 2, Max: 2, TargetCPU: 0.7},
		}
		m, err := NewModel(book(t), c, today)
		if row["storage"] == "error" {
			if err == nil {
				t.Errorf("line %d: no error: %s", i+2, row["rule"])
			}
			continue
		}
		if err != nil {
			t.Errorf("line %d: %v", i+2, err)
			continue
		}
		e, err := m.Estimate(Inputs{MemoryPeak: 50 * mib, Compressed: record.Bytes(n("compressed_bytes")), Pull: record.Bytes(n("pull_bytes"))})
		if err != nil {
			t.Fatal(err)
		}
		pulls := item(e, "image pulls")
		got := []float64{item(e, "registry storage").Amount, pulls.Amount, item(e, "pulls of scale-outs").Amount, item(e, "pulls of new nodes").Amount}
		want := []float64{n("storage"), n("pulls"), n("scaled"), n("nodes")}
		if d := cmp.Diff(want, got, cmpopts.EquateApprox(0, 1e-9)); d != "" {
			t.Errorf("line %d, %s (-want +got):\n%s", i+2, row["rule"], d)
		}
		if pulls.How != "" && !strings.HasSuffix(pulls.How, row["way"]) {
			t.Errorf("line %d: the way is %q, want %q", i+2, pulls.How, row["way"])
		}
	}
}

func TestTheStorageSaysHowTagsShareLayers(t *testing.T) {
	c := config.Cost{Registry: config.Registry{Tags: 20}}
	m, err := NewModel(book(t), c, today)
	if err != nil {
		t.Fatal(err)
	}
	e, err := m.Estimate(Inputs{MemoryPeak: 50 * mib, Compressed: 1e9, Pull: 2e8})
	if err != nil {
		t.Fatal(err)
	}
	want := record.CostItem{Name: "registry storage", Amount: 0.48, How: "(1 GB compressed + 19 more tags x 0.2 GB of their own layers) x $0.1"}
	if got := item(e, "registry storage"); got.How != want.How || math.Abs(got.Amount-want.Amount) > 1e-12 {
		t.Errorf("%+v, want %+v", got, want)
	}
}

func TestTheNetworkSaysWhatItLacks(t *testing.T) {
	for want, c := range map[string]config.Cost{
		`unknown network "carrier-pigeon"`:                           {Network: "carrier-pigeon"},
		`unknown registry "quay", expected one of ecr`:               {Registry: config.Registry{Kind: "quay"}},
		`"cross-zone" does not lead from the registry "ghcr" to aws`: {Network: "cross-zone", Registry: config.Registry{Kind: "ghcr"}},
		`no price for gce.transfer.zone in region "us-central1"`:     {Node: "gce/e2-standard-2", Network: "cross-zone"},
		`cost.book`: {Node: "azure/D2s_v5", Network: "internet"},
		`no price for aws.ecr.storage in region "mars-1"; price book buil`: {Registry: config.Registry{Region: "mars-1"}},
	} {
		if _, err := NewModel(book(t), c, today); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}
