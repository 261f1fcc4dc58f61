package github_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/plimsoll-ci/plimsoll/internal/github"
	"github.com/plimsoll-ci/plimsoll/internal/github/githubtest"
)

var ofFork = github.HeadRef{Owner: "mallory", Repo: "r", Branch: "feature", SHA: commitA}

// denied fails unless the error is of this reason, with these words in it.
func denied(t *testing.T, err error, reason github.Reason, want string) {
	t.Helper()
	var why *github.DeniedError
	if !errors.As(err, &why) {
		t.Fatalf("error %v, want a DeniedError", err)
	}
	if why.Reason != reason || !strings.Contains(why.Explain(), want) {
		t.Errorf("%s: %q, want %s with %q", why.Reason, why.Explain(), reason, want)
	}
	plain(t, why.Explain())
}

func TestPullOfAFork(t *testing.T) {
	s := repository(t, stray)
	s.AddPull(githubtest.Pull{Number: 8, Head: at(feature, commitA), Base: main, Author: alice})
	other := githubtest.Branch{Owner: "mallory", Repo: "another", Ref: "feature", SHA: commitA}
	s.AddPull(githubtest.Pull{Number: 9, Head: other, Base: main, Author: mallory})
	got, err := client(t, s, "token").PullOf(t.Context(), "o", "r", ofFork)
	if err != nil {
		t.Fatal(err)
	}
	want := github.PullRequest{
		Pull: pull, Fork: true, Head: github.Commit{SHA: commitA, Ref: "feature"}, Base: github.Commit{SHA: main.SHA, Ref: "main"},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	got, err = client(t, s, "token").PullOf(t.Context(), "o", "r", github.HeadRef{Owner: "O", Repo: "R", Branch: "feature", SHA: strings.ToUpper(commitA)})
	if err != nil || got.Number != 8 || got.Fork {
		t.Errorf("of the repository itself: %+v, %v", got, err)
	}
}

func TestADraftIsFoundLikeAnyOther(t *testing.T) {
	s := githubtest.New(t)
	s.AddPull(githubtest.Pull{Number: 7, Head: stray, Base: main, Author: mallory, Draft: true})
	if got, err := client(t, s, "token").PullOf(t.Context(), "o", "r", ofFork); err != nil || got.Number != 7 {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestPullOfIsLookedForOnEveryPage(t *testing.T) {
	s := repository(t, stray)
	for i := range 250 { // newer, and so listed first
		base := githubtest.Branch{Owner: "o", Repo: "r", Ref: "main", SHA: main.SHA}
		head := githubtest.Branch{Owner: "mallory", Repo: "another", Ref: "feature", SHA: commitB}
		s.AddPull(githubtest.Pull{Number: 100 + i, Head: head, Base: base, Author: mallory})
	}
	if got, err := client(t, s, "token").PullOf(t.Context(), "o", "r", ofFork); err != nil || got.Number != 7 {
		t.Errorf("%+v, %v", got, err)
	}
	if n := len(s.Requests()); n != 3 {
		t.Errorf("%d requests, want 3", n)
	}
}

func TestPullsThatAreNotThere(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*githubtest.Server)
		reason github.Reason
		want   string
	}{
		"a newer head":  {func(s *githubtest.Server) { s.Push(at(stray, commitB), mallory) }, github.NewerHead, "7 has moved on from commit aaaaaaaaaa to bbbbbbbbbb"},
		"closed":        {func(s *githubtest.Server) { s.Close("o", "r", 7, mallory) }, github.Closed, "pull request 7, whose head is commit aaaaaaaaaa, is closed"},
		"the fork gone": {func(s *githubtest.Server) { s.Fail(githubtest.Fault{Path: "/pulls", How: forkGone}) }, github.NoPull, "no open pull request has commit aaaaaaaaaa"},
		"several": {func(s *githubtest.Server) {
			s.AddPull(githubtest.Pull{Number: 8, Head: stray, Base: githubtest.Branch{Owner: "o", Repo: "r", Ref: "next", SHA: main.SHA}, Author: mallory})
		}, github.Several, "(8, 7)"},
		"closed, then moved on": {func(s *githubtest.Server) {
			s.Push(at(stray, commitB), mallory)
			s.Close("o", "r", 7, mallory)
		}, github.NoPull, "no open pull request"},
		"403": {failing("/pulls", 403), github.Forbidden, "grant the job the permission pull-requests: read"},
		"404": {failing("/pulls", 404), github.NotFound, "token is for this repository"},
		"401": {failing("/pulls", 401), github.BadToken, "does not accept the token"},
		"422": {failing("/pulls", 422), github.Invalid, "did not accept"},
	} {
		t.Run(name, func(t *testing.T) {
			s := repository(t, stray)
			c.change(s)
			_, err := client(t, s, "token").PullOf(t.Context(), "o", "r", ofFork)
			denied(t, err, c.reason, c.want)
		})
	}
}

func failing(path string, code int) func(*githubtest.Server) {
	return func(s *githubtest.Server) {
		s.Fail(githubtest.Fault{Path: path, How: githubtest.Status(code, "<b>@everyone `::error::x`")})
	}
}

// Everything in a head is a stranger's choice, and an empty filter would list
// the pull requests of everybody.
func TestHeadsThatAreNone(t *testing.T) {
	s := repository(t, stray)
	for _, change := range []func(*github.HeadRef){
		func(h *github.HeadRef) { *h = github.HeadRef{} },
		func(h *github.HeadRef) { h.Owner = "" },
		func(h *github.HeadRef) { h.Owner = "mallory:main" },
		func(h *github.HeadRef) { h.Owner = ".." },
		func(h *github.HeadRef) { h.Repo = "r\n::error::x" },
		func(h *github.HeadRef) { h.Repo = strings.Repeat("r", 10_000) },
		func(h *github.HeadRef) { h.Branch = "" },
		func(h *github.HeadRef) { h.Branch = strings.Repeat("b", 10_000) },
		func(h *github.HeadRef) { h.SHA = "" },
		func(h *github.HeadRef) { h.SHA = "`<b>@everyone" },
	} {
		head := ofFork
		change(&head)
		_, err := client(t, s, "token").PullOf(t.Context(), "o", "r", head)
		denied(t, err, github.Invalid, "is it a workflow_run event?")
	}
	if n := len(s.Requests()); n != 0 {
		t.Errorf("%d requests", n)
	}
}

func TestBranchesWithStrangeNames(t *testing.T) {
	for _, name := range []string{"a b&state=all#x", "a|`b`<i>", "@everyone", "ü/ö:ä", "::set-output", "a\nb"} {
		s := repository(t, githubtest.Branch{Owner: "mallory", Repo: "r", Ref: name, SHA: commitA})
		head := ofFork
		head.Branch = name
		if got, err := client(t, s, "token").PullOf(t.Context(), "o", "r", head); err != nil || got.Number != 7 {
			t.Errorf("%q: %+v, %v", name, got, err)
		}
		s.Push(githubtest.Branch{Owner: "mallory", Repo: "r", Ref: name, SHA: commitB}, mallory)
		_, err := client(t, s, "token").PullOf(t.Context(), "o", "r", head)
		denied(t, err, github.NewerHead, "has moved on")
	}
}

func TestAServerThatIgnoresTheFilter(t *testing.T) {
	s := repository(t, stray)
	s.AddPull(githubtest.Pull{Number: 8, Head: githubtest.Branch{Owner: "o", Repo: "r", Ref: "other", SHA: commitA}, Base: main, Author: alice})
	s.Fail(githubtest.Fault{Path: "/pulls", How: func(w http.ResponseWriter, r *http.Request, proper http.Handler) {
		query := r.URL.Query()
		query.Del("head")
		r.URL.RawQuery = query.Encode()
		proper.ServeHTTP(w, r)
	}})
	if got, err := client(t, s, "token").PullOf(t.Context(), "o", "r", ofFork); err != nil || got.Number != 7 {
		t.Errorf("%+v, %v", got, err)
	}
}
