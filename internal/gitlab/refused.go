package gitlab

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/plimsoll-ci/plimsoll/internal/courier"
	"github.com/plimsoll-ci/plimsoll/internal/github"
)

// explanations word the reasons for GitLab.
var explanations = map[github.Reason]string{
	github.NoPull:      "this pipeline is of no merge request; run the job with `rules: [{if: $CI_PIPELINE_SOURCE == \"merge_request_event\"}]`",
	github.Superseded:  "a newer pipeline has already written",
	github.Fork:        "the merge request comes from a fork, whose own pipelines do not write notes",
	github.NoToken:     "there is no token; set PLIMSOLL_GITLAB_TOKEN to a project access token with the role Reporter and the scope api (the job's own token cannot write notes)",
	github.BadToken:    "GitLab does not accept the token (HTTP 401)",
	github.Forbidden:   "the token may not write notes (HTTP 403); it needs the scope api and at least the role Reporter",
	github.Locked:      "the discussion is locked",
	github.NotFound:    "the token cannot see this merge request (HTTP 404); check that it is of this project, with at least the role Reporter",
	github.Invalid:     "GitLab did not accept the note",
	github.RateLimited: "GitLab's rate limit would not lift in time",
	github.Unreachable: "GitLab's API could not be reached or failed again and again",
}

// Explain says in plain words of this program's own why there is no note.
func Explain(e *github.RefusedError) string { return explanations[e.Reason] }

// refuse turns an error of the API into a [*github.RefusedError], except where
// the caller itself gave up.
func refuse(ctx context.Context, doing string, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("%s: %w", doing, ctx.Err())
	}
	return &github.RefusedError{Reason: reasonOf(err), Err: fmt.Errorf("%s: %w", doing, err)}
}

func reasonOf(err error) github.Reason {
	var limit *courier.LimitError
	if errors.As(err, &limit) {
		return github.RateLimited
	}
	var answer *answerError
	if !errors.As(err, &answer) {
		return github.Unreachable
	}
	switch {
	case answer.status == http.StatusUnauthorized:
		return github.BadToken
	case answer.status == http.StatusForbidden:
		return github.Forbidden
	case answer.status == http.StatusNotFound || answer.status == http.StatusGone:
		return github.NotFound
	case answer.status >= 500:
		return github.Unreachable
	}
	return github.Invalid
}
