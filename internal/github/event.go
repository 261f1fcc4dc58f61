package github

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// MaxEvent is the size limit of an event payload in bytes. GitHub caps its own
// payloads at 25 MB (https://docs.github.com/webhooks/webhook-events-and-payloads).
const MaxEvent = 25 << 20

// Event is what started the workflow, as far as it matters here. Fields that
// the event does not have are zero.
type Event struct {
	Name   string // pull_request, push, ...
	Action string // opened, synchronize, ...
	Owner  string // of the repository the workflow runs in
	Repo   string
	Number int  // of the pull request; 0 when the event has none
	Fork   bool // the head lives in another repository
	Head   Commit
	Base   Commit
	Label  string // that was set or taken off, of labeled and unlabeled
	Sender string // login of who did what the event is about

	// HeadOwner and HeadRepo are the repository that holds the head of a pull
	// request or of a workflow_run's run; empty once a fork was deleted.
	HeadOwner string
	HeadRepo  string
	RunID     int64 // the run a workflow_run event is about
}

// HeadRef is the head as [Client.PullOf] wants it.
func (e Event) HeadRef() HeadRef {
	return HeadRef{Owner: e.HeadOwner, Repo: e.HeadRepo, Branch: e.Head.Ref, SHA: e.Head.SHA}
}

// Commit is one side of a change.
type Commit struct {
	SHA string
	Ref string
}

// refused are the events that run with the base repository's secrets and write
// token while the code of interest is a stranger's.
var refused = map[string]string{
	"pull_request_target": "it hands the repository's secrets to a job that would boot the pull request's image",
	"workflow_run":        "it runs with the default branch's secrets on behalf of a workflow that may have come from a fork",
	"issue_comment":       "anyone who may comment would choose what is booted with the repository's secrets",
}

// MayBoot reports whether an image may be booted in a job that this event
// started, and says why not.
func (e Event) MayBoot() error {
	why, ok := refused[e.Name]
	if !ok {
		return nil
	}
	return fmt.Errorf("nothing is booted on %s: %s; measure on pull_request instead", e.Name, why)
}

// payload has the fields of all the events that are read. Fields GitHub may
// leave out or set to null are pointers or have a zero that means the same.
type payload struct {
	Action      string       `json:"action"`
	Repository  *repository  `json:"repository"`
	PullRequest *pullRequest `json:"pull_request"`
	MergeGroup  *mergeGroup  `json:"merge_group"`
	Ref         string       `json:"ref"`
	Before      string       `json:"before"`
	After       string       `json:"after"`
	WorkflowRun *workflowRun `json:"workflow_run"`
	Issue       *issue       `json:"issue"`
	Label       *struct {
		Name string `json:"name"`
	} `json:"label"`
	Sender *struct {
		Login string `json:"login"`
	} `json:"sender"`
}

type repository struct {
	FullName string `json:"full_name"`
}

type pullRequest struct {
	Number int    `json:"number"`
	Head   branch `json:"head"`
	Base   branch `json:"base"`
}

type branch struct {
	SHA  string      `json:"sha"`
	Ref  string      `json:"ref"`
	Repo *repository `json:"repo"` // null once a fork was deleted
}

type workflowRun struct {
	ID         int64       `json:"id"`
	HeadSHA    string      `json:"head_sha"`
	HeadBranch string      `json:"head_branch"`
	HeadRepo   *repository `json:"head_repository"`
}

type issue struct {
	Number      int             `json:"number"`
	PullRequest json.RawMessage `json:"pull_request"` // there for pull requests only
}

type mergeGroup struct {
	HeadSHA string `json:"head_sha"`
	HeadRef string `json:"head_ref"`
	BaseSHA string `json:"base_sha"`
	BaseRef string `json:"base_ref"`
}

// ParseEvent reads the payload of the named event, as the runner saves it at
// GITHUB_EVENT_PATH. It fails on what is not a JSON object, on a payload over
// [MaxEvent], and on a payload that is of another event than its name says.
func ParseEvent(name string, raw []byte) (Event, error) {
	var p payload
	switch {
	case name == "":
		return Event{}, errors.New("read event: its name is empty, expected GITHUB_EVENT_NAME to be set as the runner does")
	case len(raw) > MaxEvent:
		return Event{}, fmt.Errorf("read %s event: payload is larger than %d bytes, which GitHub never sends", name, MaxEvent)
	case len(bytes.TrimSpace(raw)) == 0:
		return Event{}, fmt.Errorf("read %s event: payload is empty, expected the JSON the runner saves at GITHUB_EVENT_PATH", name)
	}
	if err := json.Unmarshal(raw, &p); err != nil {
		return Event{}, fmt.Errorf("read %s event: expected the JSON the runner saves at GITHUB_EVENT_PATH: %w", name, err)
	}
	return p.event(name)
}

