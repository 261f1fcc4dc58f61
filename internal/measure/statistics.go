package measure

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/plimsoll-ci/plimsoll/internal/agent"
	"github.com/plimsoll-ci/plimsoll/internal/engine"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// statistics follows an app through the engine's statistics. It stands in for
// the agent's sampler where the app's cgroup cannot be seen (a rootless engine
// without delegation, for one), and is coarser: see statisticsPeriod.
type statistics struct {
	read  func(context.Context) (engine.Usage, error)
	began time.Time
	stop  context.CancelFunc
	done  chan struct{}

	mu      sync.Mutex
	samples []statisticsSample
	ready   int // index of the first sample taken when the app was ready
}

type statisticsSample struct {
	at    time.Duration
	usage engine.Usage
}

// statisticsPeriod is the time between two readings. Each makes the engine read
// the cgroup and answer over HTTP, so they are few.
const statisticsPeriod = 250 * time.Millisecond

// statisticsNote goes into every record measured this way.
const statisticsNote = "memory and CPU come from the engine's statistics, read 4 times a second: the app's cgroup is not visible from its pod, so short peaks may be missed"

// follow begins to read.
func follow(ctx context.Context, read func(context.Context) (engine.Usage, error)) *statistics {
	ctx, cancel := context.WithCancel(ctx)
	s := &statistics{read: read, began: time.Now(), stop: cancel, done: make(chan struct{})}
	s.take(ctx)
	go s.run(ctx)
	return s
}

func (s *statistics) run(ctx context.Context) {
	defer close(s.done)
	ticker := time.NewTicker(statisticsPeriod)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			s.take(ctx)
		case <-ctx.Done():
			return
		}
	}
}

// take adds a reading; one that fails leaves a gap.
func (s *statistics) take(ctx context.Context) {
	usage, err := s.read(ctx)
	if err != nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.samples = append(s.samples, statisticsSample{time.Since(s.began), usage})
}

// markReady takes a reading at the moment of readiness.
func (s *statistics) markReady(ctx context.Context) {
	s.mu.Lock()
	s.ready = len(s.samples)
	s.mu.Unlock()
	s.take(ctx)
}

// complete ends the reading and adds to the observation what the agent could
// not see.
func (s *statistics) complete(ctx context.Context, seen *agent.Observed, idle time.Duration) {
	s.take(ctx)
	s.stop()
	<-s.done
	seen.Sampler = "engine statistics"
	seen.Notes = append(seen.Notes, statisticsNote)
	seen.Memory = s.timeline()
	if len(seen.Memory.At) > 0 {
		seen.Metrics[record.MemoryPeak] = float64(slices.Max(seen.Memory.Unreclaimable))
	}
	if seen.Ready.Kind == record.ReadyExit {
		s.completeJob(seen)
		return
	}
	ready := s.samples[s.ready:] // nobody writes any more
	if len(ready) == 0 {
		return
	}
	for _, sample := range ready {
		if sample.usage.Memory && sample.at-ready[0].at <= idle {
			seen.Metrics[record.MemoryIdle] = float64(sample.usage.Unreclaimable)
		}
	}
	if seen.Ready.Kind != record.ReadyNone && s.ready > 0 {
		s.completeStartup(seen, ready[0].usage.CPU-s.samples[0].usage.CPU)
	}
	if seen.Load != nil && seen.Load.Completed > 0 {
		completeLoad(seen, ready[len(ready)-1].usage.CPU-ready[0].usage.CPU)
	}
}

// completeStartup takes what the app used from the first reading to readiness. The
// first is only asked for once the app is let through.
func (s *statistics) completeStartup(seen *agent.Observed, used time.Duration) {
	if used <= 0 {
		seen.Notes = append(seen.Notes, "startup.cpu is not known: the app was ready before the engine's statistics could be read")
		return
	}
	seen.Metrics[record.StartupCPU] = used.Seconds()
	seen.Notes = append(seen.Notes, fmt.Sprintf("startup.cpu lacks about the first %v of the app", s.samples[0].at.Round(time.Millisecond)))
}

// completeLoad shares out what the app used from readiness to the end, the idle
// window included. Engine 20.10 looks once a second, and may have looked only once.
func completeLoad(seen *agent.Observed, spent time.Duration) {
	if spent <= 0 {
		seen.Notes = append(seen.Notes, "cpu.request is not known: the engine's statistics did not move between readiness and the end of the load")
		return
	}
	seen.Metrics[record.CPURequest] = spent.Seconds() / float64(seen.Load.Completed)
}

// completeJob takes what a job had used when it was last read.
func (s *statistics) completeJob(seen *agent.Observed) {
	var last time.Duration
	for _, sample := range s.samples {
		last = max(last, sample.usage.CPU) // after its end the engine says 0
	}
	if last == 0 {
		seen.Notes = append(seen.Notes, "run.cpu is not known: the job was over before the engine's statistics could be read")
		return
	}
	seen.Metrics[record.RunCPU] = last.Seconds()
	seen.Notes = append(seen.Notes, fmt.Sprintf("run.cpu lacks up to the last %v of the job", statisticsPeriod))
}

func (s *statistics) timeline() record.Timeline {
	var t record.Timeline
	for _, sample := range s.samples {
		if !sample.usage.Memory {
			continue
		}
		at := record.SecondsOf(sample.at)
		if len(t.At) > 0 {
			t.MaxGap = max(t.MaxGap, at-t.At[len(t.At)-1])
		}
		t.At = append(t.At, at)
		t.Unreclaimable = append(t.Unreclaimable, sample.usage.Unreclaimable)
		t.Cache = append(t.Cache, sample.usage.Cache)
	}
	return t
}
