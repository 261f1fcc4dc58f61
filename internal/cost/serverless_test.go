package cost

import (
	"math"
	"strings"
	"testing"

	"github.com/plimsoll-ci/plimsoll/internal/config"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// steady is the same traffic all day.
func steady(rate, deploys float64) config.Traffic {
	return config.Traffic{Average: rate, Peak: rate, PeakHours: 24, Deploys: deploys}
}

// month is 730 h, in seconds.
const month = 730 * 3600

// served are the inputs of a row: what is asked for, and what was measured.
func served(t *testing.T, row map[string]string) Inputs {
	t.Helper()
	in := Inputs{
		Latency: figure(t, row, "latency_ms") / 1000, CPURequest: figure(t, row, "cpu_ms") / 1000,
		StartupReady: figure(t, row, "ready_s"),
		Declared:     Declared{Limit: record.Limits{CPUs: figure(t, row, "cores"), Memory: record.Bytes(figure(t, row, "mib") * mib)}},
	}
	if _, ok := row["idle"]; ok {
		in.CPUIdle = figure(t, row, "idle")
	}
	return in
}

// bounds are the least and the most replicas of a row.
func bounds(t *testing.T, row map[string]string) config.Replicas {
	t.Helper()
	return config.Replicas{Min: int(figure(t, row, "min")), Max: int(figure(t, row, "max")), TargetCPU: 0.7}
}

// agrees compares an estimate with a row: its size, and its month to a hundredth
// of a cent or a millionth.
func agrees(t *testing.T, line int, row map[string]string, e record.Estimate) {
	t.Helper()
	want := figure(t, row, "month")
	if math.Abs(e.Month.Value-want) > max(1e-4, want*1e-6) {
		t.Errorf("line %d: $%.4f, want $%.4f (%s)\n%+v", line, e.Month.Value, want, row["rule"], e.Items)
	}
	if got := float64(e.Request.Memory) / mib; got != figure(t, row, "size_mib") {
		t.Errorf("line %d: %v MiB, want %s (%s)", line, got, row["size_mib"], row["rule"])
	}
	if _, ok := row["vcpu"]; ok && math.Abs(e.Request.CPUs-figure(t, row, "vcpu")) > 1e-9 {
		t.Errorf("line %d: %v vCPU, want %s (%s)", line, e.Request.CPUs, row["vcpu"], row["rule"])
	}
}

func TestCloudRunSheet(t *testing.T) {
	for i, row := range sheet(t, "cloud-run.csv") {
		c := config.Cost{Platform: "cloud-run", Region: row["region"], Billing: row["billing"], Replicas: bounds(t, row),
			Traffic: steady(figure(t, row, "requests")/month, figure(t, row, "deploys"))}
		if c.Billing == "auto" {
			c.Billing = "" // as the configuration reads it
		}
		agrees(t, i+2, row, estimate(t, c, served(t, row)))
	}
}

func TestLambdaSheet(t *testing.T) {
	for i, row := range sheet(t, "lambda.csv") {
		c := config.Cost{Platform: "lambda", Arch: row["arch"], Replicas: config.Replicas{Min: 0, Max: 1, TargetCPU: 0.7},
			Traffic: steady(figure(t, row, "requests")/month, figure(t, row, "deploys"))}
		in := served(t, row)
		in.StartupCPU = figure(t, row, "start_cpu_s")
		e := estimate(t, c, in)
		agrees(t, i+2, row, e)
		if e.Arch != row["arch"] {
			t.Errorf("line %d: priced for %q", i+2, e.Arch)
		}
	}
}

func TestContainerAppsSheet(t *testing.T) {
	for i, row := range sheet(t, "container-apps.csv") {
		c := config.Cost{Platform: "container-apps", Replicas: bounds(t, row), Traffic: steady(figure(t, row, "rate"), figure(t, row, "deploys"))}
		e := estimate(t, c, served(t, row))
		agrees(t, i+2, row, e)
		for column, name := range map[string]string{"active": "active replicas", "idle_replicas": "idle replicas"} {
			if want, got := figure(t, row, column), item(e, name).Amount; math.Abs(got-want) > 1e-4 {
				t.Errorf("line %d: %s $%.4f, want $%.4f", i+2, name, got, want)
			}
		}
	}
}

func TestNeedsThatNoServerlessSizeHolds(t *testing.T) {
	for _, c := range []struct {
		cost config.Cost
		in   Inputs
		want string
	}{
		{config.Cost{Platform: "cloud-run"}, Inputs{MemoryPeak: 30_000 * mib}, "no instance has 1 vCPU and 34500 MiB; the largest has 8 vCPU and 32768 MiB"},
		{config.Cost{Platform: "cloud-run"}, Inputs{Declared: Declared{Limit: record.Limits{CPUs: 9, Memory: mib}}}, "no instance has 9 vCPU and 1 MiB"},
		{config.Cost{Platform: "lambda"}, Inputs{MemoryPeak: 8905 * mib}, "no function has 10241 MiB; the largest has 10240 MiB with 5.789 vCPU"},
		{config.Cost{Platform: "container-apps"}, Inputs{MemoryPeak: 3562 * mib}, "no replica has 0 vCPU and 4097 MiB; the largest has 2 vCPU and 4096 MiB"},
		{config.Cost{Platform: "container-apps"}, Inputs{Declared: Declared{Limit: record.Limits{CPUs: 2.1, Memory: mib}}}, "no replica has 2.1 vCPU"},
	} {
		_, err := model(t, c.cost).Estimate(c.in)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: error %v, want %q", c.in, err, c.want)
		}
	}
	for _, platform := range []string{"cloud-run", "container-apps"} {
		if _, err := NewModel(book(t), config.Cost{Platform: platform, Arch: "arm64"}, today); err == nil || !strings.Contains(err.Error(), "no arm64 machines; expected amd64") {
			t.Errorf("%s on arm64: %v", platform, err)
		}
		if _, err := NewModel(book(t), config.Cost{Platform: platform, Region: "mars"}, today); err == nil || !strings.Contains(err.Error(), `in region "mars"`) {
			t.Errorf("%s on mars: %v", platform, err)
		}
	}
}

