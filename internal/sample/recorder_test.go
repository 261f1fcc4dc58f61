package sample

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

const ms = time.Millisecond

// script is a Source whose memory is a function of the time since its start.
type script func(since time.Duration) (Memory, error)

// record starts a recorder on the script, by the bubble's clock, which reads
// 10 s when the script begins. The cleanup lets its goroutine wake up and end.
func (s script) record(t *testing.T, period time.Duration) *Recorder {
	t.Helper()
	t.Cleanup(func() { time.Sleep(time.Second) })
	begin := time.Now()
	now := func() time.Duration { return 10*time.Second + time.Since(begin) }
	return start(reader(func() (Memory, error) { return s(time.Since(begin)) }), period, clock{now, time.Sleep})
}

type reader func() (Memory, error)

func (r reader) Memory() (Memory, error) { return r() }

// spike is 100 bytes, and 900 from 100 ms to 130 ms; the cache counts up.
func spike(since time.Duration) (Memory, error) {
	m := Memory{Anon: 70, Shmem: 20, Kernel: 10, Cache: record.Bytes(since / ms)}
	if since >= 100*ms && since < 130*ms {
		m.Anon += 800
	}
	return m, nil
}

func TestRecorderTimeline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := script(spike).record(t, 20*ms)
		time.Sleep(70 * ms)
		if err := r.Stop(); err != nil {
			t.Fatal(err)
		}
		want := record.Timeline{
			At:            []record.Seconds{-0.03, -0.01, 0.01, 0.03, 0.04},
			Unreclaimable: []record.Bytes{100, 100, 100, 100, 100},
			Cache:         []record.Bytes{0, 20, 40, 60, 70},
			MaxGap:        0.02,
		}
		if diff := cmp.Diff(want, r.Timeline(10*time.Second+30*ms)); diff != "" {
			t.Errorf("timeline (-want +got):\n%s", diff)
		}
	})
}

func TestRecorderWindows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := script(spike).record(t, 0)
		defer r.Stop()
		time.Sleep(300 * ms)
		at := func(since time.Duration) time.Duration { return 10*time.Second + since }
		for _, c := range []struct {
			from, to     time.Duration
			peak, median record.Bytes
		}{
			{0, 300 * ms, 900, 100},
			{0, 99 * ms, 100, 100},
			{100 * ms, 120 * ms, 900, 900},
			{140 * ms, 300 * ms, 100, 100},
			{120 * ms, 140 * ms, 900, 100}, // the lower of two in the middle
		} {
			peak, ok := r.Peak(at(c.from), at(c.to))
			median, _ := r.Median(at(c.from), at(c.to))
			if !ok || peak != c.peak || median != c.median {
				t.Errorf("from %v to %v: peak %d, median %d (%v); want %d, %d", c.from, c.to, peak, median, ok, c.peak, c.median)
			}
		}
		for _, window := range [][2]time.Duration{{301 * ms, 400 * ms}, {5 * ms, 6 * ms}, {20 * ms, 0}} {
			if peak, ok := r.Peak(at(window[0]), at(window[1])); ok {
				t.Errorf("peak of the empty window %v = %d, want none", window, peak)
			}
		}
	})
}

func TestRecorderReportsTheLongestGap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := script(func(since time.Duration) (Memory, error) {
			if since == 60*ms {
				time.Sleep(100 * ms) // stamped at its middle, 110 ms
			}
			return Memory{}, nil
		})
		r := slow.record(t, 20*ms)
		time.Sleep(400 * ms)
		if err := r.Stop(); err != nil {
			t.Fatal(err)
		}
		if gap := r.Timeline(0).MaxGap.Duration().Round(ms); gap != 70*ms {
			t.Errorf("longest gap %v, want 70 ms: from 40 ms to the middle of the slow reading", gap)
		}
	})
}

func TestRecorderEndsWithTheContainer(t *testing.T) {
	for _, c := range []struct{ err, want error }{
		{fmt.Errorf("read memory.stat: %w", ErrGone), nil},
		{ErrAbsent, ErrAbsent},
	} {
		synctest.Test(t, func(t *testing.T) {
			r := script(func(since time.Duration) (Memory, error) {
				if since > 50*ms {
					return Memory{}, c.err
				}
				return spike(since)
			}).record(t, 20*ms)
			time.Sleep(time.Second)
			if err := r.Stop(); !errors.Is(err, c.want) {
				t.Errorf("Stop() after %v = %v, want %v", c.err, err, c.want)
			}
			if n := len(r.Timeline(0).At); n != 3 {
				t.Errorf("kept %d samples, want the 3 from before", n)
			}
			if err := r.Stop(); !errors.Is(err, c.want) {
				t.Errorf("a second Stop() = %v, want %v", err, c.want)
			}
		})
	}
}

func TestTakingASampleDoesNotAllocate(t *testing.T) {
	g := find(t, fixture(t, "v2-systemd"))
	r := &Recorder{source: g, clock: clock{Monotonic, Sleep}, samples: make([]sample, 0, 1000)}
	if n := testing.AllocsPerRun(100, func() { r.take() }); n > 0 {
		t.Errorf("%v allocations per sample, want none", n)
	}
}

// Each clock is read around the other, so neither may run ahead.
func TestMonotonicRunsWithTheStandardClock(t *testing.T) {
	m0, t0 := Monotonic(), time.Now()
	t1, m1 := time.Now(), Monotonic()
	if m1-m0 < t1.Sub(t0) {
		t.Errorf("%v passed by Monotonic around %v by time.Now", m1-m0, t1.Sub(t0))
	}
	t2, m2 := time.Now(), Monotonic()
	m3, t3 := Monotonic(), time.Now()
	if t3.Sub(t2) < m3-m2 {
		t.Errorf("%v passed by time.Now around %v by Monotonic", t3.Sub(t2), m3-m2)
	}
}
