package github_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/plimsoll-ci/plimsoll/internal/github"
	"github.com/plimsoll-ci/plimsoll/internal/github/githubtest"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

func TestAPushEndsTheAcceptance(t *testing.T) {
	for name, push := range map[string]func(*githubtest.Server, githubtest.Branch, githubtest.User){
		"a push": (*githubtest.Server).Push, "a forced push": (*githubtest.Server).ForcePush,
	} {
		t.Run(name, func(t *testing.T) {
			s := repository(t, feature)
			s.Label("o", "r", 7, accept, alice)
			push(s, at(feature, commitB), mallory)
			refusedLabel(t, s, commitB, "take the label off and set it again")
			refusedLabel(t, s, commitA, "head is commit bbbbbbbbbb by now")
			push(s, at(feature, commitA), mallory) // A, B, A
			refusedLabel(t, s, commitA, "take the label off and set it again")
			s.Unlabel("o", "r", 7, accept, alice)
			s.Label("o", "r", 7, accept, alice)
			acceptedBy(t, s, commitA, "alice")
		})
	}
}

func TestALabelSetBeforeOrWithThePush(t *testing.T) {
	s := githubtest.New(t)
	s.SetAccess("o", "r", "alice", "write")
	s.AddPull(githubtest.Pull{Number: 7, Head: at(feature, commitB), Base: main, Author: mallory})
	s.Push(feature, mallory)
	s.Pass(-time.Second) // in the same second
	s.Label("o", "r", 7, accept, alice)
	refusedLabel(t, s, commitA, "in the same second")
	s.Unlabel("o", "r", 7, accept, alice)
	s.Label("o", "r", 7, accept, alice)
	acceptedBy(t, s, commitA, "alice")
}

// The commit that is pushed after the label was known long before: it was the
// head of another pull request, and of this one. Nothing that goes by when a
// commit was first seen finds out.
func TestACommitThatWasSeenBefore(t *testing.T) {
	t.Run("elsewhere", func(t *testing.T) {
		s := repository(t, stray)
		other := githubtest.Branch{Owner: "mallory", Repo: "r", Ref: "other", SHA: commitB}
		s.AddPull(githubtest.Pull{Number: 8, Head: other, Base: main, Author: mallory})
		s.AddRun(githubtest.WorkflowRun{Owner: "o", Repo: "r", Workflow: "ci.yml", HeadSHA: commitB, HeadBranch: "other"})
		s.Label("o", "r", 7, accept, alice)
		s.Push(at(stray, commitB), mallory)
		refusedLabel(t, s, commitB, "was pushed after it was set")
	})
	t.Run("here, and taken back", func(t *testing.T) {
		s := repository(t, at(stray, commitB))
		s.AddRun(githubtest.WorkflowRun{Owner: "o", Repo: "r", Workflow: "ci.yml", HeadSHA: commitB, HeadBranch: "feature"})
		s.ForcePush(stray, mallory)
		s.Label("o", "r", 7, accept, alice)
		s.Push(at(stray, commitB), mallory)
		refusedLabel(t, s, commitB, "was pushed after it was set")
	})
	t.Run("while it was closed", func(t *testing.T) {
		s := repository(t, stray)
		s.Close("o", "r", 7, mallory)
		s.Push(at(stray, commitB), mallory)
		s.Label("o", "r", 7, accept, alice) // on A, which the page still shows
		s.Reopen("o", "r", 7, mallory)
		refusedLabel(t, s, commitB, "was reopened after it was set")
	})
}

func TestWhatElseEndsTheAcceptance(t *testing.T) {
	for kind, want := range map[string]string{
		"head_ref_deleted": "was deleted", "head_ref_restored": "was restored", "automatic_base_change_succeeded": "base was changed",
	} {
		s := repository(t, feature)
		s.Happened("o", "r", 7, kind, mallory)
		s.Label("o", "r", 7, accept, alice)
		acceptedBy(t, s, commitA, "alice")
		s.Happened("o", "r", 7, kind, mallory)
		refusedLabel(t, s, commitA, want)
	}
	s := repository(t, feature)
	s.Label("o", "r", 7, accept, alice)
	s.ChangeBase("o", "r", 7, githubtest.Branch{Owner: "o", Repo: "r", Ref: "release", SHA: commitB}, mallory)
	refusedLabel(t, s, commitA, "base was changed after it was set")
}

func TestAForksPullRequestIsAccepted(t *testing.T) {
	s := repository(t, stray)
	s.Label("o", "r", 7, accept, alice)
	acceptedBy(t, s, commitA, "alice")
	s.Fail(githubtest.Fault{Path: "/pulls/7", How: forkGone})
	refusedLabel(t, s, commitA, "the fork that the pull request comes from is gone")
}

