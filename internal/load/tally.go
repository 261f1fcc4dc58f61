package load

import (
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// tally gathers outcomes from all goroutines.
type tally struct {
	mu        sync.Mutex
	latency   *hdrhistogram.Histogram
	lag       *hdrhistogram.Histogram
	sum       time.Duration // of the latencies in the histogram
	max       time.Duration
	late      int // sent more than lateAfter after they could have been
	completed int
	statuses  map[int]int // of the good answers
	causes    map[string]int
	last      time.Time // the last good answer
}

// lateAfter is the lag from which a request counts as late: a generator that
// has a core to itself stays below a fifth of it.
const lateAfter = 5 * time.Millisecond

// newTally tracks latencies to twice the timeout, which only a machine that
// stood still exceeds, with three digits.
func newTally(timeout time.Duration) *tally {
	return &tally{
		latency:  hdrhistogram.New(1, 2*timeout.Microseconds(), 3),
		lag:      hdrhistogram.New(1, 2*timeout.Microseconds(), 3),
		statuses: map[int]int{},
		causes:   map[string]int{},
	}
}

// outcome is what became of one request.
type outcome struct {
	due    time.Time // when it should have been sent; for a virtual user, when it was
	could  time.Time // when it could have been sent; not before due
	sent   time.Time // when its exchange began
	done   time.Time
	status int    // of the answer, good or not; 0 without one
	cause  string // of the error; "" for a good answer
}

func (t *tally) add(o outcome) {
	t.mu.Lock()
	defer t.mu.Unlock()
	lag := o.sent.Sub(o.could)
	put(t.lag, lag)
	if lag > lateAfter {
		t.late++
	}
	if o.cause == "" {
		t.completed++
		t.statuses[o.status]++
		t.last = later(t.last, o.done)
	} else {
		t.causes[o.cause]++
	}
	if o.cause == "" || o.cause == causeTimeout {
		latency := o.done.Sub(o.due)
		put(t.latency, latency)
		t.sum += latency
		t.max = max(t.max, latency)
	}
}

// put records a time, cut to the range of the histogram.
func put(h *hdrhistogram.Histogram, d time.Duration) {
	// Within the range RecordValue cannot fail.
	_ = h.RecordValue(min(max(0, d.Microseconds()), h.HighestTrackableValue()))
}

// result sums up a run of a plan that began at start. What was offered is what
// was sent: every request that became due is, and users offer no more.
func (t *tally) result(start time.Time, plan record.Load) Result {
	t.mu.Lock()
	defer t.mu.Unlock()
	length := plan.Seconds().Duration()
	window := max(length, t.last.Sub(start))
	if t.completed == 0 {
		window = length
	}
	errors := 0
	for _, n := range t.causes {
		errors += n
	}
	r := Result{Histogram: t.latency, Start: start, LoadResult: record.LoadResult{
		Model:     plan.Model(),
		Offered:   float64(t.completed+errors) / length.Seconds(),
		Sent:      t.completed + errors,
		Completed: t.completed,
		Statuses:  t.statuses,
		Errors:    errors,
		Seconds:   record.SecondsOf(window),
		Max:       record.SecondsOf(t.max),
		Lag:       record.SecondsOf(quantile(t.lag, 0.99)),
		Late:      float64(t.late) / float64(max(1, t.completed+errors)),
		Causes:    t.causes,
	}}
	if n := t.latency.TotalCount(); n > 0 {
		r.Mean = record.SecondsOf(t.sum / time.Duration(n))
	}
	if t.completed > 0 {
		r.Latency = curve(t.latency)
	}
	return r
}

// curve gives the shares that the requests can tell apart: of so many, one in a
// thousand is the slowest.
func curve(h *hdrhistogram.Histogram) []record.Quantile {
	var all []record.Quantile
	for _, share := range []float64{0.5, 0.75, 0.9, 0.95, 0.99, 0.999} {
		if (1-share)*float64(h.TotalCount()) >= 0.5 {
			all = append(all, record.Quantile{Share: share, Latency: record.SecondsOf(quantile(h, share))})
		}
	}
	return all
}
