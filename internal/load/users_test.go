package load

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// byUsers is a plan of one stage of virtual users.
func byUsers(seconds float64, users int, think record.Seconds) record.Load {
	return record.Load{Stages: []record.Stage{{For: record.Seconds(seconds), Users: users}}, Think: think}
}

// Three users of an app that takes 100 ms, with 90 ms of think time, begin a
// third of the think time apart, and each sends every 190 ms.
func TestUsersWaitForTheirAnswerAndThink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var arrived []time.Duration
		start := time.Now()
		o := serveFake(t, func(http.ResponseWriter, *http.Request) {
			mu.Lock()
			arrived = append(arrived, time.Since(start))
			mu.Unlock()
			time.Sleep(100 * ms)
		})
		r, err := Run(t.Context(), target, byUsers(0.5, 3, 0.09), o)
		if err != nil {
			t.Fatal(err)
		}
		want := []time.Duration{0, 30 * ms, 60 * ms, 190 * ms, 220 * ms, 250 * ms, 380 * ms, 410 * ms, 440 * ms}
		if diff := cmp.Diff(want, arrived); diff != "" {
			t.Errorf("arrivals (-want +got):\n%s", diff)
		}
		wantResult := record.LoadResult{Model: record.LoadClosed, Offered: 18, Sent: 9, Completed: 9, Statuses: map[int]int{200: 9}, Seconds: 0.54, Mean: 0.1, Max: 0.1, Causes: map[string]int{},
			// Nine requests do not tell p95 from the slowest of them.
			Latency: []record.Quantile{{Share: 0.5, Latency: 0.100031}, {Share: 0.75, Latency: 0.100031}, {Share: 0.9, Latency: 0.100031}}}
		if diff := cmp.Diff(wantResult, r.LoadResult); diff != "" {
			t.Errorf("result (-want +got):\n%s", diff)
		}
	})
}

// The same frozen second that costs an open loop 200 slow requests costs each
// virtual user one: users who wait send nothing. That is what a closed loop is.
func TestLatencyOfUsersCountsFromTheSend(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := serveFake(t, frozen(time.Now()))
		r, err := Run(t.Context(), target, byUsers(4, 2, 0.01), o)
		if err != nil {
			t.Fatal(err)
		}
		if r.Completed != 600 || r.Histogram.TotalCount() != 600 {
			t.Errorf("completed %d, want 300 of each user: 100 a second, but one in the frozen one", r.Completed)
		}
		between(t, "p99", r.Quantile(0.99), 0, ms)
		between(t, "max", r.Max.Duration(), 990*ms, 1000*ms)
		between(t, "lag", r.Lag.Duration(), 0, 0)
	})
}

// Users who stay go on with the request they have under way as their number
// changes: 2, then 4, then 1 is never more than 4 at once, and 1 in the end.
func TestUsersStayFromStageToStage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var busy, most atomic.Int32
		o := serveFake(t, func(http.ResponseWriter, *http.Request) {
			n := busy.Add(1)
			most.Store(max(most.Load(), n))
			time.Sleep(300 * ms)
			busy.Add(-1)
		})
		plan := record.Load{Stages: []record.Stage{{For: 1, Users: 2}, {For: 1, Users: 4}, {For: 1, Users: 1}}}
		r, err := Run(t.Context(), target, plan, o)
		if err != nil {
			t.Fatal(err)
		}
		// 0: 10 in 3 s; 1: 7 in 2 s; 2 and 3: 4 each in the second second.
		if most.Load() != 4 || r.Sent != 25 {
			t.Errorf("at most %d under way and %d sent, want 4 and 25", most.Load(), r.Sent)
		}
	})
}

func TestStays(t *testing.T) {
	s := schedule{{For: 1, Users: 2}, {For: 2, Rate: 5}, {For: 3, Users: 1}, {For: 1, Users: 3}}
	for i, want := range [][]stay{
		{{0, time.Second, 2}, {3 * time.Second, 7 * time.Second, 1}},
		{{0, time.Second, 2}, {6 * time.Second, 7 * time.Second, 3}},
		{{6 * time.Second, 7 * time.Second, 3}},
		nil,
	} {
		if diff := cmp.Diff(want, s.stays(i), cmp.AllowUnexported(stay{})); diff != "" {
			t.Errorf("user %d (-want +got):\n%s", i, diff)
		}
	}
}

func TestStagesByRateAndByUsersInOnePlan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var arrived []time.Duration
		start := time.Now()
		o := serveFake(t, func(http.ResponseWriter, *http.Request) {
			mu.Lock()
			arrived = append(arrived, time.Since(start))
			mu.Unlock()
			time.Sleep(150 * ms)
		})
		plan := record.Load{Stages: []record.Stage{{For: 0.4, Rate: 10}, {For: 0.4, Users: 1}, {For: 0.2, Rate: 10}}, Think: 0.05}
		r, err := Run(t.Context(), target, plan, o)
		if err != nil {
			t.Fatal(err)
		}
		want := []time.Duration{0, 100 * ms, 200 * ms, 300 * ms, 400 * ms, 600 * ms, 800 * ms, 900 * ms}
		if diff := cmp.Diff(want, arrived); diff != "" {
			t.Errorf("arrivals (-want +got):\n%s", diff)
		}
		if r.Model != record.LoadMixed || r.Offered != 8 || r.Seconds != 1.05 {
			t.Errorf("%+v, want a mixed load of 8 per second that ended with the last answer", r.LoadResult)
		}
	})
}

