package cost

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func book(t testing.TB) *Book {
	t.Helper()
	b, err := Builtin()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// lint finds figures that are probably wrong: inside a family of machines the
// price follows the cores, and where cores are shared, the memory.
func lint(b *Book) []string {
	var wrong []string
	type kind struct {
		provider, family, region string
		gibPerCore               float64
	}
	first := map[kind]Node{}
	for _, n := range b.nodes {
		k := kind{n.Provider(), n.Family, n.Region, n.MemoryMiB / 1024 / n.VCPU}
		if n.Burstable {
			k.gibPerCore = 0
		}
		f, ok := first[k]
		if !ok {
			first[k] = n
			continue
		}
		if off := perUnit(n)/perUnit(f) - 1; math.Abs(off) > 0.02 {
			wrong = append(wrong, fmt.Sprintf("%s is %+.0f %% off %s", n.Name, off*100, f.Name))
		}
	}
	for _, p := range b.prices {
		if most, known := usual[p.Unit]; !known || p.Value > most {
			wrong = append(wrong, fmt.Sprintf("%s is $%g", p.Key, p.Value))
		}
	}
	return wrong
}

// usual is the most that anything costs in a unit: a price in the wrong unit is
// a thousand times off.
var usual = map[string]float64{
	"USD/h": 1, "USD/vCPU-h": 0.2, "USD/GB-h": 0.02, "USD/vCPU-s": 1e-4, "USD/GB-s": 5e-5, "USD/GB-month": 1, "USD/GB": 0.2,
	"USD/million": 1, "USD/min": 0.1, "USD/30d": 50, "USD/GB-30d": 10,
}

// unverified are the prices that nobody has shown yet. Reports mark them.
var unverified = map[string]bool{
	"gce.run.idle.vcpu_second": true, "gce.run.idle.gb_second": true,
	"azure.containerapps.idle.vcpu_second": true, "azure.containerapps.idle.gb_second": true, "azure.containerapps.requests": true,
}

func perUnit(n Node) float64 {
	if n.Burstable {
		return n.Value / n.MemoryMiB
	}
	return n.Value / n.VCPU
}

func TestBuiltinBook(t *testing.T) {
	b := book(t)
	if wrong := lint(b); len(wrong) > 0 {
		t.Errorf("lint: %s", strings.Join(wrong, "; "))
	}
	if len(b.nodes) < 30 || len(b.sizes) == 0 {
		t.Errorf("%d nodes, %d task sizes", len(b.nodes), len(b.sizes))
	}
	prices := b.prices
	for _, n := range b.nodes {
		prices = append(prices, n.Price)
		if room := allocatable(n); !(room.cpu > 0 && room.cpu < n.VCPU && room.memoryMiB > 0 && room.memoryMiB < n.MemoryMiB) {
			t.Errorf("%s has %+v for pods", n.Name, room)
		}
		if n.Provider() == "aws" && n.MaxPods == 0 {
			t.Errorf("%s has no limit of pods", n.Name)
		}
	}
	for _, p := range prices {
		if !strings.HasPrefix(p.Source, "https://") || (p.Grade == "U") != unverified[p.Key] || p.AsOf.Before(time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)) {
			t.Errorf("%s: source %q, grade %q, as of %v", p.Key, p.Source, p.Grade, p.AsOf)
		}
	}
}

// edit changes the built-in book's text in one place.
func edit(t *testing.T, was, is string) []byte {
	t.Helper()
	if strings.Count(string(builtin), was) != 1 {
		t.Fatalf("%q stands %d times in the book", was, strings.Count(string(builtin), was))
	}
	return []byte(strings.Replace(string(builtin), was, is, 1))
}

// The price that karpenter's table has for D2as_v5, 0.178, is almost surely
// the Windows one: such a figure must not slip in.
func TestLintCatchesAWrongPrice(t *testing.T) {
	for _, c := range []struct{ was, is, want string }{
		{`region: eastus, value: "0.192"`, `region: eastus, value: "0.344"`, "azure/D4s_v5 is +79 % off azure/D2s_v5"},
		{`value: "0.0168"`, `value: "0.0186"`, "aws/t4g.small is +11 % off aws/t4g.nano"},
		{`value: "0.2016"`, `value: "0.2060"`, "aws/m7i.xlarge is +2 % off aws/m7i.large"},
		{`value: "0.04048"`, `value: "40.48"`, "aws.fargate.linux.amd64.vcpu_hour is $40.48"},
	} {
		b, err := ParseBook(edit(t, c.was, c.is))
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff([]string{c.want}, lint(b)); d != "" {
			t.Errorf("(-want +got):\n%s", d)
		}
	}
}

