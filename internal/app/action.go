package app

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/plimsoll-ci/plimsoll/internal/config"
	"github.com/plimsoll-ci/plimsoll/internal/github"
	"github.com/plimsoll-ci/plimsoll/internal/record"
	"github.com/plimsoll-ci/plimsoll/internal/report"
)

// Action runs a step of a workflow and gives its exit code. With the argument
// "cleanup" it removes what an earlier run of the job left.
func Action(ctx context.Context, env Env, args []string) int {
	if len(args) > 0 {
		return Main(ctx, env, args)
	}
	code, err := runAction(ctx, env)
	exit := finish(ctx, env, code, err)
	if err != nil && exit != ExitInterrupted {
		announce(env, err, exit)
	}
	return exit
}

func runAction(ctx context.Context, env Env) (int, error) {
	inputs, err := config.ReadInputs(env.Getenv)
	if err != nil {
		return ExitOK, usagef("%v", err)
	}
	if env.Getenv("GITHUB_EVENT_PATH") == "" {
		return ExitOK, usagef("GITHUB_EVENT_PATH is not set: this is the step of a GitHub workflow; elsewhere use `plimsoll compare`")
	}
	run, err := github.NewRun(env.Getenv)
	if err != nil {
		return ExitOK, usagef("%v", err)
	}
	if err := run.Event.MayBoot(); err != nil {
		return ExitOK, usagef("%v", err)
	}
	plan, err := actionPlan(inputs)
	if err != nil {
		return ExitOK, err
	}
	if err := prepareOut(inputs.Out); err != nil {
		return ExitOK, err
	}
	j, err := newJob(env, plan, common{platform: inputs.Platform})
	if err != nil {
		return ExitOK, err
	}
	comparison, err := j.compare(ctx)
	if err != nil {
		return ExitOK, err
	}
	files, err := writeComparison(inputs.Out, comparison, reportOptions(run, plan))
	code := exitCode(comparison.Verdict, plan.OnInconclusive)
	if err != nil && code == ExitOK {
		code = ExitMissing
	}
	return code, errors.Join(publish(ctx, env, inputs, run, plan, comparison, files, code), err)
}

// announce tells the workflow of an error that left nothing to publish: as
// annotations, and as the outputs that are known all the same.
func announce(env Env, err error, code int) {
	p := newProgress(env, false)
	if err := github.Annotate(env.Stdout, errorAnnotations(env, err)); err != nil {
		p.warn("%v", err)
	}
	verdict := record.None
	if code == ExitMissing {
		verdict = record.Missing
	}
	if path := env.Getenv("GITHUB_OUTPUT"); path != "" {
		if err := github.AppendOutputs(path, outputs(record.Comparison{Verdict: verdict}, written{}, code)); err != nil {
			p.warn("%v", err)
		}
	}
}

// errorAnnotations point at the mistakes of a configuration; any other error
// stands on no line.
func errorAnnotations(env Env, err error) []github.Annotation {
	const title = "plimsoll"
	var wrong config.Errors
	var all []github.Annotation
	for _, part := range parts(err) {
		if errors.As(part, &wrong) {
			for _, one := range wrong {
				all = append(all, github.Annotation{Level: github.Error, Title: title, File: inRepository(env, one.File), Line: one.Line, Message: one.Message})
			}
			continue
		}
		all = append(all, github.Annotation{Level: github.Error, Title: title, Message: lines(part.Error())})
	}
	return all
}

// inRepository is a path as annotations want it: relative to the checkout.
func inRepository(env Env, path string) string {
	root := env.Getenv("GITHUB_WORKSPACE")
	if !filepath.IsAbs(path) || root == "" {
		return filepath.Clean(path)
	}
	if inside, err := filepath.Rel(root, path); err == nil && filepath.IsLocal(inside) {
		return inside
	}
	return path
}

// configured is the configuration's path within the repository, "" for a plan
// without one and for one from elsewhere.
func configured(env Env, plan config.Plan) string {
	if plan.File == "" {
		return ""
	}
	if path := inRepository(env, plan.File); filepath.IsLocal(path) {
		return filepath.ToSlash(path)
	}
	return ""
}

