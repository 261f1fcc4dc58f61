package measure

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// The concurrency ladder's steps are short: it shows where an image bends, and
// decides nothing. Three boots give a median and show whether it can be trusted.
const (
	LadderBoots = 3
	LadderStep  = record.Seconds(2)
)

// Rung is one target at one step of the ladder.
type Rung struct {
	Users     int
	Trials    []record.Trial // numbered from 1 in Pair, in the order of the boots
	Failure   error          // a [BootError]; the target is booted no more
	Disturbed []string       // the cause for each boot that something outside its pod disturbed
}

// Climb tells how far a ladder has come.
type Climb struct {
	Users       int
	Step, Steps int // the one under way, from 1, and how many there are
	Boot, Boots int // the one under way, from 1, and how many the step has
	Name        string
	Left        time.Duration // 0 while unknown
}

// Ladder boots the targets under more and more virtual users: for each number of
// users every target three times, in random order, one after the other. The
// targets are those of a [Result], with their port and readiness known. Index i
// of what it gives is target i; what was observed before an error is in it. An
// image that does not bear a step is no error: its ladder ends there.
func Ladder(ctx context.Context, booter Booter, targets []Target, users []int, seed uint64, report func(Climb)) ([][]Rung, error) {
	l := &ladder{
		booter: booter, targets: targets, report: report, began: time.Now(), total: len(users) * LadderBoots * len(targets),
		random: rand.New(rand.NewPCG(seed, 0x6c6164646572)), rungs: make([][]Rung, len(targets)),
	}
	for i, n := range users {
		if err := l.step(ctx, Climb{Users: n, Step: i + 1, Steps: len(users)}); err != nil {
			return l.rungs, err
		}
	}
	return l.rungs, nil
}

type ladder struct {
	booter  Booter
	targets []Target
	report  func(Climb)
	random  *rand.Rand
	rungs   [][]Rung
	began   time.Time
	booted  int
	total   int
}

// step boots every target that has borne the steps before.
func (l *ladder) step(ctx context.Context, at Climb) error {
	for i := range l.targets {
		if l.standing(i) {
			l.rungs[i] = append(l.rungs[i], Rung{Users: at.Users})
		}
	}
	at.Boots = LadderBoots * len(l.targets)
	for range LadderBoots {
		for _, i := range l.random.Perm(len(l.targets)) {
			at.Boot++
			if !l.standing(i) {
				l.total--
				continue
			}
			at.Name, at.Left = l.targets[i].Name, l.left()
			l.report(at)
			if err := l.boot(ctx, i); err != nil {
				return fmt.Errorf("ladder, %d users: %w", at.Users, err)
			}
		}
	}
	return nil
}

// standing reports whether target i has borne everything so far.
func (l *ladder) standing(i int) bool {
	rungs := l.rungs[i]
	return len(rungs) == 0 || rungs[len(rungs)-1].Failure == nil
}

func (l *ladder) boot(ctx context.Context, i int) error {
	rung := &l.rungs[i][len(l.rungs[i])-1]
	observed, err := l.booter.Boot(ctx, underUsers(l.targets[i], rung.Users), 0)
	l.booted++
	var failed *BootError
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.As(err, &failed):
		rung.Failure = failed
		return nil
	case err != nil:
		return err
	}
	trial := observed.Trial
	trial.Pair = len(rung.Trials) + 1
	rung.Trials = append(rung.Trials, trial)
	if why := disturbed(trial); why != "" {
		cause, _, _ := strings.Cut(why, ":")
		rung.Disturbed = append(rung.Disturbed, cause)
	}
	return nil
}

// underUsers is a target as a step boots it: with so many virtual users in the
// place of its own load, and nothing that has to do with its end.
func underUsers(target Target, users int) Target {
	load := target.Setup.Load
	target.Setup.Load = record.Load{
		Stages:   []record.Stage{{For: LadderStep, Users: users}},
		Requests: load.Requests, Think: load.Think, Protocol: load.Protocol,
	}
	target.Setup.Recover, target.Setup.StopUnderLoad = false, false
	return target
}

// left is the time the rest takes if it goes on as it did.
func (l *ladder) left() time.Duration {
	if l.booted == 0 {
		return 0
	}
	return time.Since(l.began) / time.Duration(l.booted) * time.Duration(max(0, l.total-l.booted))
}
