package github_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/plimsoll-ci/plimsoll/internal/github"
	"github.com/plimsoll-ci/plimsoll/internal/github/githubtest"
)

var (
	pull   = github.Pull{Owner: "o", Repo: "r", Number: 7}
	marker = github.Marker{Key: "ci/images", Head: "cafe", Run: 42, Attempt: 1}
	reader = githubtest.User{Login: "github-actions[bot]", Type: "Bot", ReadOnly: true}
)

func client(t *testing.T, s *githubtest.Server, token string) *github.Client {
	t.Helper()
	c, err := github.NewClient(github.Options{API: s.URL, Token: token, HTTP: s.Client()})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// text is a comment of ours as another run left it.
func text(m github.Marker, body string) string { return m.String() + "\n" + body }

func with(m github.Marker, run int64) github.Marker { m.Run = run; return m }

// only fails unless the pull request has exactly the comments that end so.
func only(t *testing.T, s *githubtest.Server, want ...string) []githubtest.Comment {
	t.Helper()
	got := s.Comments("o", "r", 7)
	if len(got) != len(want) {
		t.Fatalf("%d comments, want %d: %+v", len(got), len(want), got)
	}
	for i := range want {
		if !strings.HasSuffix(got[i].Body, want[i]) {
			t.Errorf("comment %d is %q, want it to end in %q", i, got[i].Body, want[i])
		}
	}
	return got
}

func reason(t *testing.T, err error) github.Reason {
	t.Helper()
	var refused *github.RefusedError
	if !errors.As(err, &refused) {
		t.Fatalf("error %v, want a RefusedError", err)
	}
	if refused.Explain() == "" {
		t.Errorf("%s has no explanation", refused.Reason)
	}
	return refused.Reason
}

func TestCommentIsCreatedThenUpdated(t *testing.T) {
	s := githubtest.New(t)
	s.Add("o", "r", 7, githubtest.User{Login: "ann", Type: "User"}, "hello")
	first, err := client(t, s, "token").Comment(t.Context(), pull, marker, "one", github.Update)
	if err != nil {
		t.Fatal(err)
	}
	second, err := client(t, s, "token").Comment(t.Context(), pull, with(marker, 43), "two", github.Update)
	if err != nil {
		t.Fatal(err)
	}
	got := only(t, s, "hello", "two")
	if first.ID != second.ID || second.ID != got[1].ID || !strings.Contains(second.URL, fmt.Sprint(second.ID)) {
		t.Errorf("first %+v, then %+v, there is %+v", first, second, got[1])
	}
	if got[1].Edits != 1 {
		t.Errorf("%d edits, want 1", got[1].Edits)
	}
}

func TestCommentOfTheSameTextIsNotWrittenAgain(t *testing.T) {
	s := githubtest.New(t)
	for range 2 {
		if _, err := client(t, s, "token").Comment(t.Context(), pull, marker, "one", github.Update); err != nil {
			t.Fatal(err)
		}
	}
	if got := only(t, s, "one"); got[0].Edits != 0 {
		t.Errorf("%d edits, want none", got[0].Edits)
	}
}

func TestCommentKeysAreApart(t *testing.T) {
	s := githubtest.New(t)
	for _, key := range []string{"ci/a", "ci/b", "ci/a"} {
		m := marker
		m.Key = key
		if _, err := client(t, s, "token").Comment(t.Context(), pull, m, "of "+key, github.Update); err != nil {
			t.Fatal(err)
		}
	}
	only(t, s, "of ci/a", "of ci/b")
}

func TestCommentRemovesOlderDuplicates(t *testing.T) {
	s := githubtest.New(t)
	oldest := s.Add("o", "r", 7, githubtest.Actions, text(with(marker, 1), "a"))
	s.Add("o", "r", 7, githubtest.Actions, text(with(marker, 2), "b"))
	s.Add("o", "r", 7, githubtest.User{Login: "ann", Type: "User"}, "> "+text(with(marker, 3), "quoted"))
	got, err := client(t, s, "token").Comment(t.Context(), pull, marker, "new", github.Update)
	if err != nil || got.ID != oldest {
		t.Errorf("comment %+v, %v, want %d", got, err, oldest)
	}
	only(t, s, "new", "quoted")
}

// A stranger who pastes our marker must neither own the result nor, with a
// high run number, keep it from being shown.
func TestCommentOfAStrangerWithOurMarkerIsIgnored(t *testing.T) {
	s := githubtest.New(t)
	s.Add("o", "r", 7, githubtest.User{Login: "mallory", Type: "User"}, text(with(marker, 1<<60), "all is well"))
	if _, err := client(t, s, "token").Comment(t.Context(), pull, marker, "over budget", github.Update); err != nil {
		t.Fatal(err)
	}
	only(t, s, "all is well", "over budget")
}

func TestCommentOfOurOwnUserIsFound(t *testing.T) {
	s := githubtest.New(t)
	s.Grant("ann's", githubtest.User{Login: "ann", Type: "User"})
	for _, body := range []string{"one", "two"} {
		if _, err := client(t, s, "ann's").Comment(t.Context(), pull, marker, body, github.Update); err != nil {
			t.Fatal(err)
		}
	}
	only(t, s, "two")
}

func TestCommentThatMayNotBeChangedIsLeft(t *testing.T) {
	s := githubtest.New(t)
	theirs := s.Add("o", "r", 7, githubtest.User{Login: "other[bot]", Type: "Bot"}, text(with(marker, 1), "theirs"))
	s.Fail(githubtest.Fault{Method: "PATCH", Path: fmt.Sprint(theirs), How: githubtest.Status(http.StatusForbidden, "Resource not accessible by integration")})
	if _, err := client(t, s, "token").Comment(t.Context(), pull, marker, "ours", github.Update); err != nil {
		t.Fatal(err)
	}
	only(t, s, "theirs", "ours")
}

// Another run creates its comment between our look and our create.
func TestCommentsCreatedAtOnceBecomeOne(t *testing.T) {
	for name, c := range map[string]struct {
		other int64
		want  string
	}{
		"the other is older": {41, "ours"},
		"the other is newer": {43, "theirs"},
	} {
		s := githubtest.New(t)
		s.Fail(githubtest.Fault{Method: "POST", Times: 1, How: githubtest.Before(func() {
			s.Add("o", "r", 7, githubtest.Actions, text(with(marker, c.other), "theirs"))
		})})
		_, err := client(t, s, "token").Comment(t.Context(), pull, marker, "ours", github.Update)
		if c.want == "ours" && err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if c.want == "theirs" && reason(t, err) != github.Superseded {
			t.Errorf("%s: %v", name, err)
		}
		only(t, s, c.want)
	}
}

func TestCommentRefused(t *testing.T) {
	fail := func(code int, message string) func(*githubtest.Server) {
		return func(s *githubtest.Server) { s.Fail(githubtest.Fault{How: githubtest.Status(code, message)}) }
	}
	for name, c := range map[string]struct {
		prepare func(*githubtest.Server)
		body    string
		want    github.Reason
		posts   int
	}{
		"read-only token": {func(s *githubtest.Server) { s.Grant("token", reader) }, "x", github.Forbidden, 1},
		"revoked token":   {func(s *githubtest.Server) { s.Grant("token", githubtest.User{}) }, "x", github.BadToken, 0},
		"not to be seen":  {fail(http.StatusNotFound, "Not Found"), "x", github.NotFound, 0},
		"issues disabled": {fail(http.StatusGone, "Issues are disabled for this repo"), "x", github.NotFound, 0},
		"locked":          {func(s *githubtest.Server) { s.Lock("o", "r", 7) }, "x", github.Locked, 1},
		"too long for us": {func(*githubtest.Server) {}, strings.Repeat("x", 65536), github.Invalid, 0},
		"too long for them": {func(s *githubtest.Server) {
			s.Fail(githubtest.Fault{Method: "POST", How: githubtest.Status(http.StatusUnprocessableEntity, "Validation Failed")})
		}, "x", github.Invalid, 1},
	} {
		t.Run(name, func(t *testing.T) {
			s := githubtest.New(t)
			c.prepare(s)
			_, err := client(t, s, "token").Comment(t.Context(), pull, marker, c.body, github.Update)
			if got := reason(t, err); got != c.want {
				t.Errorf("reason %s, want %s: %v", got, c.want, err)
			}
			if got := count(s, "POST"); got != c.posts {
				t.Errorf("%d tries to post, want %d", got, c.posts)
			}
			only(t, s)
		})
	}
}

func count(s *githubtest.Server, method string) int {
	n := 0
	for _, r := range s.Requests() {
		if r.Method == method {
			n++
		}
	}
	return n
}

func TestCommentOnEnterpriseServer(t *testing.T) {
	s := githubtest.NewEnterprise(t)
	if _, err := client(t, s, "token").Comment(t.Context(), pull, marker, "one", github.Update); err != nil {
		t.Fatal(err)
	}
	only(t, s, "one")
}

func TestCommentWithoutToken(t *testing.T) {
	_, err := github.NewClient(github.Options{API: "https://api.github.com"})
	if got := reason(t, err); got != github.NoToken {
		t.Errorf("reason %s", got)
	}
}

func TestTokenIsShownToTheAPIOnly(t *testing.T) {
	s, other := githubtest.New(t), githubtest.New(t)
	s.Fail(githubtest.Fault{How: githubtest.Status(http.StatusTemporaryRedirect, "Moved", "Location", other.URL+"/repos/o/r/issues/7/comments?per_page=100&page=1")})
	_, err := client(t, s, "token").Comment(t.Context(), pull, marker, "x", github.Update)
	if got := reason(t, err); got != github.BadToken {
		t.Errorf("reason %s, want the other host to miss the token: %v", got, err)
	}
}

func TestCommentGivesUpWithItsCaller(t *testing.T) {
	s := githubtest.New(t)
	ctx, cancel := context.WithCancel(t.Context())
	s.Fail(githubtest.Fault{How: func(_ http.ResponseWriter, r *http.Request, _ http.Handler) { cancel(); <-r.Context().Done() }})
	if _, err := client(t, s, "token").Comment(ctx, pull, marker, "x", github.Update); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want the caller's", err)
	}
}
