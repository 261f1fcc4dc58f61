package github_test

import (
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/plimsoll-ci/plimsoll/internal/github"
	"github.com/plimsoll-ci/plimsoll/internal/github/githubtest"
)

// showing are the behaviours that show something where there is an older comment.
var showing = []github.Behavior{github.Update, github.New, github.HideAndNew, github.OnlyOnChange}

// bubble runs a test on a server in a bubble of its own time.
func bubble(t *testing.T, test func(t *testing.T, s *githubtest.Server)) {
	t.Helper()
	githubtest.Warm(t)
	synctest.Test(t, func(t *testing.T) { test(t, githubtest.NewInMemory(t)) })
}

// earlier puts the comment there that run 1 left under a behaviour.
func earlier(s *githubtest.Server, how github.Behavior) int64 {
	m := with(marker, 1)
	m.Apart = how == github.New || how == github.HideAndNew
	return s.Add("o", "r", 7, githubtest.Actions, text(m, "run 1"))
}

// say is one run's comment.
func say(t *testing.T, s *githubtest.Server, run int64, how github.Behavior) (github.Comment, error) {
	t.Helper()
	return client(t, s, "token").Comment(t.Context(), pull, with(marker, run), fmt.Sprintf("run %d", run), how)
}

// thread is what the pull request's comments say, the hidden ones in brackets.
func thread(s *githubtest.Server) []string {
	var lines []string
	for _, c := range s.Comments("o", "r", 7) {
		_, line, marked := strings.Cut(c.Body, "\n")
		if !marked {
			line = c.Body
		}
		if c.Hidden != "" {
			line = "[" + c.Hidden + ": " + line + "]"
		}
		lines = append(lines, line)
	}
	return lines
}

// after is the thread once run 42 has spoken, where run 1 had before.
func after(how github.Behavior) []string {
	switch how {
	case github.New:
		return []string{"run 1", "run 42"}
	case github.HideAndNew:
		return []string{"[outdated: run 1]", "run 42"}
	}
	return []string{"run 42"}
}

func same(t *testing.T, s *githubtest.Server, want []string) {
	t.Helper()
	if diff := cmp.Diff(want, thread(s)); diff != "" {
		t.Errorf("the thread differs (-want +got):\n%s", diff)
	}
}

func TestEveryBehavior(t *testing.T) {
	for _, c := range []struct {
		name string
		how  []github.Behavior
		want []string
	}{
		{"update", []github.Behavior{"update", "update", "update"}, []string{"run 43"}},
		{"new", []github.Behavior{"new", "new", "new"}, []string{"run 41", "run 42", "run 43"}},
		{"hide-and-new", []github.Behavior{"hide-and-new", "hide-and-new", "hide-and-new"}, []string{"[outdated: run 41]", "[outdated: run 42]", "run 43"}},
		{"only-on-change", []github.Behavior{"only-on-change"}, nil},
		{"only-on-change with a comment", []github.Behavior{"update", "only-on-change"}, []string{"run 42"}},
		{"off", []github.Behavior{"off"}, nil},
		{"off with a comment", []github.Behavior{"update", "off"}, []string{"run 41"}},
		{"from update to new", []github.Behavior{"update", "new"}, []string{"run 41", "run 42"}},
		{"from update to hide-and-new", []github.Behavior{"update", "hide-and-new"}, []string{"[outdated: run 41]", "run 42"}},
		// What is hidden is not written in, and nothing that was to stay is removed.
		{"from new to update", []github.Behavior{"new", "new", "update", "update"}, []string{"run 41", "run 42", "run 44"}},
		{"there and back", []github.Behavior{"update", "hide-and-new", "update", "update"}, []string{"[outdated: run 41]", "run 42", "run 44"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, func(t *testing.T, s *githubtest.Server) {
				for i, how := range c.how {
					if _, err := say(t, s, int64(41+i), how); err != nil && reason(t, err) != github.NoNews {
						t.Fatalf("%s: %v", how, err)
					}
				}
				same(t, s, c.want)
			})
		})
	}
}

func TestOffAsksNothing(t *testing.T) {
	s := githubtest.New(t)
	if _, err := say(t, s, 42, github.Off); err != nil || len(s.Requests()) != 0 {
		t.Errorf("%v, requests %v", err, s.Requests())
	}
}

func TestOnlyOnChangeSaysWhyItMakesNone(t *testing.T) {
	s := githubtest.New(t)
	if _, err := say(t, s, 42, github.OnlyOnChange); reason(t, err) != github.NoNews {
		t.Error(err)
	}
	same(t, s, nil)
}