// Nobody asked for a minimum: nothing runs without requests. One who did gets it.
func TestServerlessStartsFromNothing(t *testing.T) {
	for _, platform := range []string{"cloud-run", "container-apps"} {
		c := config.Default("", "").Cost
		c.Platform, c.Traffic = platform, steady(1e-6, 0)
		in := Inputs{MemoryPeak: 100 * mib, Latency: 0.1}
		if e := estimate(t, c, in); e.Month.Value > 0.01 || e.Replicas > 0.01 {
			t.Errorf("%s: %+v", platform, e)
		}
		c.Replicas.MinAssumed = false
		if e := estimate(t, c, in); e.Month.Value < 1 || e.Replicas != 2 {
			t.Errorf("%s at least 2: %+v", platform, e)
		}
	}
}

func TestServerlessNotes(t *testing.T) {
	spins := Inputs{MemoryPeak: 400 * mib, CPURequest: 0.001, Latency: 0.101, CPUIdle: 0.02}
	thin := config.Cost{Traffic: steady(0.01, 0), Replicas: config.Replicas{Min: 1, Max: 4, TargetCPU: 0.7}}
	for _, c := range []struct {
		platform string
		in       Inputs
		traffic  config.Traffic
		want     string
	}{
		{"cloud-run", spins, thin.Traffic, "request-based billing gives it none between requests"},
		{"cloud-run", spins, thin.Traffic, "request-based billing is the cheaper: $"},
		{"cloud-run", spins, steady(2, 0), "if only stretches of requests are rounded up, the month costs as little as $"},
		{"cloud-run", Inputs{MemoryPeak: mib}, thin.Traffic, "latency was not measured"},
		{"cloud-run", Inputs{MemoryPeak: 4000 * mib, Latency: 10, CPURequest: 1e-6}, steady(100, 0), "has 1000 requests under way and wants 21 instances, the maximum is 4"},
		{"lambda", Inputs{MemoryPeak: 100 * mib, Latency: 0.012, CPURequest: 0.002}, thin.Traffic, "and 12 ms with a whole core (1769 MiB) for $0.0"},
		{"lambda", Inputs{MemoryPeak: 100 * mib, Latency: 0.5}, steady(2001, 0), "the peak has 1001 calls at a time; an account starts with a quota of 1000"},
		// 2,628,000 s x exp(-0.01 x 1.101...) of a quarter core: 0.25 x $0.000021
		{"container-apps", spins, thin.Traffic, "not below 0.01: its replicas are never billed as idle, which would save $13.6"},
	} {
		thin.Platform, thin.Traffic = c.platform, c.traffic
		if e := estimate(t, thin, c.in); !hasNote(e, c.want) {
			t.Errorf("%s: no %q in\n%s", c.platform, c.want, strings.Join(e.Notes, "\n"))
		}
	}
}

// Both amounts are told, whichever is asked for, and each is the other's price.
func TestCloudRunComparesItsBills(t *testing.T) {
	in := Inputs{MemoryPeak: 400 * mib, CPURequest: 0.005, Latency: 0.02}
	months := map[string]float64{}
	for _, billing := range []string{"", byRequest, byInstance} {
		e := estimate(t, config.Cost{Platform: "cloud-run", Billing: billing}, in)
		months[billing] = e.Month.Value
		if billing != "" && !hasNote(e, billing+"-based billing was asked for: $"+dollars(e.Month.Value)) {
			t.Errorf("%q", e.Notes)
		}
		if billing == byInstance && !hasNote(e, "request-based it would be $"+dollars(months[byRequest])) {
			t.Errorf("%q", e.Notes)
		}
	}
	if months[""] != min(months[byRequest], months[byInstance]) || months[byRequest] == months[byInstance] {
		t.Errorf("%v", months)
	}
}

// 10 ms of CPU and 20 of waiting: half as fast, a call takes 40 ms.
func TestSlowCoresLengthenCalls(t *testing.T) {
	c := config.Cost{Platform: "lambda", CoreSpeed: config.CoreSpeed{Ratio: 0.5}}
	e := estimate(t, c, Inputs{Latency: 0.030, CPURequest: 0.010, Declared: Declared{Limit: record.Limits{CPUs: 1, Memory: mib}}})
	if !strings.Contains(e.Items[0].How, "calls x 40 ms x") {
		t.Errorf("%+v", e.Items)
	}
}
