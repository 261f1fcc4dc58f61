package github

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"unicode/utf8"

	"github.com/google/go-github/v60/github"

	"github.com/plimsoll-ci/plimsoll/internal/courier"
)

// maxComment is GitHub's limit in characters, found in its answer "Body is too
// long (maximum is 65536 characters)".
const maxComment = 65536

// maxPages bounds the listing of a pull request's comments: 10,000 of them.
const maxPages = 100

// maxRounds bounds how often a comment is written while others write it too.
const maxRounds = 8

// Pull names a pull request.
type Pull struct {
	Owner  string
	Repo   string
	Number int
}

// Comment is a comment as it stands on the pull request.
type Comment struct {
	ID  int64
	URL string // of the web page
}

// sticky is a comment that carries our marker.
type sticky struct {
	Comment
	marker Marker
}

// Comment makes the pull request's one comment for the marker's key say body,
// which stands in it after the marker's line. An older comment is updated,
// duplicates are removed, and the oldest stays. What a newer run wrote is left
// alone: that is a [*RefusedError] with reason [Superseded].
//
// GitHub offers no "write if unchanged", so each write is followed by another
// look, until the look finds this run's text or a newer run's. A create whose
// answer was lost is therefore found again rather than repeated.
func (c *Client) Comment(ctx context.Context, pull Pull, marker Marker, body string) (Comment, error) {
	text, marker, err := marker.with(body)
	if err != nil {
		return Comment{}, err
	}
	if n := utf8.RuneCountInString(text); n > maxComment {
		return Comment{}, &RefusedError{Reason: Invalid, Err: fmt.Errorf("comment has %d characters, GitHub takes %d", n, maxComment)}
	}
	p := &posting{Client: c, pull: pull, marker: marker, text: text, barred: map[int64]bool{}}
	for round := 1; round <= maxRounds; round++ {
		done, err := p.round(ctx, round)
		if done || err != nil {
			return p.result, err
		}
	}
	if p.result.ID == 0 {
		return Comment{}, &RefusedError{Reason: Unreachable, Err: fmt.Errorf("comment was written %d times and never found", maxRounds)}
	}
	return p.result, nil
}

// posting is the state of one call of Comment.
type posting struct {
	*Client
	pull    Pull
	marker  Marker
	text    string
	result  Comment        // written in this call and acknowledged
	created bool           // result is a comment of our own making
	barred  map[int64]bool // comments this token may not change
	failed  int            // creates without an answer
}

// round looks once and writes at most once. It is done when the look found
// nothing left to write.
func (p *posting) round(ctx context.Context, round int) (bool, error) {
	found, err := p.find(ctx)
	if err != nil {
		return false, err
	}
	if len(found) == 0 {
		return p.absent(ctx, round)
	}
	keep := found[0]
	for _, s := range found[1:] {
		if s.marker.Newer(p.marker) {
			continue // its own run takes care of it
		}
		if err := p.remove(ctx, s); err != nil {
			return false, err
		}
	}
	switch {
	case keep.marker.Newer(p.marker):
		p.result = Comment{}
		return true, &RefusedError{Reason: Superseded}
	case keep.marker == p.marker:
		p.result = keep.Comment
		return true, nil
	}
	return false, p.update(ctx, keep)
}

// absent creates the comment, unless it did so already and the listing has not
// caught up yet.
func (p *posting) absent(ctx context.Context, round int) (bool, error) {
	if p.created {
		if round == maxRounds {
			return true, nil
		}
		return false, courier.Sleep(ctx, p.pause(1))
	}
	return false, p.create(ctx)
}

func (p *posting) create(ctx context.Context) error {
	made, resp, err := p.api.Issues.CreateComment(ctx, p.pull.Owner, p.pull.Repo, p.pull.Number,
		&github.IssueComment{Body: &p.text})
	if err == nil {
		p.result, p.created = Comment{made.GetID(), made.GetHTMLURL()}, true
		return nil
	}
	err = refuse(ctx, fmt.Sprintf("comment on pull request %d", p.pull.Number), err)
	p.failed++
	if answered(resp) || ctx.Err() != nil || p.failed == courier.Tries {
		return err
	}
	// It may have been written all the same: the next round looks first.
	return courier.Sleep(ctx, p.pause(p.failed))
}

