package bench

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"
)

// statsWatcher reads what `docker stats` shows of a run's apps: the engine's stream
// of statistics, one reading a second, with the same subtraction of page cache
// (calculateMemUsageUnixNoCache in docker/cli, cli/command/container/stats_helpers.go).
type statsWatcher struct {
	seen chan shownStats
}

// shownStats is the memory that was shown of one boot, in bytes.
type shownStats struct {
	first, most float64
	readings    int
}

func newStatsWatcher(b *testing.B, run string) *statsWatcher {
	b.Helper()
	w := &statsWatcher{seen: make(chan shownStats, 1)}
	beside(b, func(ctx context.Context, api *client.Client) {
		w.watch(ctx, api, run)
	})
	return w
}

// watch follows every app of the run from its start event to its end.
func (w *statsWatcher) watch(ctx context.Context, api *client.Client, run string) {
	events := starts(ctx, api, run)
	for {
		select {
		case <-ctx.Done():
			return
		case <-events.Err:
			return
		case event := <-events.Messages:
			if event.Actor.Attributes["plimsoll.role"] != "agent" {
				w.seen <- w.follow(ctx, api, event.Actor.ID)
			}
		}
	}
}

func (w *statsWatcher) follow(ctx context.Context, api *client.Client, id string) shownStats {
	var s shownStats
	stream, err := api.ContainerStats(ctx, id, client.ContainerStatsOptions{Stream: true})
	if err != nil {
		return s
	}
	defer stream.Body.Close()
	for decoder := json.NewDecoder(stream.Body); ; {
		var reading container.StatsResponse
		if decoder.Decode(&reading) != nil {
			return s
		}
		if reading.MemoryStats.Usage == 0 {
			continue // the container has ended
		}
		shown := withoutCache(reading.MemoryStats)
		if s.readings == 0 {
			s.first = shown
		}
		s.readings, s.most = s.readings+1, max(s.most, shown)
	}
}

// withoutCache is the usage less the page cache that is not in use.
func withoutCache(m container.MemoryStats) float64 {
	for _, cache := range []string{"total_inactive_file", "inactive_file"} {
		if v, ok := m.Stats[cache]; ok && v < m.Usage {
			return float64(m.Usage - v)
		}
	}
	return float64(m.Usage)
}

// next is what was shown of the boot that has just ended.
func (w *statsWatcher) next(b *testing.B) shownStats {
	b.Helper()
	select {
	case s := <-w.seen:
		return s
	case <-time.After(give):
		b.Fatal("the engine's statistics saw no boot")
		return shownStats{}
	}
}
