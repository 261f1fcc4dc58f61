package bench

import (
	"fmt"
	"runtime"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/plimsoll-ci/plimsoll/internal/config"
	"github.com/plimsoll-ci/plimsoll/internal/cost"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// What pricing has to reach on one core.
const (
	pricedRecords = 10_000
	priceBar      = time.Second            // for as many on every platform, without an interval
	reportBar     = 200 * time.Millisecond // for one comparison with all of it, on one platform
)

// images are records as different as a history has them.
func images(n int) []cost.Inputs {
	all := make([]cost.Inputs, n)
	for i := range all {
		part := float64(i) / float64(n)
		all[i] = cost.Inputs{
			MemoryPeak: record.Bytes(8<<20 + part*float64(1500<<20)), Compressed: record.Bytes(5e6 + 400e6*part), Pull: record.Bytes(4e6 * part), Unpacked: record.Bytes(12e6 + 1e9*part),
			CPURequest: 0.0003 + 0.01*part, CPUIdle: 0.001 + 0.03*part, StartupReady: 0.02 + 3*part, StartupCPU: 0.02 + 3*part, Latency: 0.0006 + 0.02*part,
		}
	}
	return all
}

// BenchmarkPrices prints how long pricing takes on one core, beside its bars.
func BenchmarkPrices(b *testing.B) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	for b.Loop() {
		fmt.Printf("\n  %-16s  %12s  %14s\n", "CPU time", "10,000 records", "a whole report")
		var sum, longest time.Duration
		for _, platform := range config.Platforms {
			m := pricedOn(b, platform)
			month, report := months(b, m), reports(b, m)
			sum, longest = sum+month, max(longest, report)
			fmt.Printf("  %-16s  %11.1f ms  %11.1f ms\n", platform, milliseconds(month), milliseconds(report))
		}
		fmt.Printf("  %-16s  %11.1f ms  %11.1f ms\n", "all / longest", milliseconds(sum), milliseconds(longest))
		fmt.Printf("  bars: %v for all, %s; %v for a report, %s; %.0f records on %d platforms a second\n", priceBar, verdict(sum <= priceBar), reportBar,
			verdict(longest <= reportBar), pricedRecords/sum.Seconds(), len(config.Platforms))
	}
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func pricedOn(b *testing.B, platform string) *cost.Model {
	b.Helper()
	book, err := cost.Builtin()
	if err != nil {
		b.Fatal(err)
	}
	c := config.Default("", "").Cost
	c.Platform, c.Traffic = platform, config.Traffic{Average: 120, Peak: 400, PeakHours: 6, Deploys: 60}
	m, err := cost.NewModel(book, c, time.Now())
	if err != nil {
		b.Fatal(err)
	}
	return m
}

// months prices the records one after the other. An image that has no price there,
// as one that is too large for it, counts too.
func months(b *testing.B, m *cost.Model) time.Duration {
	all := images(pricedRecords)
	priced := 0
	took := median(b, 3, func() {
		priced = 0
		for _, in := range all {
			if _, err := m.Month(in); err == nil {
				priced++
			}
		}
	})
	if priced < pricedRecords/2 {
		b.Fatalf("%d of %d records have a price", priced, pricedRecords)
	}
	return took
}

// reports prices one comparison as a report shows it: both sides explained, the
// difference drawn, its causes.
func reports(b *testing.B, m *cost.Model) time.Duration {
	sides := [2]cost.Side{booted(0), booted(0.1)}
	return median(b, 3, func() {
		for _, s := range sides {
			if _, err := m.Explain(s.Inputs); err != nil {
				b.Fatal(err)
			}
		}
		if _, ok, err := m.Spread(sides[0], sides[1]); err != nil || !ok {
			b.Fatal(ok, err)
		}
		if _, err := m.Causes(sides[0].Inputs, sides[1].Inputs); err != nil {
			b.Fatal(err)
		}
	})
}

// booted is an image of the size of the examples in 24 boots, larger by a part.
func booted(larger float64) cost.Side {
	s := cost.Side{Inputs: cost.Inputs{
		MemoryPeak: record.Bytes((1 + larger) * float64(171<<20)), Compressed: 52_000_000, Pull: 9_000_000, Unpacked: 140_000_000,
		CPURequest: 0.0021 * (1 + larger), CPUIdle: 0.0004, StartupReady: 0.42, StartupCPU: 0.39, Latency: 0.004,
	}}
	for i := range 24 {
		noise := 1 + 0.01*float64(i%7-3)
		s.Trials = append(s.Trials, map[record.MetricID]float64{
			record.MemoryPeak: float64(s.MemoryPeak) * noise, record.CPURequest: s.CPURequest * noise, record.CPUIdle: s.CPUIdle * noise,
			record.StartupReady: s.StartupReady * noise, record.StartupCPU: s.StartupCPU * noise, record.LoadP50: s.Latency * noise,
		})
	}
	return s
}

// median is the CPU time that the middle of some rounds took. The clock on the wall
// would count what else the machine does.
func median(b *testing.B, rounds int, work func()) time.Duration {
	b.Helper()
	var all []time.Duration
	for range rounds {
		began := spent(b)
		work()
		all = append(all, spent(b)-began)
	}
	slices.Sort(all)
	return all[rounds/2]
}

// spent is the CPU time of the process, its garbage collection included.
func spent(b *testing.B) time.Duration {
	b.Helper()
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
