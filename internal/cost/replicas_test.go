package cost

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/plimsoll-ci/plimsoll/internal/config"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

func TestReplicasSheet(t *testing.T) {
	for i, row := range sheet(t, "replicas.csv") {
		n := func(column string) float64 { return figure(t, row, column) }
		d := demand{
			Inputs:   Inputs{CPURequest: n("cpu_ms") / 1000, CPUIdle: n("idle"), StartupReady: n("ready_s"), Compressed: record.Bytes(n("image_mb") * 1e6)},
			Traffic:  config.Traffic{Average: n("average"), Peak: n("peak"), PeakHours: n("hours")},
			Replicas: config.Replicas{Min: int(n("min")), Max: int(n("max")), TargetCPU: n("target")},
			scaler:   book(t).tables.Autoscaler,
		}
		if row["ramp"] != "" {
			d.Ramp = new(n("ramp"))
		}
		f := d.fleet(d.share(n("cores")))
		got := []float64{f.peak, f.off, f.held, f.ready, f.average()}
		want := []float64{n("at_peak"), n("off_peak"), n("held"), n("with_headroom"), n("replicas")}
		if diff := cmp.Diff(want, got, within(1e-6)); diff != "" {
			t.Errorf("line %d: %s\n(-want +got):\n%s", i+2, row["rule"], diff)
		}
		if parts := f.wanted() + f.tolerance() + f.headroom() + f.lingering(); math.Abs(parts-f.average()) > 1e-9 {
			t.Errorf("line %d: the parts add up to %v of %v", i+2, parts, f.average())
		}
	}
}

// An autoscaler is played through days of 15 seconds: the load climbs to its peak,
// stays, comes down and stays, as Kubernetes documents what it does about that.
// https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/
func TestTheFleetIsWhatAnAutoscalerMakesOfTheDay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		off := rapid.Float64Range(50, 2000).Draw(t, "off")
		peak := off * rapid.Float64Range(1.2, 4).Draw(t, "peak over off")
		d := demand{
			Inputs:   Inputs{CPURequest: 0.004},
			Traffic:  config.Traffic{Average: (peak + 3*off) / 4, Peak: peak, PeakHours: 6, Ramp: new(float64)},
			Replicas: config.Replicas{Min: 2, Max: 1000, TargetCPU: 0.7},
			scaler:   mustBook().tables.Autoscaler,
		}
		f := d.fleet(d.share(0.25))
		atPeak, after := autoscaled(off, peak, rapid.IntRange(1, 400).Draw(t, "syncs of a change"), 0.004, 0.175)
		if atPeak > f.peak || atPeak < math.Floor(f.peak/1.1) {
			t.Fatalf("at the peak it runs %v, the fleet has %v", atPeak, f.peak)
		}
		if after < f.off || after > f.held {
			t.Fatalf("after the peak it keeps %v, the fleet has %v to %v", after, f.off, f.held)
		}
	})
}

// autoscaled are the replicas at the end of the peak, and at the end of the hours after it.
func autoscaled(off, peak float64, change int, cpu, spare float64) (atPeak, after float64) {
	const hours, window = 240, 20 // of syncs
	replicas, recent := ceil(off*cpu/spare), []float64{}
	sync := func(rate float64) {
		ratio, desired := rate*cpu/(replicas*spare), replicas
		if math.Abs(ratio-1) > 0.1 {
			desired = ceil(replicas * ratio) // exactly 80 is not 81
		}
		recent = append(recent, desired)
		recent = recent[max(0, len(recent)-window):]
		kept := desired
		for _, r := range recent {
			kept = max(kept, r)
		}
		replicas = max(2, min(kept, max(replicas, desired)))
	}
	for i := range change {
		sync(off + (peak-off)*float64(i)/float64(change))
	}
	for range hours {
		sync(peak)
	}
	atPeak = replicas
	for i := range change {
		sync(peak - (peak-off)*float64(i)/float64(change))
	}
	for range hours {
		sync(off)
	}
	return atPeak, replicas
}

// More load never runs fewer, whatever is declared of the autoscaler.
func TestTheFleetGrowsWithTheLoad(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string, from, to float64) float64 { return rapid.Float64Range(from, to).Draw(t, name) }
		average, hours := draw("average", 1, 1000), draw("hours", 0.5, 24)
		peak := average * draw("ratio", 1, 24/hours)
		d := demand{
			Inputs:   Inputs{CPURequest: draw("cpu", 0, 0.05), CPUIdle: draw("idle", 0, 0.3), StartupReady: draw("ready", 0, 60), Compressed: 1e8},
			Traffic:  config.Traffic{Average: average, Peak: peak, PeakHours: hours},
			Replicas: config.Replicas{Min: rapid.IntRange(1, 5).Draw(t, "min"), Max: rapid.IntRange(5, 200).Draw(t, "max"), TargetCPU: draw("target", 0.1, 2)},
			scaler:   mustBook().tables.Autoscaler,
		}
		more, f := d, draw("factor", 1, 3)
		switch rapid.IntRange(0, 3).Draw(t, "what") {
		case 0:
			more.CPURequest *= f
		case 1:
			more.CPUIdle *= f
		case 2:
			more.StartupReady *= f
		case 3:
			more.Average, more.Peak = average*f, peak*f
		}
		was, is := d.average(d.share(0.3)), more.average(more.share(0.3))
		if is < was*(1-1e-12) {
			t.Fatalf("%v fell to %v\n%+v\n%+v", was, is, d, more)
		}
	})
}
