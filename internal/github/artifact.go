package github

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/google/go-github/v60/github"
)

// maxArchive bounds an artifact's zip file in bytes. The result of one service
// takes about half a megabyte before it is compressed.
const maxArchive = 16 << 20

// maxArtifactRuns bounds how many runs of a commit are searched for an artifact.
const maxArtifactRuns = 200

// ArtifactOf says whose artifact is wanted: that of a run, as a workflow_run
// event names it, or that of the newest run that has one for this head.
//
// The same commit may be the head of somebody else's pull request too, compared
// with another base. With an Owner only the runs of that repository's branch count.
type ArtifactOf struct {
	Run  int64
	Head string // SHA; with a Run what that run must be of, unless it is empty
	Asks int64  // the run that asks, which is none that may save it yet

	Owner, Repo, Branch string // that hold the head; "" where any may
}

// Artifact gives the comparisons out of the newest artifact of a name: the
// files whose names end in comparison.json. They are a stranger's words
// whichever workflow saved them: nothing is known of them but their size.
//
// It returns a [*DeniedError] with reason [NotFound] when there is no such
// artifact or the server has no such API, [Pending] when there is none and a run
// of that head has not ended, [Expired] when it is not kept any more, [Forbidden] when the token lacks actions: read, and [Damaged] when it
// is no archive of the kind that the upload makes.
func (c *Client) Artifact(ctx context.Context, owner, repo, name string, of ArtifactOf) ([]File, error) {
	if err := of.check(name); err != nil {
		return nil, err
	}
	newest, err := c.newestArtifact(ctx, owner, repo, name, of)
	if err != nil {
		return nil, err
	}
	if size := newest.GetSizeInBytes(); size > maxArchive {
		return nil, &DeniedError{Reason: Damaged, Why: fmt.Sprintf(
			"the artifact has %d bytes, more than the %d a saved comparison may have; save comparison.json alone", size, maxArchive)}
	}
	raw, err := c.download(ctx, owner, repo, newest.GetID())
	if err != nil {
		return nil, err
	}
	return unpack(raw)
}

func (of ArtifactOf) check(name string) error {
	var what string
	switch {
	case name == "" || len(name) > 256:
		what = fmt.Sprintf("its name has %d bytes, expected 1 to 256", len(name))
	case of.Run < 0 || of.Run == 0 && of.Head == "":
		what = "neither a run nor a commit is known to have it"
	case of.Head != "" && !commitSHA.MatchString(of.Head):
		what = "the head is no commit's SHA"
	default:
		return nil
	}
	return &DeniedError{Reason: Invalid, Why: "no artifact can be asked for: " + what}
}

// newestArtifact finds the artifact to read. The newest run comes first, since
// what an older one measured was measured again.
func (c *Client) newestArtifact(ctx context.Context, owner, repo, name string, of ArtifactOf) (*github.Artifact, error) {
	runs, under := []int64{of.Run}, int64(0)
	if of.Run == 0 {
		var err error
		if runs, under, err = c.runsOf(ctx, owner, repo, of); err != nil {
			return nil, err
		}
	}
	expired := false
	for _, run := range runs {
		found, err := c.artifactsOf(ctx, owner, repo, run, name)
		if err != nil {
			return nil, err
		}
		for _, one := range found {
			if err := of.is(one); err != nil {
				return nil, err
			}
			if !one.GetExpired() {
				return one, nil
			}
			expired = true
		}
	}
	if expired {
		return nil, &DeniedError{Reason: Expired, Why: "the artifact has expired; run the workflow that measures again"}
	}
	if under != 0 {
		return nil, &DeniedError{Reason: Pending, Why: fmt.Sprintf("no run of commit %s has saved an artifact of that name, and run %d is still under way", short(of.Head), under)}
	}
	return nil, &DeniedError{Reason: NotFound, Why: of.none()}
}

// is holds the commit of an artifact's run against the one asked for.
func (of ArtifactOf) is(one *github.Artifact) error {
	head := one.GetWorkflowRun().GetHeadSHA()
	switch {
	case of.Head == "" || strings.EqualFold(head, of.Head):
		return nil
	case !commitSHA.MatchString(head):
		return &DeniedError{Reason: Invalid, Why: "the server does not say which commit the artifact is of"}
	}
	return &DeniedError{Reason: Invalid, Why: fmt.Sprintf("the artifact is of commit %s, and one of commit %s was asked for", short(head), short(of.Head))}
}

// ran reports whether a run is of the branch that is asked for.
func (of ArtifactOf) ran(run *github.WorkflowRun) bool {
	return of.Owner == "" || run.GetHeadBranch() == of.Branch && strings.EqualFold(run.GetHeadRepository().GetFullName(), of.Owner+"/"+of.Repo)
}

func (of ArtifactOf) none() string {
	where := fmt.Sprintf("run %d", of.Run)
	if of.Run == 0 {
		where = "the runs of commit " + short(of.Head)
	}
	return fmt.Sprintf("an artifact of that name was looked for in vain (%s); check that the workflow that measures has ended, and that it saves the artifact also when plimsoll fails the job", where)
}