// A step that runs twice shows its result once.
func TestTheSameIsNotSaidTwice(t *testing.T) {
	for _, how := range showing {
		t.Run(string(how), func(t *testing.T) {
			bubble(t, func(t *testing.T, s *githubtest.Server) {
				earlier(s, how)
				for range 2 {
					if _, err := say(t, s, 42, how); err != nil {
						t.Fatal(err)
					}
				}
				same(t, s, after(how))
			})
		})
	}
}

func TestNothingIsSaidAfterANewerRun(t *testing.T) {
	for _, how := range showing {
		for name, newer := range map[string]github.Marker{
			"later run": {Key: marker.Key, Run: 43, Attempt: 1}, "later attempt": {Key: marker.Key, Run: 42, Attempt: 2},
			"later run apart": {Key: marker.Key, Run: 43, Attempt: 1, Apart: true},
		} {
			t.Run(string(how)+" "+name, func(t *testing.T) {
				s := githubtest.New(t)
				earlier(s, how)
				s.Add("o", "r", 7, githubtest.Actions, text(newer, "newer"))
				if _, err := say(t, s, 42, how); reason(t, err) != github.Superseded {
					t.Error(err)
				}
				same(t, s, []string{"run 1", "newer"})
			})
		}
	}
}

// The other run's comment appears between our look and our write.
func TestANewerRunBetweenLookAndWrite(t *testing.T) {
	for _, how := range showing {
		t.Run(string(how), func(t *testing.T) {
			bubble(t, func(t *testing.T, s *githubtest.Server) {
				old := earlier(s, how)
				later := with(marker, 43)
				later.Apart = how == github.New || how == github.HideAndNew
				var speak func()
				method := "POST"
				if later.Apart {
					speak = func() { s.Add("o", "r", 7, githubtest.Actions, text(later, "run 43")) }
				} else {
					method = "GET" // the one right before the write
					speak = func() { s.Edit(old, text(later, "run 43")) }
				}
				path := map[string]string{"POST": "/comments", "GET": fmt.Sprint("/comments/", old)}[method]
				s.Fail(githubtest.Fault{Method: method, Path: path, Times: 1, How: githubtest.Before(speak)})
				if _, err := say(t, s, 42, how); reason(t, err) != github.Superseded {
					t.Error(err)
				}
				if got := thread(s); got[len(got)-1] != "run 43" || slices.Contains(got, "run 42") {
					t.Errorf("the thread is %q", got)
				}
			})
		})
	}
}

// GitHub gives a hundred comments a page, the oldest first.
func TestFoundOnTheLastPage(t *testing.T) {
	for _, how := range showing {
		strangers := 250
		if how == github.Update {
			strangers = 2950 // thirty pages
		}
		t.Run(string(how), func(t *testing.T) {
			bubble(t, func(t *testing.T, s *githubtest.Server) {
				for i := range strangers {
					s.Add("o", "r", 7, githubtest.User{Login: "ann", Type: "User"}, fmt.Sprint(i))
				}
				earlier(s, how)
				s.Fail(githubtest.Fault{Method: "GET", Path: "/comments", Times: 2, How: githubtest.CutAfter})
				if _, err := say(t, s, 42, how); err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(after(how), thread(s)[strangers:]); diff != "" {
					t.Errorf("behind %d comments (-want +got):\n%s", strangers, diff)
				}
			})
		})
	}
}

// disturbances are what can happen to one exchange.
var disturbances = map[string]githubtest.How{
	"500 before":          githubtest.Status(500, "Server Error"),
	"502 before":          githubtest.Status(502, "Bad Gateway"),
	"500 after the write": githubtest.FailAfter(500),
	"cut before":          githubtest.Cut,
	"cut after the write": githubtest.CutAfter,
	"hangs":               githubtest.Hang,
	"429 with seconds":    githubtest.Status(429, "slow down", "Retry-After", "7"),
	"403 of a secondary":  githubtest.Status(403, "You have exceeded a secondary rate limit.", "Retry-After", "9"),
	"not GitHub's own HTML": func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
		http.Error(w, "<html>", http.StatusServiceUnavailable)
	},
}

