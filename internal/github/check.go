package github

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/google/go-github/v60/github"

	"github.com/plimsoll-ci/plimsoll/internal/courier"
)

// Conclusion is how a check run ends.
type Conclusion string

// The conclusions. All but Failure and Cancelled let a required check pass
// (https://docs.github.com/pull-requests/collaborating-with-pull-requests/collaborating-on-repositories-with-code-quality-features/troubleshooting-required-status-checks).
const (
	Success   Conclusion = "success"
	Failure   Conclusion = "failure"
	Neutral   Conclusion = "neutral"
	Cancelled Conclusion = "cancelled"
)

// CheckRun is a check run on a commit, or one that is to be there.
type CheckRun struct {
	ID  int64  // 0 while it is not known to be there
	URL string // of the web page

	external string // by which it is known as made here
	name     string
	asked    bool // for; it may be there, whatever was heard of it
}

// NewCheck is a check run that [Client.StartCheck] can start.
func NewCheck(run Run, name string) CheckRun {
	return CheckRun{name: name, external: externalID(run) + rand.Text()}
}

// keptCheck is a check run as one step tells another.
type keptCheck struct {
	ID       int64  `json:"id,omitempty"`
	Name     string `json:"name"`
	External string `json:"external"`
}

// State is the check run in one line, for [ParseCheck] in a later step.
func (c CheckRun) State() string {
	text, _ := json.Marshal(keptCheck{c.ID, c.name, c.external}) // which numbers and texts cannot fail
	return string(text)
}

// ParseCheck reads a [CheckRun.State]. Whether an unfinished step has asked for it
// is not in there, so it counts as asked for.
func ParseCheck(state string) (CheckRun, error) {
	var kept keptCheck
	if err := json.Unmarshal([]byte(state), &kept); err != nil || kept.External == "" {
		return CheckRun{}, fmt.Errorf("read which check run is in progress: expected what an earlier step of this job has kept, got %q", clip(state, 200))
	}
	return CheckRun{ID: kept.ID, name: kept.Name, external: kept.External, asked: true}, nil
}

// CheckResult is what a check run ends with.
type CheckResult struct {
	Conclusion  Conclusion
	Title       string // one plain line
	Summary     string // Markdown
	Annotations []Annotation
}

const checksWrite = "checks: write"

// StartCheck puts a check run of [NewCheck] in progress on the run's head commit.
// A create whose answer was lost is found again rather than repeated, also by
// another call that goes on where one gave up. It returns a [*DeniedError] where
// the token, the commit or the server does not allow it: Gitea and Forgejo have no
// check runs.
//
// Note: nothing here asks whether a newer run has a check run already. A check
// run belongs to a commit, so both tell of the same code, and running an old
// run again is how a user asks for another measurement.
func (c *Client) StartCheck(ctx context.Context, run Run, check *CheckRun) error {
	const doing = "start a check run"
	if !commitSHA.MatchString(run.Event.Head.SHA) {
		return &DeniedError{Reason: Invalid, Why: "the event names no commit to put a check run on"}
	}
	for try := 1; ; try++ {
		if err := c.findCheck(ctx, run, check); err != nil || check.ID != 0 {
			return err
		}
		resp, err := c.createCheck(ctx, run, check)
		if err == nil && check.ID == 0 {
			return &DeniedError{Reason: Unreachable, Why: "could not start a check run: the answer does not say which one it is"}
		}
		if err == nil {
			return nil
		}
		if decided(resp, err) || ctx.Err() != nil || try == courier.Tries {
			return denyCheck(ctx, doing, err)
		}
		if err := courier.Sleep(ctx, courier.Backoff(try)); err != nil {
			return denyCheck(ctx, doing, err)
		}
	}
}

func (c *Client) createCheck(ctx context.Context, run Run, check *CheckRun) (*github.Response, error) {
	status, details := "in_progress", run.URL()
	check.asked = true
	made, resp, err := c.api.Checks.CreateCheckRun(ctx, run.Event.Owner, run.Event.Repo, github.CreateCheckRunOptions{
		Name: check.name, HeadSHA: run.Event.Head.SHA, DetailsURL: &details, ExternalID: &check.external,
		Status: &status, StartedAt: &github.Timestamp{Time: time.Now().UTC().Truncate(time.Second)},
	})
	if err == nil {
		check.ID, check.URL = made.GetID(), made.GetHTMLURL()
	}
	return resp, err
}

// findCheck looks for a check run that was asked for and not heard of.
func (c *Client) findCheck(ctx context.Context, run Run, check *CheckRun) error {
	if !check.asked || check.ID != 0 {
		return nil
	}
	all, err := c.checksOf(ctx, run, check.name)
	if err != nil {
		return err
	}
	for _, known := range all {
		if known.GetExternalID() == check.external {
			check.ID, check.URL = known.GetID(), known.GetHTMLURL()
		}
	}
	return nil
}

// checksOf lists every page of the check runs of a name on the run's head.
func (c *Client) checksOf(ctx context.Context, run Run, name string) ([]*github.CheckRun, error) {
	all := "all"
	var found []*github.CheckRun
	whole, err := eachPage(func(page int) (*github.Response, error) {
		list, resp, err := c.api.Checks.ListCheckRunsForRef(ctx, run.Event.Owner, run.Event.Repo, run.Event.Head.SHA,
			&github.ListCheckRunsOptions{CheckName: &name, Filter: &all, ListOptions: listed(page)})
		if err != nil {
			return nil, denyCheck(ctx, "list the check runs of the commit", err)
		}
		found = append(found, list.CheckRuns...)
		return resp, nil
	})
	if err == nil && !whole {
		err = &DeniedError{Reason: Invalid, Why: fmt.Sprintf("the commit has more than %d check runs", maxPages*perPage)}
	}
	return found, err
}