// runsOf lists the runs of a commit, the newest first, and which of them has not
// ended, the asking one aside: 0 where all have.
func (c *Client) runsOf(ctx context.Context, owner, repo string, of ArtifactOf) (all []int64, under int64, err error) {
	head := strings.ToLower(of.Head)
	_, err = eachPage(func(page int) (*github.Response, error) {
		runs, resp, err := c.api.Actions.ListRepositoryWorkflowRuns(ctx, owner, repo,
			&github.ListWorkflowRunsOptions{HeadSHA: head, ExcludePullRequests: true, ListOptions: listed(page)})
		if err != nil {
			return nil, denyActions(ctx, "list the workflow runs of the commit", err)
		}
		for _, run := range runs.WorkflowRuns {
			if !strings.EqualFold(run.GetHeadSHA(), head) || !of.ran(run) {
				continue
			}
			all = append(all, run.GetID())
			if run.GetStatus() != "completed" && run.GetID() != of.Asks {
				under = run.GetID()
			}
		}
		return resp, nil
	})
	if err != nil {
		return nil, 0, err
	}
	slices.SortFunc(all, func(a, b int64) int { return cmp.Compare(b, a) }) // GitHub numbers them as they start
	return all[:min(len(all), maxArtifactRuns)], under, nil
}

// artifactsOf lists every page of a run's artifacts of a name, the newest
// first. The library cannot ask for a name, and a server may not know how to
// look for one, so names are compared here too.
func (c *Client) artifactsOf(ctx context.Context, owner, repo string, run int64, name string) ([]*github.Artifact, error) {
	var all []*github.Artifact
	_, err := eachPage(func(page int) (*github.Response, error) {
		query := url.Values{"name": {name}, "per_page": {fmt.Sprint(perPage)}, "page": {fmt.Sprint(page)}}
		req, err := c.api.NewRequest(http.MethodGet, fmt.Sprintf("repos/%s/%s/actions/runs/%d/artifacts?%s", owner, repo, run, query.Encode()), nil)
		if err != nil {
			return nil, fmt.Errorf("list artifacts: %w", err)
		}
		var list github.ArtifactList
		resp, err := c.api.Do(ctx, req, &list)
		if err != nil {
			return nil, denyActions(ctx, fmt.Sprintf("list the artifacts of run %d", run), err)
		}
		for _, one := range list.Artifacts {
			if one.GetName() == name && (one.WorkflowRun == nil || one.GetWorkflowRun().GetID() == run) {
				all = append(all, one)
			}
		}
		return resp, nil
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(all, func(a, b *github.Artifact) int {
		return cmp.Or(b.GetCreatedAt().Compare(a.GetCreatedAt().Time), cmp.Compare(b.GetID(), a.GetID()))
	})
	return all, nil
}

// denyActions says of an API that may not be there what to do without it.
func denyActions(ctx context.Context, doing string, err error) error {
	err = deny(ctx, doing, "actions: read", err)
	var denied *DeniedError
	if errors.As(err, &denied) && denied.Reason == NotFound {
		denied.Why += "; some GitHub Enterprise Servers, Gitea and Forgejo keep no artifacts behind this API: there, download the artifact in a step of its own and name its files in publish"
	}
	return err
}

// download fetches an artifact's zip file. GitHub answers with an address at
// another host, signed for a minute, which must not see the token: the
// transport shows it to the API's host only.
func (c *Client) download(ctx context.Context, owner, repo string, id int64) ([]byte, error) {
	const doing = "download the artifact"
	req, err := c.api.NewRequest(http.MethodGet, fmt.Sprintf("repos/%s/%s/actions/artifacts/%d/zip", owner, repo, id), nil)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", doing, err)
	}
	follow := c.api.Client()
	follow.CheckRedirect = mayFollow
	resp, err := follow.Do(req.WithContext(ctx))
	if err != nil {
		return nil, denyActions(ctx, doing, unsigned(err))
	}
	defer resp.Body.Close()
	if at := resp.Request.URL; at.Host != c.api.BaseURL.Host && resp.StatusCode != http.StatusOK {
		return nil, &DeniedError{Reason: Unreachable, Why: fmt.Sprintf("could not %s: where GitHub keeps it the answer is HTTP %d", doing, resp.StatusCode)}
	}
	switch resp.StatusCode {
	case http.StatusOK:
	case http.StatusGone:
		return nil, &DeniedError{Reason: Expired, Why: "the artifact has expired (HTTP 410); run the workflow that measures again"}
	default:
		return nil, denyActions(ctx, doing, refusedAnswer(resp))
	}
	raw, err := io.ReadAll(io.LimitReader(resp.Body, maxArchive+1))
	if err != nil {
		return nil, denyActions(ctx, doing, err)
	}
	if len(raw) > maxArchive {
		return nil, &DeniedError{Reason: Damaged, Why: fmt.Sprintf("the artifact has more bytes than GitHub said, and than the %d that are read", maxArchive)}
	}
	return raw, nil
}

// refusedAnswer is the error in an answer that is not 200. One that should not
// have come, such as 204, has none of its own.
func refusedAnswer(resp *http.Response) error {
	if err := github.CheckResponse(resp); err != nil {
		return err
	}
	return fmt.Errorf("HTTP %d", resp.StatusCode)
}

// mayFollow bounds redirects, and keeps a connection that is private so.
func mayFollow(req *http.Request, via []*http.Request) error {
	switch {
	case len(via) > 5:
		return errors.New("more than 5 redirects")
	case req.URL.Scheme != "https" && (req.URL.Scheme != "http" || via[0].URL.Scheme == "https"):
		return errors.New("a redirect to what is not https")
	}
	return nil
}

// unsigned takes the address out of an error: whoever reads it in a log could
// fetch the artifact.
func unsigned(err error) error {
	var at *url.Error
	if errors.As(err, &at) {
		return at.Err
	}
	return err
}
