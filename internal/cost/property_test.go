package cost

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/plimsoll-ci/plimsoll/internal/config"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// scenario is anything a user could ask about, within what a node can hold.
func scenario(t *rapid.T) (config.Cost, Inputs) {
	c := config.Cost{Platform: rapid.SampledFrom(config.Platforms).Draw(t, "platform")}
	if c.Platform == "kubernetes" {
		c.Node = rapid.SampledFrom([]string{"aws/m7i.large", "aws/m7i.xlarge", "gce/e2-standard-8", "azure/D2ps_v6"}).Draw(t, "node")
		c.View = rapid.SampledFrom(config.Views).Draw(t, "view")
	}
	most, serverless := 4000, config.ScalesToNothing(c.Platform)
	if c.Platform == "container-apps" {
		most = 2500 // and 1000 more in a test, and the margin: its largest replica has 4 GiB
	}
	if c.Platform == "cloud-run" {
		c.Billing = rapid.SampledFrom([]string{"", byRequest, byInstance}).Draw(t, "billing")
	}
	if slices.Contains([]string{"lambda", "fargate", "vm"}, c.Platform) {
		c.Arch = rapid.SampledFrom([]string{"", "amd64", "arm64"}).Draw(t, "arch")
	}
	average := rapid.Float64Range(0.01, 2000).Draw(t, "average")
	hours := rapid.Float64Range(0.5, 24).Draw(t, "hours")
	ratio := rapid.Float64Range(1, 24/hours).Draw(t, "peak over average")
	c.Traffic = config.Traffic{Average: average, Peak: average * ratio, PeakHours: hours, Deploys: rapid.Float64Range(0, 500).Draw(t, "deploys")}
	if rapid.Bool().Draw(t, "ramp") {
		ramp := rapid.Float64Range(0, average).Draw(t, "requests/s each second")
		c.Traffic.Ramp = &ramp
	}
	c.Traffic.ScaleOuts = rapid.Float64Range(0, 500).Draw(t, "scale-outs")
	c.Registry.Tags = rapid.IntRange(0, 50).Draw(t, "tags")
	if c.Platform == "fargate" || strings.HasPrefix(c.Node, "aws/") {
		c.Network = rapid.SampledFrom(append([]string{""}, config.Networks...)).Draw(t, "network")
	}
	least := rapid.IntRange(1, 12).Draw(t, "min")
	if serverless && rapid.Bool().Draw(t, "to nothing") {
		least = 0
	}
	c.Replicas = config.Replicas{Min: least, Max: max(1, least) + rapid.IntRange(0, 40).Draw(t, "more"), TargetCPU: rapid.Float64Range(0.1, 1).Draw(t, "target")}
	in := Inputs{
		MemoryPeak:   record.Bytes(rapid.IntRange(1, most*mib).Draw(t, "peak")),
		Compressed:   record.Bytes(rapid.IntRange(0, 2_000_000_000).Draw(t, "compressed")),
		Pull:         record.Bytes(rapid.IntRange(0, 1_000_000_000).Draw(t, "pull")),
		CPURequest:   rapid.OneOf(rapid.Just(0.0), rapid.Float64Range(1e-6, 0.5)).Draw(t, "cpu per request"),
		CPUIdle:      rapid.OneOf(rapid.Just(0.0), rapid.Float64Range(1e-5, 1.5)).Draw(t, "idle"),
		StartupReady: rapid.Float64Range(0, 30).Draw(t, "ready"),
		StartupCPU:   rapid.Float64Range(0, 60).Draw(t, "startup CPU"),
		Latency:      rapid.OneOf(rapid.Just(0.0), rapid.Float64Range(1e-5, 5)).Draw(t, "latency"),
	}
	if rapid.Bool().Draw(t, "declared") {
		in.Declared = Declared{Limit: record.Limits{CPUs: rapid.Float64Range(0.01, 1.9).Draw(t, "cpus")}}
	}
	return c, in
}