// answered reports whether GitHub itself turned the request down, so that
// nothing was written.
func answered(resp *github.Response) bool {
	return resp != nil && resp.Response != nil && resp.StatusCode < 500
}

func (p *posting) update(ctx context.Context, s sticky) error {
	made, resp, err := p.api.Issues.EditComment(ctx, p.pull.Owner, p.pull.Repo, s.ID, &github.IssueComment{Body: &p.text})
	switch {
	case err == nil:
		p.result, p.created = Comment{made.GetID(), made.GetHTMLURL()}, false
		return nil
	case status(resp) == http.StatusNotFound:
		return nil // removed since the look
	case status(resp) == http.StatusForbidden && reasonOf(err) == Forbidden:
		p.barred[s.ID] = true
		return nil
	}
	return refuse(ctx, fmt.Sprintf("update comment %d", s.ID), err)
}

// remove deletes a duplicate. One that is gone or not ours to delete is no
// reason to fail.
func (p *posting) remove(ctx context.Context, s sticky) error {
	resp, err := p.api.Issues.DeleteComment(ctx, p.pull.Owner, p.pull.Repo, s.ID)
	if err == nil || status(resp) == http.StatusNotFound || status(resp) == http.StatusForbidden {
		return nil
	}
	return refuse(ctx, fmt.Sprintf("delete duplicate comment %d", s.ID), err)
}

func status(resp *github.Response) int {
	if resp == nil || resp.Response == nil {
		return 0
	}
	return resp.StatusCode
}

// find lists every page of the pull request's comments and gives those that
// carry our marker and key and are ours, oldest first.
func (p *posting) find(ctx context.Context) ([]sticky, error) {
	var found []sticky
	opts := &github.IssueListCommentsOptions{ListOptions: github.ListOptions{Page: 1, PerPage: 100}}
	for range maxPages {
		page, resp, err := p.api.Issues.ListComments(ctx, p.pull.Owner, p.pull.Repo, p.pull.Number, opts)
		if err != nil {
			return nil, refuse(ctx, fmt.Sprintf("list comments of pull request %d", p.pull.Number), err)
		}
		for _, c := range page {
			marker, ok := ParseMarker(c.GetBody())
			if !ok || marker.Key != p.marker.Key || p.barred[c.GetID()] {
				continue
			}
			if ok, err = p.wrote(ctx, c.GetUser()); err != nil {
				return nil, err
			} else if ok {
				found = append(found, sticky{Comment{c.GetID(), c.GetHTMLURL()}, marker})
			}
		}
		if resp.NextPage <= opts.Page {
			slices.SortFunc(found, func(a, b sticky) int { return cmp.Compare(a.ID, b.ID) })
			return found, nil
		}
		opts.Page = resp.NextPage
	}
	return nil, &RefusedError{Reason: Invalid, Err: errors.New("pull request has more than 10,000 comments")}
}

// wrote reports whether a comment of this author may be ours. Anyone can paste
// a marker: a stranger's would let them put words into the result afterwards,
// or with a high run number keep it from being shown. So the author must be a
// bot or the token's own user.
func (c *Client) wrote(ctx context.Context, author *github.User) (bool, error) {
	if author.GetType() == "Bot" {
		return true, nil
	}
	if c.self == nil {
		user, resp, err := c.api.Users.Get(ctx, "")
		if err != nil && !answered(resp) {
			return false, refuse(ctx, "ask who the token belongs to", err)
		}
		login := user.GetLogin() // "" for the tokens of apps, which may not ask
		c.self = &login
	}
	return *c.self != "" && *c.self == author.GetLogin(), nil
}