// Whatever goes wrong around any request, once or twice: everything is shown,
// and once.
func TestDisturbancesShowInNoBehavior(t *testing.T) {
	for _, how := range showing {
		for _, where := range []struct{ method, path string }{
			{"GET", "/issues/7/comments"}, {"GET", "/issues/comments/"}, {"POST", "/issues/7/comments"}, {"PATCH", ""}, {"POST", "/graphql"},
		} {
			for name, disturb := range disturbances {
				for times := 1; times <= 2; times++ {
					t.Run(fmt.Sprintf("%s %s %s %s %d", how, where.method, where.path, name, times), func(t *testing.T) {
						bubble(t, func(t *testing.T, s *githubtest.Server) {
							earlier(s, how)
							s.Fail(githubtest.Fault{Method: where.method, Path: where.path, Times: times, How: disturb})
							start := time.Now()
							got, err := say(t, s, 42, how)
							if err != nil || got.Unhidden != nil {
								t.Fatal(err, got.Unhidden)
							}
							between(t, time.Since(start), 0, time.Minute)
							same(t, s, after(how))
						})
					})
				}
			}
		}
	}
}

// Where a comment is refused, the older ones are left as they are.
func TestRefusedInEveryBehavior(t *testing.T) {
	status := func(method string, code int, message string) func(*githubtest.Server) {
		return func(s *githubtest.Server) {
			s.Fail(githubtest.Fault{Method: method, How: githubtest.Status(code, message)})
		}
	}
	for name, c := range map[string]struct {
		prepare func(*githubtest.Server)
		want    github.Reason
	}{
		"revoked token":          {func(s *githubtest.Server) { s.Grant("token", githubtest.User{}) }, github.BadToken},
		"of another repository":  {status("", http.StatusNotFound, "Not Found"), github.NotFound},
		"of another, public one": {func(s *githubtest.Server) { s.Grant("token", reader) }, github.Forbidden},
		"unreachable":            {status("", http.StatusBadGateway, "Bad Gateway"), github.Unreachable},
		"a limit for an hour": {func(s *githubtest.Server) {
			s.Fail(githubtest.Fault{How: githubtest.Status(429, "slow down", "Retry-After", "3600")})
		}, github.RateLimited},
		"locked":                    {func(s *githubtest.Server) { s.Lock("o", "r", 7) }, github.Locked},
		"refused as it is, on POST": {status("POST", http.StatusUnprocessableEntity, "Validation Failed"), github.Invalid},
	} {
		for _, how := range []github.Behavior{github.Update, github.New, github.HideAndNew} {
			t.Run(name+" "+string(how), func(t *testing.T) {
				bubble(t, func(t *testing.T, s *githubtest.Server) {
					if how != github.Update { // which would write in it
						earlier(s, how)
					}
					c.prepare(s)
					before := thread(s)
					if _, err := say(t, s, 42, how); reason(t, err) != c.want {
						t.Errorf("%v, want %s", err, c.want)
					}
					if got := count(s, "POST"); got > 4 {
						t.Errorf("%d tries to post", got)
					}
					same(t, s, before)
				})
			})
		}
	}
}

// GitHub takes comments on pull requests in whatever state, unless they are locked.
func TestPullRequestInAnyState(t *testing.T) {
	ann := githubtest.User{Login: "ann", Type: "User"}
	base := githubtest.Branch{Owner: "o", Repo: "r", Ref: "main", SHA: strings.Repeat("b", 40)}
	head := githubtest.Branch{Owner: "o", Repo: "r", Ref: "change", SHA: strings.Repeat("c", 40)}
	for name, state := range map[string]func(s *githubtest.Server){
		"draft": func(s *githubtest.Server) {
			s.AddPull(githubtest.Pull{Number: 7, Head: head, Base: base, Author: ann, Draft: true})
		},
		"closed": func(s *githubtest.Server) {
			s.AddPull(githubtest.Pull{Number: 7, Head: head, Base: base, Author: ann})
			s.Close("o", "r", 7, ann)
		},
	} {
		for _, how := range showing {
			t.Run(name+" "+string(how), func(t *testing.T) {
				bubble(t, func(t *testing.T, s *githubtest.Server) {
					state(s)
					earlier(s, how)
					if _, err := say(t, s, 42, how); err != nil {
						t.Fatal(err)
					}
					same(t, s, after(how))
				})
			})
		}
	}
}