func price(t *rapid.T, c config.Cost, in Inputs) record.Estimate {
	b, err := Builtin()
	if err != nil {
		t.Fatal(err)
	}
	m, err := NewModel(b, c, today)
	if err != nil {
		t.Fatal(err)
	}
	e, err := m.Estimate(in)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// What rises never makes the month cheaper, beyond the last bits of the sums.
// Traffic rises in proportion here; doc.go says what else it may do.
func TestMoreNeverCostsLess(t *testing.T) {
	factor := func(t *rapid.T) float64 {
		return rapid.OneOf(rapid.Float64Range(1, 1.02), rapid.Float64Range(1, 4)).Draw(t, "factor")
	}
	raise := map[string]func(*rapid.T, *config.Cost, *Inputs){
		"memory": func(t *rapid.T, _ *config.Cost, in *Inputs) {
			in.MemoryPeak += record.Bytes(rapid.IntRange(0, 1000*mib).Draw(t, "more"))
		},
		"CPU per request": func(t *rapid.T, _ *config.Cost, in *Inputs) { in.CPURequest = max(in.CPURequest, 1e-6) * factor(t) },
		"idle CPU":        func(t *rapid.T, _ *config.Cost, in *Inputs) { in.CPUIdle = max(in.CPUIdle, 1e-5) * factor(t) },
		"traffic": func(t *rapid.T, c *config.Cost, _ *Inputs) {
			f := factor(t)
			c.Traffic.Average *= f
			c.Traffic.Peak *= f
			if c.Traffic.Ramp != nil {
				ramp := *c.Traffic.Ramp * f
				c.Traffic.Ramp = &ramp
			}
		},
		"compressed size": func(t *rapid.T, _ *config.Cost, in *Inputs) {
			in.Compressed = record.Bytes(float64(in.Compressed) * factor(t))
		},
		"pull":       func(t *rapid.T, _ *config.Cost, in *Inputs) { in.Pull = record.Bytes(float64(in.Pull) * factor(t)) },
		"startup":    func(t *rapid.T, _ *config.Cost, in *Inputs) { in.StartupReady *= factor(t) },
		"scale-outs": func(t *rapid.T, c *config.Cost, _ *Inputs) { c.Traffic.ScaleOuts *= factor(t) },
		"tags":       func(t *rapid.T, c *config.Cost, _ *Inputs) { c.Registry.Tags += rapid.IntRange(0, 50).Draw(t, "more") },
		"deploys":    func(t *rapid.T, c *config.Cost, _ *Inputs) { c.Traffic.Deploys *= factor(t) },
		"latency": func(t *rapid.T, _ *config.Cost, in *Inputs) {
			in.Latency = max(in.Latency, 1e-5, in.CPURequest) // none is not measured, and then follows from the CPU
			in.Latency *= factor(t)
		},
		"startup CPU": func(t *rapid.T, _ *config.Cost, in *Inputs) { in.StartupCPU *= factor(t) },
	}
	for name, more := range raise {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				c, in := scenario(t)
				if name == "traffic" && c.Replicas.Min == 0 {
					in.StartupReady, in.StartupCPU = 0, 0 // starts after pauses fall as traffic grows
				}
				was := price(t, c, in)
				more(t, &c, &in)
				is := price(t, c, in)
				if in.Declared.cores() > 0 && is.Request.CPUs > was.Request.CPUs {
					return // memory that outgrew the declared CPUs
				}
				if is.Month.Value < was.Month.Value*(1-1e-9) {
					t.Fatalf("$%v fell to $%v\n%+v\n%+v", was.Month.Value, is.Month.Value, was, is)
				}
			})
		})
	}
}

func TestBaseAndHeadAlikeCostTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, in := scenario(t)
		if d := cmp.Diff(price(t, c, in), price(t, c, in)); d != "" {
			t.Fatalf("(-base +head):\n%s", d)
		}
	})
}

// The bill is what its lines say, and nothing on it is negative.
func TestTheMonthIsTheSumOfItsItems(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, in := scenario(t)
		e := price(t, c, in)
		sum := 0.0
		for _, item := range e.Items {
			if !finite(item.Amount) || item.How == "" {
				t.Fatalf("item %+v", item)
			}
			sum += item.Amount
		}
		if sum != e.Month.Value || !(sum > 0) || !finite(e.Replicas) || e.Replicas < 1 && !config.ScalesToNothing(c.Platform) {
			t.Fatalf("items add up to %v: %+v", sum, e)
		}
	})
}
