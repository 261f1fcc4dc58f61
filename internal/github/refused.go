package github

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/google/go-github/v60/github"

	"github.com/plimsoll-ci/plimsoll/internal/courier"
)

// Reason says why there is no comment.
type Reason string

// The reasons. All but NoPull, Superseded and NoNews are worth telling the user.
const (
	NoPull      Reason = "no pull request"
	Superseded  Reason = "superseded"
	NoNews      Reason = "no news"
	Fork        Reason = "fork"
	NoToken     Reason = "no token"
	BadToken    Reason = "bad token"
	Forbidden   Reason = "forbidden"
	Locked      Reason = "locked"
	NotFound    Reason = "not found"
	Invalid     Reason = "invalid"
	RateLimited Reason = "rate limited"
	Unreachable Reason = "unreachable"
)

// explanations say what was found and what to do, in words fit for a summary.
var explanations = map[Reason]string{
	NoPull:      "this event has no pull request",
	Superseded:  "a newer run has already commented",
	NoNews:      "everything passes, nothing moved, and there was no comment before",
	Fork:        "the pull request comes from a fork, whose workflow runs cannot comment",
	NoToken:     "there is no token; pass `token: ${{ github.token }}` and grant `permissions: pull-requests: write`",
	BadToken:    "GitHub does not accept the token (HTTP 401)",
	Forbidden:   "the token may not comment (HTTP 403); grant `permissions: pull-requests: write`",
	Locked:      "the conversation is locked",
	NotFound:    "the token cannot see this pull request (HTTP 404); check that it is for this repository and has `pull-requests: write`",
	Invalid:     "GitHub did not accept the text (HTTP 422)",
	RateLimited: "GitHub's rate limit would not lift in time",
	Unreachable: "GitHub's API could not be reached or failed again and again",
}

// RefusedError is a comment that could not be posted. The caller falls back to
// the job summary.
type RefusedError struct {
	Reason Reason
	Why    string // takes the place of the reason's usual explanation; "" for that
	Err    error  // what GitHub or the connection said; nil when it was not asked
}

// Error gives the explanation and the cause.
func (e *RefusedError) Error() string {
	if e.Err == nil {
		return e.Explain()
	}
	return fmt.Sprintf("%s: %v", e.Explain(), e.Err)
}

// Explain is the reason in plain words of this program's own, safe to print
// anywhere: nothing a server or a stranger said is in it.
func (e *RefusedError) Explain() string { return cmp.Or(e.Why, explanations[e.Reason]) }

// Unwrap gives the cause.
func (e *RefusedError) Unwrap() error { return e.Err }

// refuse turns an error of the API into a [*RefusedError], except where the
// caller itself gave up.
func refuse(ctx context.Context, doing string, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("%s: %w", doing, ctx.Err())
	}
	return &RefusedError{Reason: reasonOf(err), Err: fmt.Errorf("%s: %w", doing, err)}
}

// refusedFor reports whether err is a refusal for this reason.
func refusedFor(err error, reason Reason) bool {
	var refused *RefusedError
	return errors.As(err, &refused) && refused.Reason == reason
}

func reasonOf(err error) Reason {
	var limit *courier.LimitError
	var secondary *github.AbuseRateLimitError
	if errors.As(err, &limit) || errors.As(err, &secondary) {
		return RateLimited
	}
	var answer *github.ErrorResponse
	if !errors.As(err, &answer) {
		return Unreachable
	}
	switch code := answer.Response.StatusCode; {
	case code == http.StatusUnauthorized:
		return BadToken
	case code == http.StatusForbidden && strings.Contains(answer.Message, "locked"):
		return Locked
	case code == http.StatusForbidden:
		return Forbidden
	case code == http.StatusNotFound || code == http.StatusGone:
		return NotFound
	case code >= 500:
		return Unreachable
	}
	return Invalid
}
