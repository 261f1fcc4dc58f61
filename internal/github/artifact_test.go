package github_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/plimsoll-ci/plimsoll/internal/github"
	"github.com/plimsoll-ci/plimsoll/internal/github/githubtest"
)

// zipped makes an archive of names and contents in pairs.
func zipped(t testing.TB, pairs ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i := 0; i < len(pairs); i += 2 {
		f, err := w.Create(pairs[i])
		if err == nil {
			_, err = f.Write([]byte(pairs[i+1]))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func runOf(s *githubtest.Server, sha string) int64 {
	return s.AddRun(githubtest.WorkflowRun{Owner: "o", Repo: "r", Workflow: "ci.yml", Status: "completed", HeadSHA: sha, HeadBranch: "feature"})
}

func holds(t *testing.T, files []github.File, err error, want string) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != 1 || string(files[0].Data) != want {
		t.Errorf("%+v, want one file of %q", files, want)
	}
}

func TestArtifactOfARun(t *testing.T) {
	s := githubtest.New(t)
	run, other := runOf(s, commitA), runOf(s, commitA)
	save := func(run int64, name, content string) {
		s.AddArtifact(run, githubtest.Artifact{Name: name, Zip: zipped(t, "plimsoll-out/comparison.json", content, "plimsoll-out/report.md", "x")})
	}
	save(run, "plimsoll", "first attempt")
	save(run, "plimsoll", "second attempt")
	save(run, "plimsoll2", "of another name")
	save(other, "plimsoll", "of another run")
	c := client(t, s, "token")
	files, err := c.Artifact(t.Context(), "o", "r", "plimsoll", github.ArtifactOf{Run: run, Head: commitA})
	holds(t, files, err, "second attempt")
	if files[0].Name != "plimsoll-out/comparison.json" {
		t.Errorf("name %q", files[0].Name)
	}
	files, err = c.Artifact(t.Context(), "o", "r", "plimsoll", github.ArtifactOf{Run: run})
	holds(t, files, err, "second attempt")
}

func TestArtifactOfAHead(t *testing.T) {
	s := githubtest.New(t)
	save := func(sha, name, content string, expired bool) {
		s.AddArtifact(runOf(s, sha), githubtest.Artifact{Name: name, Expired: expired, Zip: zipped(t, "comparison.json", content)})
	}
	save(commitA, "plimsoll", "older run", false)
	save(commitA, "plimsoll", "newer run", false)
	save(commitA, "plimsoll", "newest run", true)
	save(commitA, "tests", "another workflow", false)
	save(commitB, "plimsoll", "another commit", false)
	for range 150 { // a page of runs of other workflows, and more
		runOf(s, commitB)
	}
	files, err := client(t, s, "token").Artifact(t.Context(), "o", "r", "plimsoll", github.ArtifactOf{Head: strings.ToUpper(commitA)})
	holds(t, files, err, "newer run")
}

// The head of a pull request may be pushed to another branch, or a fork, by anybody
// who can read it, and compared with another base there.
func TestArtifactOfTheSameCommitElsewhere(t *testing.T) {
	s := githubtest.New(t)
	save := func(repo, branch, content string) {
		run := s.AddRun(githubtest.WorkflowRun{Owner: "o", Repo: "r", Workflow: "ci.yml", Status: "completed", HeadSHA: commitA, HeadBranch: branch, HeadRepo: repo})
		s.AddArtifact(run, githubtest.Artifact{Name: "plimsoll", Zip: zipped(t, "comparison.json", content)})
	}
	save("o/r", "feature", "the pull request's")
	save("Friend/r", "feature", "the friend's")
	save("stranger/r", "feature", "a stranger's")
	save("o/r", "other", "of another branch")
	for _, c := range []struct{ owner, branch, want string }{
		{"O", "feature", "the pull request's"}, {"friend", "feature", "the friend's"}, {"", "", "of another branch"},
	} {
		files, err := client(t, s, "token").Artifact(t.Context(), "o", "r", "plimsoll", github.ArtifactOf{Head: commitA, Owner: c.owner, Repo: "r", Branch: c.branch})
		holds(t, files, err, c.want)
	}
	var denied *github.DeniedError
	if _, err := client(t, s, "token").Artifact(t.Context(), "o", "r", "plimsoll", github.ArtifactOf{Head: commitA, Owner: "o", Repo: "r", Branch: "third"}); !errors.As(err, &denied) || denied.Reason != github.NotFound {
		t.Errorf("of a branch without a run: %v", err)
	}
}

func TestArtifactsAreListedOnEveryPage(t *testing.T) {
	s := githubtest.New(t)
	run := runOf(s, commitA)
	for i := range 250 {
		s.AddArtifact(run, githubtest.Artifact{Name: "plimsoll", Zip: zipped(t, "comparison.json", fmt.Sprint(i))})
	}
	files, err := client(t, s, "token").Artifact(t.Context(), "o", "r", "plimsoll", github.ArtifactOf{Run: run})
	holds(t, files, err, "249")
}

// GitHub answers a download with an address elsewhere. The token is not for
// that host; the store in githubtest fails the test when it is shown one.
func TestTheTokenStaysWithTheAPI(t *testing.T) {
	s := githubtest.New(t)
	run := runOf(s, commitA)
	s.AddArtifact(run, githubtest.Artifact{Name: "plimsoll", Zip: zipped(t, "comparison.json", "x")})
	var shown http.Header
	s.Fail(githubtest.Fault{Path: "store:", How: func(w http.ResponseWriter, r *http.Request, proper http.Handler) {
		shown = r.Header.Clone()
		proper.ServeHTTP(w, r)
	}})
	files, err := client(t, s, "secret-token").Artifact(t.Context(), "o", "r", "plimsoll", github.ArtifactOf{Run: run})
	holds(t, files, err, "x")
	if shown == nil || strings.Contains(fmt.Sprint(shown), "secret-token") {
		t.Errorf("headers at the other host: %v", shown)
	}
	// The same when the other host passes it on to a third.
	third := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		shown = r.Header.Clone()
		http.Error(w, "no", http.StatusTeapot)
	}))
	t.Cleanup(third.Close)
	shown = nil
	s.Heal()
	s.Fail(githubtest.Fault{Path: "store:", How: func(w http.ResponseWriter, r *http.Request, _ http.Handler) {
		http.Redirect(w, r, third.URL, http.StatusTemporaryRedirect)
	}})
	_, err = client(t, s, "secret-token").Artifact(t.Context(), "o", "r", "plimsoll", github.ArtifactOf{Run: run})
	denied(t, err, github.Unreachable, "where GitHub keeps it the answer is HTTP 418")
	if shown == nil || strings.Contains(fmt.Sprint(shown), "secret-token") {
		t.Errorf("headers at the third host: %v", shown)
	}
}

