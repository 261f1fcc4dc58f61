package app

import (
	"context"
	"fmt"

	"github.com/plimsoll-ci/plimsoll/internal/compare"
	"github.com/plimsoll-ci/plimsoll/internal/github"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// signed applies the label that signs off what is over budget, where the pull
// request has it. GitHub is only asked where that would change anything. A label
// that does not count is told, and why.
func (s *step) signed(ctx context.Context, c record.Comparison) record.Comparison {
	event := s.run.Event
	wanted := compare.Accept(c, record.Acceptance{}).Accepted != nil
	if !wanted || s.inputs.AcceptLabel == "" || event.Number == 0 || s.client == nil {
		return c
	}
	pull := github.Pull{Owner: event.Owner, Repo: event.Repo, Number: event.Number}
	by, objection, err := s.client.Accepted(ctx, event, pull, event.Head.SHA, s.inputs.AcceptLabel)
	switch {
	case err != nil:
		s.progress.warn("the label %q was not looked for: %v", s.inputs.AcceptLabel, err)
		objection.Why = "whether somebody has signed it off could not be found out: GitHub's API could not be asked"
	case by != nil:
		s.progress.step("%s has signed off what is over budget", by.By)
		return compare.Accept(c, *by)
	}
	if objection.Why != "" {
		s.progress.step("%s", objection.Why)
	}
	// What the token may not read is no news to readers who set no label.
	if objection.Why != "" && !objection.Unread {
		c.Warnings = append(c.Warnings[:len(c.Warnings):len(c.Warnings)], fmt.Sprintf("%s: %s", s.inputs.AcceptLabel, objection.Why))
	}
	return c
}
