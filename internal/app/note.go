package app

import (
	"context"
	"errors"

	"github.com/plimsoll-ci/plimsoll/internal/github"
	"github.com/plimsoll-ci/plimsoll/internal/gitlab"
	"github.com/plimsoll-ci/plimsoll/internal/record"
	"github.com/plimsoll-ci/plimsoll/internal/report"
)

// noteLimit is the length of a note in bytes. GitLab takes a million characters,
// and has no job summary for what does not fit.
const noteLimit = 900_000

// gitlabRun is the job of GitLab CI this runs in, nil elsewhere or where no note
// is wanted.
func (s *step) gitlabRun() (*gitlab.Run, error) {
	if !gitlab.Inside(s.env.Getenv) || s.inputs.Comment == string(github.Off) {
		return nil, nil
	}
	if s.inputs.Comment != string(github.Update) {
		return nil, usagef("--comment %s: a merge request has one note, which is kept up to date; expected update or off", s.inputs.Comment)
	}
	run, err := gitlab.NewRun(s.env.Getenv)
	if err != nil {
		return nil, usagef("%v", err)
	}
	return &run, nil
}

// note shows a comparison on the merge request. What becomes of it changes no
// verdict.
func (s *step) note(ctx context.Context, run *gitlab.Run, c record.Comparison) {
	if run == nil {
		return
	}
	posted, err := gitlab.Publish(ctx, *run, gitlab.Token(s.env.Getenv), nil, string(report.Markdown(c, noteOptions(*run, c))))
	var refused *github.RefusedError
	switch {
	case err == nil:
		s.progress.step("note: %s", posted.URL)
	case errors.As(err, &refused) && refused.Err != nil:
		s.progress.warn("no note: %s: %v", gitlab.Explain(refused), refused.Err)
	case errors.As(err, &refused):
		s.progress.step("no note: %s", gitlab.Explain(refused))
	default:
		s.progress.warn("no note: %v", err)
	}
}

func noteOptions(run gitlab.Run, c record.Comparison) report.Options {
	return report.Options{
		Subject: "This merge request", Limit: noteLimit, Config: c.Config,
		Head:  report.Commit{SHA: run.Head, URL: run.Pages + "/-/commit/" + run.Head},
		Links: []report.Link{{Text: "job", URL: run.Page}},
		Rest:  report.Link{Text: "the job's artifacts", URL: run.Page},
	}
}
