package agent

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/plimsoll-ci/plimsoll/internal/agent/gate"
	"github.com/plimsoll-ci/plimsoll/internal/record"
	"github.com/plimsoll-ci/plimsoll/internal/sample"
)

// app is one whose counters change as time goes by.
type app struct {
	running, refused func(time.Duration) int64
	began            time.Time
}

func (a *app) PIDs() (int64, error)         { return a.running(time.Since(a.began)), nil }
func (a *app) ForksRefused() (int64, error) { return a.refused(time.Since(a.began)), nil }
func (a *app) OOMKills() (int64, error)     { return 0, errors.ErrUnsupported }

func TestWatchProcesses(t *testing.T) {
	rising := func(from time.Duration) func(time.Duration) int64 {
		return func(at time.Duration) int64 { return max(0, int64((at-from)/time.Millisecond)) }
	}
	const first = 20 * watchPeriod // a look that finds something
	few := func(time.Duration) int64 { return 7 }
	for name, c := range map[string]struct {
		app  app
		ends time.Duration // 0 for never
	}{
		"stays below":           {app: app{running: few, refused: func(time.Duration) int64 { return 0 }}},
		"was refused and copes": {app: app{running: few, refused: func(at time.Duration) int64 { return min(3, int64(at/time.Second)) }}},
		"tries without end":     {app{running: few, refused: rising(first)}, first + stuckLooks*watchPeriod},
		"holds all it may have": {app{running: func(at time.Duration) int64 { return min(100, int64(at/(10*time.Millisecond))) },
			refused: func(at time.Duration) int64 { return int64(at / first) }}, first + (stuckLooks-1)*watchPeriod},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c.app.began = time.Now()
				ctx, end := context.WithCancelCause(t.Context())
				defer end(nil)
				w := newWatch(record.Limits{PIDs: 100}, &c.app, func(string) (sample.Disk, error) { return sample.Disk{}, nil })
				go w.run(ctx, end, nil)
				select {
				case <-ctx.Done():
				case <-time.After(10 * time.Second):
				}
				var broken *Failure
				if ended := errors.As(context.Cause(ctx), &broken); ended != (c.ends > 0) {
					t.Fatalf("ended by %v", context.Cause(ctx))
				}
				if took := time.Since(c.app.began); c.ends > 0 && took != c.ends {
					t.Errorf("ended after %v, expected %v", took, c.ends)
				}
			})
		})
	}
}

// quiet is memory that never changes, until it is gone.
type quiet struct{ gone time.Time }

func (q quiet) Memory() (sample.Memory, error) {
	if time.Now().After(q.gone) {
		return sample.Memory{}, sample.ErrGone
	}
	return sample.Memory{}, nil
}

// The sampling has the looks taken while it lasts; after that the watch wakes up
// by itself.
func TestWatchGoesOnWithoutTheSampling(t *testing.T) {
	const sampled = 2 * time.Second
	w := newWatch(record.Limits{}, nil, func(string) (sample.Disk, error) { return sample.Disk{}, nil })
	recorder := sample.Start(quiet{time.Now().Add(sampled)}, 0)
	ctx, end := context.WithCancelCause(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		w.run(ctx, end, recorder)
	}()
	time.Sleep(sampled)
	during := w.looks.Load()
	time.Sleep(sampled)
	end(nil)
	<-done
	after := w.looks.Load() - during
	if expected := int64(sampled / watchPeriod); during < 2 || during > expected+2 || after < 2 || after > expected+2 {
		t.Errorf("%d and %d looks, expected about %d each", during, after, expected)
	}
}

func TestWatchDisk(t *testing.T) {
	const gib = 1 << 30
	for name, c := range map[string]struct {
		limit       record.Bytes
		room, later sample.Disk
		says        string // "" for within its limit
	}{
		"within":             {limit: gib, room: sample.Disk{Free: 9 * gib, Available: 8 * gib}, later: sample.Disk{Free: 8 * gib}},
		"beyond":             {gib, sample.Disk{Free: 9 * gib, Available: 8 * gib}, sample.Disk{Free: 8*gib - 1}, "than its limit of 1 GiB"},
		"others gave back":   {limit: gib, room: sample.Disk{Free: 9 * gib, Available: 8 * gib}, later: sample.Disk{Free: 12 * gib}},
		"a disk nearly full": {4 * gib, sample.Disk{Free: 2 * gib, Available: gib}, sample.Disk{Free: gib}, "than 768 MiB, three quarters of the room that was left"},
		"no limit":           {room: sample.Disk{Free: gib, Available: gib}},
	} {
		t.Run(name, func(t *testing.T) {
			now := c.room
			w := newWatch(record.Limits{Disk: c.limit}, nil, func(path string) (sample.Disk, error) {
				if path == gate.Dir {
					return sample.Disk{}, errors.New("no volume here")
				}
				return now, nil
			})
			if early := w.look(); early != nil {
				t.Fatalf("at the start: %v", early)
			}
			now = c.later
			found := w.look()
			if (found != nil) != (c.says != "") || found != nil && (!found.Disk || !strings.Contains(found.Message, c.says)) {
				t.Errorf("found %+v, expected %q", found, c.says)
			}
		})
	}
}
