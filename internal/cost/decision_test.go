package cost

import (
	"encoding/json"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/plimsoll-ci/plimsoll/internal/config"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// Both sides of every threshold, on 100/s with a peak of 300/s for 6 hours.
func TestDecisions(t *testing.T) {
	fargate := config.Cost{Platform: "fargate"}
	upTo := func(least, most int) config.Cost {
		return config.Cost{Replicas: config.Replicas{Min: least, Max: most, TargetCPU: 0.7}}
	}
	quiet := Inputs{MemoryPeak: 100 * mib, CPURequest: 0.0001} // 10 m and 115 MiB
	with := func(change func(*Inputs)) Inputs {
		in := quiet
		change(&in)
		return in
	}
	busy := with(func(in *Inputs) { in.CPURequest = 0.002 })
	for name, c := range map[string]struct {
		cost config.Cost
		in   Inputs
		want string
		why  string
	}{
		"little of everything":       {upTo(2, 10), quiet, "keep", "at the peak of 300/s 5 of at most 10 replicas run, each at 60 % of its 0.01 cores; the target is 70 %"},
		"the maximum just carries":   {upTo(2, 5), quiet, "keep", "5 of at most 5 replicas"},
		"the maximum is one too few": {upTo(2, 4), quiet, "scale out", "the peak of 300/s wants 5 replicas, the maximum is 4"},
		"a target of 80 %":           {config.Cost{Replicas: config.Replicas{Min: 2, Max: 20, TargetCPU: 0.8}}, with(func(in *Inputs) { in.CPURequest = 0.00008 }), "keep", ""},
		"a target of 90 %":           {config.Cost{Replicas: config.Replicas{Min: 1, Max: 20, TargetCPU: 0.9}}, with(func(in *Inputs) { in.CPURequest = 0.00009 }), "scale out", "uses 90 % of its CPU request, more than 80 %"},

		"memory twice what is needed":    {upTo(2, 10), with(func(in *Inputs) { in.Declared.Request.Memory = 230 * mib }), "shrink", "230 MiB of memory are requested, 115 are needed"},
		"memory not quite twice":         {upTo(2, 10), with(func(in *Inputs) { in.Declared.Request.Memory = 229 * mib }), "keep", "the memory peak is 100 MiB of 229"},
		"CPU that the peak leaves alone": {upTo(2, 10), with(func(in *Inputs) { in.Declared.Request.CPUs = 0.05 }), "shrink", "0.05 cores are requested, 0.01 are needed: at the peak each replica uses 30 % of its request"},
		"CPU that the peak uses":         {upTo(2, 10), with(func(in *Inputs) { in.Declared.Request.CPUs = 0.04 }), "keep", "each at 37.5 % of its 0.04 cores"},
		"a minimum far above the peak":   {upTo(10, 10), with(func(in *Inputs) { in.CPURequest = 0.0001 }), "shrink", "the minimum of 10 replicas is far above the 5 that the peak wants"},
		"a minimum a little above":       {upTo(8, 10), quiet, "keep", ""},
		"two are wanted for themselves":  {upTo(2, 10), with(func(in *Inputs) { in.CPURequest = 0.00001 }), "keep", ""},

		"CPU per request":               {upTo(2, 10), busy, "optimise", "CPU per request is what the month follows: 50 % less of it saves 4"},
		"nothing known of CPU":          {upTo(2, 10), with(func(in *Inputs) { in.CPURequest = 0 }), "keep", "the memory peak is 100 MiB of 115"},
		"a limit that leaves no margin": {upTo(2, 10), with(func(in *Inputs) { in.Declared.Limit.Memory = 114 * mib }), "optimise", "leaves less than 15 %"},
		"a limit that leaves a margin":  {upTo(2, 10), with(func(in *Inputs) { in.Declared.Limit.Memory = 115 * mib }), "keep", ""},
		"a limit that kills":            {upTo(2, 10), with(func(in *Inputs) { in.Declared.Limit.Memory = 99 * mib }), "optimise", "this service will be killed"},

		// 468 MiB x 1.15 x 0.95 = 511.3, below the step at 512; 469 are 512.4
		"a little over a step":       {fargate, with(func(in *Inputs) { in.MemoryPeak = 468 * mib }), "optimise", "memory is a little over a step: 5 % less of it saves 15"},
		"more than a little over it": {fargate, with(func(in *Inputs) { in.MemoryPeak = 469 * mib }), "keep", ""},
	} {
		t.Run(name, func(t *testing.T) {
			d := explain(t, c.cost, c.in).Decision
			if d.Action != c.want || !strings.Contains(strings.Join(d.Why, "\n"), c.why) {
				t.Errorf("%s for %q, want %s for %q", d.Action, d.Why, c.want, c.why)
			}
		})
	}
}

func TestSuggestions(t *testing.T) {
	// The one that is declared works at the target with 100/s x 2 ms / 0.7 = 286 m.
	// 0.6 / 0.2 = 3 of these carry the peak and one more is head-room, which a
	// minimum of 2 keeps outside the peak.
	in := Inputs{MemoryPeak: 100 * mib, CPURequest: 0.002, Declared: Declared{
		Request: record.Limits{CPUs: 0.05, Memory: 50 * mib}, Limit: record.Limits{Memory: 90 * mib}, Min: 1, Max: 3,
	}}
	d := explain(t, config.Cost{Replicas: config.Replicas{Min: 2, Max: 10, TargetCPU: 0.7}}, in).Decision
	want := record.Deployment{Request: limits(0.286, 115), Limit: limits(0, 115), Min: 2, Max: 4, TargetCPU: 0.7}
	if d.Action != "scale out" || d.Suggested != want {
		t.Errorf("%s, %+v, want %+v", d.Action, d.Suggested, want)
	}
	// Twenty are kept of a service for which two are too many.
	many := explain(t, config.Cost{}, Inputs{MemoryPeak: 100 * mib, CPURequest: 0.00001, Declared: Declared{Min: 20, Max: 20}}).Decision
	want = record.Deployment{Request: limits(0.01, 115), Limit: limits(0, 115), Min: 2, Max: 20, TargetCPU: 0.7}
	if many.Action != "shrink" || many.Suggested != want {
		t.Errorf("%s, %+v, want %+v", many.Action, many.Suggested, want)
	}
	// A target above 80 % is brought down, and the request is sized for that.
	hot := explain(t, config.Cost{Replicas: config.Replicas{Min: 2, Max: 10, TargetCPU: 0.9}}, Inputs{MemoryPeak: 100 * mib, CPURequest: 0.002}).Decision
	want = record.Deployment{Request: limits(0.125, 115), Limit: limits(0, 115), Min: 3, Max: 10, TargetCPU: 0.8}
	if hot.Suggested != want {
		t.Errorf("%s, %+v, want %+v", hot.Action, hot.Suggested, want)
	}
}

// Whatever is asked about, what is decided and suggested can be written down.
func TestEverythingExplainedIsANumber(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		_, _, e := explained(t)
		if _, err := json.Marshal(e); err != nil {
			t.Fatal(err)
		}
		if d := e.Decision; d != nil && (d.Suggested.Max < d.Suggested.Min || d.Suggested.Max < 1 || strings.Contains(strings.Join(d.Why, ""), "NaN")) {
			t.Fatalf("%+v", d)
		}
	})
}