// The address is signed: whoever reads it in a public log could use it.
func TestTheSignedAddressIsInNoError(t *testing.T) {
	githubtest.Warm(t)
	for name, how := range map[string]githubtest.How{
		"refused": githubtest.Status(http.StatusForbidden, "<Error>"),
		"loops": func(w http.ResponseWriter, r *http.Request, _ http.Handler) {
			http.Redirect(w, r, r.URL.String(), http.StatusFound)
		},
		"too large": func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
			if _, err := w.Write(make([]byte, 17<<20)); err != nil {
				panic(http.ErrAbortHandler)
			}
		},
		"elsewhere": func(w http.ResponseWriter, r *http.Request, _ http.Handler) {
			http.Redirect(w, r, "ftp://127.0.0.1/?sig=secret", http.StatusFound)
		},
	} {
		s := githubtest.New(t)
		run := runOf(s, commitA)
		s.AddArtifact(run, githubtest.Artifact{Name: "plimsoll", Zip: zipped(t, "comparison.json", "x")})
		s.Fail(githubtest.Fault{Path: "store:", How: how})
		_, err := client(t, s, "token").Artifact(t.Context(), "o", "r", "plimsoll", github.ArtifactOf{Run: run})
		if err == nil || strings.Contains(err.Error(), "sig=") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestArtifactsThatCannotBeHad(t *testing.T) {
	plain := zipped(t, "comparison.json", "x")
	for name, c := range map[string]struct {
		saved  githubtest.Artifact
		fault  githubtest.Fault
		of     github.ArtifactOf
		reason github.Reason
		want   string
	}{
		"none of that name": {saved: githubtest.Artifact{Name: "other", Zip: plain}, reason: github.NotFound, want: "looked for in vain"},
		"none of that head": {of: github.ArtifactOf{Head: commitB}, reason: github.NotFound, want: "runs of commit bbbbbbbbbb"},
		"no such run":       {of: github.ArtifactOf{Run: 5}, reason: github.NotFound, want: "some GitHub Enterprise Servers, Gitea and Forgejo"},
		"expired":           {saved: githubtest.Artifact{Name: "plimsoll", Expired: true}, reason: github.Expired, want: "run the workflow that measures again"},
		"expired since":     {fault: githubtest.Fault{Path: "/zip", How: githubtest.Status(410, "gone")}, reason: github.Expired, want: "(HTTP 410)"},
		"another commit":    {saved: githubtest.Artifact{Name: "plimsoll", Head: commitB}, reason: github.Invalid, want: "is of commit bbbbbbbbbb"},
		"no commit":         {saved: githubtest.Artifact{Name: "plimsoll", Head: "@everyone"}, reason: github.Invalid, want: "does not say which commit"},
		"too large":         {saved: githubtest.Artifact{Name: "plimsoll", Size: 1 << 40}, reason: github.Damaged, want: "save comparison.json alone"},
		"no permission":     {fault: githubtest.Fault{Path: "/artifacts", How: githubtest.Status(403, "no")}, reason: github.Forbidden, want: "actions: read"},
		"no permission to list": {fault: githubtest.Fault{Path: "/actions/runs", How: githubtest.Status(403, "no")}, of: github.ArtifactOf{Head: commitA},
			reason: github.Forbidden, want: "actions: read"},
		"no permission to download": {fault: githubtest.Fault{Path: "/zip", How: githubtest.Status(403, "no")}, reason: github.Forbidden, want: "actions: read"},
		"gone":                      {fault: githubtest.Fault{Path: "/zip", How: githubtest.Status(404, "no")}, reason: github.NotFound, want: "(HTTP 404)"},
		"no such API":               {fault: githubtest.Fault{Path: "/actions", How: githubtest.Status(404, "no")}, reason: github.NotFound, want: "Gitea"},
		"no content": {fault: githubtest.Fault{Path: "/zip", How: func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
			w.WriteHeader(http.StatusNoContent)
		}}, reason: github.Unreachable, want: "download the artifact"},
		"cut off": {fault: githubtest.Fault{Path: "store:", How: func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
			if _, err := w.Write(plain[:len(plain)/2]); err != nil {
				panic(http.ErrAbortHandler)
			}
		}}, reason: github.Damaged, want: "no zip file, or only a part of one"},
	} {
		t.Run(name, func(t *testing.T) {
			s := githubtest.New(t)
			run := runOf(s, commitA)
			if c.saved.Name == "" {
				c.saved.Name = "plimsoll"
			}
			if c.saved.Zip == nil {
				c.saved.Zip = plain
			}
			s.AddArtifact(run, c.saved)
			if c.fault.How != nil {
				s.Fail(c.fault)
			}
			if c.of == (github.ArtifactOf{}) {
				c.of = github.ArtifactOf{Run: run, Head: commitA}
			}
			_, err := client(t, s, "token").Artifact(t.Context(), "o", "r", "plimsoll", c.of)
			denied(t, err, c.reason, c.want)
		})
	}
}

