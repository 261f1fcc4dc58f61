package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// Usage is what the engine's own statistics say of an app. They stand in where
// the agent cannot see the app's cgroup.
type Usage struct {
	CPU           time.Duration // since the container started
	Unreclaimable record.Bytes
	Cache         record.Bytes
	Memory        bool // whether the engine breaks memory down; the two above are 0 otherwise
}

// Usage reads the engine's statistics once.
func (p *Pod) Usage(ctx context.Context) (Usage, error) {
	answer, err := p.client.api.ContainerStats(ctx, p.App, client.ContainerStatsOptions{})
	if err != nil {
		return Usage{}, fmt.Errorf("read the app's statistics: %w", err)
	}
	defer answer.Body.Close()
	var stats container.StatsResponse
	if err := json.NewDecoder(answer.Body).Decode(&stats); err != nil {
		return Usage{}, fmt.Errorf("read the app's statistics: %w", err)
	}
	return usageOf(stats), nil
}

// usageOf adds up what the kernel cannot reclaim: memory.stat of cgroup v2 names
// anonymous memory anon, that of v1 total_rss.
func usageOf(stats container.StatsResponse) Usage {
	usage := Usage{CPU: time.Duration(stats.CPUStats.CPUUsage.TotalUsage)}
	detail := stats.MemoryStats.Stats
	if anon, ok := detail["anon"]; ok {
		usage.Memory = true
		usage.Unreclaimable = record.Bytes(anon + detail["shmem"] + detail["kernel_stack"] + detail["pagetables"] +
			detail["sock"] + detail["slab_unreclaimable"])
		usage.Cache = record.Bytes(detail["file"] - min(detail["file"], detail["shmem"]))
	} else if rss, ok := detail["total_rss"]; ok {
		usage.Memory = true
		usage.Unreclaimable = record.Bytes(rss + detail["total_shmem"])
		usage.Cache = record.Bytes(detail["total_cache"] - min(detail["total_cache"], detail["total_shmem"]))
	}
	return usage
}

// AwaitEnd returns when the app has ended. An error says that it is not known
// whether it has.
func (p *Pod) AwaitEnd(ctx context.Context) error {
	if _, err := p.client.awaitEnd(ctx, p.App); err != nil {
		return fmt.Errorf("the app: %w", err)
	}
	return nil
}
