package gitlab

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/plimsoll-ci/plimsoll/internal/github"
)

// MaxNote is the most characters that GitLab takes in a note
// (https://docs.gitlab.com/api/notes/).
const MaxNote = 1_000_000

// maxPages bounds the listing of a merge request's notes: 10,000 of them.
const maxPages = 100

// publishTime bounds the talk with the API, as for GitHub's.
const publishTime = 5 * time.Minute

// Publish makes the merge request's one note of this job say body, which stands
// behind a hidden marker. What a newer pipeline wrote is left alone. An error is
// a [*github.RefusedError] whose reason [Explain] words for GitLab.
func Publish(ctx context.Context, run Run, token string, lent *http.Client, body string) (github.Comment, error) {
	switch {
	case run.Merge == 0:
		return github.Comment{}, &github.RefusedError{Reason: github.NoPull}
	case run.Fork:
		return github.Comment{}, &github.RefusedError{Reason: github.Fork}
	case token == "":
		return github.Comment{}, &github.RefusedError{Reason: github.NoToken}
	}
	ctx, cancel := context.WithTimeout(ctx, publishTime)
	defer cancel()
	// A job that is retried stays in its pipeline and gets a higher number.
	marker := github.Marker{Key: run.Name, Head: run.Head, Run: run.Pipeline, Attempt: int(run.Job)}
	return github.Keep(ctx, &thread{newClient(run, token, lent), run}, marker, inert(body), github.Update)
}

// command is the start of a line that GitLab would read as a quick action, such
// as /merge, and carry out with the rights of the token
// (https://docs.gitlab.com/user/project/quick_actions/).
var command = regexp.MustCompile(`(?m)^([ \t]*)/`)

// inert keeps every line from being a quick action. The space in front of the
// stroke has no width; GitLab looks for the stroke at the very start.
func inert(body string) string { return command.ReplaceAllString(body, "$1\u200b/") }

// thread is the merge request's notes.
type thread struct {
	*client
	run Run
}

// note is a note as the API gives it.
type note struct {
	ID     int64  `json:"id"`
	Body   string `json:"body"`
	System bool   `json:"system"`
	Author user   `json:"author"`
}

type user struct {
	ID int64 `json:"id"`
}

// Fits implements [github.Thread].
func (t *thread) Fits(text string) error {
	if n := utf8.RuneCountInString(text); n > MaxNote {
		return fmt.Errorf("note has %d characters, GitLab takes %d", n, MaxNote)
	}
	return nil
}

// List implements [github.Thread]. Only notes of the token's own user count:
// anyone can paste a marker.
func (t *thread) List(ctx context.Context) ([]github.Posted, error) {
	if t.self == 0 {
		var me user
		if _, err := t.do(ctx, request{method: http.MethodGet, path: "user"}, &me); err != nil {
			return nil, refuse(ctx, "ask who the token belongs to", err)
		}
		t.self = me.ID
	}
	var ours []github.Posted
	page := "1"
	for range maxPages {
		var notes []note
		query := url.Values{"page": {page}, "per_page": {"100"}, "sort": {"asc"}, "order_by": {"created_at"}, "activity_filter": {"only_comments"}}
		header, err := t.do(ctx, request{method: http.MethodGet, path: t.notes(), query: query}, &notes)
		if err != nil {
			return nil, refuse(ctx, fmt.Sprintf("list the notes of merge request %d", t.run.Merge), err)
		}
		for _, n := range notes {
			if !n.System && n.Author.ID == t.self {
				ours = append(ours, github.Posted{Comment: t.comment(n), Body: n.Body})
			}
		}
		if page = header.Get("X-Next-Page"); page == "" { // a page that is not full need not be the last
			return ours, nil
		}
	}
	return nil, &github.RefusedError{Reason: github.Invalid, Err: errors.New("the merge request has more than 10,000 notes")}
}

// Text implements [github.Thread].
func (t *thread) Text(ctx context.Context, id int64) (string, error) {
	var n note
	if _, err := t.do(ctx, request{method: http.MethodGet, path: t.at(id)}, &n); err != nil {
		return "", refuse(ctx, fmt.Sprintf("read note %d", id), err)
	}
	return n.Body, nil
}

// Create implements [github.Thread].
func (t *thread) Create(ctx context.Context, text string) (github.Comment, error) {
	return t.write(ctx, http.MethodPost, t.notes(), text, fmt.Sprintf("write a note on merge request %d", t.run.Merge))
}

// Update implements [github.Thread].
func (t *thread) Update(ctx context.Context, id int64, text string) (github.Comment, error) {
	return t.write(ctx, http.MethodPut, t.at(id), text, fmt.Sprintf("update note %d", id))
}

func (t *thread) write(ctx context.Context, method, path, text, doing string) (github.Comment, error) {
	var n note
	body := map[string]string{"body": text}
	if _, err := t.do(ctx, request{method: method, path: path, body: body}, &n); err != nil {
		return github.Comment{}, refuse(ctx, doing, err)
	}
	return t.comment(n), nil
}

// Delete implements [github.Thread].
func (t *thread) Delete(ctx context.Context, id int64) error {
	if _, err := t.do(ctx, request{method: http.MethodDelete, path: t.at(id)}, nil); err != nil {
		return refuse(ctx, fmt.Sprintf("delete duplicate note %d", id), err)
	}
	return nil
}

func (t *thread) notes() string {
	return fmt.Sprintf("projects/%d/merge_requests/%d/notes", t.run.Project, t.run.Merge)
}

func (t *thread) at(id int64) string { return fmt.Sprintf("%s/%d", t.notes(), id) }

func (t *thread) comment(n note) github.Comment {
	return github.Comment{ID: n.ID, URL: fmt.Sprintf("%s/-/merge_requests/%d#note_%d", strings.TrimRight(t.run.Pages, "/"), t.run.Merge, n.ID)}
}
