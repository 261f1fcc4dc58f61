package github_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/plimsoll-ci/plimsoll/internal/github"
	"github.com/plimsoll-ci/plimsoll/internal/github/githubtest"
)

// GitHub's own example payloads of every event that is handled.
func TestEventsOfGitHub(t *testing.T) {
	for _, c := range []struct {
		event   string
		pull    bool
		head    bool // every example names a commit
		base    bool // and where that came from
		run     bool // and another run
		mayBoot bool
	}{
		{event: "pull_request", pull: true, head: true, base: true, mayBoot: true},
		{event: "merge_group", head: true, base: true, mayBoot: true},
		{event: "push", head: true, mayBoot: true},
		{event: "workflow_dispatch", mayBoot: true},
		{event: "workflow_run", head: true, run: true},
		{event: "issue_comment"},
	} {
		t.Run(c.event, func(t *testing.T) {
			for i, raw := range githubtest.Payloads(t, c.event) {
				e, err := github.ParseEvent(c.event, raw)
				if err != nil {
					t.Errorf("example %d: %v", i, err)
					continue
				}
				if e.Owner == "" || e.Repo == "" {
					t.Errorf("example %d has no repository: %+v", i, e)
				}
				if c.pull && e.Number == 0 {
					t.Errorf("example %d has no pull request: %+v", i, e)
				}
				if c.head && len(e.Head.SHA) != 40 {
					t.Errorf("example %d has no head: %+v", i, e)
				}
				if c.run && (e.RunID == 0 || e.HeadRef().Branch == "" || e.HeadRef().Owner == "") {
					t.Errorf("example %d has no run: %+v", i, e)
				}
				if c.base && len(e.Base.SHA) != 40 {
					t.Errorf("example %d has no base: %+v", i, e)
				}
				if got := e.MayBoot() == nil; got != c.mayBoot {
					t.Errorf("MayBoot = %v", e.MayBoot())
				}
			}
		})
	}
}

func TestEventOfPullRequest(t *testing.T) {
	raw := find(t, "pull_request", `"synchronize"`)
	got, err := github.ParseEvent("pull_request", raw)
	if err != nil {
		t.Fatal(err)
	}
	var want struct {
		Number     int
		Repository struct{ Name string }
		Pull       struct{ Head, Base struct{ SHA, Ref string } } `json:"pull_request"`
	}
	if err := json.Unmarshal(raw, &want); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(github.Event{
		Name: "pull_request", Action: "synchronize", Owner: "Codertocat", Repo: want.Repository.Name, Number: want.Number,
		Head: github.Commit{SHA: want.Pull.Head.SHA, Ref: want.Pull.Head.Ref},
		Base: github.Commit{SHA: want.Pull.Base.SHA, Ref: want.Pull.Base.Ref}, Sender: "Codertocat",
		HeadOwner: "Codertocat", HeadRepo: "Hello-World",
	}, got); d != "" {
		t.Errorf("event (-want +got):\n%s", d)
	}
}

func find(t *testing.T, event, part string) []byte {
	t.Helper()
	for _, raw := range githubtest.Payloads(t, event) {
		if bytes.Contains(raw, []byte(part)) {
			return raw
		}
	}
	t.Fatalf("no example of %s has %s", event, part)
	return nil
}

func TestEventOfFork(t *testing.T) {
	for name, c := range map[string]struct {
		head string
		fork bool
	}{
		"same repository":    {`{"full_name": "O/r"}`, false},
		"another repository": {`{"full_name": "stranger/r"}`, true},
		"fork was deleted":   {`null`, true},
	} {
		raw := `{"action": "opened", "repository": {"full_name": "o/r"}, "pull_request": {"number": 7,
			"head": {"sha": "aa", "ref": "x", "repo": ` + c.head + `}, "base": {"sha": "bb", "ref": "main", "repo": {"full_name": "o/r"}}}}`
		e, err := github.ParseEvent("pull_request", []byte(raw))
		if err != nil || e.Fork != c.fork {
			t.Errorf("%s: fork = %v, %v", name, e.Fork, err)
		}
	}
}