// A thousand users who begin at once are no thousand late requests.
func TestTheFirstRequestOfAUserIsNotLate(t *testing.T) {
	address := listen(t, func(http.ResponseWriter, *http.Request) {})
	r, err := Run(t.Context(), address, byUsers(0.3, 200, 0), Options{Timeout: 30 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	if r.Sent < 200 || r.Errors > 0 || r.Late > 0.5 {
		t.Errorf("%+v, want every one of 200 users served, and few late", r.LoadResult)
	}
}

// The generator's own lateness shows where a moment was promised: after a think
// time.
func TestLateUsers(t *testing.T) {
	tally := newTally(time.Second)
	at := time.Now()
	tally.add(outcome{due: at.Add(8 * ms), could: at, sent: at.Add(8 * ms), done: at.Add(9 * ms)})
	tally.add(outcome{due: at, could: at, sent: at, done: at.Add(ms)})
	r := tally.result(at, byUsers(1, 1, 0))
	if r.Late != 0.5 || r.Max != 0.001 {
		t.Errorf("%v late, at most %v s; want half, and a latency of 1 ms that does not hold the lateness", r.Late, r.Max)
	}
}

// An app that refuses for a while is asked 100 times a second by each user, not
// 20,000 times.
func TestUsersPauseWhenNobodyAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := serveFake(t, nil)
		o.dial = func(context.Context) (net.Conn, error) {
			return nil, &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}
		}
		r, err := Run(t.Context(), target, byUsers(1, 5, 0), o)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(map[string]int{causeRefused: 500}, r.Causes); diff != "" {
			t.Errorf("causes (-want +got):\n%s", diff)
		}
	})
}

// An error that is an answer needs no pause: it costs the app its time.
func TestUsersGoOnAfterABadStatus(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := serveFake(t, func(w http.ResponseWriter, _ *http.Request) {
			time.Sleep(ms)
			w.WriteHeader(http.StatusServiceUnavailable)
		})
		r, err := Run(t.Context(), target, byUsers(1, 2, 0), o)
		if err != nil || r.Causes["status 503"] != 2000 {
			t.Errorf("%+v, %v; want 2000 × status 503", r.LoadResult, err)
		}
	})
}

func TestUsersOfAnAppThatNeverAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := serveFake(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
		o.Timeout = 400 * ms
		start := time.Now()
		r, err := Run(t.Context(), target, byUsers(1, 3, 0), o)
		if err != nil {
			t.Fatal(err)
		}
		between(t, "run", time.Since(start), 1220*ms, 1220*ms) // three times 400 ms and two pauses
		if r.Causes[causeTimeout] != 9 || r.Completed != 0 || r.Seconds != 1 {
			t.Errorf("%+v, want three timeouts of each user", r.LoadResult)
		}
	})
}

func TestUsersStopWithTheirContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := serveFake(t, func(http.ResponseWriter, *http.Request) {})
		ctx, cancel := context.WithTimeout(t.Context(), 250*ms)
		defer cancel()
		start := time.Now()
		_, err := Run(ctx, target, byUsers(60, 4, 10), o)
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v, want that of the context", err)
		}
		between(t, "run", time.Since(start), 250*ms, 250*ms)
	})
}

func TestBadUsers(t *testing.T) {
	stage := func(s record.Stage) record.Load { return record.Load{Stages: []record.Stage{{For: 1, Rate: 1}, s}} }
	for want, plan := range map[string]record.Load{
		"stage 2 has a rate and virtual users":         stage(record.Stage{For: 1, Rate: 1, Users: 1}),
		"stage 2 has -1 virtual users":                 stage(record.Stage{For: 1, Users: -1}),
		"stage 2 has 1001 virtual users, expected 1":   stage(record.Stage{For: 1, Users: 1001}),
		"stage 2 lasts 0 s":                            stage(record.Stage{Users: 1}),
		"a think time of -1 s, expected 0 to 60":       byUsers(1, 1, -1),
		"a think time of 61 s":                         byUsers(1, 1, 61),
		`protocol "spdy", expected http1 or h2c`:       {Stages: stage(record.Stage{For: 1, Users: 1}).Stages, Protocol: "spdy"},
		"header Upgrade belongs to a connection of HT": {Stages: stage(record.Stage{For: 1, Users: 1}).Stages, Protocol: record.H2C, Requests: []record.Request{{Path: "/", Headers: map[string]string{"upgrade": "x"}}}},
	} {
		if _, err := Run(t.Context(), target, plan, Options{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}

func TestModels(t *testing.T) {
	rate, users := record.Stage{For: 1, Rate: 1}, record.Stage{For: 1, Users: 1}
	for want, stages := range map[record.LoadModel][]record.Stage{
		record.LoadOpen: {rate, rate}, record.LoadClosed: {users}, record.LoadMixed: {rate, users},
	} {
		if got := (record.Load{Stages: stages}).Model(); got != want {
			t.Errorf("%v is %s, want %s", stages, got, want)
		}
	}
}

// A stage of users is decided, though it has no rate.
func TestUndecidedStages(t *testing.T) {
	plan := record.Load{Stages: []record.Stage{{For: 1, Users: 9}, {For: 1, Rate: 3}}}
	if Undecided(plan) {
		t.Error("a plan of users and a rate is undecided")
	}
	plan.Stages = append(plan.Stages, record.Stage{For: 1})
	if !Undecided(plan) {
		t.Error("a stage without rate or users is decided")
	}
	want := []record.Stage{{For: 1, Users: 9}, {For: 1, Rate: 3}, {For: 1, Rate: 7}}
	if diff := cmp.Diff(want, AtRate(plan, 7).Stages); diff != "" {
		t.Errorf("AtRate (-want +got):\n%s", diff)
	}
}