func actionPlan(inputs config.ActionInputs) (config.Plan, error) {
	plan, err := loadPlan(inputs.Config, inputs.Images())
	if err != nil {
		return plan, err
	}
	if plan.File == "" && len(inputs.Services) == 1 {
		plan.Services[0].Name = inputs.Services[0] // there is none to pick it from
	}
	if plan, err = plan.Pick(inputs.Services); err != nil {
		return plan, usagef("input \"service\": %v", err)
	}
	if inputs.Time != 0 {
		plan.Measure.Time = inputs.Time
	}
	if inputs.OnInconclusive != "" {
		plan.OnInconclusive = inputs.OnInconclusive
	}
	return plan, nil
}

func reportOptions(run github.Run, plan config.Plan) report.Options {
	return report.Options{
		Config: plan.File,
		Base:   commit(run, run.Event.Base), Head: commit(run, run.Event.Head),
		Links: []report.Link{{Text: "workflow run", URL: run.URL()}},
		Rest:  report.Link{Text: "the job summary", URL: run.URL()},
	}
}

func commit(run github.Run, c github.Commit) report.Commit {
	if c.SHA == "" {
		return report.Commit{}
	}
	return report.Commit{SHA: c.SHA, URL: fmt.Sprintf("%s/%s/%s/commit/%s", run.Server, run.Event.Owner, run.Event.Repo, c.SHA)}
}

// publish shows the result first; the exit code gates after that.
func publish(ctx context.Context, env Env, inputs config.ActionInputs, run github.Run, plan config.Plan,
	c record.Comparison, files written, code int) error {
	// The report quotes images and their builds, which are not to be obeyed.
	if err := github.Untrusted(env.Stdout, string(report.Terminal(c, report.Options{Config: plan.File, Width: logWidth}))); err != nil {
		return err
	}
	to := github.Destination{Run: run, Commands: env.Stdout}
	if inputs.Token != "" {
		client, err := github.NewClient(github.Options{API: run.API, Token: inputs.Token})
		if err != nil {
			return err
		}
		to.Client = client
	}
	outcome := github.Publish(ctx, to, publication(env, inputs, run, plan, c, files, code))
	p := newProgress(env, false)
	switch {
	case outcome.Comment.URL != "":
		p.step("comment: %s", outcome.Comment.URL)
	case outcome.Refused != nil:
		p.step("no comment: %v", outcome.Refused)
	}
	for _, warning := range outcome.Warnings {
		p.warn("%v", warning) // which changes no verdict
	}
	return nil
}

func publication(env Env, inputs config.ActionInputs, run github.Run, plan config.Plan, c record.Comparison, files written, code int) github.Publication {
	options := reportOptions(run, plan)
	p := github.Publication{Outputs: outputs(c, files, code), Annotations: annotations(env, plan, c)}
	if inputs.Comment != "off" && run.Event.Number != 0 {
		options.Subject = "This pull request"
		p.Comment = string(report.Markdown(c, options))
	}
	if inputs.Summary {
		options.Limit = report.SummaryLimit
		p.Summary = string(report.Markdown(c, options))
	}
	return p
}

// annotations point at the budget's line in the configuration. What kept a
// service from being measured at all stands on no line.
func annotations(env Env, plan config.Plan, c record.Comparison) []github.Annotation {
	var all []github.Annotation
	for i, service := range c.Services {
		for _, change := range service.Metrics {
			level, worth := annotationLevel(change.Verdict, plan.OnInconclusive)
			if !worth {
				continue
			}
			a := github.Annotation{Level: level, Title: "plimsoll: " + string(change.ID), Message: report.Annotation(service, change)}
			if i < len(plan.Services) && plan.File != "" {
				a.File, a.Line = inRepository(env, plan.File), plan.Services[i].Lines[change.ID]
			}
			all = append(all, a)
		}
		all = append(all, manifestAnnotations(env, plan, service)...)
		if service.Verdict == record.Missing && len(service.Warnings) > 0 {
			last := service.Warnings[len(service.Warnings)-1]
			all = append(all, github.Annotation{Level: github.Error, Title: "plimsoll", Message: singleLine(service.Name + ": " + last)})
		}
	}
	return all
}

func annotationLevel(verdict, onInconclusive record.Verdict) (github.Level, bool) {
	switch {
	case verdict == record.Fail, verdict == record.Missing:
		return github.Error, true
	case verdict == record.Inconclusive && onInconclusive == record.Fail:
		return github.Error, true
	case verdict == record.Inconclusive:
		return github.Warning, true
	}
	return "", false
}
