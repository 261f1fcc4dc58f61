package app

import (
	"bytes"
	"cmp"
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
	c, err := s.joined(ctx)
	var pending *github.DeniedError
	if errors.As(err, &pending) {
		return s.leaveIt(pending)
	}
	if err != nil {
		return ExitOK, err
	}
	s.begin(ctx)
	defer s.leave(ctx)
	if ctx.Err() != nil {
		return ExitOK, ctx.Err()
	}
	return s.deliver(ctx, c, nil)
}

// leaveIt publishes nothing and says why. The run under way looks for labels when
// it has measured, and this one, which is newer, would stand in the way of its
// comment.
func (s *step) leaveIt(pending *github.DeniedError) (int, error) {
	s.shown = true
	tellUnpublished(s.env, ExitOK, []github.Annotation{{Level: github.Notice, Title: "plimsoll", Message: fmt.Sprintf(
		"nothing to publish yet: %v. It looks for labels itself when it has measured; where it does not measure, set the label again when the result is there", pending)}})
	return ExitOK, nil
}

// nobodyWaits are the reasons for which no comment is missed: no pull request is
// open with this head.
var nobodyWaits = []github.Reason{github.NoPull, github.Closed, github.NewerHead}

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
	case errors.As(err, &denied) && slices.Contains(nobodyWaits, denied.Reason):
		s.progress.step("no comment: %v", denied) // the check and the summary tell the result
		return nil
	case errors.As(err, &denied):
		s.unfound = denied
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
	more, told, err := s.fetchSaved(ctx)
	if err = cmp.Or(ctx.Err(), err); err != nil {
		return record.Comparison{}, err
	}
	files, problems = append(files, more...), append(problems, told...)
	if s.inputs.ExpectsNone() {
		if len(files) == 0 {
			return compare.Untouched(), nil
		}
		problems = append(problems, "no service was expected, and there are saved comparisons")
	}
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

// fetchSaved takes the saved comparisons out of artifacts. It fails where a label
// has come before the measurement has ended.
func (s *step) fetchSaved(ctx context.Context) (files []savedFile, problems []string, err error) {
	e := s.run.Event
	labelled := e.Action == "labeled" || e.Action == "unlabeled"
	of := github.ArtifactOf{Run: e.RunID, Head: e.Head.SHA, Asks: s.run.ID}
	if e.Number != 0 {
		of.Owner, of.Repo, of.Branch = e.HeadOwner, e.HeadRepo, e.Head.Ref
	}
	for _, name := range s.inputs.Artifacts {
		if s.client == nil {
			return nil, append(problems, "artifacts cannot be read without a token, which needs actions: read"), nil
		}
		found, err := s.client.Artifact(ctx, e.Owner, e.Repo, name, of)
		var denied *github.DeniedError
		if labelled && errors.As(err, &denied) && denied.Reason == github.Pending {
			return nil, nil, denied
		}
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
	return files, problems, nil
}

// expected are the services that must be there: those the user names, else those
// of the configuration, where there is one.
func (s *step) expected() ([]string, error) {
	if s.inputs.ExpectsAny() || s.inputs.ExpectsNone() {
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
