package agent

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/plimsoll-ci/plimsoll/internal/record"
	"github.com/plimsoll-ci/plimsoll/internal/sample"
)

const (
	// jobPeriod is how often a job's processes are looked for, and jobLong how
	// often once it has run for a while: often enough to find its cgroup before
	// the engine, which takes some 20 ms to, removes it.
	//
	// Note: inotify on cgroup.events would spare the looking, but the kernel
	// holds its notices back by up to 10 ms (CGROUP_FILE_NOTIFY_MIN_INTV).
	jobPeriod = time.Millisecond
	jobLong   = 4 * time.Millisecond
	// jobEager is how long a job is looked at so closely, its memory included:
	// it may be over before the sampler has come twice.
	jobEager = time.Second
	// fewReadings of memory are worth a remark.
	fewReadings = 5
)

// run is what is seen of a job between the gate and its end.
type run struct {
	alive    time.Duration // the last moment a process was seen, since the gate
	cpu      sample.CPU    // the last reading
	cpuAt    time.Duration
	peak     record.Bytes
	readings int // of memory
}

// job follows an app that is to end by itself.
func (t *trial) job(ctx context.Context) error {
	t.seen.Ready = record.Readiness{Kind: record.ReadyExit}
	if err := t.report.send(Event{Kind: EventReady}); err != nil {
		return err
	}
	timeout := t.spec.Ready.Timeout.Duration()
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	end := t.followJob
	if t.group == nil {
		end = t.awaitJob
	}
	err := end(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		return &Failure{Kind: FailTimeout, After: record.SecondsOf(timeout),
			Message: fmt.Sprintf("the job had not ended after %v: raise ready.timeout, or choose another probe if it is a service", timeout)}
	}
	return err
}

// awaitJob is followJob where the cgroup cannot be seen: the engine says when
// the container has ended, some time after it did.
func (t *trial) awaitJob(ctx context.Context) error {
	select {
	case <-t.inbox.ended.c:
	case <-ctx.Done():
		return ctx.Err()
	}
	ended := time.Since(t.began)
	t.ran(ended, ended)
	t.note("run.seconds reaches to the moment the engine told of the job's end: its processes are not visible from the pod")
	return nil
}

// followJob watches the processes until none is left, and takes the counters
// that are gone with them.
func (t *trial) followJob(ctx context.Context) error {
	var r run
	for {
		before := sample.Monotonic() - t.zero
		empty, err := t.group.Empty()
		if err != nil {
			return fmt.Errorf("look for the job's processes: %w", err)
		}
		if empty {
			after := sample.Monotonic() - t.zero
			t.readCPU(&r)
			t.ran(r.alive, after)
			t.jobCPU(r, after)
			t.jobMemory(r, after)
			return nil
		}
		r.alive = before
		t.take(&r)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		period := jobPeriod
		if before > jobEager {
			period = jobLong
		}
		sample.Sleep(period)
	}
}

// take reads the counters of a job that still runs.
func (t *trial) take(r *run) {
	t.readCPU(r)
	if r.alive > jobEager {
		return
	}
	if m, err := t.group.Memory(); err == nil {
		r.peak, r.readings = max(r.peak, m.Unreclaimable()), r.readings+1
	}
}

// readCPU takes the job's CPU time. The kernel keeps that of one that has ended
// until the engine removes the cgroup.
func (t *trial) readCPU(r *run) {
	if reading, known := t.cpu(); known {
		r.cpu, r.cpuAt = reading, sample.Monotonic()-t.zero
	}
}

// ran sets run.seconds from the bracket of the job's end.
func (t *trial) ran(low, high time.Duration) {
	t.seen.Ready.Low, t.seen.Ready.High = record.SecondsOf(low), record.SecondsOf(high)
	t.seen.Metrics[record.RunSeconds] = float64(t.seen.Ready.Low+t.seen.Ready.High) / 2
}

func (t *trial) jobCPU(r run, end time.Duration) {
	if r.cpuAt == 0 {
		t.note("run.cpu is not known: the job's cgroup was gone before it could be read")
		return
	}
	t.seen.Metrics[record.RunCPU] = (r.cpu.Usage - t.atGo.Usage).Seconds()
	t.seen.Host.Throttled = record.SecondsOf(r.cpu.Throttled - t.atGo.Throttled)
	if r.cpuAt < end {
		t.note("run.cpu lacks the last %v: the job's cgroup was gone before it could be read again", (end - r.cpuAt).Round(100*time.Microsecond))
	}
}

// jobMemory sets the peak that was seen between the sampler's samples.
func (t *trial) jobMemory(r run, end time.Duration) {
	if peak, ok := t.recorder.Peak(t.zero, t.zero+end); ok {
		r.peak, r.readings = max(r.peak, peak), r.readings+1
	}
	if r.readings == 0 {
		t.note("memory.peak is not known: the job ended before its memory was read")
		return
	}
	t.seen.Metrics[record.MemoryPeak] = float64(r.peak)
	if r.readings < fewReadings {
		t.note("memory.peak comes from %d readings, about a millisecond apart: the job ran for %v", r.readings, end.Round(100*time.Microsecond))
	}
}

// jobAdvice is for an app that ended where it was taken for a worker.
func (t *trial) jobAdvice() string {
	if t.spec.Ready.Kind != record.ReadyNone {
		return ""
	}
	return "; if it is a job that is to end, write `ready: exit`"
}
