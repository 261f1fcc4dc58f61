package compare_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/plimsoll-ci/plimsoll/internal/compare"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

func TestLimitsThatDecideAreTold(t *testing.T) {
	const limit = 64 << 20
	for name, c := range map[string]struct {
		change func(*record.Trial)
		want   []string
	}{
		"none":      {func(t *record.Trial) { t.Host.Periods, t.Memory.KernelPeak = 30, limit/2 }, nil},
		"one burst": {func(t *record.Trial) { t.Host.Periods, t.Host.ThrottledPeriods = 30, 1 }, nil},
		"throttled": {func(t *record.Trial) { t.Host.Periods, t.Host.ThrottledPeriods, t.Host.Throttled = 30, 12, 0.75 },
			[]string{"head used up its CPU limit of 0.5 in 40 % of the limit's periods, and its threads were held back for 0.75 s of a boot: its times are those of the limit"}},
		"saturated": {func(t *record.Trial) { t.Memory.LimitHits, t.Metrics[record.MemoryPeak] = 9, limit-4096 },
			[]string{"head ran into its memory limit of 64 MiB in 8 of 8 boots: memory.peak cannot rise above it"}},
		"full of page cache": {func(t *record.Trial) { t.Memory.KernelPeak, t.Metrics[record.MemoryPeak] = limit, 16<<20 },
			[]string{"head ran into its memory limit of 64 MiB in 8 of 8 boots: what the kernel cannot reclaim came to 16 MiB, the rest was page cache, and what was dropped of it must be read again"}},
		"a child killed": {func(t *record.Trial) { t.Exit.OOMKilled = t.Pair%2 == 0 },
			[]string{"a process of head was killed for its memory in 4 of 8 boots, and the app lived on"}},
	} {
		t.Run(name, func(t *testing.T) {
			in := compare.Input{Base: booted(columns{record.MemoryPeak: constant(1, 8)}), Head: booted(columns{record.MemoryPeak: constant(1, 8)})}
			setup := record.Setup{Limits: record.Limits{CPUs: 0.5, Memory: limit}}
			in.Base.Setup, in.Head.Setup = &setup, &setup
			for i := range in.Head.Trials {
				c.change(&in.Head.Trials[i])
			}
			if d := cmp.Diff(append([]string{}, c.want...), compare.Service(in).Warnings); d != "" {
				t.Errorf("warnings (-want +got):\n%s", d)
			}
		})
	}
}
