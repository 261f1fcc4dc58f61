package load

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

const (
	// maxThink keeps a typing error from becoming a load that sends nothing.
	maxThink = record.Seconds(60)
	// failurePause is how long a user waits at least after a request that got no
	// answer. A refused connection fails in 50 µs: without
	// a pause, an app that refuses for a moment would show errors alone.
	failurePause = 10 * time.Millisecond
)

func checkThink(t record.Seconds) error {
	if !(t >= 0) || t > maxThink {
		return fmt.Errorf("the load has a think time of %v s, expected 0 to %v", t, maxThink)
	}
	return nil
}

// users is the most virtual users that any stage has.
func (s schedule) users() int {
	most := 0
	for _, stage := range s {
		most = max(most, stage.Users)
	}
	return most
}

// stay is a time in which a user sends, counted from the start of the schedule.
type stay struct {
	begin, end time.Duration
	among      int // users in the stage in which it begins
}

// stays are those of user i, counted from 0. Stages that follow each other and
// have room for it are one stay, so that a user goes on as the number changes.
func (s schedule) stays(i int) []stay {
	var all []stay
	var begin time.Duration
	for _, stage := range s {
		end := begin + stage.For.Duration()
		last := len(all) - 1
		switch {
		case i >= stage.Users:
		case last >= 0 && all[last].end == begin:
			all[last].end = end
		default:
			all = append(all, stay{begin, end, stage.Users})
		}
		begin = end
	}
	return all
}

// closedLoop lets the virtual users live through their stages, and waits for the
// last answers.
func (g *generator) closedLoop(ctx context.Context, start time.Time, s schedule) {
	var all sync.WaitGroup
	for i := range s.users() {
		all.Go(func() {
			for _, st := range s.stays(i) {
				// Users who think are out of step with each other from the first moment on.
				phase := g.think * time.Duration(i) / time.Duration(st.among)
				g.user(ctx, start.Add(st.begin+phase), start.Add(st.end))
			}
		})
	}
	all.Wait()
}

// user sends one request after the other: the first at begin, each other when
// the one before was answered and the think time is over, and none from end on.
func (g *generator) user(ctx context.Context, begin, end time.Time) {
	first := true
	for next := begin; next.Before(end) && rest(ctx, next); first = false {
		could := next
		if first {
			could = time.Now() // many begin at once: no moment was promised to each
		}
		o := g.serve(ctx, job{kind: g.mix.deal(), could: could})
		next = o.done.Add(g.think)
		if o.status == 0 {
			next = later(next, o.done.Add(failurePause))
		}
	}
}

// rest waits for the moment, and reports whether ctx goes on. A user's latency
// does not count from when it wakes, so it need not wake as exactly as waitUntil
// does, at the price of a thread each.
func rest(ctx context.Context, until time.Time) bool {
	d := time.Until(until)
	if d <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