func TestEventOfNewBranchHasNoBase(t *testing.T) {
	raw := find(t, "push", `"before": "0000`)
	e, err := github.ParseEvent("push", raw)
	if err != nil || e.Base.SHA != "" || e.Head.SHA == "" {
		t.Errorf("event %+v, %v", e, err)
	}
}

// GitHub publishes no example of schedule.
func TestEventOfSchedule(t *testing.T) {
	e, err := github.ParseEvent("schedule", []byte(`{"schedule": "0 3 * * *", "repository": {"full_name": "o/r"}}`))
	if err != nil || e.Owner != "o" || e.Repo != "r" || e.Number != 0 || e.MayBoot() != nil {
		t.Errorf("event %+v, %v, may boot: %v", e, err, e.MayBoot())
	}
}

func TestEventRefusesToBoot(t *testing.T) {
	for _, name := range []string{"pull_request_target", "workflow_run", "issue_comment"} {
		err := github.Event{Name: name}.MayBoot()
		if err == nil || !strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), "pull_request instead") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestEventErrors(t *testing.T) {
	for name, c := range map[string]struct{ event, payload, want string }{
		"no name":           {"", `{}`, "name is empty"},
		"empty":             {"push", "", "payload is empty"},
		"blank":             {"push", " \n", "payload is empty"},
		"not JSON":          {"push", "<html>", "expected the JSON"},
		"not an object":     {"push", `[1]`, "expected the JSON"},
		"of another event":  {"pull_request", `{"ref": "refs/heads/main", "after": "aa"}`, "no pull_request"},
		"push without head": {"push", `{"ref": "refs/heads/main"}`, "no ref and after"},
		"no merge group":    {"merge_group", `{}`, "no merge_group"},
		"negative number":   {"pull_request", `{"pull_request": {"number": -1, "head": {"sha": "aa"}}}`, "no pull_request"},
		"too deep":          {"push", strings.Repeat(`{"a":`, 20000), "depth"},
		"too large":         {"push", strings.Repeat(" ", github.MaxEvent+1), "larger than"},
	} {
		_, err := github.ParseEvent(c.event, []byte(c.payload))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one with %q", name, err, c.want)
		}
	}
}

func TestReadEventMissing(t *testing.T) {
	_, err := github.ReadEvent("push", filepath.Join(t.TempDir(), "event.json"))
	if err == nil || !strings.Contains(err.Error(), "GITHUB_EVENT_PATH") {
		t.Errorf("error %v", err)
	}
	if _, err = github.ReadEvent("push", t.TempDir()); err == nil {
		t.Error("a directory was read as an event")
	}
}

func FuzzParseEvent(f *testing.F) {
	for _, name := range []string{"pull_request", "push", "merge_group"} {
		f.Add(name, []byte(`{"action": "opened", "repository": {"full_name": "o/r"}, "pull_request": {"number": 7, "head": {"sha": "aa"}}}`))
	}
	f.Fuzz(func(t *testing.T, name string, raw []byte) {
		e, err := github.ParseEvent(name, raw)
		if err != nil {
			if e != (github.Event{}) {
				t.Errorf("an event came with the error %v: %+v", err, e)
			}
			return
		}
		if e.Number < 0 || (name == "pull_request" && e.Head.SHA == "") {
			t.Errorf("accepted %+v", e)
		}
	})
}

