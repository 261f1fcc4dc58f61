package github

import (
	"context"
	"fmt"
	"regexp"
	"strings"
)

// The reasons why something could not be read from the API, besides those of
// [RefusedError].
const (
	NewerHead Reason = "newer head"
	Several   Reason = "several"
	Closed    Reason = "closed"
	Expired   Reason = "expired"
	Pending   Reason = "pending"
	Damaged   Reason = "damaged"
)

// DeniedError is something that was asked of GitHub and not had.
type DeniedError struct {
	Reason Reason
	Why    string // what was found, what was expected and what to do
	Err    error  // what GitHub or the connection said; nil where Why says it all
}

// Error gives the explanation and the cause.
func (e *DeniedError) Error() string {
	if e.Err == nil {
		return e.Why
	}
	return fmt.Sprintf("%s: %v", e.Why, e.Err)
}

// Explain is the reason in plain words of this program's own, safe to print
// anywhere: nothing a server or a stranger said is in it, but SHAs, logins and
// numbers that were checked to be such.
func (e *DeniedError) Explain() string { return e.Why }

// Unwrap gives the cause.
func (e *DeniedError) Unwrap() error { return e.Err }

// deny turns an error of the API into a [*DeniedError], except where the caller
// itself gave up. Permission is what the token needs.
func deny(ctx context.Context, doing, permission string, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("%s: %w", doing, ctx.Err())
	}
	denied := &DeniedError{Reason: reasonOf(err), Err: err}
	switch denied.Reason {
	case Forbidden:
		denied.Why = fmt.Sprintf("the token may not %s (HTTP 403); grant the job the permission %s", doing, permission)
	case NotFound:
		denied.Why = fmt.Sprintf("GitHub finds nothing where it was asked to %s (HTTP 404); check that the token is for this repository and has the permission %s", doing, permission)
	case Unreachable, RateLimited, BadToken:
		denied.Why = fmt.Sprintf("could not %s: %s", doing, explanations[denied.Reason])
	default:
		denied.Why = fmt.Sprintf("could not %s: GitHub did not accept the request", doing)
	}
	return denied
}

var (
	commitSHA = regexp.MustCompile(`\A(?:[0-9a-fA-F]{40}|[0-9a-fA-F]{64})\z`)
	nameOfOne = regexp.MustCompile(`\A[0-9A-Za-z_.-]{1,100}\z`)
)

// maxBranch bounds the name of a branch in bytes. GitHub takes 255 at most.
const maxBranch = 1000

// knownName reports whether a text can be the name of an account or of a
// repository, so that it may stand in a path.
func knownName(s string) bool { return nameOfOne.MatchString(s) && strings.Trim(s, ".") != "" }

// short is a SHA as people write it, with nothing in it but hex digits.
func short(sha string) string {
	digits := hexOnly(sha)
	return digits[:min(len(digits), 10)]
}
