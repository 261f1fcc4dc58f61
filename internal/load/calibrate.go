package load

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// connections is how many requests a calibration keeps under way: enough to keep
// two cores busy across the answers' latency, few enough that the queue they
// form stays short.
const connections = 4

// Calibrate finds the rate of good answers per second the target sustains: for
// the time d it keeps a few requests of the plan's mix under way, each sent when
// the one before was answered. The error says why when there was no good answer.
func Calibrate(ctx context.Context, target string, plan record.Load, d time.Duration, o Options) (float64, error) {
	g, err := newGenerator(target, plan, o)
	if err != nil {
		return 0, err
	}
	defer g.client.close()
	g.think = 0
	start := time.Now()
	g.closedLoop(ctx, start, schedule{{For: record.SecondsOf(d), Users: connections}})
	if err := ctx.Err(); err != nil {
		return 0, fmt.Errorf("calibrate load on %s: %w", target, err)
	}
	if g.tally.completed == 0 {
		return 0, fmt.Errorf("calibrate load on %s: no good answer in %v, only %s", target, d, causes(g.tally.causes))
	}
	return float64(g.tally.completed) / g.tally.last.Sub(start).Seconds(), nil
}

// causes lists what the errors were, as "3 × timeout, 1 × status 503".
func causes(counts map[string]int) string {
	var list []string
	for _, cause := range slices.Sorted(maps.Keys(counts)) {
		list = append(list, fmt.Sprintf("%d × %s", counts[cause], cause))
	}
	return strings.Join(list, ", ")
}

// The bounds of a chosen rate. 200 requests per second fill a p99 within 3 s and
// cost the generator a few percent of a core; an app that bears less than 2 gets
// one request per second, since less says nothing.
const (
	MinChosen = 1
	MaxChosen = 200
)

// Choose gives the rate to offer to all sides, in requests per second: half of
// what the slowest sustains, in whole numbers, from MinChosen to MaxChosen.
func Choose(sustained ...float64) float64 {
	rate := math.Inf(1)
	for _, s := range sustained {
		rate = min(rate, s/2)
	}
	return max(MinChosen, min(MaxChosen, math.Floor(rate)))
}
