package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/plimsoll-ci/plimsoll/internal/compare"
	"github.com/plimsoll-ci/plimsoll/internal/config"
	"github.com/plimsoll-ci/plimsoll/internal/github"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// publishSaved shows what other jobs have measured, as one result. It boots
// nothing and runs nothing of theirs, so it may have the repository's own token:
// what they saved is read as a stranger's words, and rendered anew.
func (s *step) publishSaved(ctx context.Context) (int, error) {
	if s.run.Event.Name == "issue_comment" {
		return ExitOK, usagef("nothing is published on issue_comment: the event names no commit that the result could be of; publish on workflow_run instead")
	}
	if err := prepareOut(s.env, s.inputs.Out); err != nil {
		return ExitOK, err
	}
	if err := s.findPull(ctx); err != nil {
		return ExitOK, err
	}
	s.begin(ctx)
	defer s.leave(ctx)
	c, err := s.joined(ctx)
	if err != nil {
		return ExitOK, err
	}
	return s.deliver(ctx, c, nil)
}

// findPull asks the API which pull request a workflow_run event is about. The
// event does not say so for a fork, and what a fork saved could name any.
func (s *step) findPull(ctx context.Context) error {
	e := &s.run.Event
	if e.Name != "workflow_run" || s.client == nil {
		return nil
	}
	pull, err := s.client.PullOf(ctx, e.Owner, e.Repo, e.HeadRef())
	var denied *github.DeniedError
	switch {
	case errors.As(err, &denied):
		s.progress.step("no comment: %v", denied) // the check and the summary tell the result
		return nil
	case err != nil:
		return err
	}
	e.Number, e.Base, e.Head = pull.Number, pull.Base, pull.Head
	return nil
}

// joined reads the saved comparisons and joins them. Whatever is wrong with one of
// them is told beside the others, and is missing.
func (s *step) joined(ctx context.Context) (record.Comparison, error) {
	files, problems := findSaved(s.inputs.Publish)
	more, told := s.fetchSaved(ctx)
	if ctx.Err() != nil {
		return record.Comparison{}, ctx.Err()
	}
	files, problems = append(files, more...), append(problems, told...)
	expected, err := s.expected()
	if err != nil {
		problems = append(problems, "which services to expect is not known: "+err.Error())
	}
	all, refused := readSaved(files)
	problems = append(problems, refused...)
	return joinSaved(all, expected, problems, s.inputs.OnInconclusive), nil
}

// joinSaved makes one comparison. Nobody has signed anything off in it: a file that
// says so proves nothing.
func joinSaved(all []record.Comparison, expected, problems []string, onInconclusive record.Verdict) record.Comparison {
	for i := range all {
		all[i] = compare.Withdraw(all[i])
	}
	c := compare.Merge(all, expected)
	if len(problems) > 0 {
		for _, p := range problems {
			c.Warnings = append(c.Warnings, singleLine(p))
		}
		c.Incomplete, c.Verdict = true, record.Worst(c.Verdict, record.Missing)
	}
	if onInconclusive != "" {
		c.OnInconclusive = onInconclusive
	}
	return c
}

// fetchSaved takes the saved comparisons out of artifacts.
func (s *step) fetchSaved(ctx context.Context) (files []savedFile, problems []string) {
	e := s.run.Event
	of := github.ArtifactOf{Run: e.RunID, Head: e.Head.SHA}
	if e.Number != 0 {
		of.Owner, of.Repo, of.Branch = e.HeadOwner, e.HeadRepo, e.Head.Ref
	}
	for _, name := range s.inputs.Artifacts {
		if s.client == nil {
			return nil, append(problems, "artifacts cannot be read without a token, which needs actions: read")
		}
		found, err := s.client.Artifact(ctx, e.Owner, e.Repo, name, of)
		if err != nil {
			problems = append(problems, fmt.Sprintf("artifact %s: %v", name, err))
			continue
		}
		if len(found) == 0 {
			problems = append(problems, fmt.Sprintf("artifact %s holds no %s", name, comparisonFile))
		}
		for _, f := range found {
			files = append(files, savedFile{f.Name, func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(f.Data)), nil }})
		}
	}
	return files, problems
}

// nothingExpected is the input for users who want only what is there.
const nothingExpected = "off"

// expected are the services that must be there: those the user names, else those
// of the configuration, where there is one.
func (s *step) expected() ([]string, error) {
	if slices.Equal(s.inputs.Expect, []string{nothingExpected}) {
		return nil, nil
	}
	if len(s.inputs.Expect) > 0 {
		return s.inputs.Expect, nil
	}
	name, source, err := readConfig(s.inputs.Config)
	if err != nil || name == "" {
		return nil, err
	}
	return config.ServiceNames(name, source)
}
