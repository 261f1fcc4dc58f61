package github_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/plimsoll-ci/plimsoll/internal/github"
	"github.com/plimsoll-ci/plimsoll/internal/github/githubtest"
)

const checkedSHA = "0123456789012345678901234567890123456789"

// checkedRun is a run on a pull request's head.
func checkedRun(s *githubtest.Server, id int64) github.Run {
	return github.Run{ID: id, Attempt: 1, API: s.URL, Server: "https://github.test",
		Event: github.Event{Name: "pull_request", Owner: "o", Repo: "r", Number: 7, Head: github.Commit{SHA: checkedSHA}}}
}

func checksOn(s *githubtest.Server) []githubtest.Check { return s.Checks("o", "r", checkedSHA) }

func manyAnnotations(n int) []github.Annotation {
	var all []github.Annotation
	for i := range n {
		all = append(all, github.Annotation{Level: github.Error, File: "plimsoll.yml", Line: i + 1, Title: "plimsoll: memory.peak", Message: "over"})
	}
	return all
}

// started starts a check run named plimsoll.
func started(t *testing.T, api *github.Client, run github.Run) (github.CheckRun, error) {
	t.Helper()
	check := github.NewCheck(run, "plimsoll")
	err := api.StartCheck(t.Context(), run, &check)
	return check, err
}

func TestCheckRunLifeCycle(t *testing.T) {
	s := githubtest.New(t)
	api := client(t, s, "token")
	run := checkedRun(s, 5)
	check, err := started(t, api, run)
	if err != nil {
		t.Fatal(err)
	}
	got := checksOn(s)
	if len(got) != 1 || got[0].Status != "in_progress" || got[0].Conclusion != "" || got[0].Name != "plimsoll" || got[0].Details != run.URL() || got[0].ID != check.ID {
		t.Fatalf("started: %+v", got)
	}
	result := github.CheckResult{Conclusion: github.Failure, Title: "api is over 1 budget", Summary: "### over\n", Annotations: manyAnnotations(120)}
	if err := api.EndCheck(t.Context(), run, check, result); err != nil {
		t.Fatal(err)
	}
	ended := checksOn(s)[0]
	if ended.Status != "completed" || ended.Conclusion != "failure" || ended.Title != result.Title || ended.Summary != result.Summary {
		t.Errorf("ended: %+v", ended)
	}
	var lines []int
	for _, a := range ended.Annotations {
		lines = append(lines, a.Line)
	}
	want := make([]int, 120)
	for i := range want {
		want[i] = i + 1
	}
	if d := cmp.Diff(want, lines); d != "" {
		t.Errorf("lines of the annotations (-want +got):\n%s", d)
	}
}

// What was received is not sent again when its answer is lost.
func TestCheckRunWhoseAnswersAreLost(t *testing.T) {
	for name, how := range map[string]githubtest.How{"cut before": githubtest.Cut, "cut after": githubtest.CutAfter, "500 after": githubtest.FailAfter(500), "hangs after": githubtest.HangAfter} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, s *githubtest.Server) { loseAnswers(t, s, how) })
		})
	}
}

func loseAnswers(t *testing.T, s *githubtest.Server, how githubtest.How) {
	api := client(t, s, "token")
	s.Fail(githubtest.Fault{Method: "POST", Times: 2, How: how})
	check, err := started(t, api, checkedRun(s, 5))
	if err != nil || len(checksOn(s)) != 1 {
		t.Fatalf("%d check runs, %v", len(checksOn(s)), err)
	}
	s.Fail(githubtest.Fault{Method: "PATCH", Times: 3, How: how})
	result := github.CheckResult{Conclusion: github.Success, Title: "within budget", Summary: "fine\n", Annotations: manyAnnotations(75)}
	if err := api.EndCheck(t.Context(), checkedRun(s, 5), check, result); err != nil {
		t.Fatal(err)
	}
	if got := checksOn(s)[0]; got.Conclusion != "success" || len(got.Annotations) != 75 {
		t.Errorf("%s with %d annotations, want success with 75", got.Conclusion, len(got.Annotations))
	}
}