// EndCheck ends a check run of [Client.StartCheck]. Annotations go 50 to a
// request, and what was received is not sent again when an answer is lost.
//
// Where another job of the same run has a check run of the same name, this one
// ends in a failure that says so: GitHub shows only the latest of a name, and a
// pass must not hide the other's fail.
func (c *Client) EndCheck(ctx context.Context, run Run, check CheckRun, r CheckResult) error {
	all, err := c.checksOf(ctx, run, check.name)
	if ctx.Err() != nil {
		return err
	}
	for _, other := range all { // perhaps not all of them: that they cannot be listed is no reason to stay in progress
		if other.GetID() != check.ID && strings.HasPrefix(other.GetExternalID(), externalID(run)) {
			r.Conclusion, r.Title = Failure, "Several jobs or steps report under this name: give each an input `check` of its own"
		}
	}
	err = c.concludeCheck(ctx, run.Event.Owner, run.Event.Repo, check, r)
	var denied *DeniedError
	if errors.As(err, &denied) && denied.Reason == Invalid && len(r.Annotations) > 0 {
		// An annotation that GitHub does not take, such as one in a file that
		// cannot be in a repository, must not hold back the verdict.
		r.Annotations = nil
		err = c.concludeCheck(ctx, run.Event.Owner, run.Event.Repo, check, r)
	}
	return err
}

// externalID begins what the check runs of one attempt of a workflow run are
// known by.
func externalID(run Run) string { return fmt.Sprintf("plimsoll/v1 %d/%d ", run.ID, run.Attempt) }

// concludeCheck sends the annotations, and with the last of them the end.
func (c *Client) concludeCheck(ctx context.Context, owner, repo string, check CheckRun, r CheckResult) error {
	title, summary := clip(r.Title, maxCheckTitle), fitCheck(r.Summary)
	batches := batchesOf(r.Annotations)
	sent := 0
	for i, batch := range batches {
		update := github.UpdateCheckRunOptions{Name: check.name, Output: &github.CheckRunOutput{Title: &title, Summary: &summary, Annotations: batch}}
		if i == len(batches)-1 {
			update.Status, update.Conclusion = new("completed"), new(string(r.Conclusion))
			update.CompletedAt = &github.Timestamp{Time: time.Now().UTC().Truncate(time.Second)}
		}
		sent += len(batch)
		if err := c.updateCheck(ctx, owner, repo, check.ID, update, sent); err != nil {
			return err
		}
	}
	return nil
}

// updateCheck sends an update after which the check run has so many
// annotations. They are appended, so an update is not repeated when it may have
// been read: the check run tells.
func (c *Client) updateCheck(ctx context.Context, owner, repo string, id int64, update github.UpdateCheckRunOptions, annotations int) error {
	const doing = "end the check run"
	for try := 1; ; try++ {
		_, resp, err := c.api.Checks.UpdateCheckRun(courier.Once(ctx), owner, repo, id, update)
		if err == nil {
			return nil
		}
		if decided(resp, err) || ctx.Err() != nil || try == courier.Tries {
			return denyCheck(ctx, doing, err)
		}
		if err := courier.Sleep(ctx, courier.Backoff(try)); err != nil {
			return denyCheck(ctx, doing, err)
		}
		now, _, err := c.api.Checks.GetCheckRun(ctx, owner, repo, id)
		if err != nil {
			return denyCheck(ctx, doing, err)
		}
		ended := update.Status == nil || now.GetStatus() == *update.Status
		if now.GetOutput().GetAnnotationsCount() >= annotations && ended && now.GetOutput().GetTitle() == *update.Output.Title {
			return nil
		}
	}
}

// decided reports whether another try could not end differently: GitHub itself
// turned the request down, or its rate limit outlasts this step.
func decided(resp *github.Response, err error) bool {
	var limit *courier.LimitError
	return answered(resp) || errors.As(err, &limit)
}

// AbandonCheck ends a check run that a cancelled or killed step left in
// progress, also one of which that step knew no more than that it had asked for
// it. One that has ended is left as it is.
func (c *Client) AbandonCheck(ctx context.Context, run Run, check CheckRun) error {
	const doing = "end the check run of a cancelled step"
	if err := c.findCheck(ctx, run, &check); err != nil || check.ID == 0 {
		return err
	}
	owner, repo := run.Event.Owner, run.Event.Repo
	now, _, err := c.api.Checks.GetCheckRun(ctx, owner, repo, check.ID)
	if err != nil {
		return denyCheck(ctx, doing, err)
	}
	if now.GetStatus() == "completed" {
		return nil
	}
	return c.concludeCheck(ctx, owner, repo, check, CheckResult{
		Conclusion: Cancelled, Title: "Cancelled before there was a verdict",
		Summary: "The step was cancelled or ended before it could tell a verdict. Run the job again.",
	})
}

// denyCheck turns an error of the API into a [*DeniedError]. A server without
// check runs answers as one that hides them.
func denyCheck(ctx context.Context, doing string, err error) error {
	denied := deny(ctx, doing, checksWrite, err)
	var known *DeniedError
	if !errors.As(denied, &known) {
		return denied
	}
	var answer *github.ErrorResponse
	if errors.As(err, &answer) && (answer.Response.StatusCode == http.StatusNotFound || answer.Response.StatusCode == http.StatusMethodNotAllowed) {
		known.Reason = NotFound
		known.Why = fmt.Sprintf("could not %s: GitHub finds nothing there (HTTP %d); check that the token is for this repository and has the permission %s. Gitea and Forgejo have no check runs",
			doing, answer.Response.StatusCode, checksWrite)
	}
	return denied
}
