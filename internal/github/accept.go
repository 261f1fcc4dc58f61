package github

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/google/go-github/v60/github"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// Accepted tells whether the label signs off the results of a commit: somebody
// with write access set it while that commit was the pull request's head, and
// nothing was pushed since. Event is what started this run, and may be another
// pull request's or none. It returns nil and the objection when it does not, and
// nil and none when the pull request has no such label; an error means that the
// API could not be asked, and the label does not count then either.
//
// When the event is the very setting of the label, the head in its payload is
// GitHub's word for what was current, and the record of pushes need not be asked.
// That may be out of reach for the branch of a private fork.
//
// The token needs pull-requests: read and contents: read. Without them the
// label does not count, and the objection names what is missing.
//
// Note: which commit was the head when the label was set is not read off the
// commits in the pull request's timeline, whose dates and so whose places are
// their author's to choose, nor off the first check suite or workflow run of
// the commit: it may have been pushed elsewhere, or here and taken back, long
// before. The record of pushes to the branch has GitHub's own times.
func (c *Client) Accepted(ctx context.Context, event Event, pull Pull, head, label string) (*record.Acceptance, Objection, error) {
	if label == "" {
		return nil, Objection{}, nil
	}
	if !commitSHA.MatchString(head) {
		return nil, Objection{}, fmt.Errorf("look for the label that accepts: the head is %.80q, expected a commit's SHA", head)
	}
	a := &accepting{Client: c, event: event, pull: pull, head: head, label: label}
	by, err := a.decide(ctx)
	var not *notAccepted
	if errors.As(err, &not) {
		return nil, not.Objection, nil
	}
	return by, Objection{}, err
}

// Objection is why a label that is there does not count.
type Objection struct {
	Why    string // plain text of one line that is safe to print anywhere; "" for no objection
	Unread bool   // the token may not read what would tell
}

// notAccepted carries an objection to where it is returned.
type notAccepted struct{ Objection }

func (e *notAccepted) Error() string { return e.Why }

func doesNotCount(format string, args ...any) error {
	return &notAccepted{Objection{Why: "the label does not count: " + fmt.Sprintf(format, args...)}}
}

// again is what to do when the label is there and says nothing certain.
const again = "take the label off and set it again to accept this commit"

// accepting is the state of one call of Accepted.
type accepting struct {
	*Client
	event Event
	pull  Pull
	head  string
	label string
}

// decide gives nil without an error when there is no label.
func (a *accepting) decide(ctx context.Context) (*record.Acceptance, error) {
	now, _, err := a.api.PullRequests.Get(ctx, a.pull.Owner, a.pull.Repo, a.pull.Number)
	if err != nil {
		return nil, a.unread(deny(ctx, "read the pull request", "pull-requests: read", err))
	}
	if !a.labelled(now) {
		return nil, nil
	}
	if current := now.GetHead().GetSHA(); !strings.EqualFold(current, a.head) {
		return nil, doesNotCount("the pull request's head is commit %s by now, and this is the result of %s", short(current), short(a.head))
	}
	history, err := a.history(ctx)
	if err != nil {
		return nil, err
	}
	set, err := history.lastSet()
	if err != nil {
		return nil, err
	}
	if err := history.undisturbed(set); err != nil {
		return nil, err
	}
	if err := a.mayWrite(ctx, set); err != nil {
		return nil, err
	}
	if !a.witnessed(history, set) {
		if err := a.pushedBefore(ctx, now, set); err != nil {
			return nil, err
		}
	}
	return &record.Acceptance{By: set.Actor.Login, Label: a.label, At: set.At.UTC(), Head: strings.ToLower(a.head)}, nil
}

// unread makes what the API would not tell an objection, and leaves failures to
// reach it as they are.
func (a *accepting) unread(err error) error {
	var denied *DeniedError
	if errors.As(err, &denied) && (denied.Reason == Forbidden || denied.Reason == NotFound) {
		return &notAccepted{Objection{Why: "the label does not count: " + denied.Why, Unread: true}}
	}
	return err
}

// labelled reports whether the label is on the pull request now. Names of
// labels differ in more than case.
func (a *accepting) labelled(now *github.PullRequest) bool {
	for _, l := range now.Labels {
		if strings.EqualFold(l.GetName(), a.label) {
			return true
		}
	}
	return false
}

// login matches the names that GitHub gives to people's accounts. An account
// managed by an enterprise has an underscore.
var login = regexp.MustCompile(`\A[0-9A-Za-z][0-9A-Za-z_-]{0,99}\z`)

// mayWrite is in order when who set the label has write access at least. GitHub
// reports the role maintain as write, triage as read and a custom role as what
// it is based on.
//
// Note: apps do not count, the token of a workflow run among them. A labeller
// goes by paths, titles and branch names, which are the author's to choose, so
// its label says nothing about anybody's will; and an accepted result names a
// person. Somebody acting through an app counts as themselves.
func (a *accepting) mayWrite(ctx context.Context, set happening) error {
	switch {
	case set.Actor.Login == "" || strings.EqualFold(set.Actor.Login, "ghost"):
		return doesNotCount("the account that set it is gone; %s", again)
	case set.Actor.Type != "User":
		return doesNotCount("it was set by an app, and only a person with write access can accept")
	case !login.MatchString(set.Actor.Login):
		return doesNotCount("it was set by an account whose name is none that GitHub gives")
	}
	level, _, err := a.api.Repositories.GetPermissionLevel(ctx, a.pull.Owner, a.pull.Repo, set.Actor.Login)
	if err != nil {
		return a.unread(deny(ctx, fmt.Sprintf("ask what access %s has", set.Actor.Login), "metadata: read, which every token has", err))
	}
	switch level.GetPermission() {
	case "admin", "maintain", "write":
		return nil
	}
	return doesNotCount("%s, who set it, has no write access to the repository", set.Actor.Login)
}

// witnessed reports whether the event that this run is about is the setting of
// the label on this very head. A label that was set more than once leaves open
// which time the event is about.
func (a *accepting) witnessed(h *history, set happening) bool {
	e := a.event
	return e.Action == "labeled" && strings.EqualFold(e.Label, a.label) &&
		strings.EqualFold(e.Owner, a.pull.Owner) && strings.EqualFold(e.Repo, a.pull.Repo) && e.Number == a.pull.Number &&
		strings.EqualFold(e.Head.SHA, a.head) && strings.EqualFold(e.Sender, set.Actor.Login) && h.times() == 1
}
