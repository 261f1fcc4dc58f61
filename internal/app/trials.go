package app

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/plimsoll-ci/plimsoll/internal/compare"
	"github.com/plimsoll-ci/plimsoll/internal/config"
	"github.com/plimsoll-ci/plimsoll/internal/measure"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// defaultRounds is how many pairs give a useful report when nothing is gated.
const defaultRounds = 8

// measure boots the pair until every verdict is decided, and completes the
// records with what was observed, also when it ends early.
func (j *job) measure(ctx context.Context, i int, s config.Service, pair [2]*side, records [2]*record.Record, warnings *[]string) error {
	var targets []measure.Target
	for _, side := range pair {
		targets = append(targets, j.target(s, side))
	}
	plan := measure.Plan{Looks: []int{j.freeRounds()}, Time: j.share(i), Unguarded: j.unguarded(warnings)}
	if hypotheses(s) > 0 && !j.whole {
		plan.Looks = compare.Looks(hypotheses(s) + j.others(s))
		sofar := func(trials [][]record.Trial) compare.Input {
			return j.input(s, [2]*record.Record{withTrials(records[0], trials[0]), withTrials(records[1], trials[1])})
		}
		plan.Decided = func(trials [][]record.Trial) bool { return compare.Decided(sofar(trials)) }
		plan.Outlook = func(trials [][]record.Trial) (int, bool) {
			outlook := compare.Predict(sofar(trials))
			return outlook.Look, outlook.Likely
		}
	}
	*warnings = append(*warnings, sizingWarnings(pair[0].image.Env, pair[1].image.Env, s.Env)...)
	began := time.Now()
	j.progress.group("boots of " + s.Name)
	result, err := j.boots(ctx, targets, plan)
	j.progress.endGroup()
	j.spent += time.Since(began)
	var tooShort *measure.TimeError
	if errors.As(err, &tooShort) {
		tooShort.Services = len(j.plan.Services) - i
	}
	*warnings = append(*warnings, result.Notes...)
	for side, rec := range records {
		j.complete(rec, result, side)
	}
	if err != nil {
		return err
	}
	climbed, err := j.climb(ctx, result, records[:])
	*warnings = append(*warnings, climbed...)
	return err
}

// share is the part of the run's time budget that service i may use: what is
// left, in equal parts for the services that are left. 0 leaves the choice to
// the measurement.
func (j *job) share(i int) time.Duration {
	if j.plan.Measure.Time == 0 {
		return 0
	}
	return max(1, (j.plan.Measure.Time-j.spent)/time.Duration(len(j.plan.Services)-i))
}

func (j *job) freeRounds() int {
	if j.rounds > 0 {
		return j.rounds
	}
	return defaultRounds
}

// target is a side as the measurement boots it.
func (j *job) target(s config.Service, side *side) measure.Target {
	setup := s.Setup
	if len(setup.Command) == 0 && len(s.Args) > 0 {
		setup.Command = slices.Concat(side.image.Entrypoint, s.Args)
	}
	if setup.Limits.Memory == 0 {
		setup.Limits.Memory = j.engine.Environment().Memory / 2
	}
	beside := j.beside[s.Name]
	setup.Sizing = slices.Sorted(maps.Keys(sized(side.image.Env, s.Env)))
	return measure.Target{Name: side.name, Image: *side.image, Setup: withDependencies(setup, beside), Env: s.Env,
		Script: j.scripts.ready[s.Name], Dependencies: beside}
}

// withTrials is a shallow copy of a record with the trials so far.
func withTrials(rec *record.Record, trials []record.Trial) *record.Record {
	looked := *rec
	looked.Trials = trials
	looked.Metrics = maps.Clone(rec.Metrics)
	compare.Summarize(&looked)
	return &looked
}

// complete adds to a record what was observed of target i.
func (j *job) complete(rec *record.Record, result measure.Result, i int) {
	environment := j.engine.Environment()
	environment.Sampler, environment.Pinned = result.Sampler, result.Pinned
	setup := redacted(result.Targets[i].Setup)
	rec.Environment, rec.Setup, rec.Trials = &environment, &setup, result.Trials[i]
	compare.Summarize(rec)
}

// redacted is a setup as records keep it: request headers may carry tokens.
func redacted(setup record.Setup) record.Setup {
	requests := slices.Clone(setup.Load.Requests)
	for i := range requests {
		headers := make(map[string]string, len(requests[i].Headers))
		for name := range requests[i].Headers {
			headers[name] = "(redacted)"
		}
		requests[i].Headers = headers
	}
	setup.Load.Requests = requests
	return setup
}