func TestArtifactsThatCannotBeAskedFor(t *testing.T) {
	s := githubtest.New(t)
	for name, of := range map[string]github.ArtifactOf{
		"": {Run: 1}, strings.Repeat("x", 10_000): {Run: 1}, "a": {}, "b": {Head: "main"}, "c": {Run: -1},
	} {
		_, err := client(t, s, "token").Artifact(t.Context(), "o", "r", name, of)
		denied(t, err, github.Invalid, "no artifact can be asked for")
	}
	if n := len(s.Requests()); n != 0 {
		t.Errorf("%d requests", n)
	}
}

func TestArtifactNamesAreAskedForAsTheyAre(t *testing.T) {
	for _, name := range []string{"a b", "a&per_page=1#x", "`|<b>@everyone", "a\n::error::x"} {
		s := githubtest.New(t)
		run := runOf(s, commitA)
		s.AddArtifact(run, githubtest.Artifact{Name: name, Zip: zipped(t, "comparison.json", "x")})
		files, err := client(t, s, "token").Artifact(t.Context(), "o", "r", name, github.ArtifactOf{Run: run})
		holds(t, files, err, "x")
	}
}

// A server whose listings never end is left after a bounded number of pages.
func TestListingsWithoutEnd(t *testing.T) {
	endless := func(body string) githubtest.How {
		return func(w http.ResponseWriter, r *http.Request, _ http.Handler) {
			page := 1
			if _, err := fmt.Sscan(r.URL.Query().Get("page"), &page); err != nil {
				page = 1
			}
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Link", fmt.Sprintf(`<http://%s%s?page=%d>; rel="next"`, r.Host, r.URL.Path, page+1))
			fmt.Fprint(w, body)
		}
	}
	s := repository(t, stray)
	s.Label("o", "r", 7, accept, alice)
	c := client(t, s, "token")
	for path, ask := range map[string]func() error{
		"/timeline": func() error {
			_, why, err := c.Accepted(t.Context(), github.Event{}, pull, commitA, accept)
			return errors.Join(err, errors.New(why.Why))
		},
		"/pulls": func() error { _, err := c.PullOf(t.Context(), "o", "r", ofFork); return err },
		"/actions/runs": func() error {
			_, err := c.Artifact(t.Context(), "o", "r", "plimsoll", github.ArtifactOf{Head: commitA})
			return err
		},
		"/actions/runs/5/jobs": func() error { _, err := c.RunJobs(t.Context(), "o", "r", 5); return err },
		"/comments": func() error {
			_, err := c.Comment(t.Context(), pull, marker, "text", github.Update)
			return err
		},
		"/actions/runs/5/artifacts": func() error {
			_, err := c.Artifact(t.Context(), "o", "r", "plimsoll", github.ArtifactOf{Run: 5})
			return err
		},
	} {
		before := len(s.Requests())
		body := "[]"
		if strings.HasPrefix(path, "/actions") {
			body = "{}"
		}
		s.Heal()
		s.Fail(githubtest.Fault{Path: path, How: endless(body)})
		if err := ask(); err == nil || err.Error() == "" {
			t.Errorf("%s: nothing is wrong", path)
		}
		if n := len(s.Requests()) - before; n > 101 {
			t.Errorf("%s: %d requests", path, n)
		}
	}
}

