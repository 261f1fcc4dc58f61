package measure

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/plimsoll-ci/plimsoll/internal/engine"
	"github.com/plimsoll-ci/plimsoll/internal/load"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// Plan says how many rounds to run.
type Plan struct {
	Looks []int         // after these rounds Decided is asked; the last one ends the run
	Time  time.Duration // for all rounds; 0 takes the default
	// Decided reports whether the trials so far decide everything. Nil runs
	// every round.
	Decided func(trials [][]record.Trial) bool
	// Outlook predicts from the trials so far at which look Decided will say yes: 0
	// for none, ok false while it cannot tell. Nil predicts nothing.
	Outlook func(trials [][]record.Trial) (look int, ok bool)
	// Unguarded counts every round, whatever disturbed it.
	Unguarded bool
}

// Result is everything that was observed. Index i of each slice is target i.
type Result struct {
	Trials  [][]record.Trial // the warm-up first, with Pair 0
	Targets []Target         // with the port, readiness and rate that were found
	Sampler string
	Pinned  *record.Pinned
	Rounds  int // counted rounds, the warm-up and the voided ones not among them
	Voided  int // rounds that something outside the pods disturbed
	Notes   []string
}

// Progress tells how far a run has come.
type Progress struct {
	Phase  string // warm-up, measure
	Round  int    // the one under way, among those that count
	Looks  []int
	Name   string        // the target that is about to boot
	Left   time.Duration // until the next look, 0 while unknown
	More   int           // rounds that are likely still to come, those under way included; 0 while unknown
	Open   bool          // the last look will likely leave something undecided
	Plan   string        // once, after the warm-up: the plan in words
	Voided int           // rounds so far that do not count
	Void   string        // once, after a round that does not count: why
}

// Rounds boots the targets in rounds. Seed fixes the order, which is random.
// What was observed before an error is in the result.
func Rounds(ctx context.Context, booter Booter, targets []Target, plan Plan, seed uint64, report func(Progress)) (Result, error) {
	r := &rounds{
		booter: booter, plan: plan, report: report,
		random: rand.New(rand.NewPCG(seed, seed)),
		result: Result{Targets: targets, Trials: make([][]record.Trial, len(targets))},
	}
	err := r.run(ctx)
	r.sumDrains()
	r.remark()
	return r.result, err
}

type rounds struct {
	booter Booter
	plan   Plan
	report func(Progress)
	random *rand.Rand
	result Result
	round  time.Duration // what one round takes, from the warm-up
	began  time.Time
	causes map[string]int // of voided rounds
}

func (r *rounds) run(ctx context.Context) error {
	if err := r.warmUp(ctx); err != nil {
		return err
	}
	budget, err := r.budget()
	if err != nil {
		return err
	}
	r.report(Progress{Phase: "measure", Looks: r.plan.Looks, Plan: r.describe(budget)})
	r.began, r.causes = time.Now(), map[string]int{}
	for _, look := range r.plan.Looks {
		if r.result.Rounds > 0 && time.Since(r.began)+r.pace()*time.Duration(look-r.result.Rounds) > budget {
			r.note("stopped after %d rounds: the next look at %d would pass the time budget of %v", r.result.Rounds, look, budget.Round(time.Second))
			return nil
		}
		if noisy, err := r.upTo(ctx, look); noisy || err != nil {
			return err
		}
		if r.plan.Decided != nil && r.plan.Decided(r.result.Trials) {
			return nil
		}
	}
	return nil
}

// upTo runs rounds until so many count. It reports whether the machine is too
// noisy to go on.
func (r *rounds) upTo(ctx context.Context, look int) (noisy bool, err error) {
	for r.result.Rounds < look {
		if r.tooNoisy() {
			return true, nil
		}
		if err := r.next(ctx, look); err != nil {
			return false, err
		}
	}
	return false, nil
}

