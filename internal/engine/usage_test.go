package engine

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/moby/moby/api/types/container"
)

func TestUsageOf(t *testing.T) {
	for name, c := range map[string]struct {
		detail map[string]uint64
		want   Usage
	}{
		"v2": {map[string]uint64{"anon": 100, "shmem": 20, "kernel_stack": 3, "slab_unreclaimable": 4, "file": 50, "sock": 5, "pagetables": 6},
			Usage{CPU: time.Second, Unreclaimable: 138, Cache: 30, Memory: true}},
		"v1":           {map[string]uint64{"total_rss": 100, "total_shmem": 20, "total_cache": 15}, Usage{CPU: time.Second, Unreclaimable: 120, Memory: true}},
		"no breakdown": {nil, Usage{CPU: time.Second}},
	} {
		stats := container.StatsResponse{MemoryStats: container.MemoryStats{Usage: 1 << 30, Stats: c.detail}}
		stats.CPUStats.CPUUsage.TotalUsage = 1e9
		if d := cmp.Diff(c.want, usageOf(stats)); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
	}
}
