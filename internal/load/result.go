package load

import (
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// Result is the outcome of one run. Every request that was due is Sent, and is
// either Completed or one of the Errors. Seconds reaches from the start to the
// end of the schedule or to the last good answer, whichever is later. Max and
// Mean are over the requests in the histogram.
type Result struct {
	record.LoadResult

	Histogram *hdrhistogram.Histogram // latencies in microseconds; see the package comment
	Start     time.Time               // when the first request was due, with its monotonic reading
}

// Quantile is the latency that the share q (0 to 1) of the histogram does not
// exceed, with three digits; 0 when the histogram is empty.
func (r Result) Quantile(q float64) time.Duration { return quantile(r.Histogram, q) }

func quantile(h *hdrhistogram.Histogram, q float64) time.Duration {
	return time.Duration(h.ValueAtQuantile(100*q)) * time.Microsecond
}

// Rate is good answers per second.
func (r Result) Rate() float64 { return float64(r.Completed) / float64(r.Seconds) }

// ErrorRatio is the share of the requests that got no good answer.
func (r Result) ErrorRatio() float64 {
	return float64(r.Errors) / float64(max(1, r.Sent))
}