// environment is a runner's, with the given changes.
func environment(t *testing.T, event, payload string, changes map[string]string) func(string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "event.json")
	if err := os.WriteFile(path, []byte(payload), 0o600); err != nil {
		t.Fatal(err)
	}
	env := map[string]string{
		"GITHUB_EVENT_NAME": event, "GITHUB_EVENT_PATH": path, "GITHUB_REPOSITORY": "o/r", "GITHUB_SHA": "cafe",
		"GITHUB_REF": "refs/heads/main", "GITHUB_RUN_ID": "42", "GITHUB_RUN_ATTEMPT": "2", "GITHUB_WORKFLOW": "ci", "GITHUB_JOB": "images",
	}
	for name, value := range changes {
		env[name] = value
	}
	return func(name string) string { return env[name] }
}

func TestNewRun(t *testing.T) {
	run, err := github.NewRun(environment(t, "schedule", `{"schedule": "0 3 * * *"}`, map[string]string{
		"GITHUB_API_URL": "https://ghe.example/api/v3", "GITHUB_SERVER_URL": "https://ghe.example/",
		"GITHUB_STEP_SUMMARY": "/s", "GITHUB_OUTPUT": "/o",
	}))
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(github.Run{
		Event: github.Event{Name: "schedule", Owner: "o", Repo: "r", Head: github.Commit{SHA: "cafe", Ref: "refs/heads/main"}},
		ID:    42, Attempt: 2, Workflow: "ci", Job: "images",
		API: "https://ghe.example/api/v3/", Server: "https://ghe.example", Summary: "/s", Output: "/o",
	}, run); d != "" {
		t.Errorf("run (-want +got):\n%s", d)
	}
	if got, want := run.URL(), "https://ghe.example/o/r/actions/runs/42/attempts/2"; got != want {
		t.Errorf("URL = %s, want %s", got, want)
	}
}

func TestNewRunDefaults(t *testing.T) {
	run, err := github.NewRun(environment(t, "schedule", `{}`, map[string]string{"GITHUB_RUN_ATTEMPT": ""}))
	if err != nil || run.API != "https://api.github.com/" || run.Server != "https://github.com" || run.Attempt != 1 {
		t.Errorf("run %+v, %v", run, err)
	}
}

func TestNewRunErrors(t *testing.T) {
	for name, value := range map[string]string{
		"GITHUB_RUN_ID": "many", "GITHUB_RUN_ATTEMPT": "0", "GITHUB_API_URL": "api.github.com",
		"GITHUB_EVENT_NAME": "", "GITHUB_EVENT_PATH": "/nonexistent/event.json",
	} {
		_, err := github.NewRun(environment(t, "push", `{"ref": "refs/heads/main", "after": "aa"}`, map[string]string{name: value}))
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s=%q: error %v, want one that names it", name, value, err)
		}
	}
}

// What a workflow_run event is about: the run of a fork is known as such, and
// once the fork is gone nothing is taken for ours.
func TestEventOfWorkflowRun(t *testing.T) {
	for name, c := range map[string]struct {
		head string
		want github.HeadRef
		fork bool
	}{
		"same repository":    {`{"full_name": "o/r"}`, github.HeadRef{Owner: "o", Repo: "r", Branch: "x", SHA: "aa"}, false},
		"another repository": {`{"full_name": "stranger/r"}`, github.HeadRef{Owner: "stranger", Repo: "r", Branch: "x", SHA: "aa"}, true},
		"fork was deleted":   {`null`, github.HeadRef{Branch: "x", SHA: "aa"}, true},
	} {
		raw := `{"action": "completed", "repository": {"full_name": "o/r"},
			"workflow_run": {"id": 5, "head_sha": "aa", "head_branch": "x", "head_repository": ` + c.head + `}}`
		e, err := github.ParseEvent("workflow_run", []byte(raw))
		if err != nil || e.Fork != c.fork || e.HeadRef() != c.want || e.RunID != 5 || e.Number != 0 {
			t.Errorf("%s: %+v, %v", name, e, err)
		}
	}
	if _, err := github.ParseEvent("workflow_run", []byte(`{"repository": {"full_name": "o/r"}}`)); err == nil {
		t.Error("a workflow_run event without a run was taken")
	}
}
