package cost

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/plimsoll-ci/plimsoll/internal/config"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

const mib = 1 << 20

var today = time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)

func model(t testing.TB, c config.Cost) *Model {
	t.Helper()
	m, err := NewModel(book(t), c, today)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func estimate(t testing.TB, c config.Cost, in Inputs) record.Estimate {
	t.Helper()
	e, err := model(t, c).Estimate(in)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func explain(t testing.TB, c config.Cost, in Inputs) record.Estimate {
	t.Helper()
	e, err := model(t, c).Explain(in)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// one replica, whatever the traffic.
func one(platform string) config.Cost {
	return config.Cost{Platform: platform, Replicas: config.Replicas{Min: 1, Max: 1, TargetCPU: 0.7}}
}

func dollars(v float64) string { return fmt.Sprintf("%.2f", v) }

// Both sides of every step of memory, per task and month, worked by hand from
// the two prices and AWS's table of sizes: 730 x (vCPU x 0.04048 + GB x 0.004445).
func TestFargateSteps(t *testing.T) {
	for _, c := range []struct {
		cpu    float64
		mib    record.Bytes
		vcpu   float64
		gb     float64
		amount string
	}{
		{0.25, 1, 0.25, 0.5, "9.01"},
		{0.25, 512, 0.25, 0.5, "9.01"},
		{0.25, 513, 0.25, 1, "10.63"},
		{0.25, 1024, 0.25, 1, "10.63"},
		{0.25, 1025, 0.25, 2, "13.88"},
		{0.25, 2048, 0.25, 2, "13.88"},
		{0.25, 2049, 0.5, 3, "24.51"},
		{0.25, 3072, 0.5, 3, "24.51"},
		{0.25, 3073, 0.5, 4, "27.75"},
		{0.25, 4096, 0.5, 4, "27.75"},
		{0.25, 4097, 1, 5, "45.77"},
		{0.25, 8192, 1, 8, "55.51"},
		{0.25, 8193, 2, 9, "88.30"},
		{0.25, 16384, 2, 16, "111.02"},
		{0.25, 16385, 4, 17, "173.36"},
		{0.25, 30720, 4, 30, "215.55"},
		{0.25, 30721, 8, 32, "340.24"},
		{0.25, 32768, 8, 32, "340.24"},
		{0.25, 32769, 8, 36, "353.22"},
		{0.25, 61440, 8, 60, "431.09"},
		{0.25, 61441, 16, 64, "680.48"},
		{0.25, 122880, 16, 120, "862.19"},
		{0.251, 512, 0.5, 1, "18.02"},
		{0.5, 1024, 0.5, 1, "18.02"},
		{0.5, 1025, 0.5, 2, "21.26"},
		{0.501, 512, 1, 2, "36.04"},
		{1, 2049, 1, 3, "39.28"},
		{1.001, 512, 2, 4, "72.08"},
		{2.5, 512, 4, 8, "144.16"},
		{4.5, 512, 8, 16, "288.32"},
		{8.5, 512, 16, 32, "576.64"},
		{16, 32769, 16, 40, "602.60"},
	} {
		e := estimate(t, one("fargate"), Inputs{Declared: Declared{Limit: record.Limits{CPUs: c.cpu, Memory: c.mib * mib}}})
		if got := dollars(e.Items[0].Amount); got != c.amount || e.Request.CPUs != c.vcpu || float64(e.Request.Memory)/mib/1024 != c.gb {
			t.Errorf("%v CPUs and %d MiB: $%s on %+v, want $%s on %v vCPU and %v GB", c.cpu, c.mib, got, e.Request, c.amount, c.vcpu, c.gb)
		}
	}
}

// The measured peak and 15 %: 445.2 MiB fit into 512, 445.3 do not.
func TestFargateStepOfAMeasuredPeak(t *testing.T) {
	for peak, want := range map[record.Bytes]string{466_800_000: "9.01", 467_000_000: "10.63"} {
		e := estimate(t, one("fargate"), Inputs{MemoryPeak: peak})
		if got := dollars(e.Items[0].Amount); got != want {
			t.Errorf("a peak of %d: $%s, want $%s", peak, got, want)
		}
	}
}

// A task of 0.25 vCPU gives 0.175 to requests at 70 %. At 100/s of 2 ms, 33.3/s
// outside and 300/s inside 6 peak hours: ceil(0.067/0.175) = 1, at least 2, and
// ceil(0.6/0.175) = 4; on average 2.5 tasks of $9.01. The load grows by 200/s in
// 600 s, and a new task serves after 15 + 5 + 50/50 + 0.2 + 10 = 31.2 s: 10.4/s x
// 2 ms are 0.0208 of 0.25 cores, so one more outside the peak hours. The fourth
// stays for 5 of 1,440 minutes.
func TestFargateReplicas(t *testing.T) {
	e := estimate(t, config.Cost{Platform: "fargate"}, Inputs{
		MemoryPeak: 100 * mib, CPURequest: 0.002, StartupReady: 0.2, Compressed: 50_000_000, Pull: 1,
	})
	want := []record.CostItem{
		{Name: "tasks", Amount: 22.52506, How: "2.5 replicas x 730 h x (0.25 vCPU x $0.04048 + 0.5 GB x $0.004445)"},
		{Name: "start-up head-room", Amount: 6.757519, How: "0.75 replicas x $9.01: for 18 h a day 1 more, as 0.3333/s more each second, for the 31.2 s until a new one serves, take 0.0208 cores of 0.25 each"},
		{Name: "scale-in window", Amount: 0.031285, How: "0.003472 replicas x $9.01: once a day 1 more are kept for 5 min after the peak"},
		{Name: "starts", Amount: 0.000134, How: "60 deploys x 3.253 replicas x 0.2 s beside the tasks they replace"},
		{Name: "registry storage", Amount: 0.005, How: "0.05 GB compressed x $0.1"},
		{Name: "image pulls", Amount: 0.439219, How: "60 deploys x 3.253 replicas x 0.05 GB x $0.045 through a NAT gateway"},
	}
	if d := cmp.Diff(want, e.Items, within(1e-5)); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if math.Abs(e.Replicas-3.253472) > 1e-6 || math.Abs(e.Month.Value-29.758217) > 1e-4 || e.Month.Low != e.Month.Value || e.Month.High != e.Month.Value {
		t.Errorf("%v replicas, %+v", e.Replicas, e.Month)
	}
}

// 2 GB a replica, at most 0.345 cores of average work: both sizes of 2 GB can
// be had. At 175/s for 13.7 hours, four tasks of 0.25 vCPU spare what two of 0.5
// do: 3.14 x $13.88 = $43.60 a month against 2 x $21.26 = $42.53.
func TestFargateTakesTheCheaperSizeOverTheMonth(t *testing.T) {
	c := config.Cost{Platform: "fargate", Replicas: config.Replicas{Min: 2, Max: 10, TargetCPU: 0.7}}
	in := Inputs{MemoryPeak: 1700 * mib, CPURequest: 0.00345}
	c.Traffic = config.Traffic{Average: 100, Peak: 175, PeakHours: 13.7, Ramp: new(float64)}
	if e := estimate(t, c, in); e.Request.CPUs != 0.5 || e.Replicas != 2 || dollars(e.Items[0].Amount) != "42.53" {
		t.Errorf("long peak: %v of %+v for $%v", e.Replicas, e.Request, e.Items[0].Amount)
	}
	// A peak of 2 hours is carried by more of the small ones: 2 + 2/24 x 2 of them.
	c.Traffic = config.Traffic{Average: 100, Peak: 175, PeakHours: 2, Ramp: new(float64)}
	if e := estimate(t, c, in); e.Request.CPUs != 0.25 || dollars(e.Items[0].Amount) != "30.07" {
		t.Errorf("short peak: %v of %+v for $%v", e.Replicas, e.Request, e.Items[0].Amount)
	}
	in.Declared.Limit.CPUs = 1 // and a declared size is kept
	if e := estimate(t, c, in); e.Request.CPUs != 1 {
		t.Errorf("declared: %v of %+v", e.Replicas, e.Request)
	}
}

// Worked by hand. Split of m7i.large by 7.4607: $0.1008 / (2 x 7.4607 + 8) =
// $0.0043976 per GiB and h, $0.0328095 per core and h. Request: 100/s x 2 ms /
// 2 replicas / 70 % = 143 m, 100 MiB + 15 % = 115 MiB. Replicas: 2 for 18 h at
// 33.3/s, 6 for 6 h at 300/s, 3 on average. Head-room: 31 s x 0.333/s each second
// x 2 ms = 0.0207 of 0.1429 cores, one more for 18 h; of 6, 3 stay for 5 minutes.
// A replica is $3.78551 a month.
func TestKubernetes(t *testing.T) {
	e := explain(t, config.Cost{}, Inputs{MemoryPeak: 100 * mib, CPURequest: 0.002, Compressed: 50_000_000, Pull: 10_000_000})
	want := []record.CostItem{
		{Name: "CPU", Amount: 10.27494, How: "3 replicas x 730 h x 0.143 cores x $0.03281, of aws/m7i.large at $0.1008/h"},
		{Name: "memory", Amount: 1.08159, How: "3 replicas x 730 h x 0.1123 GiB x $0.004398, of aws/m7i.large at $0.1008/h"},
		{Name: "start-up head-room", Amount: 2.83913, How: "0.75 replicas x $3.786: for 18 h a day 1 more, as 0.3333/s more each second, for the 31 s until a new one serves, take 0.02067 cores of 0.1429 each"},
		{Name: "scale-in window", Amount: 0.03943, How: "0.01042 replicas x $3.786: once a day 3 more are kept for 5 min after the peak"},
		{Name: "registry storage", Amount: 0.005, How: "0.05 GB compressed x $0.1"},
		{Name: "image pulls", Amount: 0.101531, How: "60 deploys x 3.76 replicas x 0.01 GB x $0.045 through a NAT gateway"},
	}
	if d := cmp.Diff(want, e.Items, within(1e-5)); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if e.Platform != "kubernetes" || e.Region != "us-east-1" || math.Abs(e.Replicas-3.760417) > 1e-6 || e.Book != book(t).ID {
		t.Errorf("%+v", e)
	}
	if d := cmp.Diff(record.Limits{CPUs: 0.143, Memory: 115 * mib}, e.Request); d != "" {
		t.Errorf("request (-want +got):\n%s", d)
	}
	if d := cmp.Diff(record.Limits{Memory: 115 * mib}, e.Limit); d != "" {
		t.Errorf("limit (-want +got):\n%s", d)
	}
	// 0.143 of 1.93 cores of a node of $0.1008, 3.760417 x 730 h; a node of its own
	// has 1.73 cores for pods of 0.143, which is 12, and there are 6 + 2 of them.
	views := []record.CostView{
		{Name: "allocation", Amount: 14.23509, How: "3.76 replicas x 730 h x (0.143 cores x $0.03281 + 0.1123 GiB x $0.004398)"},
		{Name: "dominant", Amount: 20.50209, How: "3.76 replicas x 730 h x 7.409 % of the CPU of aws/m7i.large at $0.1008/h"},
		{Name: "dedicated", Amount: 73.584, How: "1 x 730 h x $0.1008 of aws/m7i.large: 6 replicas at the peak and 2 more during a deploy, 12 to a node, whose CPU is full first"},
	}
	if d := cmp.Diff(views, e.Views, within(1e-5)); d != "" {
		t.Errorf("views (-want +got):\n%s", d)
	}
	wantPrice := record.PriceUsed{Key: "node.aws.m7i.large", Region: "us-east-1", Value: 0.1008, Unit: "USD/h", AsOf: "2026-07-20", Grade: "A",
		Source: "https://github.com/aws/karpenter-provider-aws/blob/1d927085/pkg/providers/pricing/zz_generated.pricing_aws.go"}
	if d := cmp.Diff(wantPrice, e.Prices[0]); d != "" || len(e.Prices) != 3 {
		t.Errorf("prices %+v (-want +got):\n%s", e.Prices, d)
	}
}

// What a MiB and a millisecond cost, as published beside the formulas: $ per
// MiB-month by allocation and by dominant share, $ per ms of CPU per request at
// a sustained 100/s.
func TestSensitivities(t *testing.T) {
	for node, want := range map[string]struct{ split, dominant float64 }{
		"aws/m7i.large": {0.00314, 0.01066}, "aws/m7g.large": {0, 0.00870}, "aws/t4g.medium": {0, 0.00770},
		"aws/c7i.large": {0, 0.02092}, "gce/e2-standard-2": {0, 0.00783},
	} {
		n, err := book(t).node(node, book(t).home(node))
		if err != nil {
			t.Fatal(err)
		}
		_, ram := divide(n, book(t).tables.Split)
		if got := 730 * ram / 1024; want.split > 0 && math.Abs(got-want.split) > 5e-6 {
			t.Errorf("%s: $%.5f per MiB by allocation, want %v", node, got, want.split)
		}
		if got := 730 * n.Value / allocatable(n).memoryMiB; math.Abs(got-want.dominant) > 5e-6 {
			t.Errorf("%s: $%.5f per MiB by dominant share, want %v", node, got, want.dominant)
		}
	}
	n, err := book(t).node("aws/m7i.large", "us-east-1")
	if err != nil {
		t.Fatal(err)
	}
	cpu, _ := divide(n, book(t).tables.Split)
	if got := 100 * 0.001 / 0.7 * 730 * cpu; dollars(got) != "3.42" {
		t.Errorf("$%.4f per ms of CPU at 100/s, want 3.42", got)
	}
}

func within(tolerance float64) cmp.Option {
	return cmp.Comparer(func(a, b float64) bool { return math.Abs(a-b) <= tolerance })
}

func hasNote(e record.Estimate, part string) bool {
	return strings.Contains(strings.Join(e.Notes, "\n"), part)
}

func TestReplicas(t *testing.T) {
	d := demand{
		Inputs:   Inputs{CPURequest: 0.004},
		Traffic:  config.Traffic{Average: 100, Peak: 300, PeakHours: 6},
		Replicas: config.Replicas{Min: 2, Max: 10, TargetCPU: 0.7},
	}
	for _, c := range []struct {
		rate, cores, idle, want float64
	}{
		{100, 0.25, 0, 3},     // 0.4 / 0.175 = 2.29
		{175, 0.25, 0, 4},     // 0.7 / 0.175 = 4, exactly
		{175.1, 0.25, 0, 5},   // and a little more
		{0, 0.25, 0, 0},       //
		{100, 0.25, 0.075, 4}, // idle takes 0.075 of the 0.175
		{100, 0.25, 0.175, math.Inf(1)},
	} {
		d.CPUIdle = c.idle
		if got := d.wanted(c.rate, d.share(c.cores)); got != c.want {
			t.Errorf("%v/s on %v cores, %v idle: %v replicas, want %v", c.rate, c.cores, c.idle, got, c.want)
		}
	}
	d.CPUIdle = 0
	if got := d.average(d.share(0.25)); got != 0.25*7+0.75*2 { // 1.2 / 0.175 = 6.86 in the peak; 0.13 / 0.175 outside
		t.Errorf("%v on average", got)
	}
}

func TestDeclaredLimits(t *testing.T) {
	in := Inputs{MemoryPeak: 200 * mib, CPURequest: 0.002, Declared: Declared{Limit: record.Limits{CPUs: 0.5, Memory: 256 * mib}}}
	e := estimate(t, config.Cost{}, in)
	if e.Request != (record.Limits{CPUs: 0.5, Memory: 256 * mib}) || e.Limit != e.Request {
		t.Errorf("%+v, %+v", e.Request, e.Limit)
	}
	for peak, note := range map[record.Bytes]string{
		240 * mib: "leaves less than 15 % above the measured peak of 240 MiB",
		300 * mib: "the memory limit of 256 MiB is below the measured peak of 300 MiB: this service will be killed",
	} {
		in.MemoryPeak = peak
		if e := estimate(t, config.Cost{}, in); !hasNote(e, note) {
			t.Errorf("peak %d: %q", peak, e.Notes)
		}
	}
}

// A spinning service needs replicas for its idling alone.
func TestIdleCPUIsPaidFor(t *testing.T) {
	quiet := estimate(t, config.Cost{}, Inputs{MemoryPeak: 50 * mib, CPURequest: 0.001})
	busy := estimate(t, config.Cost{}, Inputs{MemoryPeak: 50 * mib, CPURequest: 0.001, CPUIdle: 0.5})
	// 0.1/2 and 0.05 + 0.5, over 0.7
	if quiet.Request.CPUs != 0.072 || busy.Request.CPUs != 0.786 {
		t.Errorf("requests %v and %v", quiet.Request.CPUs, busy.Request.CPUs)
	}
	spinning := estimate(t, config.Cost{}, Inputs{MemoryPeak: 50 * mib, CPUIdle: 1.9})
	if spinning.Replicas != 10 || !hasNote(spinning, "the idle service alone is over the target of 70 % CPU") {
		t.Errorf("%v replicas, %q", spinning.Replicas, spinning.Notes)
	}
}

func TestNotes(t *testing.T) {
	e := estimate(t, config.Cost{Platform: "fargate"}, Inputs{MemoryPeak: 50 * mib})
	for _, want := range []string{
		"this is a lower bound", "CPU per request was not measured",
		"prices older than 180 days: aws.fargate.linux.amd64.vcpu_hour (2025-07-04), aws.fargate.linux.amd64.gb_hour (2025-07-04), aws.ecr.storage (2026-03-01), aws.nat.processing (2024-07-01)",
	} {
		if !hasNote(e, want) {
			t.Errorf("no note %q in %q", want, e.Notes)
		}
	}
	unverified, err := ParseBook(edit(t, "ecs_service_test.golden\n    grade: B", "ecs_service_test.golden\n    grade: U"))
	if err != nil {
		t.Fatal(err)
	}
	m, err := NewModel(unverified, config.Cost{Platform: "fargate"}, time.Date(2024, 7, 2, 0, 0, 0, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	e, err = m.Estimate(Inputs{MemoryPeak: 50 * mib})
	if err != nil {
		t.Fatal(err)
	}
	if !hasNote(e, "unverified prices: aws.fargate.linux.amd64.vcpu_hour, aws.fargate.linux.amd64.gb_hour") || hasNote(e, "older than") {
		t.Errorf("notes %q", e.Notes)
	}
	crowded := estimate(t, config.Cost{}, Inputs{MemoryPeak: 50 * mib, CPURequest: 0.2})
	// 300/s x 0.2 s = 60 cores, on nodes of 1.93 at 70 %
	if !hasNote(crowded, "the peak of 300/s wants 45 replicas, the maximum is 10") {
		t.Errorf("notes %q", crowded.Notes)
	}
	azure := estimate(t, config.Cost{Node: "azure/D2s_v5"}, Inputs{MemoryPeak: 50 * mib, Compressed: 1e9, Pull: 1e9})
	if azure.Region != "eastus" || len(azure.Items) != 3 || hasNote(azure, "keeping the image") || !hasNote(azure, "moving the image") {
		t.Errorf("%+v", azure)
	}
	gce := estimate(t, config.Cost{Node: "gce/e2-standard-4"}, Inputs{MemoryPeak: 50 * mib, Compressed: 1e9, Pull: 1e9})
	if gce.Region != "us-central1" || len(gce.Items) != 3 || hasNote(gce, "keeping the image") || !hasNote(gce, "moving the image") {
		t.Errorf("%+v", gce)
	}
}

func TestUnknownPlacesAreErrors(t *testing.T) {
	for _, c := range []struct {
		cost config.Cost
		want string
	}{
		{config.Cost{Platform: "gke"}, `unknown platform "gke", expected one of autopilot, cloud-run, container-apps, eks-fargate, fargate, fly, kubernetes, lambda, vm`},
		{config.Cost{Platform: "fargate", Region: "eu-west-1"}, `no price for aws.fargate.linux.amd64.vcpu_hour in region "eu-west-1"; price book builtin-2026-11@`},
		{config.Cost{Platform: "fargate", Region: "eu-west-1"}, "knows us-east-1"},
		{config.Cost{Node: "aws/m7i.large", Region: "eu-west-1"}, `no price for node aws/m7i.large in region "eu-west-1"`},
		{config.Cost{Node: "aws/x9.large"}, `unknown node "aws/x9.large"`},
		{config.Cost{Node: "aws/x9.large"}, "knows aws/c7g.large, aws/c7i.large, aws/c8g.large"},
		{config.Cost{View: "main"}, `unknown view "main", expected one of allocation, dominant, dedicated`},
		{config.Cost{Traffic: config.Traffic{Average: 1, Peak: 5, PeakHours: 1, Ramp: new(math.NaN())}}, "a ramp of NaN requests/s"},
		{config.Cost{Traffic: config.Traffic{Average: 10, Peak: 5, PeakHours: 6}}, "expected an average above zero and a peak not below it"},
		{config.Cost{Traffic: config.Traffic{Average: math.NaN(), Peak: 5, PeakHours: 6}}, "must be finite"},
		{config.Cost{Traffic: config.Traffic{Average: 1, Peak: 5, PeakHours: 25}}, "at most 24"},
		{config.Cost{Replicas: config.Replicas{Min: 3, Max: 2, TargetCPU: 0.7}}, "3 to 2 replicas"},
		{config.Cost{Replicas: config.Replicas{Min: 1, Max: 2, TargetCPU: 1.7}}, "CPU target of 1.7"},
	} {
		_, err := NewModel(book(t), c.cost, today)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: error %v, want %q", c.cost, err, c.want)
		}
	}
}

func TestInputsThatCannotBePriced(t *testing.T) {
	for _, c := range []struct {
		platform string
		in       Inputs
		want     string
	}{
		{"kubernetes", Inputs{}, "the memory peak was not measured"},
		{"kubernetes", Inputs{MemoryPeak: -1}, "negative or not finite"},
		{"kubernetes", Inputs{MemoryPeak: 1, CPURequest: math.NaN()}, "negative or not finite"},
		{"kubernetes", Inputs{MemoryPeak: 1, CPUIdle: math.Inf(1)}, "negative or not finite"},
		{"kubernetes", Inputs{MemoryPeak: 6200 * mib}, "7130 MiB does not fit on aws/m7i.large, which has 1.93 cores and 6903 MiB for pods"},
		{"kubernetes", Inputs{Declared: Declared{Limit: record.Limits{CPUs: 2, Memory: mib}}}, "2 cores and 1 MiB does not fit"},
		{"fargate", Inputs{MemoryPeak: 110_000 * mib}, "no task size has 0.01 vCPU and 126500 MiB; the largest has 16 vCPU and 120 GB"},
		{"fargate", Inputs{Declared: Declared{Limit: record.Limits{CPUs: 17, Memory: mib}}}, "no task size has 17 vCPU"},
	} {
		_, err := model(t, config.Cost{Platform: c.platform}).Estimate(c.in)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v on %s: error %v, want %q", c.in, c.platform, err, c.want)
		}
	}
}

// Both sides of the last pod that fits: 6,903 MiB.
func TestKubernetesLargestPod(t *testing.T) {
	for memory, fits := range map[record.Bytes]bool{6903: true, 6904: false} {
		_, err := model(t, config.Cost{}).Estimate(Inputs{Declared: Declared{Limit: record.Limits{Memory: memory * mib}}})
		if (err == nil) != fits {
			t.Errorf("%d MiB: %v", memory, err)
		}
	}
}

// config offers exactly the platforms that can be priced.
func TestPlatformsOfTheConfiguration(t *testing.T) {
	var names []string
	for _, p := range platforms {
		names = append(names, p.name)
	}
	if d := cmp.Diff(config.Platforms, names); d != "" {
		t.Errorf("(-config +cost):\n%s", d)
	}
}

func BenchmarkEstimate(b *testing.B) {
	for _, platform := range config.Platforms {
		b.Run(platform, func(b *testing.B) {
			m := model(b, config.Cost{Platform: platform})
			in := Inputs{MemoryPeak: 100 * mib, CPURequest: 0.002, Compressed: 50_000_000, Pull: 10_000_000, StartupReady: 0.2}
			for b.Loop() {
				if _, err := m.Estimate(in); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
