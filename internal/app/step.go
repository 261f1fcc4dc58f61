package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/plimsoll-ci/plimsoll/internal/config"
	"github.com/plimsoll-ci/plimsoll/internal/github"
	"github.com/plimsoll-ci/plimsoll/internal/record"
	"github.com/plimsoll-ci/plimsoll/internal/report"
)

// step is a step of a workflow: what it was told, where it runs, and what it has
// shown so far.
type step struct {
	env      Env
	inputs   config.ActionInputs
	run      github.Run
	client   *github.Client // nil without a token
	progress *progress
	format   string              // to print; "" as text
	check    *github.CheckRun    // nil where there is none, nor can be
	unfound  *github.DeniedError // why the pull request is not known; nil where it is, or there is none
	shown    bool                // a result was published, or why there is none
}

// open reads the runner's environment.
func (s *step) open() error {
	var err error
	if s.run, err = github.NewRun(s.env.Getenv); err != nil {
		return usagef("%v", err)
	}
	// Legs of a matrix are one job to the runner, and each has its own result.
	if legs := strings.Join(s.inputs.Services, ", "); legs != "" && !s.inputs.Publishes() {
		s.run.Job += " (" + legs + ")"
		if s.inputs.Check != "" {
			s.inputs.Check += " (" + legs + ")"
		}
	}
	s.settle()
	s.run.Result = s.inputs.Check
	if s.run.Event.MayBoot() != nil {
		s.run.Event.Fork = false // its token is the repository's own, whoever made the head
	}
	if s.inputs.Token == "" {
		return nil
	}
	s.client, err = github.NewClient(github.Options{API: s.run.API, Token: s.inputs.Token})
	return err
}

// settle leaves out what the forge does not have, and says so once.
func (s *step) settle() {
	if s.run.Forge == "" {
		return
	}
	s.inputs.Check, s.inputs.AcceptLabel = "", ""
	s.progress.step("%s has no check runs, no labels that accept, and shows no annotations: the comment and the exit code tell the result "+
		"(Gitea shows job summaries from 1.27 on)", s.run.Forge)
	if s.inputs.Comment == string(github.HideAndNew) {
		s.inputs.Comment = string(github.New)
		s.progress.step("%s cannot hide comments: the old ones stay", s.run.Forge)
	}
}

// deliver saves a comparison and shows it, signed off where that counts. The exit
// code is the verdict's whatever becomes of that, or that of the error which left
// no more than this to compare.
func (s *step) deliver(ctx context.Context, c record.Comparison, failed error) (int, error) {
	s.shown = true
	shown := s.signed(ctx, c)
	code := exitCode(shown.Verdict, shown.OnInconclusive)
	if failed != nil {
		code = failureCode(failed)
	}
	// For other jobs the file holds what was measured: a label may still be set,
	// and taken off again.
	files, err := writeComparison(s.inputs.Out, c, shown, s.reportOptions(shown))
	if err != nil && code == ExitOK {
		code = ExitMissing
	}
	var marks []github.Annotation
	if s.run.Forge == "" {
		marks = annotations(shown)
	}
	if failed != nil {
		marks = errorAnnotations(s.env, failed)
	}
	if err != nil {
		marks = append(marks, errorAnnotations(s.env, err)...)
	}
	return code, errors.Join(failed, s.publish(ctx, shown, files, code, marks), err)
}

// publish shows a comparison wherever it can be shown.
func (s *step) publish(ctx context.Context, c record.Comparison, files written, code int, marks []github.Annotation) error {
	unprinted := s.print(c)
	marks = append(marks, s.beginAgain(ctx)...)
	to := github.Destination{Run: s.run, Client: s.client, Check: s.check, Commands: s.env.Stdout, Behavior: s.behavior(c), Unfound: s.unfound}
	outcome := github.Publish(ctx, to, s.publication(c, files, code, marks))
	if outcome.Check != "" {
		s.progress.step("check run: %s", outcome.Check)
		s.unchecked()
	}
	switch {
	case outcome.Comment.URL != "":
		s.progress.step("comment: %s", outcome.Comment.URL)
	case outcome.Refused != nil && outcome.Refused.Reason == github.Fork && files.comparison != "":
		s.progress.step("a fork's pull request: nothing is posted. Upload %s as an artifact, which a second workflow, on workflow_run, "+
			"publishes with the input \"artifact\"", files.comparison)
	case outcome.Refused != nil:
		s.progress.step("no comment: %v", outcome.Refused)
	}
	for _, warning := range outcome.Warnings {
		s.progress.warn("%v", warning) // which changes no verdict
	}
	return unprinted
}

// behavior is what becomes of the comment. That nothing was to be measured is only
// news where an older one says otherwise.
func (s *step) behavior(c record.Comparison) github.Behavior {
	wanted := github.Behavior(s.inputs.Comment)
	if len(c.Services) == 0 && c.Verdict == record.None && wanted != github.Off {
		return github.OnlyOnChange
	}
	return wanted
}

// print writes the comparison to standard output. It quotes images and their
// builds, which the runner is not to obey.
func (s *step) print(c record.Comparison) error {
	var text bytes.Buffer
	env := s.env
	env.Stdout, env.Width = &text, 0
	if err := printComparison(env, s.format, c, c.Config); err != nil {
		return err
	}
	return github.Untrusted(s.env.Stdout, text.String())
}

// publication renders a comparison for every place.
func (s *step) publication(c record.Comparison, files written, code int, marks []github.Annotation) github.Publication {
	options := s.reportOptions(c)
	p := github.Publication{Outputs: outputs(c, files, code), Annotations: marks, Quiet: report.Unchanged(c)}
	if (s.run.Event.Number != 0 || s.unfound != nil) && s.inputs.Comment != config.CommentOff {
		options.Subject, options.Limit = "This pull request", github.CommentLimit-github.MarkerLimit
		p.Comment = string(report.Markdown(c, options))
	}
	if s.check != nil && s.check.ID != 0 {
		p.Check = checkResult(c, options, code, marks)
	}
	if s.inputs.Summary {
		options.Limit = report.SummaryLimit
		p.Summary = string(report.Markdown(c, options))
	}
	return p
}

// reportOptions are those of a report that stands on its own.
func (s *step) reportOptions(c record.Comparison) report.Options {
	o := report.Options{
		Config: c.Config,
		Base:   commit(s.run, s.run.Event.Base), Head: commit(s.run, s.run.Event.Head),
		Links: []report.Link{{Text: "workflow run", URL: s.run.URL()}},
		Rest:  report.Link{Text: "the job summary", URL: s.run.URL()},
	}
	if s.run.Event.Number != 0 {
		o.Label = s.inputs.AcceptLabel
	}
	return o
}

func commit(run github.Run, c github.Commit) report.Commit {
	if c.SHA == "" {
		return report.Commit{}
	}
	return report.Commit{SHA: c.SHA, URL: fmt.Sprintf("%s/%s/%s/commit/%s", run.Server, run.Event.Owner, run.Event.Repo, c.SHA)}
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