// A store that fails or hangs is tried again, and given up in the end.
func TestAStoreThatFails(t *testing.T) {
	for name, c := range map[string]struct {
		how   githubtest.How
		times int
	}{
		"500 once": {githubtest.Status(500, "x"), 1}, "cut once": {githubtest.Cut, 1}, "hangs once": {githubtest.Hang, 1},
		"500": {githubtest.Status(500, "x"), 0}, "cut": {githubtest.Cut, 0}, "hangs": {githubtest.Hang, 0},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, s *githubtest.Server) {
				run := runOf(s, commitA)
				s.AddArtifact(run, githubtest.Artifact{Name: "plimsoll", Zip: zipped(t, "comparison.json", "x")})
				s.Fail(githubtest.Fault{Path: "store:", Times: c.times, How: c.how})
				start := time.Now()
				files, err := client(t, s, "token").Artifact(t.Context(), "o", "r", "plimsoll", github.ArtifactOf{Run: run})
				between(t, time.Since(start), 0, 2*time.Minute)
				if c.times > 0 {
					holds(t, files, err, "x")
					return
				}
				denied(t, err, github.Unreachable, "download the artifact")
			})
		})
	}
}

// inBubble runs a test on a server in a bubble of its own time.
func inBubble(t *testing.T, do func(*testing.T, *githubtest.Server)) {
	t.Helper()
	githubtest.Warm(t)
	synctest.Test(t, func(t *testing.T) { do(t, githubtest.NewInMemory(t)) })
}
