package measure

import (
	"fmt"
	"math"
	"net/netip"
	"time"

	"github.com/plimsoll-ci/plimsoll/internal/record"
	"github.com/plimsoll-ci/plimsoll/internal/stat"
)

// defaultTime is how long the rounds may take when the user sets no bound and
// the first look does not need more.
const defaultTime = 5 * time.Minute

// margin is what a plan is stretched by: boots vary.
const margin = 1.25

// TimeError is a time budget that cannot reach a single look.
type TimeError struct {
	Given  time.Duration
	Needed time.Duration
	Rounds int
	// Fewer is the time that the first look of a run with one or two budgets would
	// need, and at how many rounds that look is; zero where this is such a run.
	Fewer       time.Duration
	FewerRounds int
	// Services is among how many the time is shared, where there are several.
	Services int
}

func (e *TimeError) Error() string {
	given, needed := fmt.Sprintf("of %v", e.Given), e.Needed
	if e.Services > 1 {
		given = fmt.Sprintf("leaves %v for each of %d services, which", e.Given.Round(time.Second), e.Services)
		needed *= time.Duration(e.Services)
	}
	text := fmt.Sprintf("the time budget %s is too short: the first look that can decide comes after %d rounds, about %s on this machine; "+
		"give `measure.time: %v` or more", given, e.Rounds, spoken(e.Needed), needed)
	if e.FewerRounds == 0 {
		return text + ", or shorten the load"
	}
	text += fmt.Sprintf(", shorten the load, or gate one or two bounds only: then the first look comes after %d rounds, about %s", e.FewerRounds, spoken(e.Fewer))
	if e.Fewer > e.Given {
		text += ", which is still too long"
	}
	return text
}

// budget is the time the rounds may take. The default always reaches the first
// look; a shorter one from the user is refused before the first round.
func (r *rounds) budget() (time.Duration, error) {
	if len(r.plan.Looks) == 0 {
		return 0, fmt.Errorf("plan the rounds: no looks were given")
	}
	first := r.plan.Looks[0]
	needed := r.takes(first)
	if r.plan.Time == 0 {
		return max(defaultTime, needed), nil
	}
	if planned := r.round * time.Duration(first); planned > r.plan.Time {
		short := &TimeError{Given: r.plan.Time, Needed: needed, Rounds: first}
		if fewest := stat.Looks(1)[0]; r.plan.Decided != nil && fewest < first {
			short.Fewer, short.FewerRounds = r.round*time.Duration(fewest), fewest
		}
		return 0, short
	}
	return r.plan.Time, nil
}

// takes is how long so many rounds may take, with a margin.
func (r *rounds) takes(rounds int) time.Duration {
	return time.Duration(margin * float64(r.round) * float64(rounds)).Round(time.Second)
}

// describe is the plan in words.
func (r *rounds) describe(budget time.Duration) string {
	first, last := r.plan.Looks[0], r.plan.Looks[len(r.plan.Looks)-1]
	about := spoken(r.round * time.Duration(first))
	if first == last {
		return fmt.Sprintf("%s of %.1f s, about %s", counted(first), r.round.Seconds(), about)
	}
	return fmt.Sprintf("%.1f s a round; first look after %d rounds (about %s), last after %d (about %s), at most %s",
		r.round.Seconds(), first, about, last, spoken(r.round*time.Duration(last)), spoken(budget))
}

// spoken is a duration as people plan with it: in seconds up to a minute and a
// half, in minutes beyond, rounded up.
func spoken(d time.Duration) string {
	if d <= 90*time.Second {
		return fmt.Sprintf("%.0f s", max(1, d.Seconds()))
	}
	return fmt.Sprintf("%.0f minutes", math.Ceil(d.Minutes()))
}

func counted(rounds int) string {
	if rounds == 1 {
		return "1 round"
	}
	return fmt.Sprintf("%d rounds", rounds)
}

// onLoopbackOnly reports whether the app's port is open on loopback alone.
func onLoopbackOnly(ready record.Readiness) bool {
	found := false
	for _, text := range ready.Listeners {
		address, err := netip.ParseAddrPort(text)
		if err != nil || int(address.Port()) != ready.Port {
			continue
		}
		if !address.Addr().Unmap().IsLoopback() {
			return false
		}
		found = true
	}
	return found
}
