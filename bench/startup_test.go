package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/plimsoll-ci/plimsoll/bench/accuracy"
	"github.com/plimsoll-ci/plimsoll/internal/agent/programs"
	"github.com/plimsoll-ci/plimsoll/internal/engine"
	"github.com/plimsoll-ci/plimsoll/internal/engine/enginetest"
	"github.com/plimsoll-ci/plimsoll/internal/measure"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// The startup clock is checked against an image that stamps CLOCK_MONOTONIC
// itself when listen(2) has returned.
var delays = []time.Duration{0, 5 * time.Millisecond, 50 * time.Millisecond, 500 * time.Millisecond, 3 * time.Second}

const boots = 30

// bars are what the clock must reach: the median error, and the 95th percentile.
func bars(delay time.Duration) (median, p95 time.Duration) {
	if delay > 500*time.Millisecond {
		return time.Millisecond, 5 * time.Millisecond
	}
	return time.Millisecond, 2 * time.Millisecond
}

// BenchmarkStartupClock prints the error of startup.ready (the first good HTTP
// answer) and of the open port beside a poll from outside every 100 ms of the
// same boots.
func BenchmarkStartupClock(b *testing.B) {
	built, err := programs.For(b.Context(), runtime.GOARCH, os.Getenv)
	if err != nil {
		b.Fatal(err)
	}
	client := enginetest.Connect(b)
	run := enginetest.Run(b, client, built)
	watch := newOutsider(b, run.ID)
	pods := &measure.Pods{Run: run, Log: 50}
	target := clockTarget(b, client)
	for range b.N {
		table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
		fmt.Fprintln(table, "listens after\tboots\tgate, HTTP median\tp95\tgate, open port median\tp95\toutside poll median\tp95\topen port's bar\t")
		for _, delay := range delays {
			target.Env = map[string]string{"LISTEN_AFTER": delay.String()}
			var seen []accuracy.Startup
			for range boots {
				seen = append(seen, observe(b, pods, target, delay, watch))
			}
			row(table, delay, seen)
		}
		table.Flush()
	}
}

// clockTarget is the image that stamps itself.
func clockTarget(b *testing.B, client *engine.Client) measure.Target {
	target := measure.Target{
		Name: "clock", Image: enginetest.Image(b, client, "clock"),
		Setup: record.Setup{Ready: record.Ready{Kind: record.ReadyHTTP, Port: 8080, Timeout: 30}, Idle: 0.25, StopTimeout: 5},
	}
	target.Setup.Environment = []string{"LISTEN_AFTER"}
	return target
}

// row judges the open port, which is what the fixture stamps. The first answer
// also holds what the fixture needs to give it.
func row(table *tabwriter.Writer, delay time.Duration, seen []accuracy.Startup) {
	var open, ready, outside []float64
	for _, s := range seen {
		open, ready = append(open, math.Abs(s.Open-s.Truth)), append(ready, math.Abs(s.Ready-s.Truth))
		outside = append(outside, math.Abs(s.Outside-s.Truth))
	}
	medianBar, p95Bar := bars(delay)
	verdict := "met"
	if quantile(open, 0.5) > medianBar.Seconds() || quantile(open, 0.95) > p95Bar.Seconds() {
		verdict = fmt.Sprintf("missed: %v, %v", medianBar, p95Bar)
	}
	fmt.Fprintf(table, "%v\t%d\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t\n", delay, len(seen),
		millis(ready, 0.5), millis(ready, 0.95), millis(open, 0.5), millis(open, 0.95),
		millis(outside, 0.5), millis(outside, 0.95), verdict)
}

// observe boots the fixture once, beside its stamp.
func observe(b *testing.B, pods *measure.Pods, target measure.Target, delay time.Duration, watch *outsider) accuracy.Startup {
	b.Helper()
	seen, err := pods.Boot(b.Context(), target, 0)
	if err != nil {
		b.Fatal(err)
	}
	outside, err := watch.next(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	return accuracy.Startup{
		After: delay.Seconds(), Truth: listened(b, seen.Log) - float64(seen.Trial.Gate),
		Open: float64(seen.Trial.Ready.Open), Ready: seen.Trial.Metrics[record.StartupReady], Outside: outside.Seconds(),
	}
}

// listened reads the fixture's stamp, in seconds of CLOCK_MONOTONIC.
func listened(b *testing.B, log []string) float64 {
	b.Helper()
	for _, line := range log {
		var stamp struct{ Listen int64 }
		text, ok := strings.CutPrefix(line, "fixture: ")
		if ok && json.Unmarshal([]byte(text), &stamp) == nil && stamp.Listen > 0 {
			return float64(stamp.Listen) / 1e9
		}
	}
	b.Fatalf("the fixture printed no stamp: %q", log)
	return 0
}

// quantile is the nearest rank.
func quantile(values []float64, q float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[max(0, int(math.Ceil(q*float64(len(sorted))))-1)]
}

func millis(values []float64, q float64) string {
	return fmt.Sprintf("%.2f ms", 1e3*quantile(values, q))
}

// give is how long the outsider may take to notice an app that is up.
const give = 10 * time.Second

// next is the time from the engine's start event to the first answer that a
// poll from outside saw, of the boot that has just ended.
func (o *outsider) next(ctx context.Context) (time.Duration, error) {
	select {
	case outcome := <-o.outcomes:
		return outcome.took, outcome.err
	case <-time.After(give):
		return 0, fmt.Errorf("the outside poll saw no boot within %v", give)
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}
