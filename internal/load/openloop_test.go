package load

import (
	"context"
	"errors"
	"maps"
	"net"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

func TestRequestsAreDueOnSchedule(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var arrived []time.Duration
		start := time.Now()
		o := serveFake(t, func(http.ResponseWriter, *http.Request) { arrived = append(arrived, time.Since(start)) })
		r, err := Run(t.Context(), target, record.Load{Stages: []record.Stage{{For: 0.3, Rate: 10}, {For: 0.1, Rate: 40}}}, o)
		if err != nil {
			t.Fatal(err)
		}
		want := []time.Duration{0, 100 * ms, 200 * ms, 300 * ms, 325 * ms, 350 * ms, 375 * ms}
		if diff := cmp.Diff(want, arrived); diff != "" {
			t.Errorf("arrivals (-want +got):\n%s", diff)
		}
		wantResult := record.LoadResult{Model: record.LoadOpen, Offered: 17.5, Sent: 7, Completed: 7, Statuses: map[int]int{200: 7}, Seconds: 0.4, Causes: map[string]int{},
			// Within less than a microsecond, and too few to tell p95 from the slowest.
			Latency: []record.Quantile{{Share: 0.5}, {Share: 0.75}, {Share: 0.9}}}
		if diff := cmp.Diff(wantResult, r.LoadResult); diff != "" {
			t.Errorf("result (-want +got):\n%s", diff)
		}
		if r.Rate() != 17.5 || r.ErrorRatio() != 0 {
			t.Errorf("rate %v, error ratio %v; want 17.5 and 0", r.Rate(), r.ErrorRatio())
		}
	})
}

// frozen is a server that answers at once, but stands still from the first to
// the second second.
func frozen(start time.Time) http.HandlerFunc {
	return func(http.ResponseWriter, *http.Request) {
		if since := time.Since(start); since >= time.Second && since < 2*time.Second {
			time.Sleep(2*time.Second - since)
		}
	}
}

// Of 800 requests the 200 due in the frozen second take 1000, 995, … 5 ms; the
// 99th percentile is the eighth largest. A generator that counted from the send
// would see 8 slow requests in the case of 8 in flight, and 1 in that of 1.
func TestLatencyCountsFromTheIntendedSendTime(t *testing.T) {
	for _, inFlight := range []int{DefaultInFlight, 8, 1} {
		synctest.Test(t, func(t *testing.T) {
			o := serveFake(t, frozen(time.Now()))
			o.InFlight = inFlight
			r, err := Run(t.Context(), target, steady(4, 200), o)
			if err != nil {
				t.Fatal(err)
			}
			if r.Completed != 800 || r.Sent != 800 || r.Errors != 0 {
				t.Errorf("%d in flight: %+v, want 800 completed", inFlight, r.LoadResult)
			}
			between(t, "p99", r.Quantile(0.99), 960*ms, 966*ms)
			between(t, "p75", r.Quantile(0.75), 0, 5*ms)
			between(t, "p90", r.Quantile(0.90), 600*ms, 606*ms)
			between(t, "max", r.Max.Duration(), 1000*ms, 1000*ms)
			between(t, "mean", r.Mean.Duration(), 125*ms, 127*ms) // 200 * 502.5 ms / 800
			between(t, "lag", r.Lag.Duration(), 0, 0)
		})
	}
}

// An app that bears 50 per second is offered 100: it turns red by latency and
// rate, and the generator is not to blame.
func TestOverloadIsTheAppsResult(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		busy := make(chan struct{}, 1)
		o := serveFake(t, func(http.ResponseWriter, *http.Request) {
			busy <- struct{}{}
			time.Sleep(20 * ms)
			<-busy
		})
		o.InFlight, o.Timeout = 16, 5*time.Second
		r, err := Run(t.Context(), target, steady(2, 100), o)
		if err != nil {
			t.Fatal(err)
		}
		if r.Completed != 200 || r.Seconds < 3.99 || r.Seconds > 4.01 {
			t.Errorf("completed %d in %v s, want 200 in 4 s", r.Completed, r.Seconds)
		}
		if rate := r.Rate(); rate < 49.9 || rate > 50.1 {
			t.Errorf("rate %v of %v offered, want 50 of 100", rate, r.Offered)
		}
		between(t, "max", r.Max.Duration(), 2000*ms, 2020*ms)
		between(t, "lag", r.Lag.Duration(), 0, 0)
	})
}

// Lateness of the generator itself is lag, and is in the latency too.
func TestLagIsTheGeneratorsOwnLateness(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := serveFake(t, func(http.ResponseWriter, *http.Request) {})
		wait := o.wait
		o.wait = func(ctx context.Context, until time.Time) error { return wait(ctx, until.Add(7*ms)) }
		r, err := Run(t.Context(), target, steady(1, 100), o)
		if err != nil {
			t.Fatal(err)
		}
		between(t, "lag", r.Lag.Duration(), 7*ms, 7010*time.Microsecond)
		if r.Late != 1 {
			t.Errorf("%v of the requests late, want all", r.Late)
		}
		between(t, "p50", r.Quantile(0.5), 7*ms, 7010*time.Microsecond)
	})
}

