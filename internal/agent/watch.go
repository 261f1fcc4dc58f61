package agent

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/plimsoll-ci/plimsoll/internal/agent/gate"
	"github.com/plimsoll-ci/plimsoll/internal/record"
	"github.com/plimsoll-ci/plimsoll/internal/sample"
)

// watch ends the trial of an app that breaks a limit the kernel holds it to
// without ending it, or does not hold it to at all, and remembers what a dead
// app's cgroup no longer tells.
type watch struct {
	limits   record.Limits
	counters counters // nil when the app's cgroup cannot be seen
	disk     func(path string) (sample.Disk, error)
	room     map[string]int64 // path to its free bytes at the start
	most     int64            // bytes the app may store: its limit, or less on a full disk

	looks atomic.Int64 // so far

	mu      sync.Mutex // guards the rest
	refused int64      // processes and threads that could not be started
	kills   int64      // processes killed for want of memory
	stuck   int        // looks in a row that found the app at its limit of processes
}

// counters are what a watch reads of the app; a *sample.Group has them.
type counters interface {
	PIDs() (int64, error)
	ForksRefused() (int64, error)
	OOMKills() (int64, error)
}

const (
	// watchEvery is how many samples of memory a look comes after: a look costs
	// four system calls, and to wake up for it would cost ten times that.
	watchEvery = 8
	// watchPeriod is the resolution of the disk limit: what can be written in it
	// may be stored beyond.
	watchPeriod = watchEvery * sample.DefaultPeriod
	// watchPatience is how long the sampling may be silent before the watch wakes
	// up by itself.
	watchPatience = 4 * watchPeriod
	// stuckLooks is how often in a row an app may be found at its limit of
	// processes. One that starts some too many and copes is not ended.
	stuckLooks = 4
	// diskShare is the part of a disk's room that no app may fill, whatever its
	// limit: the engine and everything else on the machine need the rest.
	diskShare = 4
)

// watched are where the agent sees the engine's disks: its own root is where
// writable layers are, the launcher's volume where volumes are.
var watched = []string{"/", gate.Dir}

// newWatch notes how much room there is. Group may be nil.
func newWatch(limits record.Limits, group counters, disk func(string) (sample.Disk, error)) *watch {
	w := &watch{limits: limits, counters: group, disk: disk, room: map[string]int64{}, most: int64(limits.Disk)}
	for _, path := range watched {
		now, err := disk(path)
		if err != nil {
			continue // the other one tells
		}
		w.room[path] = now.Free
		if w.most > 0 {
			w.most = min(w.most, now.Available-now.Available/diskShare)
		}
	}
	return w
}

// run looks until ctx ends, and ends the trial with what it finds. For as long
// as samples are taken the recorder, which may be nil, has the looks taken.
func (w *watch) run(ctx context.Context, end context.CancelCauseFunc, recorder *sample.Recorder) {
	look := func() {
		if broken := w.look(); broken != nil && ctx.Err() == nil {
			end(broken)
		}
	}
	period := watchPeriod
	if recorder != nil {
		recorder.Beside(watchEvery, look)
		period = watchPatience
	}
	ticker := time.NewTicker(period)
	defer ticker.Stop()
	for before := w.looks.Load(); ; before = w.looks.Load() {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
		if w.looks.Load() == before {
			ticker.Reset(watchPeriod)
			look()
		}
	}
}

// look takes one look. Nil is an app within its limits.
func (w *watch) look() *Failure {
	w.looks.Add(1)
	if message := w.overDisk(); message != "" {
		return &Failure{Kind: FailLimit, Disk: true, Message: message}
	}
	if message := w.overProcesses(); message != "" {
		return &Failure{Kind: FailLimit, Message: message}
	}
	return nil
}

// overDisk compares the room with that at the start. What was written and
// deleted again is back; what others store on that disk meanwhile counts, too.
func (w *watch) overDisk() string {
	if w.limits.Disk == 0 {
		return ""
	}
	for path, before := range w.room {
		now, err := w.disk(path)
		if err != nil || before-now.Free <= w.most {
			continue
		}
		allowed := fmt.Sprintf("its limit of %s", mebibytes(int64(w.limits.Disk)))
		if w.most < int64(w.limits.Disk) {
			allowed = fmt.Sprintf("%s, three quarters of the room that was left", mebibytes(w.most))
		}
		return "the app stored more on the engine's disk than " + allowed
	}
	return ""
}

// overProcesses counts the looks that find the app trying in vain, or holding
// on to all the processes it may have.
func (w *watch) overProcesses() string {
	if w.counters == nil {
		return ""
	}
	refused, _ := w.counters.ForksRefused() // not offered: never above 0
	kills, _ := w.counters.OOMKills()
	running, _ := w.counters.PIDs()
	w.mu.Lock()
	defer w.mu.Unlock()
	if refused > w.refused || refused > 0 && w.limits.PIDs > 0 && running >= w.limits.PIDs {
		w.stuck++
	} else {
		w.stuck = 0
	}
	w.refused, w.kills = max(w.refused, refused), max(w.kills, kills)
	if w.stuck < stuckLooks {
		return ""
	}
	return fmt.Sprintf("the app reached its limit of %d processes and threads, and went on starting more", w.limits.PIDs)
}

// told are the counters at their last reading.
func (w *watch) told() (refused, kills int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.refused, w.kills
}

// mebibytes prints an amount as limits are written.
func mebibytes(n int64) string {
	if n >= 1<<30 {
		return fmt.Sprintf("%.3g GiB", float64(n)/(1<<30))
	}
	return fmt.Sprintf("%d MiB", n>>20)
}

// guard has the app watched until end is called.
func (t *trial) guard(ctx context.Context) (guarded context.Context, end func()) {
	var group counters
	if t.group != nil {
		group = t.group
	}
	t.watch = newWatch(t.spec.Limits, group, sample.ReadDisk)
	guarded, cancel := context.WithCancelCause(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		t.watch.run(guarded, cancel, t.recorder)
	}()
	return guarded, func() { cancel(nil); <-done }
}

// fate says why a trial ended early: the watch ended it, or it is an end of the
// app that a limit explains.
func (t *trial) fate(ctx context.Context, err error) error {
	after := record.SecondsOf(time.Since(t.began))
	var broken, failure *Failure
	if errors.As(context.Cause(ctx), &broken) {
		broken.After = after
		broken.Message += fmt.Sprintf(", %.2f s after its start", float64(after))
		return broken
	}
	if !errors.As(err, &failure) {
		return err
	}
	t.watch.overProcesses() // the last counts, if they can still be read
	refused, kills := t.watch.told()
	failure.OOMKills = kills
	if t.recorder != nil {
		failure.Peak, _ = t.recorder.Peak(t.zero, sample.Monotonic())
	}
	if refused > 0 {
		failure.Message += fmt.Sprintf("; it had reached its limit of %d processes and threads", t.spec.Limits.PIDs)
	}
	return failure
}
