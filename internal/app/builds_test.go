package app

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/plimsoll-ci/plimsoll/internal/config"
	"github.com/plimsoll-ci/plimsoll/internal/cost"
	"github.com/plimsoll-ci/plimsoll/internal/github"
	"github.com/plimsoll-ci/plimsoll/internal/github/githubtest"
)

// building is a job of a workflow run on a GitHub with three builds.
func building(t *testing.T, ci config.CI) (*job, *githubtest.Server, map[string]string) {
	t.Helper()
	s := githubtest.New(t)
	for _, seconds := range []time.Duration{61, 59, 60} {
		s.AddRun(githubtest.WorkflowRun{Owner: "o", Repo: "r", Workflow: "build.yml", Status: "completed", Jobs: []githubtest.Job{
			{Name: "build", Labels: []string{"ubuntu-latest"}, Ran: seconds * time.Second},
			{Name: "clean", Labels: []string{"ubuntu-latest"}, Ran: 10 * seconds * time.Second},
			{Name: "ours", Labels: []string{"self-hosted", "linux"}, Ran: time.Hour},
		}})
	}
	id := s.AddRun(githubtest.WorkflowRun{Owner: "o", Repo: "r", Workflow: "pr.yml", Status: "in_progress", Jobs: []githubtest.Job{
		{Name: "image", Labels: []string{"ubuntu-24.04-arm"}, Ran: 150 * time.Second},
		{Name: "plimsoll", Labels: []string{"ubuntu-latest"}, Status: "in_progress"},
	}})
	if id != 1004 {
		t.Fatalf("the run is %d", id)
	}
	values := map[string]string{"GITHUB_REPOSITORY": "o/r", "GITHUB_API_URL": s.URL, "GITHUB_TOKEN": "token", "GITHUB_RUN_ID": "1004"}
	plan := config.Default("", "")
	plan.Cost.CI = &ci
	model, err := newModel("", plan.Cost)
	if err != nil {
		t.Fatal(err)
	}
	return &job{plan: plan, model: model, env: Env{Getenv: func(name string) string { return values[name] }}}, s, values
}

// onTheBill is the item CI of an estimate.
func onTheBill(t *testing.T, m *cost.Model) float64 {
	t.Helper()
	e, err := m.Estimate(cost.Inputs{MemoryPeak: 50 << 20})
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range e.Items {
		if i.Name == "CI" {
			return i.Amount
		}
	}
	return 0
}

func TestBuildsArePriced(t *testing.T) {
	for name, c := range map[string]struct {
		ci   config.CI
		want float64
	}{
		"the last runs":  {config.CI{Workflow: "build.yml", Jobs: []string{"build"}, Runs: 20, Builds: 300}, 300 * 4.0 / 3 * 0.006}, // 2, 1 and 1 minutes
		"the last one":   {config.CI{Workflow: "build.yml", Jobs: []string{"build"}, Runs: 1, Builds: 300}, 300 * 1 * 0.006},
		"another runner": {config.CI{Workflow: "build.yml", Jobs: []string{"build"}, Runs: 1, Builds: 300, Runner: "windows"}, 300 * 1 * 0.010},
		"free runners":   {config.CI{Workflow: "build.yml", Runs: 1, Builds: 300, Free: true}, 300 * (1 + 10) * 0.006},
		"uncached apart": {config.CI{Workflow: "build.yml", Jobs: []string{"build"}, Uncached: []string{"clean"}, Runs: 20, Builds: 300}, 300 * 4.0 / 3 * 0.006},
		"this run":       {config.CI{Builds: 300}, 300 * 3 * 0.005}, // its own job has not ended
	} {
		t.Run(name, func(t *testing.T) {
			j, _, _ := building(t, c.ci)
			warning, err := j.priceBuilds(t.Context())
			if err != nil || warning != "" {
				t.Fatalf("%q, %v", warning, err)
			}
			if got := onTheBill(t, j.model); got < c.want-1e-9 || got > c.want+1e-9 {
				t.Errorf("$%v, want $%v", got, c.want)
			}
		})
	}
}

func TestBuildsThatTheUserGotWrong(t *testing.T) {
	for want, ci := range map[string]config.CI{
		`no job is called "biuld"`: {Workflow: "build.yml", Jobs: []string{"biuld"}, Runs: 1, Builds: 1},
		`did you mean "build"?`:    {Workflow: "build.yml", Jobs: []string{"biuld"}, Runs: 1, Builds: 1},
		`the job "ours" runs on "self-hosted, linux", which has no price`:                                    {Workflow: "build.yml", Runs: 1, Builds: 1},
		`no price for the runner "cray"`:                                                                     {Workflow: "build.yml", Runs: 1, Builds: 1, Runner: "cray"},
		`no job is called "plimsoll" in the runs that were read, or it has not come to its end; found image`: {Jobs: []string{"plimsoll"}, Builds: 1},
	} {
		j, _, _ := building(t, ci)
		_, err := j.priceBuilds(t.Context())
		if err == nil || failureCode(err) != ExitUsage || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}

// What GitHub does not tell leaves both sides without, and is told.
func TestBuildsThatCannotBeRead(t *testing.T) {
	ci := config.CI{Workflow: "build.yml", Jobs: []string{"build"}, Runs: 1, Builds: 1}
	for want, spoil := range map[string]func(*githubtest.Server, map[string]string){
		"there is no token": func(_ *githubtest.Server, v map[string]string) { v["GITHUB_TOKEN"] = "" },
		"GITHUB_REPOSITORY": func(_ *githubtest.Server, v map[string]string) { v["GITHUB_REPOSITORY"] = "" },
		"`actions: read`": func(s *githubtest.Server, _ map[string]string) {
			s.Fail(githubtest.Fault{How: githubtest.Status(http.StatusForbidden, "Resource not accessible by integration")})
		},
	} {
		j, s, values := building(t, ci)
		spoil(s, values)
		warning, err := j.priceBuilds(t.Context())
		if err != nil || !strings.HasPrefix(warning, "CI is not in the price: ") || !strings.Contains(warning, want) {
			t.Errorf("%q, %v; want %q", warning, err, want)
		}
		if got := onTheBill(t, j.model); got != 0 {
			t.Errorf("CI of $%v", got)
		}
	}
}

func TestRunnersByTheirLabels(t *testing.T) {
	got := map[string]string{}
	for _, label := range []string{"ubuntu-latest", "ubuntu-24.04", "ubuntu-slim", "ubuntu-24.04-arm", "windows-2025", "macos-15", "macos-15-xlarge", "ubuntu-latest-8-cores", "linux"} {
		runner, err := runnerOf(github.RanJob{Name: "build", Labels: []string{label}}, config.CI{})
		if err != nil {
			runner = "error"
		}
		got[label] = runner
	}
	want := map[string]string{"ubuntu-latest": "linux", "ubuntu-24.04": "linux", "ubuntu-slim": "linux_1_core", "ubuntu-24.04-arm": "linux_2_core_arm",
		"windows-2025": "windows", "macos-15": "macos", "macos-15-xlarge": "error", "ubuntu-latest-8-cores": "error", "linux": "error"}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}
