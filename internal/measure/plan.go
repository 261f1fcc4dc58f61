package measure

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/plimsoll-ci/plimsoll/internal/record"
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
}

func (e *TimeError) Error() string {
	return fmt.Sprintf("the time budget of %v is too short: the first look that can decide comes after %d rounds, about %v on this machine; "+
		"give `measure.time: %v` or more, shorten the load, or gate fewer metrics", e.Given, e.Rounds, e.Needed, e.Needed)
}

// budget is the time the rounds may take. The default always reaches the first
// look; a shorter one from the user is refused before the first round.
func (r *rounds) budget() (time.Duration, error) {
	if len(r.plan.Looks) == 0 {
		return 0, fmt.Errorf("plan the rounds: no looks were given")
	}
	first := r.plan.Looks[0]
	needed := time.Duration(margin * float64(r.round) * float64(first)).Round(time.Second)
	if r.plan.Time == 0 {
		return max(defaultTime, needed), nil
	}
	if planned := r.round * time.Duration(first); planned > r.plan.Time {
		return 0, &TimeError{Given: r.plan.Time, Needed: needed, Rounds: first}
	}
	return r.plan.Time, nil
}

// describe is the plan in words.
func (r *rounds) describe(budget time.Duration) string {
	first, last := r.plan.Looks[0], r.plan.Looks[len(r.plan.Looks)-1]
	about := max(time.Second, (r.round * time.Duration(first)).Round(time.Second))
	if first == last {
		return fmt.Sprintf("%s of %.1f s, about %v", counted(first), r.round.Seconds(), about)
	}
	return fmt.Sprintf("%.1f s a round; first look after %d rounds (about %v), last after %d, at most %v",
		r.round.Seconds(), first, about, last, budget.Round(time.Second))
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
