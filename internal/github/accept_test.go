package github_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/plimsoll-ci/plimsoll/internal/github"
	"github.com/plimsoll-ci/plimsoll/internal/github/githubtest"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

const accept = "plimsoll: accept"

var (
	commitA = strings.Repeat("a", 40)
	commitB = strings.Repeat("b", 40)

	alice   = githubtest.User{Login: "alice", Type: "User"}    // may write
	mia     = githubtest.User{Login: "mia_corp", Type: "User"} // maintains, managed by an enterprise
	tom     = githubtest.User{Login: "tom", Type: "User"}      // may set labels and not write
	mallory = githubtest.User{Login: "mallory", Type: "User"}  // owns the fork

	feature = githubtest.Branch{Owner: "o", Repo: "r", Ref: "feature", SHA: commitA}
	stray   = githubtest.Branch{Owner: "mallory", Repo: "r", Ref: "feature", SHA: commitA}
	main    = githubtest.Branch{Owner: "o", Repo: "r", Ref: "main", SHA: strings.Repeat("0", 39) + "1"}
)

func at(b githubtest.Branch, sha string) githubtest.Branch { b.SHA = sha; return b }

// repository has pull request 7 from a branch, with commit A.
func repository(t *testing.T, head githubtest.Branch) *githubtest.Server {
	t.Helper()
	s := githubtest.New(t)
	s.SetAccess("o", "r", "alice", "write")
	s.SetAccess("o", "r", "mia_corp", "maintain")
	s.SetAccess("o", "r", "root", "admin")
	s.SetAccess("o", "r", "tom", "triage")
	s.AddPull(githubtest.Pull{Number: 7, Head: head, Base: main, Author: mallory})
	return s
}

// refusedLabel fails unless the label does not count, for a reason with these
// words in it.
func refusedLabel(t *testing.T, s *githubtest.Server, head, want string) {
	t.Helper()
	got, why, err := client(t, s, "token").Accepted(t.Context(), github.Event{}, pull, head, accept)
	if got != nil || err != nil {
		t.Fatalf("accepted by %+v, %v; want it not to count", got, err)
	}
	if !strings.Contains(why.Why, want) || (why.Why == "") != (want == "") {
		t.Errorf("objection %q, want %q in it", why.Why, want)
	}
	plain(t, why.Why)
}

func acceptedBy(t *testing.T, s *githubtest.Server, head, want string) {
	t.Helper()
	got, why, err := client(t, s, "token").Accepted(t.Context(), github.Event{}, pull, head, accept)
	if err != nil || got == nil || got.By != want {
		t.Fatalf("accepted by %+v, %q, %v; want %s", got, why.Why, err, want)
	}
}

// plain fails on what means something to Markdown, HTML, a terminal or the
// runner.
func plain(t *testing.T, text string) {
	t.Helper()
	if strings.ContainsAny(text, "\n\r\x1b`|<>@*[]!#$") || strings.Contains(text, "::") || len(text) > 500 {
		t.Errorf("not plain: %q", text)
	}
}

