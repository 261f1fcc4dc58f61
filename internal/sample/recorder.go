package sample

import (
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// DefaultPeriod samples at 50 Hz: a peak that lasts 20 ms or longer is seen.
const DefaultPeriod = 20 * time.Millisecond

// expected is the number of samples memory is set aside for: 40 s at 50 Hz.
const expected = 2000

// Source gives readings of memory; a *Group is one.
type Source interface {
	Memory() (Memory, error)
}

// Recorder samples a Source at a fixed period until it is stopped or the
// container ends. All moments it takes are readings of CLOCK_MONOTONIC, see
// [Monotonic], so that they can be compared with stamps of other processes.
type Recorder struct {
	source Source
	clock  clock

	mu      sync.Mutex // guards the rest; held while the source is read, so that samples stay in order
	samples []sample
	err     error // what ended the sampling early
	stopped bool

	beside atomic.Pointer[besides] // nil for nothing
}

// besides is what is done on the recorder's own wake-ups.
type besides struct {
	every int // samples
	do    func()
}

// clock is the time the recorder lives by.
type clock struct {
	now   func() time.Duration
	sleep func(time.Duration)
}

type sample struct {
	at            time.Duration
	unreclaimable record.Bytes
	cache         record.Bytes
}

// Start begins sampling at once, every period (DefaultPeriod when 0 or less).
func Start(source Source, period time.Duration) *Recorder {
	return start(source, period, clock{Monotonic, Sleep})
}

func start(source Source, period time.Duration, c clock) *Recorder {
	if period <= 0 {
		period = DefaultPeriod
	}
	r := &Recorder{source: source, clock: c, samples: make([]sample, 0, expected)}
	go r.run(period)
	return r
}

// run keeps to the grid of the period. Points of it that pass while a reading is
// slow are lost, and show as a gap.
func (r *Recorder) run(period time.Duration) {
	next := r.clock.now()
	for n := 1; r.take(); n++ {
		if b := r.beside.Load(); b != nil && n%b.every == 0 {
			b.do()
		}
		next = max(next+period, r.clock.now())
		r.clock.sleep(next - r.clock.now())
	}
}

// Beside has do called after every so many samples, for as long as they are
// taken. It is for what looks at the container at the same time: to wake up
// costs more than a look. Do must be quick, as the next sample waits for it.
func (r *Recorder) Beside(every int, do func()) { r.beside.Store(&besides{every, do}) }

// take adds one sample, stamped halfway through the reading, and reports
// whether to go on.
func (r *Recorder) take() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stopped || r.err != nil {
		return false
	}
	before := r.clock.now()
	m, err := r.source.Memory()
	if err != nil {
		r.err = err
		return false
	}
	at := before + (r.clock.now()-before)/2
	r.samples = append(r.samples, sample{at, m.Unreclaimable(), m.Cache})
	return true
}

// Stop takes a last sample and ends the sampling: the source is not read again.
// It gives the error that ended the sampling early, if any; a container that
// ended first is a normal end and gives none.
func (r *Recorder) Stop() error {
	r.take()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stopped = true
	if errors.Is(r.err, ErrGone) {
		return nil
	}
	return r.err
}

// Timeline gives all samples so far, their times counted from zero, which is
// usually the stamp of the gate; samples from before it are negative. The
// kernel's own peak is left to the caller.
func (r *Recorder) Timeline(zero time.Duration) record.Timeline {
	r.mu.Lock()
	defer r.mu.Unlock()
	t := record.Timeline{
		At:            make([]record.Seconds, len(r.samples)),
		Unreclaimable: make([]record.Bytes, len(r.samples)),
		Cache:         make([]record.Bytes, len(r.samples)),
	}
	for i, s := range r.samples {
		t.At[i], t.Unreclaimable[i], t.Cache[i] = record.SecondsOf(s.at-zero), s.unreclaimable, s.cache
		if i > 0 {
			t.MaxGap = max(t.MaxGap, record.SecondsOf(s.at-r.samples[i-1].at))
		}
	}
	return t
}

// Peak is the highest unreclaimable memory of the samples from one moment to
// another, both included; ok is false when there was no sample.
func (r *Recorder) Peak(from, to time.Duration) (peak record.Bytes, ok bool) {
	window := r.window(from, to)
	if len(window) == 0 {
		return 0, false
	}
	return window[len(window)-1], true
}

// Median is the median unreclaimable memory (the lower of the two in the middle)
// of the samples from one moment to another, both included; ok is false when
// there was no sample.
func (r *Recorder) Median(from, to time.Duration) (median record.Bytes, ok bool) {
	window := r.window(from, to)
	if len(window) == 0 {
		return 0, false
	}
	return window[(len(window)-1)/2], true
}

// window gives the unreclaimable memory of the samples in [from, to], sorted.
func (r *Recorder) window(from, to time.Duration) []record.Bytes {
	r.mu.Lock()
	defer r.mu.Unlock()
	var values []record.Bytes
	for _, s := range r.samples {
		if s.at >= from && s.at <= to {
			values = append(values, s.unreclaimable)
		}
	}
	slices.Sort(values)
	return values
}
