package github_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/plimsoll-ci/plimsoll/internal/github"
	"github.com/plimsoll-ci/plimsoll/internal/github/githubtest"
)

// queries counts the requests to the GraphQL API.
func queries(s *githubtest.Server) int {
	n := 0
	for _, r := range s.Requests() {
		if r.Path == "/graphql" {
			n++
		}
	}
	return n
}

func TestHideOnEnterpriseServer(t *testing.T) {
	s := githubtest.NewEnterprise(t)
	earlier(s, github.HideAndNew)
	if got, err := say(t, s, 42, github.HideAndNew); err != nil || got.Unhidden != nil {
		t.Fatal(err, got.Unhidden)
	}
	same(t, s, after(github.HideAndNew))
}

// Hidden once is enough: a query tells, a hundred comments at a time.
func TestHideAsksForManyAtOnce(t *testing.T) {
	s := githubtest.New(t)
	for run := range 120 {
		m := with(marker, int64(run+1))
		m.Apart = true
		s.Add("o", "r", 7, githubtest.Actions, text(m, fmt.Sprint("run ", run+1)))
	}
	before := 0
	for i, want := range []int{2 + 120, 2 + 1} {
		if got, err := say(t, s, int64(200+i), github.HideAndNew); err != nil || got.Unhidden != nil {
			t.Fatal(err, got.Unhidden)
		}
		if n := queries(s) - before; n != want {
			t.Errorf("%d requests to hide, want %d", n, want)
		}
		before = queries(s)
	}
	for i, line := range thread(s) {
		if strings.HasPrefix(line, "[outdated: ") != (i < 121) {
			t.Errorf("comment %d is %s", i, line)
		}
	}
}

func TestHideLeavesOthersAlone(t *testing.T) {
	s := githubtest.New(t)
	other := with(marker, 1)
	other.Key = "ci/other"
	s.Add("o", "r", 7, githubtest.Actions, text(other, "of another job"))
	s.Add("o", "r", 7, githubtest.User{Login: "ann", Type: "User"}, text(with(marker, 1), "pasted"))
	s.Add("o", "r", 7, githubtest.Actions, "> "+text(with(marker, 1), "quoted"))
	if _, err := say(t, s, 42, github.HideAndNew); err != nil {
		t.Fatal(err)
	}
	same(t, s, []string{"of another job", "pasted", "quoted", "run 42"})
	if n := queries(s); n != 0 {
		t.Errorf("%d requests to hide where there is nothing", n)
	}
}

// Whatever keeps older comments from being hidden: nothing is deleted, the new
// one is there, and the reason is told.
func TestWhatCannotBeHidden(t *testing.T) {
	errorOf := func(kind string) githubtest.How {
		return func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprintf(w, `{"data": null, "errors": [{"type": %q, "message": "no\n::error::x"}]}`, kind)
		}
	}
	for name, c := range map[string]struct {
		how  githubtest.How
		want string
	}{
		"no GraphQL":       {githubtest.Status(http.StatusNotFound, "Not Found"), "no GraphQL API"},
		"forbidden":        {githubtest.Status(http.StatusForbidden, "Resource not accessible by integration"), "HTTP 403"},
		"forbidden inside": {errorOf("FORBIDDEN"), `"no\n::error::x"`},
		"spent":            {errorOf("RATE_LIMITED"), "rate limit"},
		"another error":    {errorOf("SERVICE_UNAVAILABLE"), `"no\n::error::x"`},
		"down":             {githubtest.Status(http.StatusBadGateway, "Bad Gateway"), "could not be reached"},
		"hangs":            {githubtest.Hang, "could not be reached"},
		"an hour's limit":  {githubtest.Status(http.StatusTooManyRequests, "slow down", "Retry-After", "3600"), "rate limit"},
		"not JSON":         {func(w http.ResponseWriter, _ *http.Request, _ http.Handler) { fmt.Fprint(w, "<html>") }, "hide older comments"},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, s *githubtest.Server) {
				earlier(s, github.HideAndNew)
				s.Fail(githubtest.Fault{Path: "/graphql", How: c.how})
				start := time.Now()
				got, err := say(t, s, 42, github.HideAndNew)
				if err != nil || got.ID == 0 || got.Unhidden == nil || !strings.Contains(got.Unhidden.Error(), c.want) {
					t.Errorf("comment %+v, %v, want one and %q", got, err, c.want)
				}
				between(t, time.Since(start), 0, 2*time.Minute)
				same(t, s, []string{"run 1", "run 42"})
			})
		})
	}
}

// A token that may write comments need not be allowed to hide them.
func TestHideWithoutTheRight(t *testing.T) {
	s := githubtest.New(t)
	s.Grant("token", githubtest.User{Login: "ci[bot]", Type: "Bot", MayNotHide: true})
	earlier(s, github.HideAndNew)
	got, err := say(t, s, 42, github.HideAndNew)
	if err != nil || got.Unhidden == nil || !strings.Contains(got.Unhidden.Error(), "1 older comments stay") {
		t.Errorf("comment %+v, %v", got, err)
	}
	same(t, s, []string{"run 1", "run 42"})
}

func TestHideWhatIsGone(t *testing.T) {
	bubble(t, func(t *testing.T, s *githubtest.Server) {
		old := earlier(s, github.HideAndNew)
		s.Fail(githubtest.Fault{Path: "/graphql", Times: 1, How: githubtest.Before(func() { s.Remove(old) })})
		if got, err := say(t, s, 42, github.HideAndNew); err != nil || got.Unhidden != nil {
			t.Error(err, got.Unhidden)
		}
		same(t, s, []string{"run 42"})
	})
}