func TestAcceptedNamesWhoAndWhen(t *testing.T) {
	s := repository(t, feature)
	s.Label("o", "r", 7, accept, alice)
	set := s.Now()
	got, why, err := client(t, s, "token").Accepted(t.Context(), github.Event{}, pull, strings.ToUpper(commitA), accept)
	if err != nil || why.Why != "" {
		t.Fatal(why, err)
	}
	want := &record.Acceptance{By: "alice", Label: accept, At: set, Head: commitA}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestWithoutTheLabelThereIsNothingToSay(t *testing.T) {
	s := repository(t, feature)
	refusedLabel(t, s, commitA, "")
	s.Label("o", "r", 7, "plimsoll: accepted", alice)
	refusedLabel(t, s, commitA, "")
	s.Label("o", "r", 7, accept, alice)
	s.Unlabel("o", "r", 7, accept, tom)
	refusedLabel(t, s, commitA, "")
	if got, why, err := client(t, s, "token").Accepted(t.Context(), github.Event{}, pull, commitA, ""); got != nil || why.Why != "" || err != nil {
		t.Errorf("no label configured: %v, %q, %v", got, why.Why, err)
	}
}

func TestWhoMayAccept(t *testing.T) {
	for name, c := range map[string]struct {
		by   githubtest.User
		want string // "" accepts
	}{
		"write":                {alice, ""},
		"maintain":             {mia, ""},
		"admin":                {githubtest.User{Login: "root", Type: "User"}, ""},
		"triage":               {tom, "tom, who set it, has no write access"},
		"the author, a reader": {mallory, "mallory, who set it, has no write access"},
		"a workflow run":       {githubtest.Actions, "set by an app"},
		"another app":          {githubtest.User{Login: "labeller[bot]", Type: "Bot"}, "set by an app"},
		"a migrated account":   {githubtest.User{Login: "alice", Type: "Mannequin"}, "set by an app"},
		"no name":              {githubtest.User{Type: "User"}, "is gone"},
		"a path for a name":    {githubtest.User{Login: "../../../user", Type: "User"}, "name is none"},
		"markup for a name":    {githubtest.User{Login: "x\n::set-output name=a::`<b>|@everyone", Type: "User"}, "name is none"},
		"a name without end":   {githubtest.User{Login: strings.Repeat("x", 10_000), Type: "User"}, "name is none"},
	} {
		t.Run(name, func(t *testing.T) {
			s := repository(t, feature)
			s.Label("o", "r", 7, accept, c.by)
			if c.want == "" {
				acceptedBy(t, s, commitA, c.by.Login)
				return
			}
			refusedLabel(t, s, commitA, c.want)
		})
	}
}

func TestTheLastToSetTheLabelCounts(t *testing.T) {
	s := repository(t, feature)
	s.Label("o", "r", 7, accept, alice)
	s.Label("o", "r", 7, "Plimsoll: ACCEPT", tom) // which is there already
	s.Label("o", "r", 7, "plimsoll: accept this", tom)
	acceptedBy(t, s, commitA, "alice")
	s.Unlabel("o", "r", 7, "PLIMSOLL: accept", tom)
	s.Label("o", "r", 7, accept, tom)
	refusedLabel(t, s, commitA, "tom, who set it")
	s.Unlabel("o", "r", 7, accept, tom)
	s.Label("o", "r", 7, "Plimsoll: Accept", mia)
	acceptedBy(t, s, commitA, "mia_corp")
}

// GitHub sets no label twice; where a server does, the last word is the one.
func TestALabelThatWasSetTwice(t *testing.T) {
	s := repository(t, feature)
	s.Label("o", "r", 7, accept, alice)
	s.RenameLabel("o", "r", accept, "x")
	s.Label("o", "r", 7, accept, tom)
	refusedLabel(t, s, commitA, "tom, who set it")
}

func TestARenamedLabel(t *testing.T) {
	s := repository(t, feature)
	s.Label("o", "r", 7, "old", alice)
	s.RenameLabel("o", "r", "old", accept)
	refusedLabel(t, s, commitA, "does not say who set it")
	s.RenameLabel("o", "r", accept, "old")
	refusedLabel(t, s, commitA, "")
}

func TestADeletedUser(t *testing.T) {
	s := repository(t, feature)
	s.SetAccess("o", "r", "ghost", "admin")
	s.Label("o", "r", 7, accept, alice)
	s.Ghost("alice")
	refusedLabel(t, s, commitA, "is gone")
}

func TestPermissionsThatAreMissing(t *testing.T) {
	for path, want := range map[string]string{
		"/repos/o/r/pulls/7":                        "pull-requests: read",
		"/repos/o/r/issues/7/timeline":              "pull-requests: read or issues: read",
		"/repos/o/r/collaborators/alice/permission": "metadata: read",
		"/repos/o/r/activity":                       "contents: read",
	} {
		for _, code := range []int{http.StatusForbidden, http.StatusNotFound} {
			s := repository(t, feature)
			s.Label("o", "r", 7, accept, alice)
			s.Fail(githubtest.Fault{Path: path, How: githubtest.Status(code, "Resource not accessible by integration <b>@everyone")})
			refusedLabel(t, s, commitA, want)
			refusedLabel(t, s, commitA, fmt.Sprintf("(HTTP %d)", code))
		}
	}
}

// Nothing is accepted while the API fails, and it is no reason but an error.
func TestFailuresOfTheAPIAcceptNothing(t *testing.T) {
	for _, path := range []string{"/pulls/7", "/timeline", "/permission", "/activity"} {
		for name, how := range map[string]githubtest.How{
			"401": githubtest.Status(401, "Bad credentials"), "422": githubtest.Status(422, "Validation Failed"),
			"429":           githubtest.Status(429, "slow down", "Retry-After", "3600"),
			"not JSON":      func(w http.ResponseWriter, _ *http.Request, _ http.Handler) { fmt.Fprint(w, "<html>") },
			"another shape": func(w http.ResponseWriter, _ *http.Request, _ http.Handler) { fmt.Fprint(w, `"x"`) },
		} {
			s := repository(t, feature)
			s.Label("o", "r", 7, accept, alice)
			s.Fail(githubtest.Fault{Path: path, How: how})
			got, why, err := client(t, s, "token").Accepted(t.Context(), github.Event{}, pull, commitA, accept)
			if got != nil || why.Why != "" || err == nil {
				t.Errorf("%s of %s: %+v, %q, %v", name, path, got, why.Why, err)
			}
		}
	}
}

// Empty answers, as from a server that has the API in name only.
func TestEmptyAnswersAcceptNothing(t *testing.T) {
	for path, empty := range map[string]string{"/pulls/7": "{}", "/timeline": "[]", "/permission": "{}", "/activity": "[]"} {
		s := repository(t, feature)
		s.Label("o", "r", 7, accept, alice)
		s.Fail(githubtest.Fault{Path: path, How: func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprint(w, empty)
		}})
		if got, why, err := client(t, s, "token").Accepted(t.Context(), github.Event{}, pull, commitA, accept); got != nil || err != nil {
			t.Errorf("%s: %+v, %q, %v", path, got, why.Why, err)
		}
	}
}