// forkGone answers as GitHub does of pull requests whose fork was deleted, and
// against its own description: the head's repository is null.
func forkGone(w http.ResponseWriter, r *http.Request, proper http.Handler) {
	rec := httptest.NewRecorder()
	proper.ServeHTTP(rec, r)
	var answer any
	if err := json.Unmarshal(rec.Body.Bytes(), &answer); err != nil {
		panic(err)
	}
	all, many := answer.([]any)
	if !many {
		all = []any{answer}
	}
	for _, one := range all {
		one.(map[string]any)["head"].(map[string]any)["repo"] = nil
	}
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(answer); err != nil {
		panic(err)
	}
}

// The pushes to another branch, or to one of the same name elsewhere, are none
// of ours.
func TestPushesElsewhere(t *testing.T) {
	s := repository(t, feature)
	s.Label("o", "r", 7, accept, alice)
	s.Push(at(stray, commitB), mallory)
	s.Push(githubtest.Branch{Owner: "o", Repo: "r", Ref: "feature2", SHA: commitB}, alice)
	acceptedBy(t, s, commitA, "alice")
	// A server that does not know how to filter.
	s.Fail(githubtest.Fault{Path: "/activity", How: func(w http.ResponseWriter, r *http.Request, proper http.Handler) {
		query := r.URL.Query()
		query.Del("ref")
		r.URL.RawQuery = query.Encode()
		proper.ServeHTTP(w, r)
	}})
	acceptedBy(t, s, commitA, "alice")
}

func TestEveryPageOfTheTimelineIsRead(t *testing.T) {
	s := repository(t, feature)
	for i := range 250 {
		s.Label("o", "r", 7, fmt.Sprint("l", i), tom)
	}
	s.Label("o", "r", 7, accept, alice)
	for i := range 250 {
		s.Unlabel("o", "r", 7, fmt.Sprint("l", i), tom)
	}
	acceptedBy(t, s, commitA, "alice")
	s.Unlabel("o", "r", 7, accept, alice)
	s.Label("o", "r", 7, accept, tom)
	refusedLabel(t, s, commitA, "tom, who set it")
}

func TestTheEventItselfIsAWitness(t *testing.T) {
	event := github.Event{Name: "pull_request_target", Action: "labeled", Label: "Plimsoll: Accept", Sender: "alice",
		Owner: "o", Repo: "r", Number: 7, Head: github.Commit{SHA: commitA}}
	ask := func(s *githubtest.Server, e github.Event, head string) (*record.Acceptance, string) {
		t.Helper()
		got, why, err := client(t, s, "token").Accepted(t.Context(), e, pull, head, accept)
		if err != nil {
			t.Fatal(err)
		}
		plain(t, why.Why)
		return got, why.Why
	}
	private := func() *githubtest.Server { // the record of pushes to the fork cannot be read
		s := repository(t, stray)
		s.Fail(githubtest.Fault{Path: "/repos/mallory/r/activity", How: githubtest.Status(http.StatusNotFound, "Not Found")})
		s.Label("o", "r", 7, accept, alice)
		return s
	}
	s := private()
	if got, why := ask(s, event, commitA); got == nil || got.By != "alice" {
		t.Errorf("not accepted: %s", why)
	}
	for name, change := range map[string]func(*github.Event){
		"nothing":            func(e *github.Event) { *e = github.Event{} },
		"another action":     func(e *github.Event) { e.Action = "unlabeled" },
		"another label":      func(e *github.Event) { e.Label = "bug" },
		"another head":       func(e *github.Event) { e.Head.SHA = commitB },
		"another number":     func(e *github.Event) { e.Number = 8 },
		"another repository": func(e *github.Event) { e.Repo = "r2" },
		"another sender":     func(e *github.Event) { e.Sender = "mia_corp" },
	} {
		e := event
		change(&e)
		if got, why := ask(s, e, commitA); got != nil || !strings.Contains(why, "(HTTP 404)") {
			t.Errorf("an event of %s: %+v, %q", name, got, why)
		}
	}
	// The run of an old event, started again after the label was moved on.
	s.Unlabel("o", "r", 7, accept, alice)
	s.Label("o", "r", 7, accept, alice)
	if got, why := ask(s, event, commitA); got != nil || !strings.Contains(why, "(HTTP 404)") {
		t.Errorf("set twice: %+v, %q", got, why)
	}
	s = private()
	s.Push(at(stray, commitB), mallory)
	if got, _ := ask(s, event, commitB); got != nil {
		t.Errorf("another head: %+v", got)
	}
	s.ForcePush(stray, mallory)
	if got, why := ask(s, event, commitA); got != nil || !strings.Contains(why, "force-pushed after") {
		t.Errorf("A, B, A: %+v, %q", got, why)
	}
}
