package github_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	gh "github.com/google/go-github/v60/github"

	"github.com/plimsoll-ci/plimsoll/internal/github"
	"github.com/plimsoll-ci/plimsoll/internal/github/githubtest"
)

func ubuntu(name string, ran time.Duration) githubtest.Job {
	return githubtest.Job{Name: name, Labels: []string{"ubuntu-latest"}, Ran: ran}
}

func TestLastRunsOfAWorkflow(t *testing.T) {
	s := githubtest.New(t)
	run := func(workflow, status string, jobs ...githubtest.Job) {
		s.AddRun(githubtest.WorkflowRun{Owner: "o", Repo: "r", Workflow: workflow, Status: status, Jobs: jobs})
	}
	run("build.yml", "completed", ubuntu("build", time.Minute))
	run("build.yml", "completed", ubuntu("build", 61*time.Second), githubtest.Job{Name: "deploy", Conclusion: "skipped", Ran: time.Second})
	run("other.yml", "completed", ubuntu("build", time.Hour))
	run("build.yml", "completed", githubtest.Job{Name: "build", Labels: []string{"self-hosted", "big"}, Conclusion: "failure", Ran: 90 * time.Second})
	run("build.yml", "in_progress", ubuntu("build", time.Hour))
	got, err := client(t, s, "token").LastRuns(t.Context(), "o", "r", "build.yml", 2)
	if err != nil {
		t.Fatal(err)
	}
	want := [][]github.RanJob{
		{{Name: "build", Labels: []string{"self-hosted", "big"}, Seconds: 90}},
		{{Name: "build", Labels: []string{"ubuntu-latest"}, Seconds: 61}},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestRunJobsReadsEveryPageAndWaitsForNone(t *testing.T) {
	s := githubtest.New(t)
	var jobs []githubtest.Job
	for range 250 {
		jobs = append(jobs, ubuntu("build", time.Minute))
	}
	jobs = append(jobs, githubtest.Job{Name: "plimsoll", Status: "in_progress"})
	id := s.AddRun(githubtest.WorkflowRun{Owner: "o", Repo: "r", Workflow: "build.yml", Status: "in_progress", Jobs: jobs})
	s.Fail(githubtest.Fault{Path: "/jobs", Times: 1, How: githubtest.Status(http.StatusBadGateway, "Server Error")})
	got, err := client(t, s, "token").RunJobs(t.Context(), "o", "r", id)
	if err != nil || len(got) != 250 {
		t.Errorf("%d jobs, %v; want 250", len(got), err)
	}
}

// A listing that leads back to where it came from is left, and a job that is none
// is passed over.
func TestRunJobsOfAListingWithoutEnd(t *testing.T) {
	s := githubtest.New(t)
	s.Fail(githubtest.Fault{Path: "/jobs", How: func(w http.ResponseWriter, r *http.Request, _ http.Handler) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Link", "<http://"+r.Host+r.URL.Path+`?page=2>; rel="next"`)
		fmt.Fprint(w, `{"jobs": [null]}`)
	}})
	if got, err := client(t, s, "token").RunJobs(t.Context(), "o", "r", 5); err != nil || len(got) != 0 || len(s.Requests()) > 3 {
		t.Errorf("%d jobs after %d requests, %v", len(got), len(s.Requests()), err)
	}
}

func TestAWorkflowThatIsNotThere(t *testing.T) {
	_, err := client(t, githubtest.New(t), "token").LastRuns(t.Context(), "o", "r", "build.yml", 2)
	var answer *gh.ErrorResponse
	if !errors.As(err, &answer) || answer.Response.StatusCode != http.StatusNotFound || !strings.Contains(err.Error(), "list the runs of build.yml") {
		t.Errorf("error %v", err)
	}
}
