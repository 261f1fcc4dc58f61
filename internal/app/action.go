package app

import (
	"context"

	"github.com/plimsoll-ci/plimsoll/internal/config"
	"github.com/plimsoll-ci/plimsoll/internal/github"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// Action runs a step of a workflow and gives its exit code. With the argument
// "cleanup" it removes what an earlier run of the job left.
func Action(ctx context.Context, env Env, args []string) int {
	if len(args) > 0 {
		code, err := afterAction(ctx, env, args)
		return finish(ctx, env, code, err)
	}
	s := &step{env: env, progress: newProgress(env, false)}
	code, err := s.act(ctx)
	exit := finish(ctx, env, code, err)
	if err != nil && !s.shown && exit != ExitInterrupted {
		announce(env, err, exit)
	}
	return exit
}

// afterAction is what runs after the step, on every way out of the job.
func afterAction(ctx context.Context, env Env, args []string) (int, error) {
	if args[0] != "cleanup" {
		return ExitOK, usagef("unknown command %q: expected no argument, or cleanup", args[0])
	}
	abandon(ctx, env)
	if inputs, err := config.ReadInputs(env.Getenv); err == nil && inputs.Publishes() {
		return ExitOK, nil // it started nothing, and there may be no engine
	}
	return runCleanup(ctx, env, args[1:])
}

func (s *step) act(ctx context.Context) (int, error) {
	var err error
	if s.inputs, err = config.ReadInputs(s.env.Getenv); err != nil {
		return ExitOK, usagef("%v", err)
	}
	if s.env.Getenv("GITHUB_EVENT_PATH") == "" {
		return ExitOK, usagef("GITHUB_EVENT_PATH is not set: this is the step of a GitHub workflow; elsewhere use `plimsoll compare`")
	}
	if err := s.open(); err != nil {
		return ExitOK, err
	}
	if s.inputs.Publishes() {
		return s.publishSaved(ctx)
	}
	if err := s.run.Event.MayBoot(); err != nil {
		return ExitOK, usagef("%v", err)
	}
	return s.measure(ctx)
}

// measure compares what the configuration names, and shows what came of it: also
// that nothing did, and why.
func (s *step) measure(ctx context.Context) (int, error) {
	if err := prepareOut(s.env, s.inputs.Out); err != nil {
		return ExitOK, err
	}
	s.begin(ctx)
	defer s.leave(ctx)
	plan, c, err := s.compare(ctx)
	if ctx.Err() != nil {
		return ExitOK, ctx.Err()
	}
	if err != nil {
		c = unmeasured(s.env, plan, s.inputs.Services, err)
	}
	return s.deliver(ctx, c, err)
}

func (s *step) compare(ctx context.Context) (config.Plan, record.Comparison, error) {
	plan, err := actionPlan(s.inputs)
	if err != nil {
		return plan, record.Comparison{}, err
	}
	j, err := newJob(s.env, plan, common{platform: s.inputs.Platform})
	if err != nil {
		return plan, record.Comparison{}, err
	}
	c, err := j.compare(ctx)
	return plan, c, err
}

func actionPlan(inputs config.ActionInputs) (config.Plan, error) {
	plan, err := loadPlan(inputs.Config, inputs.Images())
	if err != nil {
		return plan, err
	}
	if plan.File == "" && len(inputs.Services) == 1 {
		plan.Services[0].Name = inputs.Services[0] // there is none to pick it from
	}
	if inputs.Time != 0 {
		plan.Measure.Time = inputs.Time
	}
	if inputs.OnInconclusive != "" {
		plan.OnInconclusive = inputs.OnInconclusive
	}
	picked, err := plan.Pick(inputs.Services)
	if err != nil {
		return config.Plan{}, usagef("input \"service\": %v", err)
	}
	return picked, nil
}

// announce tells the workflow of an error that left nothing to publish.
func announce(env Env, err error, code int) { tellUnpublished(env, code, errorAnnotations(env, err)) }

// tellUnpublished tells the workflow why nothing is published: as annotations, and
// as the outputs that are known all the same.
func tellUnpublished(env Env, code int, why []github.Annotation) {
	p := newProgress(env, false)
	if err := github.Annotate(env.Stdout, why); err != nil {
		p.warn("%v", err)
	}
	if path := env.Getenv("GITHUB_OUTPUT"); path != "" {
		// None would read as a run in which nothing had a budget.
		if err := github.AppendOutputs(path, outputs(record.Comparison{Verdict: record.Missing}, written{}, code)); err != nil {
			p.warn("%v", err)
		}
	}
}
