package cost

import (
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/plimsoll-ci/plimsoll/internal/config"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

func ptr(v float64) *float64 { return &v }

func totals(t *testing.T, c config.Cost, in Inputs) map[string]record.CostTotal {
	t.Helper()
	e, err := model(t, c).Explain(in)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]record.CostTotal{}
	for _, one := range e.ThreeYears {
		all[one.Name] = one
		if !finite(one.Bill, one.Work, one.Total) || math.Abs(one.Total-one.Bill-one.Work) > 1e-9 {
			t.Errorf("%+v", one)
		}
	}
	if len(all) != 3 {
		t.Fatalf("%+v", e.ThreeYears)
	}
	return all
}

func TestNobodyAskedForThreeYears(t *testing.T) {
	e, err := model(t, config.Cost{}).Explain(flask)
	if err != nil || e.ThreeYears != nil {
		t.Errorf("%+v, %v", e.ThreeYears, err)
	}
}

// Nothing is known of the years to come: 36 months like this one, the managed
// cluster with its fee of 730 x $0.10, and everything else named.
func TestThreeYearsOfWhatNobodyKnows(t *testing.T) {
	c := config.Default("", "").Cost
	c.ThreeYears = &config.ThreeYears{}
	month, all := estimate(t, c, flask).Month.Value, totals(t, c, flask)
	for name, want := range map[string]float64{"self-managed": 36 * month, "managed": 36 * (month + 73)} {
		got := all[name]
		if math.Abs(got.Total-want) > 1e-6 || got.Missing != "" || got.Platform != "kubernetes" {
			t.Errorf("%s: %+v, want $%v", name, got, want)
		}
		if d := cmp.Diff([]string{"growth", "discount", "hours", "wage"}, got.NotMeasured); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
	}
	hybrid := all["hybrid"]
	if hybrid.Missing != "" || hybrid.Platform != "kubernetes and fargate" || hybrid.Total <= 0 {
		t.Errorf("hybrid: %+v", hybrid)
	}
}

// 16 hours a month at $80 are 36 x $1,280; a quarter off is off the bill alone.
// The way's own discount goes before the general one.
func TestThreeYearsOfWhatTheUserKnows(t *testing.T) {
	c := config.Default("", "").Cost
	c.ThreeYears = &config.ThreeYears{
		Growth: ptr(0), Discount: ptr(0.25),
		SelfManaged: config.Work{Hours: ptr(16), Wage: ptr(80)},
		Managed:     config.Work{Hours: ptr(4), Wage: ptr(80), Discount: ptr(0)},
	}
	month, all := estimate(t, c, flask).Month.Value, totals(t, c, flask)
	if own := all["self-managed"]; math.Abs(own.Bill-27*month) > 1e-6 || own.Work != 46_080 || len(own.NotMeasured) != 0 {
		t.Errorf("self-managed: %+v, a month is $%v", own, month)
	}
	if how := all["hybrid"].How; !strings.Contains(how, "discount: 25 %, hours a month: not measured, wage: not measured") {
		t.Errorf("hybrid: %q", how)
	}
	if managed := all["managed"]; math.Abs(managed.Bill-36*(month+73)) > 1e-6 || managed.Work != 11_520 {
		t.Errorf("managed: %+v, a month is $%v", managed, month)
	}
	if d := cmp.Diff([]string{"hours", "wage"}, all["hybrid"].NotMeasured); d != "" {
		t.Errorf("hybrid (-want +got):\n%s", d)
	}
}

// Requests that double every year: the last month has eight times the first's
// traffic, and the bill is the sum of 36 prices.
func TestThreeYearsOfGrowth(t *testing.T) {
	c := config.Default("", "").Cost
	c.ThreeYears = &config.ThreeYears{Growth: ptr(1)}
	want := 0.0
	for month := 1; month <= 36; month++ {
		g := math.Pow(2, float64(month)/12)
		at := c
		at.Traffic.Average, at.Traffic.Peak, at.Replicas.Max = c.Traffic.Average*g, c.Traffic.Peak*g, int(math.Ceil(10*g))
		want += estimate(t, at, flask).Month.Value
	}
	if got := totals(t, c, flask)["self-managed"].Bill; math.Abs(got-want) > 1e-6*want {
		t.Errorf("$%v, want $%v", got, want)
	}
}

// Traffic that never rises above its average bursts nowhere: the nodes alone.
func TestHybridWithoutBurstIsNodes(t *testing.T) {
	c := config.Default("", "").Cost
	c.Traffic.Peak, c.Traffic.PeakHours = c.Traffic.Average, 24
	c.Replicas = config.Replicas{Min: 2, Max: 2, TargetCPU: 0.7}
	c.ThreeYears = &config.ThreeYears{}
	all := totals(t, c, flask)
	if a, b := all["self-managed"].Bill, all["hybrid"].Bill; math.Abs(a-b) > 1e-9*a {
		t.Errorf("on nodes $%v, in part on nodes $%v", a, b)
	}
}

// 100/s on average, 300/s for 6 hours: 33.3/s are left for the others. Above
// 100/s come 200/s in a quarter of the day, half of all requests. Twice the
// traffic: 500/s above in that quarter, 125 of 200; the other hours stay below.
func TestRequestsAboveARate(t *testing.T) {
	at := config.Traffic{Average: 100, Peak: 300, PeakHours: 6}
	for _, c := range []struct{ factor, rate, want float64 }{{1, 100, 0.5}, {2, 100, 0.625}, {1, 300, 0}, {1, 0, 1}, {4, 100, (0.25*1100 + 0.75*(400.0/3-100)) / 400}} {
		more := at
		more.Average, more.Peak = at.Average*c.factor, at.Peak*c.factor
		if got := above(more, c.rate); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("%v times the traffic: %v of it above %v/s, want %v", c.factor, got, c.rate, c.want)
		}
	}
}

func TestHybridPaysForTheRequestsAbove(t *testing.T) {
	c := config.Default("", "").Cost
	c.ThreeYears = &config.ThreeYears{}
	few, burst := c, c
	few.Replicas.Max, burst.Platform = few.Replicas.Min, "fargate"
	want := 36 * (estimate(t, few, flask).Month.Value + estimate(t, burst, flask).Month.Value/2)
	if got := totals(t, c, flask)["hybrid"].Bill; math.Abs(got-want) > 1e-9*want {
		t.Errorf("$%v, want $%v", got, want)
	}
}

// What the book does not price has no total, and never another region's.
func TestATotalWithoutAPriceSaysWhy(t *testing.T) {
	c := config.Default("", "").Cost
	c.Node, c.ThreeYears = "azure/D2s_v5", &config.ThreeYears{}
	managed := totals(t, c, flask)["managed"]
	if !strings.Contains(managed.Missing, "no fee for a managed cluster of azure") || managed.Total != 0 {
		t.Errorf("%+v", managed)
	}
}

func TestAPlatformWithoutNodesIsTheManagedOne(t *testing.T) {
	c := config.Default("", "").Cost
	c.Platform, c.ThreeYears = "fargate", &config.ThreeYears{}
	month, all := estimate(t, c, flask).Month.Value, totals(t, c, flask)
	if m := all["managed"]; m.Platform != "fargate" || math.Abs(m.Bill-36*month) > 1e-6 {
		t.Errorf("%+v, a month is $%v", m, month)
	}
	if own := all["self-managed"]; !strings.Contains(own.How, "aws/m7i.large in us-east-1") || own.Missing != "" {
		t.Errorf("%+v", own)
	}
}