func TestParseBookErrors(t *testing.T) {
	for _, c := range []struct{ was, is, want string }{
		{`value: "0.04048"`, `value: "0,04048"`, `price aws.fargate.linux.amd64.vcpu_hour: "0,04048" is no price`},
		{`value: "0.04048"`, `value: "-1"`, "expected a decimal number above zero"},
		{`value: "0.04048"`, `value: "NaN"`, "expected a decimal number above zero"},
		{`value: "0.04048"`, `value: "1e400"`, "expected a decimal number above zero"},
		{`"0.04048", unit: USD/vCPU-h`, `"0.04048", unit: EUR/vCPU-h`, `unit "EUR/vCPU-h"`},
		{"source: infracost-ecr", "source: hearsay", `source "hearsay" has no address`},
		{"aws.fargate.linux.amd64.gb_hour, region", "aws.fargate.linux.amd64.vcpu_hour, region", "stands twice for us-east-1"},
		{"infracost-ecr, as_of: 2026-03-01", "infracost-ecr, as_of: March", "as_of"},
		{"currency: USD", "currency: EUR", "expected the currency USD"},
		{"pricebook/v1\nid", "pricebook/v2\nid", `found apiVersion "plimsoll.dev/pricebook/v2"`},
		{"hours_per_month: 730", "hours: 730", "hours"},
		{"node: aws/m7i.xlarge", "node: aws/m7i.large", "price node.aws.m7i.large stands twice"},
		{"node: aws/m7i.xlarge, family: m7i, arch: amd64, vcpu: 4", "node: aws/m7i.xlarge, family: m7i, arch: amd64, vcpu: 0", "expected vcpu and mem_mib"},
		{"step_mib: 8192", "step_mib: 0", "tables.fargate, row 8"},
		{`cpu: "0.031611"`, `cpu: "0"`, `"0" is no number above zero`},
	} {
		_, err := ParseBook(edit(t, c.was, c.is))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: error %v, want %q", c.is, err, c.want)
		}
	}
}

func TestTheIdentityFollowsThePrices(t *testing.T) {
	changed, err := ParseBook(edit(t, `"0.04048"`, `"0.04049"`))
	if err != nil {
		t.Fatal(err)
	}
	was, is := book(t).ID, changed.ID
	if was == is || !strings.HasPrefix(was, "builtin-2026-11@") || len(was) != len("builtin-2026-11@")+12 {
		t.Errorf("identities %q and %q", was, is)
	}
}

// Numbers worked by hand from karpenter's formula for EKS and the published
// reservations of GKE and AKS.
func TestAllocatable(t *testing.T) {
	for _, c := range []struct {
		node, region string
		cpu, mib     float64
	}{
		// 8192 - ceil(614.4) - (255 + 11 x 29) - 100
		{"aws/m7i.large", "us-east-1", 1.930, 6903},
		// 4 cores: 60 + 10 + 5 + 5 m; 16384 - ceil(1228.8) - (255 + 11 x 58) - 100
		{"aws/m7i.xlarge", "us-east-1", 3.920, 14162},
		// Arm: (8192 - 64) - ceil(609.6) - 574 - 100
		{"aws/m7g.large", "us-east-1", 1.930, 6844},
		// (4096 - 64) - ceil(302.4) - (255 + 11 x 17) - 100
		{"aws/t4g.medium", "us-east-1", 1.930, 3187},
		// 4096 - ceil(307.2) - 574 - 100
		{"aws/c7i.large", "us-east-1", 1.930, 3114},
		// 8192 - 1024 - 819.2 - 100
		{"gce/e2-standard-2", "us-central1", 1.930, 6248.8},
		// 8 cores: 60 + 10 + 10 + 10 m; 32768 - 1024 - 819.2 - 819.2 - 983.04 - 100
		{"gce/e2-standard-8", "us-central1", 7.910, 29022.56},
		{"azure/D2s_v5", "eastus", 1.930, 6248.8},
	} {
		n, err := book(t).node(c.node, c.region)
		if err != nil {
			t.Fatal(err)
		}
		got := allocatable(n)
		if math.Abs(got.cpu-c.cpu) > 1e-9 || math.Abs(got.memoryMiB-c.mib) > 1e-6 {
			t.Errorf("%s has %+v for pods, want %v cores and %v MiB", c.node, got, c.cpu, c.mib)
		}
	}
}