// ReadEvent reads the payload of the named event from a file.
func ReadEvent(name, path string) (Event, error) {
	f, err := os.Open(path)
	if err != nil {
		return Event{}, fmt.Errorf("read %s event: open GITHUB_EVENT_PATH: %w", name, err)
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, MaxEvent+1))
	if err != nil {
		return Event{}, fmt.Errorf("read %s event: %w", name, err)
	}
	return ParseEvent(name, raw)
}

func (p payload) event(name string) (Event, error) {
	e := Event{Name: name, Action: p.Action}
	e.Owner, e.Repo = p.Repository.parts()
	if p.Label != nil {
		e.Label = p.Label.Name
	}
	if p.Sender != nil {
		e.Sender = p.Sender.Login
	}
	switch name {
	case "pull_request", "pull_request_target":
		return p.pull(e)
	case "merge_group":
		if p.MergeGroup == nil {
			return Event{}, missing(name, "merge_group")
		}
		g := p.MergeGroup
		e.Head, e.Base = Commit{g.HeadSHA, g.HeadRef}, Commit{g.BaseSHA, g.BaseRef}
	case "push":
		if p.After == "" || p.Ref == "" {
			return Event{}, missing(name, "ref and after")
		}
		e.Head, e.Base = Commit{p.After, p.Ref}, Commit{unborn(p.Before), p.Ref}
	case "workflow_run":
		return p.run(e)
	case "issue_comment":
		if p.Issue != nil && len(p.Issue.PullRequest) > 0 {
			e.Number = p.Issue.Number
		}
	default:
		e.Head.Ref = p.Ref
	}
	return e, nil
}

func (p payload) pull(e Event) (Event, error) {
	pr := p.PullRequest
	if pr == nil || pr.Number <= 0 || pr.Head.SHA == "" {
		return Event{}, missing(e.Name, "pull_request with a number and a head")
	}
	e.Number = pr.Number
	e.Head, e.Base = Commit{pr.Head.SHA, pr.Head.Ref}, Commit{pr.Base.SHA, pr.Base.Ref}
	// Without a repository the head's fork is gone: still not ours.
	e.Fork = pr.Head.Repo == nil || pr.Base.Repo == nil ||
		!strings.EqualFold(pr.Head.Repo.FullName, pr.Base.Repo.FullName)
	e.HeadOwner, e.HeadRepo = pr.Head.Repo.parts()
	return e, nil
}

// run reads a workflow_run event, whose head is that of the run it is about.
// It has no pull request: for forks GitHub leaves its list of them empty.
func (p payload) run(e Event) (Event, error) {
	r := p.WorkflowRun
	if r == nil || r.ID <= 0 || r.HeadSHA == "" {
		return Event{}, missing(e.Name, "workflow_run with an id and a head")
	}
	e.RunID, e.Head = r.ID, Commit{r.HeadSHA, r.HeadBranch}
	e.HeadOwner, e.HeadRepo = r.HeadRepo.parts()
	e.Fork = p.Repository == nil || r.HeadRepo == nil || !strings.EqualFold(r.HeadRepo.FullName, p.Repository.FullName)
	return e, nil
}

// parts are the owner and the name, "" where there is no repository.
func (r *repository) parts() (owner, name string) {
	if r == nil {
		return "", ""
	}
	owner, name, _ = strings.Cut(r.FullName, "/")
	return owner, name
}

// unborn turns the all-zero SHA that a push of a new branch names as its past
// into none at all.
func unborn(sha string) string {
	if strings.Trim(sha, "0") == "" {
		return ""
	}
	return sha
}

func missing(name, what string) error {
	return fmt.Errorf("read %s event: the payload has no %s, so it is not of that event; check GITHUB_EVENT_NAME and GITHUB_EVENT_PATH", name, what)
}
