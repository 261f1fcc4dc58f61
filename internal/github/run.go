package github

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
)

// Run is the workflow run this process is a step of, as the runner's
// environment describes it.
type Run struct {
	Event    Event
	ID       int64
	Attempt  int
	Workflow string
	Job      string
	Result   string // name that several jobs may tell one result by; "" for that of the job
	API      string // base URL of the REST API, ending in "/"
	Server   string // base URL of the web pages, without a "/" at the end
	Forge    string // Gitea or Forgejo, "" for GitHub itself
	Number   string // of the run, by which the pages of those two go
	Summary  string // path of the job summary's file, "" when there is none
	Output   string // path of the step outputs' file, "" when there is none
}

// NewRun reads the environment the runner gives to a step, and the event file
// it names. GITHUB_REPOSITORY and GITHUB_SHA stand in where the event has no
// repository or head of its own.
func NewRun(getenv func(string) string) (Run, error) {
	event, err := ReadEvent(getenv("GITHUB_EVENT_NAME"), getenv("GITHUB_EVENT_PATH"))
	if err != nil {
		return Run{}, err
	}
	if event.Owner == "" || event.Repo == "" {
		event.Owner, event.Repo, _ = strings.Cut(getenv("GITHUB_REPOSITORY"), "/")
	}
	if event.Head.SHA == "" {
		event.Head = Commit{getenv("GITHUB_SHA"), getenv("GITHUB_REF")}
	}
	api, err := apiURL(getenv("GITHUB_API_URL"))
	if err != nil {
		return Run{}, err
	}
	id, attempt, err := runNumbers(getenv("GITHUB_RUN_ID"), getenv("GITHUB_RUN_ATTEMPT"))
	if err != nil {
		return Run{}, err
	}
	return Run{
		Event: event, ID: id, Attempt: attempt,
		Workflow: getenv("GITHUB_WORKFLOW"), Job: getenv("GITHUB_JOB"),
		API: api, Server: serverURL(getenv("GITHUB_SERVER_URL")),
		Forge: forge(getenv), Number: getenv("GITHUB_RUN_NUMBER"),
		Summary: getenv("GITHUB_STEP_SUMMARY"), Output: getenv("GITHUB_OUTPUT"),
	}, nil
}

// Key tells this result's comment from others on the same pull request. It stays
// the same from run to run.
func (r Run) Key() string {
	if r.Result != "" {
		return r.Result
	}
	return r.Workflow + "/" + r.Job
}

// URL is the web page of the run.
func (r Run) URL() string {
	if r.Forge != "" {
		// Gitea from 1.26 on takes a number for the run's id, unless it is told.
		return fmt.Sprintf("%s/%s/%s/actions/runs/%s?by_index=1",
			r.Server, url.PathEscape(r.Event.Owner), url.PathEscape(r.Event.Repo), url.PathEscape(r.Number))
	}
	return fmt.Sprintf("%s/%s/%s/actions/runs/%d/attempts/%d",
		r.Server, url.PathEscape(r.Event.Owner), url.PathEscape(r.Event.Repo), r.ID, r.Attempt)
}

// forge names what speaks the protocol of GitHub's runner beside GitHub. The runner
// of Forgejo says that it is Gitea's as well.
func forge(getenv func(string) string) string {
	switch {
	case getenv("FORGEJO_ACTIONS") == "true":
		return "Forgejo"
	case getenv("GITEA_ACTIONS") == "true":
		return "Gitea"
	}
	return ""
}

// apiURL checks the API's address and ends it in the "/" that go-github needs.
// GitHub Enterprise Server has a path: https://ghe.example/api/v3.
func apiURL(raw string) (string, error) {
	if raw == "" {
		raw = "https://api.github.com"
	}
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") {
		return "", fmt.Errorf("GITHUB_API_URL is %q, expected something like https://api.github.com or https://ghe.example/api/v3", raw)
	}
	return strings.TrimRight(u.Scheme+"://"+u.Host+u.EscapedPath(), "/") + "/", nil
}

func serverURL(raw string) string {
	if raw == "" {
		return "https://github.com"
	}
	return strings.TrimRight(raw, "/")
}

// runNumbers reads the run's id and attempt. Runners other than GitHub's leave
// the attempt out.
func runNumbers(id, attempt string) (int64, int, error) {
	if attempt == "" {
		attempt = "1"
	}
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil || n <= 0 {
		return 0, 0, fmt.Errorf("GITHUB_RUN_ID is %q, expected the positive number the runner sets", id)
	}
	a, err := strconv.Atoi(attempt)
	if err != nil || a <= 0 {
		return 0, 0, fmt.Errorf("GITHUB_RUN_ATTEMPT is %q, expected a positive number", attempt)
	}
	return n, a, nil
}
