package github

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/google/go-github/v60/github"
)

// happening is an event of a pull request's timeline, of which there are dozens
// of kinds: the fields that matter here and no others, so that a kind the client
// library cannot decode does no harm.
type happening struct {
	Event string    `json:"event"`
	At    time.Time `json:"created_at"` // zero for commits, whose dates are their author's to choose
	Label struct {
		Name string `json:"name"`
	} `json:"label"`
	Actor struct {
		Login string `json:"login"`
		Type  string `json:"type"` // User, Bot, ...
	} `json:"actor"`
}

// history is what happened on a pull request, as far as it matters to a label:
// every time it was set or taken off, and everything else.
type history struct {
	labels []happening // in the order of their times
	others []happening
}

// history reads every page of the pull request's timeline.
func (a *accepting) history(ctx context.Context) (*history, error) {
	h := &history{}
	whole, err := eachPage(func(page int) (*github.Response, error) {
		req, err := a.api.NewRequest(http.MethodGet, fmt.Sprintf("repos/%s/%s/issues/%d/timeline?per_page=%d&page=%d",
			a.pull.Owner, a.pull.Repo, a.pull.Number, perPage, page), nil)
		if err != nil {
			return nil, fmt.Errorf("read the pull request's timeline: %w", err)
		}
		var all []happening
		resp, err := a.api.Do(ctx, req, &all)
		if err != nil {
			return nil, a.unread(deny(ctx, "read the pull request's timeline", "pull-requests: read or issues: read", err))
		}
		for _, event := range all {
			h.add(event, a.label)
		}
		return resp, nil
	})
	if err == nil && !whole {
		err = doesNotCount("the pull request's timeline is longer than %d events, so who set it cannot be told", maxPages*perPage)
	}
	slices.SortStableFunc(h.labels, func(x, y happening) int { return x.At.Compare(y.At) })
	return h, err
}

func (h *history) add(event happening, label string) {
	switch {
	case event.Event != "labeled" && event.Event != "unlabeled":
		h.others = append(h.others, event)
	case strings.EqualFold(event.Label.Name, label):
		h.labels = append(h.labels, event)
	}
}

// times is how often the label was set.
func (h *history) times() int {
	n := 0
	for _, l := range h.labels {
		if l.Event == "labeled" {
			n++
		}
	}
	return n
}

// lastSet is the time the label was set that still stands. A label that was
// renamed is on the pull request under a name that nobody set there.
func (h *history) lastSet() (happening, error) {
	if len(h.labels) == 0 || h.labels[len(h.labels)-1].Event != "labeled" {
		return happening{}, doesNotCount("the pull request's timeline does not say who set it, as when a label is renamed; %s", again)
	}
	last := h.labels[len(h.labels)-1]
	if last.At.IsZero() {
		return happening{}, doesNotCount("the pull request's timeline does not say when it was set; %s", again)
	}
	return last, nil
}

// disturbances are the events after which the pull request may not be what was
// accepted, in words. A forced push shows here even where the branch's own
// record of pushes cannot be read.
var disturbances = map[string]string{
	"head_ref_force_pushed":           "the branch was force-pushed",
	"head_ref_deleted":                "the branch was deleted",
	"head_ref_restored":               "the branch was restored",
	"reopened":                        "the pull request was reopened",
	"base_ref_changed":                "the pull request's base was changed",
	"automatic_base_change_succeeded": "the pull request's base was changed",
}

// undisturbed is in order when nothing happened since that makes the pull
// request another. Times are whole seconds, so the same one is not before.
func (h *history) undisturbed(set happening) error {
	for _, event := range h.others {
		what, disturbing := disturbances[event.Event]
		if disturbing && (event.At.IsZero() || !event.At.Before(set.At)) {
			return doesNotCount("%s after it was set; %s", what, again)
		}
	}
	return nil
}

// push is an entry of a repository's record of activity
// (https://docs.github.com/rest/repos/repos#list-repository-activities), which
// the client library lacks.
type push struct {
	After string    `json:"after"`
	Ref   string    `json:"ref"`
	At    time.Time `json:"timestamp"`
}

// pushedBefore is in order when the last push to the head's branch made it this
// commit, before the label was set.
func (a *accepting) pushedBefore(ctx context.Context, now *github.PullRequest, set happening) error {
	pushes, err := a.pushes(ctx, now.GetHead())
	switch {
	case err != nil:
		return err
	case len(pushes) == 0:
		return doesNotCount("GitHub has no record of the pushes to the branch, so which commit it was set for cannot be told")
	case !strings.EqualFold(pushes[0].After, a.head):
		return doesNotCount("GitHub's record of the pushes to the branch ends with commit %s; %s", short(pushes[0].After), again)
	}
	for _, p := range pushes {
		if p.At.IsZero() || !p.At.Before(set.At) {
			return doesNotCount("commit %s was pushed after it was set, or in the same second; %s", short(p.After), again)
		}
	}
	return nil
}

// pushes are the latest pushes to a branch, the last one first.
func (a *accepting) pushes(ctx context.Context, head *github.PullRequestBranch) ([]push, error) {
	owner, repo, _ := strings.Cut(head.GetRepo().GetFullName(), "/")
	if !knownName(owner) || !knownName(repo) {
		return nil, doesNotCount("the fork that the pull request comes from is gone, so which commit it was set for cannot be told")
	}
	ref := "refs/heads/" + head.GetRef()
	query := url.Values{"ref": {ref}, "direction": {"desc"}, "per_page": {fmt.Sprint(perPage)}}
	req, err := a.api.NewRequest(http.MethodGet, fmt.Sprintf("repos/%s/%s/activity?%s", owner, repo, query.Encode()), nil)
	if err != nil {
		return nil, fmt.Errorf("read the pushes to the branch: %w", err)
	}
	var all []push
	if _, err := a.api.Do(ctx, req, &all); err != nil {
		const permission = "contents: read, in the fork too where that is private; or set the label again where a workflow runs on labeled, whose event names the commit"
		return nil, a.unread(deny(ctx, "read which pushes the pull request's branch had", permission, err))
	}
	return slices.DeleteFunc(all, func(p push) bool { return p.Ref != ref }), nil
}
