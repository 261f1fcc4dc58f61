package app

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/plimsoll-ci/plimsoll/internal/github"
	"github.com/plimsoll-ci/plimsoll/internal/record"
	"github.com/plimsoll-ci/plimsoll/internal/report"
)

// checkState is the name under which a check run is kept for the post step.
const checkState = "check"

const (
	// abandonTime bounds how long a step that was interrupted takes to say so.
	abandonTime = 20 * time.Second
	// beginTime bounds how long the measurement waits for a check run that shows
	// it in progress: one exchange that hangs, and a look for what became of it.
	beginTime = 45 * time.Second
	// againTime is for the second try, when there is a result to show.
	againTime = 3 * time.Minute
)

// begin puts the check run in progress. There may be none, which changes no
// verdict: the token lacks the permission, or is a fork's.
func (s *step) begin(ctx context.Context) {
	if s.client == nil || s.inputs.Check == "" || s.run.Event.Fork || s.run.Event.Head.SHA == "" {
		return
	}
	check := github.NewCheck(s.run, s.inputs.Check)
	// It is kept before it is asked for: a create that hangs while the step is
	// killed may have made it, and the post step then finds it.
	s.check = &check
	s.remember(check.State())
	err := s.startCheck(ctx, beginTime)
	switch {
	case err == nil || ctx.Err() != nil:
	case temporary(err):
		s.progress.step("no check run yet: %v; it is tried again when there is a result", err)
	default:
		s.progress.step("no check run: %v", err)
		s.unchecked()
	}
}

// beginAgain makes up for a check run that could not be put in progress while
// GitHub did not answer, or wanted to be left alone. What it says is for the
// workflow: a branch that requires the check run waits for it.
func (s *step) beginAgain(ctx context.Context) []github.Annotation {
	if s.check == nil || s.check.ID != 0 {
		return nil
	}
	err := s.startCheck(ctx, againTime)
	if err == nil {
		return nil
	}
	return []github.Annotation{{Level: github.Warning, Title: "plimsoll", Message: fmt.Sprintf(
		"no check run: %v; a branch that requires %q waits for it, so run the job again", err, s.inputs.Check)}}
}

func (s *step) startCheck(ctx context.Context, patience time.Duration) error {
	limited, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	err := s.client.StartCheck(limited, s.run, s.check)
	if err != nil && limited.Err() != nil && ctx.Err() == nil {
		return &github.DeniedError{Reason: github.Unreachable, Why: fmt.Sprintf("could not start a check run: GitHub's API did not answer within %v", patience)}
	}
	if err == nil {
		s.remember(s.check.State())
	}
	return err
}

// temporary reports whether another try may end differently.
func temporary(err error) bool {
	var denied *github.DeniedError
	return errors.As(err, &denied) && (denied.Reason == github.RateLimited || denied.Reason == github.Unreachable)
}

// unchecked is after there is no check run that could stay in progress.
func (s *step) unchecked() {
	s.check = nil
	s.remember("")
}

// remember tells the post step which check run is in progress, "" for none.
func (s *step) remember(check string) {
	if err := github.SaveState(s.env.Getenv("GITHUB_STATE"), github.Output{Name: checkState, Value: check}); err != nil {
		s.progress.warn("%v", err)
	}
}

// leave ends the check run where nothing else did, on whatever way out.
func (s *step) leave(ctx context.Context) {
	if s.check == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), abandonTime)
	defer cancel()
	if err := s.client.AbandonCheck(ctx, s.run, *s.check); err != nil {
		s.progress.warn("%v", err)
		return
	}
	if s.check.ID != 0 { // else it may be made only now: the post step looks again
		s.unchecked()
	}
}

// abandon ends the check run of a step that was killed.
func abandon(ctx context.Context, env Env) {
	state, token := env.Getenv("STATE_"+checkState), strings.TrimSpace(env.Getenv("INPUT_TOKEN"))
	if state == "" || token == "" {
		return
	}
	if err := abandonCheck(ctx, env, state, token); err != nil {
		newProgress(env, false).warn("%v", err)
	}
}

func abandonCheck(ctx context.Context, env Env, state, token string) error {
	check, err := github.ParseCheck(state)
	if err != nil {
		return err
	}
	run, err := github.NewRun(env.Getenv)
	if err != nil {
		return err
	}
	client, err := github.NewClient(github.Options{API: run.API, Token: token})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, abandonTime)
	defer cancel()
	return client.AbandonCheck(ctx, run, check)
}

// checkResult is what the check run ends with. It passes where the step does.
func checkResult(c record.Comparison, options report.Options, code int, marks []github.Annotation) *github.CheckResult {
	options.Limit = report.DefaultLimit
	r := github.CheckResult{
		Conclusion: github.Success, Title: report.Headline(c, options), Summary: string(report.Markdown(c, options)), Annotations: marks,
	}
	inconclusive := c.Verdict == record.Inconclusive
	if inconclusive {
		r.Title = "Inconclusive. " + r.Title
	}
	switch {
	case code != ExitOK:
		r.Conclusion = github.Failure
	case inconclusive && c.OnInconclusive == record.Neutral:
		r.Conclusion = github.Neutral
	}
	return &r
}
