package github

import (
	"context"
	"fmt"
	"strings"

	"github.com/google/go-github/v60/github"
)

// HeadRef is the head of a pull request as a workflow_run event names it: the
// repository and the branch that hold it, and the commit.
type HeadRef struct {
	Owner  string
	Repo   string
	Branch string // without refs/heads/
	SHA    string
}

// PullRequest is an open pull request. A draft is like any other.
type PullRequest struct {
	Pull
	Head Commit
	Base Commit
	Fork bool // its head lives in another repository
}

// PullOf finds the open pull request into owner/repo whose head is this commit
// of this branch. Only the API is asked: a workflow_run event names no pull
// request for the head of a fork, and what a fork's job saved could name any.
//
// It returns a [*DeniedError] with reason [NoPull] when no open pull request
// has that branch, [Closed] when one had that head and is closed, [NewerHead]
// when it has moved on, [Several] when more than one has that very head, and
// [Forbidden] when the token lacks pull-requests: read.
func (c *Client) PullOf(ctx context.Context, owner, repo string, head HeadRef) (PullRequest, error) {
	if err := head.check(); err != nil {
		return PullRequest{}, err
	}
	open, err := c.pullsFrom(ctx, owner, repo, "open", head)
	if err != nil {
		return PullRequest{}, err
	}
	var found []PullRequest
	for _, p := range open {
		if strings.EqualFold(p.Head.SHA, head.SHA) {
			found = append(found, p)
		}
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) > 1:
		return PullRequest{}, several(found, head)
	case len(open) > 0:
		return PullRequest{}, &DeniedError{Reason: NewerHead, Why: fmt.Sprintf(
			"pull request %d has moved on from commit %s to %s, whose own run shows its result", open[0].Number, short(head.SHA), short(open[0].Head.SHA))}
	}
	return PullRequest{}, c.closedOrNone(ctx, owner, repo, head)
}

// check refuses what cannot be the head of a pull request. An empty filter
// would list the pull requests of everybody.
func (h HeadRef) check() error {
	var what string
	switch {
	case !knownName(h.Owner) || !knownName(h.Repo):
		what = "repository of the head"
	case h.Branch == "" || len(h.Branch) > maxBranch:
		what = "branch of the head"
	case !commitSHA.MatchString(h.SHA):
		what = "commit of the head"
	default:
		return nil
	}
	return &DeniedError{Reason: Invalid, Why: fmt.Sprintf("the event names no %s, so its pull request cannot be found; is it a workflow_run event?", what)}
}

func several(found []PullRequest, head HeadRef) error {
	numbers := make([]string, len(found))
	for i, p := range found {
		numbers[i] = fmt.Sprint(p.Number)
	}
	return &DeniedError{Reason: Several, Why: fmt.Sprintf(
		"commit %s is the head of several open pull requests (%s), and which one was measured cannot be told; close all but one", short(head.SHA), strings.Join(numbers, ", "))}
}

// closedOrNone says why there is no open pull request.
func (c *Client) closedOrNone(ctx context.Context, owner, repo string, head HeadRef) error {
	closed, err := c.pullsFrom(ctx, owner, repo, "closed", head)
	if err != nil {
		return err
	}
	for _, p := range closed {
		if strings.EqualFold(p.Head.SHA, head.SHA) {
			return &DeniedError{Reason: Closed, Why: fmt.Sprintf("pull request %d, whose head is commit %s, is closed", p.Number, short(head.SHA))}
		}
	}
	return &DeniedError{Reason: NoPull, Why: fmt.Sprintf("no open pull request has commit %s as its head", short(head.SHA))}
}

// pullsFrom lists every page of the pull requests of a state that come from the
// head's branch of the head's repository. GitHub filters by account and branch
// only, and an account may hold several repositories with such a branch.
func (c *Client) pullsFrom(ctx context.Context, owner, repo, state string, head HeadRef) ([]PullRequest, error) {
	var all []PullRequest
	whole, err := eachPage(func(page int) (*github.Response, error) {
		found, resp, err := c.api.PullRequests.List(ctx, owner, repo, &github.PullRequestListOptions{
			State: state, Head: head.Owner + ":" + head.Branch, ListOptions: listed(page),
		})
		if err != nil {
			return nil, deny(ctx, "list the pull requests of the branch", "pull-requests: read", err)
		}
		for _, p := range found {
			at := p.GetHead()
			if strings.EqualFold(at.GetRepo().GetFullName(), head.Owner+"/"+head.Repo) && at.GetRef() == head.Branch {
				all = append(all, openPull(owner, repo, p))
			}
		}
		return resp, nil
	})
	if err == nil && !whole {
		err = &DeniedError{Reason: Invalid, Why: fmt.Sprintf("the branch has more than %d pull requests", maxPages*perPage)}
	}
	return all, err
}

func openPull(owner, repo string, p *github.PullRequest) PullRequest {
	return PullRequest{
		Pull: Pull{Owner: owner, Repo: repo, Number: p.GetNumber()},
		Head: Commit{p.GetHead().GetSHA(), p.GetHead().GetRef()},
		Base: Commit{p.GetBase().GetSHA(), p.GetBase().GetRef()},
		Fork: !strings.EqualFold(p.GetHead().GetRepo().GetFullName(), p.GetBase().GetRepo().GetFullName()),
	}
}