func TestAHeadThatIsNone(t *testing.T) {
	s := repository(t, feature)
	s.Label("o", "r", 7, accept, alice)
	for _, head := range []string{"", "feature", "../../../user", commitA[:39], commitA + "\n"} {
		if got, why, err := client(t, s, "token").Accepted(t.Context(), github.Event{}, pull, head, accept); got != nil || err == nil {
			t.Errorf("%q: %+v, %q", head, got, why.Why)
		}
	}
	if n := len(s.Requests()); n != 0 {
		t.Errorf("%d requests", n)
	}
}

// Labels and branches are named by strangers.
func TestHostileNames(t *testing.T) {
	for _, name := range []string{
		"a\n::set-output name=x::y", "`a`|<img src=x onerror=alert(1)>", "@everyone", strings.Repeat("x", 900), "../../../user?ref=main&ref=x#",
	} {
		s := repository(t, githubtest.Branch{Owner: "mallory", Repo: "r", Ref: name, SHA: commitA})
		s.Label("o", "r", 7, name, tom)
		s.Label("o", "r", 7, accept, alice)
		acceptedBy(t, s, commitA, "alice")
		s.Push(githubtest.Branch{Owner: "mallory", Repo: "r", Ref: name, SHA: commitB}, mallory)
		refusedLabel(t, s, commitB, "was pushed after it was set")
		s.Fail(githubtest.Fault{Path: "/activity", How: githubtest.Status(http.StatusForbidden, name)})
		refusedLabel(t, s, commitB, "contents: read")
	}
}

func TestEventOfALabel(t *testing.T) {
	seen := 0
	for _, raw := range githubtest.Payloads(t, "pull_request") {
		e, err := github.ParseEvent("pull_request", raw)
		if err != nil {
			t.Fatal(err)
		}
		if e.Action == "labeled" || e.Action == "unlabeled" {
			seen++
			if e.Label != "bug" || e.Sender == "" || len(e.Head.SHA) != 40 {
				t.Errorf("%+v", e)
			}
		}
	}
	if seen == 0 {
		t.Error("none of GitHub's examples is of a label")
	}
}