// Late is a share of requests, which a percentile does not show.
func TestLateIsTheShareOfRequestsTheGeneratorHeldUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := serveFake(t, func(http.ResponseWriter, *http.Request) {})
		wait, n := o.wait, 0
		o.wait = func(ctx context.Context, until time.Time) error {
			if n++; n%50 == 0 {
				until = until.Add(6 * ms)
			}
			return wait(ctx, until)
		}
		r, err := Run(t.Context(), target, steady(1, 100), o)
		if err != nil || r.Late != 0.02 {
			t.Errorf("%v of the requests late, %v; want 2 of 100", r.Late, err)
		}
	})
}

// A run ends one timeout after its schedule however broken the app is, also when
// most requests find every place taken.
func TestAppThatNeverAnswers(t *testing.T) {
	for _, inFlight := range []int{DefaultInFlight, 30, 1} {
		synctest.Test(t, func(t *testing.T) {
			o := serveFake(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
			o.InFlight, o.Timeout = inFlight, 500*ms
			start := time.Now()
			r, err := Run(t.Context(), target, steady(1, 100), o)
			if err != nil {
				t.Fatal(err)
			}
			between(t, "run", time.Since(start), 1490*ms, 1490*ms)
			want := record.LoadResult{Model: record.LoadOpen, Offered: 100, Sent: 100, Statuses: map[int]int{}, Errors: 100, Seconds: 1, Mean: 0.5, Max: 0.5, Causes: map[string]int{causeTimeout: 100}}
			if diff := cmp.Diff(want, r.LoadResult); diff != "" {
				t.Errorf("%d in flight (-want +got):\n%s", inFlight, diff)
			}
			between(t, "p50", r.Quantile(0.5), 500*ms, 501*ms)
			if r.ErrorRatio() != 1 || r.Rate() != 0 {
				t.Errorf("error ratio %v and rate %v, want 1 and 0", r.ErrorRatio(), r.Rate())
			}
		})
	}
}

func TestConnectionsAreReused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := serveFake(t, func(http.ResponseWriter, *http.Request) { time.Sleep(25 * ms) })
		var dialled atomic.Int32
		dial := o.dial
		o.dial = func(ctx context.Context) (conn net.Conn, err error) {
			dialled.Add(1)
			return dial(ctx)
		}
		if _, err := Run(t.Context(), target, steady(1, 100), o); err != nil {
			t.Fatal(err)
		}
		if n := dialled.Load(); n > 4 {
			t.Errorf("%d connections, want at most 4 for 3 requests under way at once", n)
		}
	})
}

func TestRunStopsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := serveFake(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
		ctx, cancel := context.WithTimeout(t.Context(), 300*ms)
		defer cancel()
		start := time.Now()
		_, err := Run(ctx, target, steady(60, 100), o)
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v, want that of the context", err)
		}
		between(t, "run", time.Since(start), 300*ms, 310*ms)
	})
}

func TestMixHasExactSharesAndTheOrderOfItsSeed(t *testing.T) {
	plan := steady(1, 100)
	plan.Requests = []record.Request{{Path: "/a"}, {Path: "/b", Weight: 3}, {Method: "POST", Path: "/c", Body: "{}"}}
	order := func(seed uint64) (paths []string) {
		synctest.Test(t, func(t *testing.T) {
			o := serveFake(t, func(_ http.ResponseWriter, r *http.Request) { paths = append(paths, r.URL.Path) })
			o.Seed = seed
			if _, err := Run(t.Context(), target, plan, o); err != nil {
				t.Fatal(err)
			}
		})
		return paths
	}
	first, second, other := order(1), order(1), order(2)
	if diff := cmp.Diff(first, second); diff != "" {
		t.Errorf("the same seed gave another order:\n%s", diff)
	}
	if cmp.Equal(first, other) {
		t.Error("another seed gave the same order")
	}
	shares := map[string]int{}
	for _, path := range first {
		shares[path]++
	}
	if want := map[string]int{"/a": 20, "/b": 60, "/c": 20}; !maps.Equal(shares, want) {
		t.Errorf("shares %v, want %v", shares, want)
	}
}

func TestCalibrate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n atomic.Int32
		o := serveFake(t, func(w http.ResponseWriter, _ *http.Request) {
			time.Sleep(10 * ms)
			if n.Add(1)%4 == 0 {
				w.WriteHeader(http.StatusServiceUnavailable)
			}
		})
		rate, err := Calibrate(t.Context(), target, record.Load{}, time.Second, o)
		if err != nil || rate < 299 || rate > 301 {
			t.Errorf("rate %v, %v; want 300 good ones of 400 per second", rate, err)
		}
	})
}

func TestCalibrateSaysWhyNothingWasAnswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := serveFake(t, func(w http.ResponseWriter, _ *http.Request) {
			time.Sleep(100 * ms)
			w.WriteHeader(http.StatusBadGateway)
		})
		_, err := Calibrate(t.Context(), target, record.Load{}, time.Second, o)
		want := "calibrate load on 127.0.0.1:8080: no good answer in 1s, only 40 × status 502"
		if err == nil || err.Error() != want {
			t.Errorf("error %v, want %s", err, want)
		}
	})
}