// A start that was given up goes on where it was: in this step with another call,
// in the next one with what was kept.
func TestCheckRunThatNobodyHeardOf(t *testing.T) {
	inBubble(t, func(t *testing.T, s *githubtest.Server) {
		api, run := client(t, s, "token"), checkedRun(s, 5)
		check := github.NewCheck(run, "plimsoll")
		kept := check.State()
		s.Fail(githubtest.Fault{Method: "POST", How: githubtest.HangAfter})
		s.Fail(githubtest.Fault{Method: "GET", How: githubtest.Hang})
		short, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		if err := api.StartCheck(short, run, &check); err == nil || check.ID != 0 || len(checksOn(s)) != 1 {
			t.Fatalf("%d check runs, and %+v, %v", len(checksOn(s)), check, err)
		}
		s.Heal()
		if err := api.StartCheck(t.Context(), run, &check); err != nil || len(checksOn(s)) != 1 || check.ID != checksOn(s)[0].ID {
			t.Errorf("%d check runs, and %+v, %v", len(checksOn(s)), check, err)
		}
		known, err := github.ParseCheck(kept)
		if err == nil {
			err = api.AbandonCheck(t.Context(), run, known)
		}
		if got := checksOn(s)[0]; err != nil || got.Conclusion != "cancelled" {
			t.Errorf("%+v, %v", got, err)
		}
		// One that was never made has nothing to end.
		never, err := github.ParseCheck(github.NewCheck(run, "plimsoll").State())
		if err == nil {
			err = api.AbandonCheck(t.Context(), run, never)
		}
		if err != nil || len(checksOn(s)) != 1 {
			t.Errorf("%d check runs, %v", len(checksOn(s)), err)
		}
	})
	for _, state := range []string{"", "17", "{}", `{"id": "x"}`} {
		if _, err := github.ParseCheck(state); err == nil {
			t.Errorf("%q was read", state)
		}
	}
}

// GitHub shows the latest check run of a name: a job that passes must not hide
// one that failed, whichever comes first.
func TestCheckRunOfTwoJobsUnderOneName(t *testing.T) {
	s := githubtest.New(t)
	api := client(t, s, "token")
	run := checkedRun(s, 5)
	var all []github.CheckRun
	for range 2 {
		check, err := started(t, api, run)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, check)
	}
	for _, check := range all {
		if err := api.EndCheck(t.Context(), run, check, github.CheckResult{Conclusion: github.Success, Title: "fine", Summary: "fine"}); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range checksOn(s) {
		if c.Conclusion != "failure" || !strings.Contains(c.Title, "check") {
			t.Errorf("%+v", c)
		}
	}
	// Another run, and another attempt, are no such jobs.
	again := run
	again.Attempt = 2
	for _, run := range []github.Run{checkedRun(s, 51), again} {
		check, err := started(t, api, run)
		if err == nil {
			err = api.EndCheck(t.Context(), run, check, github.CheckResult{Conclusion: github.Success, Title: "fine", Summary: "fine"})
		}
		if got := checksOn(s); err != nil || got[len(got)-1].Conclusion != "success" {
			t.Errorf("%+v, %v", got[len(got)-1], err)
		}
	}
}

func TestCheckRunThatWasLeftInProgress(t *testing.T) {
	s := githubtest.New(t)
	api := client(t, s, "token")
	run := checkedRun(s, 5)
	check, err := started(t, api, run)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second has nothing to do
		if err := api.AbandonCheck(t.Context(), run, check); err != nil {
			t.Fatal(err)
		}
		if got := checksOn(s)[0]; got.Conclusion != "cancelled" {
			t.Errorf("%+v", got)
		}
	}
	check.ID += 1000
	if err := api.AbandonCheck(t.Context(), run, check); err == nil {
		t.Error("a check run that is not there was ended")
	}
}

func TestCheckRunRefused(t *testing.T) {
	for name, c := range map[string]struct {
		how    githubtest.How
		reason github.Reason
		says   string
	}{
		"no permission":      {githubtest.Status(403, "Resource not accessible by integration"), github.Forbidden, "checks: write"},
		"another repository": {githubtest.Status(404, "Not Found"), github.NotFound, "for this repository"},
		"gitea":              {githubtest.Status(405, "Method Not Allowed"), github.NotFound, "Gitea"},
		"unknown commit":     {githubtest.Status(422, "No commit found for SHA"), github.Invalid, "start a check run"},
		"bad token":          {githubtest.Status(401, "Bad credentials"), github.BadToken, "401"},
		"limited for long":   {githubtest.Status(429, "slow down", "Retry-After", "7200"), github.RateLimited, "rate limit"},
	} {
		t.Run(name, func(t *testing.T) {
			s := githubtest.New(t)
			s.Fail(githubtest.Fault{Method: http.MethodPost, How: c.how})
			_, err := started(t, client(t, s, "token"), checkedRun(s, 5))
			var denied *github.DeniedError
			if !errors.As(err, &denied) || denied.Reason != c.reason || !strings.Contains(denied.Explain(), c.says) {
				t.Errorf("%v", err)
			}
			if n := len(s.Requests()); n != 1 {
				t.Errorf("%d requests, want 1", n)
			}
		})
	}
	s := githubtest.New(t)
	run := checkedRun(s, 5)
	run.Event.Head.SHA = "main"
	if _, err := started(t, client(t, s, "token"), run); err == nil || len(s.Requests()) > 0 {
		t.Errorf("a check run without a commit: %v", err)
	}
}