func TestDeletedBetweenLookAndWrite(t *testing.T) {
	for _, how := range showing {
		for _, method := range []string{"GET", "POST", "PATCH"} {
			t.Run(string(how)+" "+method, func(t *testing.T) {
				bubble(t, func(t *testing.T, s *githubtest.Server) {
					old := earlier(s, how)
					path := map[string]string{"GET": "/issues/comments/", "POST": "/issues/7/comments", "PATCH": ""}[method]
					s.Fail(githubtest.Fault{Method: method, Path: path, Times: 1, How: githubtest.Before(func() { s.Remove(old) })})
					_, err := say(t, s, 42, how)
					want := []string{"run 42"}
					switch reached := slices.ContainsFunc(s.Requests(), func(r githubtest.Request) bool { return r.Method == method && strings.Contains(r.Path, path) }); {
					case !reached:
						want = after(how)
					case how == github.OnlyOnChange: // somebody does not want it
						if reason(t, err) != github.NoNews {
							t.Error(err)
						}
						same(t, s, nil)
						return
					}
					if err != nil {
						t.Fatal(err)
					}
					same(t, s, want)
				})
			})
		}
	}
}

func TestLagOfListingsInEveryBehavior(t *testing.T) {
	for _, how := range []github.Behavior{github.Update, github.New, github.HideAndNew} {
		t.Run(string(how), func(t *testing.T) {
			bubble(t, func(t *testing.T, s *githubtest.Server) {
				looks := 0
				s.Fail(githubtest.Fault{Method: "GET", How: func(w http.ResponseWriter, r *http.Request, proper http.Handler) {
					if looks++; looks > 3 {
						proper.ServeHTTP(w, r)
						return
					}
					w.Header().Set("Content-Type", "application/json")
					fmt.Fprint(w, "[]")
				}})
				if _, err := say(t, s, 42, how); err != nil {
					t.Fatal(err)
				}
				same(t, s, []string{"run 42"})
			})
		})
	}
}

// The room that the marker takes is the caller's to leave.
func TestCommentOfTheLargestSize(t *testing.T) {
	m := github.Marker{Key: strings.Repeat("-", 10_000), Head: strings.Repeat("a", 64), Run: 1<<63 - 1, Attempt: 1<<59 - 1}
	for _, how := range []github.Behavior{github.Update, github.New} {
		s := githubtest.New(t)
		body := strings.Repeat("é", (github.CommentLimit-github.MarkerLimit)/2)
		if _, err := client(t, s, "token").Comment(t.Context(), pull, m, body, how); err != nil {
			t.Fatal(err)
		}
		only(t, s, body)
		_, err := client(t, s, "token").Comment(t.Context(), pull, m, strings.Repeat("é", github.CommentLimit/2), how)
		if reason(t, err) != github.Invalid || !strings.Contains(err.Error(), "expected at most 60000") {
			t.Error(err)
		}
		only(t, s, body)
	}
}

func TestPublishBehaves(t *testing.T) {
	for _, c := range []struct {
		how   github.Behavior
		quiet bool
		want  []string
	}{
		{"", true, []string{"hi"}},
		{github.OnlyOnChange, true, nil},
		{github.OnlyOnChange, false, []string{"hi"}},
		{github.Off, false, nil},
		{github.New, true, []string{"hi"}},
	} {
		s := githubtest.New(t)
		run := github.Run{Event: github.Event{Owner: "o", Repo: "r", Number: 7}, ID: 42, Attempt: 1, Output: filepath.Join(t.TempDir(), "output")}
		var commands strings.Builder
		out := github.Publish(t.Context(), github.Destination{Run: run, Client: client(t, s, "token"), Behavior: c.how, Commands: &commands},
			github.Publication{Comment: "hi", Quiet: c.quiet})
		same(t, s, c.want)
		if len(out.Warnings) > 0 || commands.Len() > 0 || out.Refused != nil && out.Refused.Reason != github.NoNews {
			t.Errorf("%s: %+v %s", c.how, out, &commands)
		}
	}
}

func TestUnhiddenIsAWarning(t *testing.T) {
	s := githubtest.New(t)
	earlier(s, github.HideAndNew)
	s.Fail(githubtest.Fault{Path: "/graphql", How: githubtest.Status(http.StatusNotFound, "Not Found")})
	run := github.Run{Event: github.Event{Owner: "o", Repo: "r", Number: 7}, ID: 42, Attempt: 1, Workflow: "ci", Job: "images"}
	out := github.Publish(t.Context(), github.Destination{Run: run, Client: client(t, s, "token"), Behavior: github.HideAndNew, Commands: &strings.Builder{}},
		github.Publication{Comment: "hi"})
	if out.Refused != nil || out.Comment.ID == 0 || !strings.Contains(errors.Join(out.Warnings...).Error(), "no GraphQL API") {
		t.Errorf("%+v", out)
	}
	same(t, s, []string{"run 1", "hi"})
}