// next runs one round in random order. One that something outside the pods has
// disturbed is voided whole; another takes its place, under a number of its own.
func (r *rounds) next(ctx context.Context, look int) error {
	pair := r.result.Rounds + r.result.Voided + 1
	trials := make([]*record.Trial, len(r.result.Targets))
	more, open := r.outlook()
	for order, i := range r.random.Perm(len(r.result.Targets)) {
		r.report(Progress{Phase: "measure", Round: r.result.Rounds + 1, Looks: r.plan.Looks, Name: r.result.Targets[i].Name,
			Left: r.pace() * time.Duration(look-r.result.Rounds), More: more, Open: open, Voided: r.result.Voided})
		observed, err := r.booter.Boot(ctx, r.result.Targets[i], 0)
		if err != nil {
			return fmt.Errorf("round %d: %w", pair, err)
		}
		observed.Trial.Pair, observed.Trial.Order = pair, order
		r.result.Trials[i] = append(r.result.Trials[i], observed.Trial)
		trials[i] = &r.result.Trials[i][len(r.result.Trials[i])-1]
	}
	if why := r.voided(trials); why != "" {
		r.void(trials, why)
		return nil
	}
	r.result.Rounds++
	return nil
}

// outlook predicts how many rounds are still to come.
func (r *rounds) outlook() (more int, open bool) {
	if r.plan.Outlook == nil {
		return 0, false
	}
	look, ok := r.plan.Outlook(r.result.Trials)
	return max(0, look-r.result.Rounds), ok && look == 0
}

// pace is what a round that counts takes, with its share of those that do not:
// measured once there are rounds, planned before.
func (r *rounds) pace() time.Duration {
	if r.result.Rounds == 0 {
		return r.round
	}
	return time.Since(r.began) / time.Duration(r.result.Rounds)
}

// calibration is how long the warm-up looks for the rate an image sustains.
const calibration = 700 * time.Millisecond

// warmUp boots every target once and settles what the rounds hold fixed. It
// goes on after an image that does not boot: the user wants to hear of all.
func (r *rounds) warmUp(ctx context.Context) error {
	var failed []error
	var sustained []float64
	for i, target := range r.result.Targets {
		r.report(Progress{Phase: "warm-up", Name: target.Name})
		calibrate := record.Seconds(0)
		if load.Undecided(target.Setup.Load) {
			calibrate = record.SecondsOf(calibration)
		}
		began := time.Now()
		observed, err := r.booter.Boot(ctx, target, calibrate)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			failed = append(failed, fmt.Errorf("warm-up: %w", err))
			if lost := new(engine.LostError); errors.As(err, &lost) {
				break // so is the next
			}
			continue
		}
		r.settle(i, observed)
		setup := r.result.Targets[i].Setup
		r.round += time.Since(began) - searched(target.Setup.Ready, observed.Trial.Ready)
		if calibrate > 0 && observed.Trial.Ready.Kind != record.ReadyNone {
			r.round += (setup.Load.Seconds() - calibrate).Duration()
			sustained = append(sustained, observed.Sustained)
		}
	}
	rate := load.Choose(sustained...)
	for i := range r.result.Targets {
		r.result.Targets[i].Setup.Load = load.AtRate(r.result.Targets[i].Setup.Load, rate)
	}
	return errors.Join(failed...)
}

// searched is the part of a warm-up that went into the search for the port, or
// into finding that there is none. Later boots are told.
func searched(asked record.Ready, found record.Readiness) time.Duration {
	switch {
	case asked.Kind == record.ReadyNone || asked.Port != 0:
		return 0
	case found.Kind == record.ReadyNone:
		return (asked.Timeout / 2).Duration()
	}
	return (found.High - found.Low).Duration() // the bracket spans the search
}

// settle keeps what the warm-up found out about a target.
func (r *rounds) settle(i int, observed Observation) {
	target := &r.result.Targets[i]
	found := observed.Trial.Ready
	target.Setup.Ready.Kind, target.Setup.Ready.Port = found.Kind, found.Port
	if found.Kind == record.ReadyNone || found.Kind == record.ReadyExit {
		target.Setup.Load = record.Load{}
	}
	r.result.Sampler, r.result.Pinned = observed.Sampler, observed.Pinned
	r.result.Trials[i] = append(r.result.Trials[i], observed.Trial)
	for _, note := range observed.Trial.Notes {
		r.note("%s: %s", target.Name, note)
	}
	if why := observed.Trial.Exit.Cause; why != "" {
		r.note("%s %s", target.Name, why)
	}
	if onLoopbackOnly(found) {
		r.note("%s listens on loopback only (%v): it was measured, but nobody outside its container can reach it", target.Name, found.Listeners)
	}
}

func (r *rounds) note(format string, args ...any) {
	r.result.Notes = append(r.result.Notes, fmt.Sprintf(format, args...))
}
