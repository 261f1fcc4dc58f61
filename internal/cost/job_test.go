package cost

import (
	"math"
	"strings"
	"testing"

	"github.com/plimsoll-ci/plimsoll/internal/config"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// job computes for 10 s and waits for 20.
var job = Inputs{MemoryPeak: 400 * mib, RunSeconds: 30, RunCPU: 10}

// Worked by hand, 24 runs a day, 730 a month, of 400 MiB + 15 % = 460 MiB.
func TestJobs(t *testing.T) {
	for _, c := range []struct {
		platform string
		in       Inputs
		vcpu     float64
		mib      record.Bytes
		month    float64
		how      string
	}{
		// A minute at least, on 1 vCPU and 512 MiB: 60 s x $0.000019.
		{"cloud-run", job, 1, 512, 730 * 60 * 0.000019, "730 runs x 60 s x (1 vCPU x $0.000018 + 0.5 GiB x $0.000002)"},
		// 90.05 s are rounded up to 100 ms.
		{"cloud-run", Inputs{MemoryPeak: 400 * mib, RunSeconds: 90.05, RunCPU: 10}, 1, 512, 730 * 90.1 * 0.000019, "730 runs x 90.1 s x (1 vCPU x $0.000018 + 0.5 GiB x $0.000002)"},
		// 20 s + 10 s on a quarter of a core = 60 s x $0.0000075.
		{"container-apps", job, 0.25, 512, 730 * 60 * 0.0000075, "730 runs x 60 s x (0.25 vCPU x $0.000024 + 0.5 GiB x $0.000003)"},
		// 20 s + 10 s x 1769 / 460 = 58.457 s in whole milliseconds; and $0.20 a million.
		{"lambda", job, 460.0 / 1769, 460, 730*58.457*460/1024*0.0000166667 + 730*2e-7, "0.00073 million calls x 58457 ms x 0.4492 GB x $0.0000166667"},
	} {
		e := estimate(t, config.Cost{Platform: c.platform, Traffic: steady(1.0/3600, 60)}, c.in)
		if math.Abs(e.Month.Value-c.month) > 1e-9 || e.Request.CPUs != c.vcpu || e.Request.Memory != c.mib*mib || e.Items[0].How != c.how {
			t.Errorf("%s: $%v for %+v, want $%v\n%+v", c.platform, e.Month.Value, e.Request, c.month, e.Items)
		}
		if hasNote(e, "CPU per request was not measured") {
			t.Errorf("%s: %q", c.platform, e.Notes)
		}
	}
}

func TestJobsThatCannotBePriced(t *testing.T) {
	often := steady(1.0/3600, 0)
	for _, c := range []struct {
		platform string
		traffic  config.Traffic
		in       Inputs
		want     string
	}{
		{"kubernetes", often, job, "price kubernetes: this is a job, which ends by itself, and this platform is priced by replicas that run all month; expected one of cloud-run, container-apps, lambda"},
		{"fargate", often, job, "this is a job"},
		{"cloud-run", config.Default("", "").Cost.Traffic, job, "how often it runs was not said; expected cost.traffic.average, such as 24/d"},
		{"lambda", often, Inputs{MemoryPeak: mib, RunSeconds: 901}, "a call takes 901 s with 1769 MiB; a function may run for 900 s"},
		{"lambda", often, Inputs{MemoryPeak: mib, RunSeconds: 901, RunCPU: 10}, "a call takes 901 s with 1769 MiB"},
		{"cloud-run", often, Inputs{MemoryPeak: 30_000 * mib, RunSeconds: 1}, "no instance has 1 vCPU and 34500 MiB; the largest has 8 vCPU and 32768 MiB"},
		{"container-apps", often, Inputs{MemoryPeak: 4000 * mib, RunSeconds: 1}, "the largest has 2 vCPU and 4096 MiB"},
	} {
		_, err := model(t, config.Cost{Platform: c.platform, Traffic: c.traffic}).Estimate(c.in)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v on %s: error %v, want %q", c.in, c.platform, err, c.want)
		}
	}
}

// A run that is too long for little memory gets what makes it short enough.
func TestTheLongestCallChoosesTheMemory(t *testing.T) {
	e := estimate(t, config.Cost{Platform: "lambda", Traffic: steady(1e-5, 0)}, Inputs{MemoryPeak: mib, RunSeconds: 800, RunCPU: 800})
	// 800 x 1769 / 900 = 1572.4
	if e.Request.Memory < 1573*mib {
		t.Errorf("%+v", e.Request)
	}
}
