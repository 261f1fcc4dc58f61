package github

import (
	"context"
	"fmt"
	"net/http"

	"github.com/google/go-github/v60/github"
)

// CommentLimit is the most bytes of UTF-8 in a comment, the marker's line among
// them. GitHub says "Body is too long (maximum is 65536 characters)", and does
// not say how it counts them.
const CommentLimit = 60_000

// Pull names a pull request.
type Pull struct {
	Owner  string
	Repo   string
	Number int
}

// Comment shows body on the pull request, as [Keep] says.
func (c *Client) Comment(ctx context.Context, pull Pull, marker Marker, body string, how Behavior) (Comment, error) {
	return Keep(ctx, &pullThread{c, pull}, marker, body, how)
}

// pullThread is the conversation of a pull request.
type pullThread struct {
	*Client
	pull Pull
}

// Fits implements [Thread].
func (t *pullThread) Fits(text string) error {
	if len(text) <= CommentLimit {
		return nil
	}
	return fmt.Errorf("comment has %d bytes, expected at most %d", len(text), CommentLimit)
}

// Text implements [Thread].
func (t *pullThread) Text(ctx context.Context, id int64) (string, error) {
	c, _, err := t.api.Issues.GetComment(ctx, t.pull.Owner, t.pull.Repo, id)
	if err != nil {
		return "", refuse(ctx, fmt.Sprintf("read comment %d", id), err)
	}
	return c.GetBody(), nil
}

// Create implements [Thread].
func (t *pullThread) Create(ctx context.Context, text string) (Comment, error) {
	made, _, err := t.api.Issues.CreateComment(ctx, t.pull.Owner, t.pull.Repo, t.pull.Number, &github.IssueComment{Body: &text})
	if err != nil {
		return Comment{}, refuse(ctx, fmt.Sprintf("comment on pull request %d", t.pull.Number), err)
	}
	return Comment{ID: made.GetID(), URL: made.GetHTMLURL()}, nil
}

// Update implements [Thread].
func (t *pullThread) Update(ctx context.Context, id int64, text string) (Comment, error) {
	made, _, err := t.api.Issues.EditComment(ctx, t.pull.Owner, t.pull.Repo, id, &github.IssueComment{Body: &text})
	if err != nil {
		return Comment{}, refuse(ctx, fmt.Sprintf("update comment %d", id), err)
	}
	return Comment{ID: made.GetID(), URL: made.GetHTMLURL()}, nil
}

// Delete implements [Thread].
func (t *pullThread) Delete(ctx context.Context, id int64) error {
	if _, err := t.api.Issues.DeleteComment(ctx, t.pull.Owner, t.pull.Repo, id); err != nil {
		return refuse(ctx, fmt.Sprintf("delete duplicate comment %d", id), err)
	}
	return nil
}

// List implements [Thread]. It reads every page.
func (t *pullThread) List(ctx context.Context) ([]Posted, error) {
	var ours []Posted
	whole, err := eachPage(func(page int) (*github.Response, error) {
		all, resp, err := t.api.Issues.ListComments(ctx, t.pull.Owner, t.pull.Repo, t.pull.Number, &github.IssueListCommentsOptions{ListOptions: listed(page)})
		if err != nil {
			return nil, refuse(ctx, fmt.Sprintf("list comments of pull request %d", t.pull.Number), err)
		}
		for _, c := range all {
			if _, marked := ParseMarker(c.GetBody()); !marked {
				continue // whoever wrote it
			}
			if ok, err := t.wrote(ctx, c.GetUser()); err != nil {
				return nil, err
			} else if ok {
				ours = append(ours, Posted{Comment{ID: c.GetID(), URL: c.GetHTMLURL()}, c.GetBody(), c.GetNodeID()})
			}
		}
		return resp, nil
	})
	if err == nil && !whole {
		err = &RefusedError{Reason: Invalid, Err: fmt.Errorf("pull request has more than %d comments", maxPages*perPage)}
	}
	return ours, err
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

// answered reports whether GitHub itself turned the request down.
func answered(resp *github.Response) bool {
	return resp != nil && resp.Response != nil && resp.StatusCode < http.StatusInternalServerError
}
