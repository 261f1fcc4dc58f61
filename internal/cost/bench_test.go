package cost

import (
	"testing"

	"github.com/plimsoll-ci/plimsoll/internal/config"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// flask is a service of the size of the examples.
var flask = Inputs{
	MemoryPeak: 171 * mib, Compressed: 52_000_000, Pull: 9_000_000,
	CPURequest: 0.0021, CPUIdle: 0.0004, StartupReady: 0.42, StartupCPU: 0.39,
}

func BenchmarkMonth(b *testing.B) {
	for _, platform := range config.Platforms {
		m := model(b, config.Cost{Platform: platform})
		b.Run(platform, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := m.Month(flask); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// What a report of one comparison asks for: both sides explained, the
// difference drawn and its causes found.
func BenchmarkReport(b *testing.B) {
	base, head := boots(flask, 24, 0), boots(flask, 24, 0.1)
	head.MemoryPeak, head.CPURequest, head.Compressed = 190*mib, 0.0024, 60_000_000
	for _, platform := range config.Platforms {
		m := model(b, config.Cost{Platform: platform})
		b.Run(platform, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				for _, side := range []Side{base, head} {
					if _, err := m.Explain(side.Inputs); err != nil {
						b.Fatal(err)
					}
				}
				if _, _, err := m.Spread(base, head); err != nil {
					b.Fatal(err)
				}
				if _, err := m.Causes(base.Inputs, head.Inputs); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// boots are trials around what is given, each pair disturbed in its own way,
// and head larger by a part.
func boots(in Inputs, n int, larger float64) Side {
	s := Side{Inputs: in}
	for i := range n {
		noise := 1 + 0.02*float64(i%7-3) + larger
		s.Trials = append(s.Trials, map[record.MetricID]float64{
			record.MemoryPeak: float64(in.MemoryPeak) * noise, record.CPURequest: in.CPURequest * noise,
			record.CPUIdle: in.CPUIdle * noise, record.StartupReady: in.StartupReady * noise, record.StartupCPU: in.StartupCPU * noise,
		})
	}
	return s
}