// Limits: long texts are cut, an annotation on no line is left out, and of too
// many the first stay.
func TestCheckRunOfTooMuch(t *testing.T) {
	s := githubtest.New(t)
	api := client(t, s, "token")
	run := checkedRun(s, 5)
	check, err := started(t, api, run)
	if err != nil {
		t.Fatal(err)
	}
	annotations := append([]github.Annotation{{Level: github.Error, Message: "on no line"}}, manyAnnotations(700)...)
	annotations[1].Title, annotations[1].Message = strings.Repeat("é", 10_000), strings.Repeat("é", 100_000)
	long := strings.Repeat(strings.Repeat("é", 99)+"\n", 1000)
	err = api.EndCheck(t.Context(), run, check, github.CheckResult{Conclusion: github.Neutral, Title: strings.Repeat("t", 10_000), Summary: long, Annotations: annotations})
	if err != nil {
		t.Fatal(err)
	}
	got := checksOn(s)[0]
	if n := len(got.Summary); n > 65535 || n < 60_000 || !strings.Contains(got.Summary, "left out") {
		t.Errorf("summary of %d bytes", n)
	}
	if len(got.Annotations) != 500 || got.Annotations[0].Line != 1 || got.Conclusion != "neutral" {
		t.Errorf("%d annotations, %s", len(got.Annotations), got.Conclusion)
	}
}

func TestPublishEndsTheCheckWhateverBecomesOfTheComment(t *testing.T) {
	for _, code := range []int{403, 404, 422} {
		t.Run(fmt.Sprint(code), func(t *testing.T) {
			s := githubtest.New(t)
			api := client(t, s, "token")
			run := checkedRun(s, 5)
			check, err := started(t, api, run)
			if err != nil {
				t.Fatal(err)
			}
			s.Fail(githubtest.Fault{Path: "/issues/", How: githubtest.Status(code, "no")})
			var commands strings.Builder
			run.Summary, run.Output = t.TempDir()+"/summary", t.TempDir()+"/output"
			out := github.Publish(t.Context(), github.Destination{Run: run, Client: api, Check: &check, Commands: &commands}, github.Publication{
				Comment: "text\n", Check: &github.CheckResult{Conclusion: github.Success, Title: "fine", Summary: "fine"},
			})
			if out.Refused == nil || out.Check != check.URL || checksOn(s)[0].Conclusion != "success" {
				t.Errorf("%+v", out)
			}
		})
	}
}

// What cannot be listed or is not taken does not keep a check run in progress.
func TestCheckRunEndsWhateverElseFails(t *testing.T) {
	for name, c := range map[string]struct {
		fault       githubtest.Fault
		annotations int
	}{
		"not to be listed": {githubtest.Fault{Method: "GET", Path: "/commits/", How: githubtest.Status(403, "Resource not accessible by integration")}, 60},
		"an annotation that is not taken": {githubtest.Fault{Method: "PATCH", Path: "/check-runs/", Times: 1,
			How: githubtest.Status(422, "Invalid request")}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			s := githubtest.New(t)
			api, run := client(t, s, "token"), checkedRun(s, 5)
			check, err := started(t, api, run)
			if err != nil {
				t.Fatal(err)
			}
			s.Fail(c.fault)
			result := github.CheckResult{Conclusion: github.Failure, Title: "over", Summary: "over", Annotations: manyAnnotations(60)}
			if err := api.EndCheck(t.Context(), run, check, result); err != nil {
				t.Fatal(err)
			}
			if got := checksOn(s)[0]; got.Conclusion != "failure" || len(got.Annotations) != c.annotations {
				t.Errorf("%s with %d annotations, want failure with %d", got.Conclusion, len(got.Annotations), c.annotations)
			}
		})
	}
}
