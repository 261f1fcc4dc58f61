package app

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/plimsoll-ci/plimsoll/internal/github"
	"github.com/plimsoll-ci/plimsoll/internal/record"
	"github.com/plimsoll-ci/plimsoll/internal/report"
)

// checkState is the name under which a check run is kept for the post step.
const checkState = "check"

// abandonTime bounds how long a step that was interrupted takes to say so.
const abandonTime = 20 * time.Second

// begin puts the check run in progress. There may be none, which changes no
// verdict: the token lacks the permission, or is a fork's.
func (s *step) begin(ctx context.Context) {
	if s.client == nil || s.inputs.Check == "" || s.run.Event.Fork || s.run.Event.Head.SHA == "" {
		return
	}
	// Not given up half way: one that was made and not heard of would never end.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), abandonTime)
	defer cancel()
	check, err := s.client.StartCheck(ctx, s.run, s.inputs.Check)
	if err != nil {
		s.progress.step("no check run: %v", err)
		return
	}
	s.check = &check
	s.remember(strconv.FormatInt(check.ID, 10))
}

// remember tells the post step which check run is in progress, "" for none.
func (s *step) remember(id string) {
	if err := github.SaveState(s.env.Getenv("GITHUB_STATE"), github.Output{Name: checkState, Value: id}); err != nil {
		s.progress.warn("%v", err)
	}
}

// leave ends the check run where nothing else did, on whatever way out.
func (s *step) leave(ctx context.Context) {
	if s.check == nil || s.ended {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), abandonTime)
	defer cancel()
	if err := s.client.AbandonCheck(ctx, s.run.Event.Owner, s.run.Event.Repo, s.check.ID); err != nil {
		s.progress.warn("%v", err)
		return
	}
	s.remember("")
}

// abandon ends the check run of a step that was killed.
func abandon(ctx context.Context, env Env) {
	id, err := strconv.ParseInt(env.Getenv("STATE_"+checkState), 10, 64)
	token := strings.TrimSpace(env.Getenv("INPUT_TOKEN"))
	if err != nil || token == "" {
		return
	}
	run, err := github.NewRun(env.Getenv)
	if err == nil {
		var client *github.Client
		if client, err = github.NewClient(github.Options{API: run.API, Token: token}); err == nil {
			ctx, cancel := context.WithTimeout(ctx, abandonTime)
			defer cancel()
			err = client.AbandonCheck(ctx, run.Event.Owner, run.Event.Repo, id)
		}
	}
	if err != nil {
		newProgress(env, false).warn("%v", err)
	}
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
