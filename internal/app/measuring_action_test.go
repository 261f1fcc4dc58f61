package app_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/plimsoll-ci/plimsoll/internal/app"
	"github.com/plimsoll-ci/plimsoll/internal/engine"
	"github.com/plimsoll-ci/plimsoll/internal/engine/enginetest"
	"github.com/plimsoll-ci/plimsoll/internal/github"
	"github.com/plimsoll-ci/plimsoll/internal/github/githubtest"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// A run that ends before there is a comparison says so wherever an older result
// would go on saying that all is well, and to the job that joins the legs.
func TestErrorBeforeMeasuring(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		config, service string
		code            int
		want            string
	}{
		"configuration": {"services:\n  - image: app\n    memroy: 1Gi\n", "", 2, `unknown key "memroy"`},
		"service":       {"services: [{name: api, image: a, base: b}, {name: web, image: a, base: b}]", "wbe", 2, `did you mean "web"?`},
		"no image":      {"services: [{name: api, image: plimsoll.test/gone, base: plimsoll.test/clock}]", "", 3, "plimsoll.test/gone"},
		"an old engine": {"services: [{name: api, image: plimsoll.test/clock, base: plimsoll.test/clock, env_file: none}]", "", 2, "env_file"},
	} {
		w := onPull(t, "o")
		w.action("publish", w.write("good.json", leg(t, "api", record.Pass)), "expect", "off")
		says(t, "comment", w.told(), "No action needed")
		w.write("plimsoll.yml", c.config)
		check := "plimsoll"
		if c.service != "" {
			check += " (" + c.service + ")"
		}
		if code := w.action("service", c.service); code != c.code {
			t.Errorf("%s: exit code %d, want %d\n%s", name, code, c.code, w.stderr.String())
		}
		all := w.server.Comments("o", "r", 7)
		comment := all[len(all)-1].Body
		if c.service == "" && len(all) != 1 {
			t.Errorf("%s: %d comments", name, len(all))
		}
		says(t, name+": comment", spelt(comment), "Could not be measured", c.want)
		says(t, name+": summary", spelt(w.read("summary")), c.want)
		says(t, name+": log", w.stderr.String(), c.want)
		if got := w.checked(); got.Conclusion != "failure" || got.Name != check {
			t.Errorf("%s: check %s is a %s", name, got.Name, got.Conclusion)
		}
		if got := w.outputs(); got["exit-code"] != fmt.Sprint(c.code) || got["verdict"] != "missing" || got["comparison"] == "" {
			t.Errorf("%s: outputs %v", name, got)
		}
		saved := w.write("leg.json", w.read("out/comparison.json"))
		if code := w.action("publish", saved, "expect", "off"); code != 3 {
			t.Errorf("%s: joined, the exit code is %d\n%s", name, code, w.stderr.String())
		}
		says(t, name+": joined", spelt(w.read("summary")), c.want)
	}
}

// spelt reads characters that Markdown spells out.
func spelt(markdown string) string { return entity.ReplaceAllStringFunc(markdown, unescape) }

// What is cancelled ends its check run, keeps its comment and leaves nothing.
func TestInterruptedAction(t *testing.T) {
	t.Parallel()
	w := onPull(t, "o")
	w.env["PLIMSOLL_RUN"] = "interrupted-" + engine.NewID()
	w.write("plimsoll.yml", "services: [{name: api, image: plimsoll.test/clock, base: plimsoll.test/clock}]")
	ctx, cancel := context.WithCancel(t.Context())
	w.server.Fail(githubtest.Fault{Method: http.MethodPost, Path: "/check-runs", How: githubtest.Before(cancel)})
	if code := w.actionIn(ctx); code != 130 {
		t.Errorf("exit code %d\n%s", code, w.stderr.String())
	}
	if check := w.checked(); check.Status != "completed" || check.Conclusion != "cancelled" {
		t.Errorf("check %+v", check)
	}
	if all := w.server.Comments("o", "r", 7); len(all) > 0 {
		t.Errorf("comments %+v", all)
	}
	for _, thing := range enginetest.Left(t, w.env["PLIMSOLL_RUN"]) {
		t.Errorf("the engine still holds %s", thing)
	}
}

// burst panics at the first line of a report.
type burst struct{}

func (burst) Write([]byte) (int, error) { panic("burst") }

// A fault of our own ends the check run too.
func TestPanicEndsTheCheckRun(t *testing.T) {
	t.Parallel()
	w := onPull(t, "o")
	w.env["INPUT_PUBLISH"], w.env["GITHUB_RUN_ID"], w.env["INPUT_CONFIG"] = w.write("comparison.json", leg(t, "api", record.Pass)), "41", ""
	getenv := func(name string) string { return w.env[name] }
	func() {
		defer func() {
			if recover() == nil {
				t.Error("there was no panic")
			}
		}()
		app.Action(t.Context(), app.Env{Getenv: getenv, Stdout: burst{}, Stderr: &w.stderr}, nil)
	}()
	if check := w.checked(); check.Status != "completed" || check.Conclusion != "cancelled" {
		t.Errorf("check %+v", check)
	}
}

// Of a step that was killed the post step ends the check run, and leaves alone one
// that has ended.
func TestCleanupEndsTheCheckRun(t *testing.T) {
	t.Parallel()
	w := onPull(t, "o")
	client, err := github.NewClient(github.Options{API: w.server.URL, Token: "t"})
	if err != nil {
		t.Fatal(err)
	}
	run := github.Run{ID: 41, Attempt: 1, Event: github.Event{Owner: "o", Repo: "r", Head: github.Commit{SHA: headSHA}}}
	check := github.NewCheck(run, "plimsoll")
	if err := client.StartCheck(t.Context(), run, &check); err != nil {
		t.Fatal(err)
	}
	asked := len(w.server.Requests())
	if code := w.cleanup(""); code != 0 || len(w.server.Requests()) != asked {
		t.Errorf("without a check run: exit code %d, %d requests", code, len(w.server.Requests())-asked)
	}
	for range 2 {
		if code := w.cleanup(check.State()); code != 0 {
			t.Errorf("exit code %d\n%s", code, w.stderr.String())
		}
		if got := w.checked(); got.Status != "completed" || got.Conclusion != "cancelled" {
			t.Errorf("check %+v", got)
		}
	}
	w.server.Fail(githubtest.Fault{How: githubtest.Status(403, "Resource not accessible by integration")})
	if code := w.cleanup(check.State()); code != 0 || !strings.Contains(w.stderr.String(), "checks: write") {
		t.Errorf("without the permission: exit code %d\n%s", code, w.stderr.String())
	}
	if code := app.Action(t.Context(), app.Env{Getenv: func(string) string { return "" }, Stdout: &w.stdout, Stderr: &w.stderr}, []string{"compare"}); code != 2 {
		t.Errorf("another command: exit code %d", code)
	}
}

// A job that only published has no engine to clean up, and none is looked for.
func TestCleanupOfAJobThatPublished(t *testing.T) {
	t.Parallel()
	for publishes, code := range map[string]int{"comparison.json": 0, "": 3} {
		var stdout, stderr bytes.Buffer
		env := map[string]string{"DOCKER_HOST": "unix:///nowhere/docker.sock", "INPUT_PUBLISH": publishes}
		getenv := func(name string) string { return env[name] }
		if got := app.Action(t.Context(), app.Env{Getenv: getenv, Stdout: &stdout, Stderr: &stderr}, []string{"cleanup", "--run", "r"}); got != code || (stderr.Len() == 0) != (code == 0) {
			t.Errorf("publish %q: exit code %d, and %q", publishes, got, stderr.String())
		}
	}
}

// A leg of a matrix over its budget, which was signed off before it ran: what is
// saved for others is what was measured.
func TestMeasuredAndSignedOff(t *testing.T) {
	t.Parallel()
	w := onPull(t, "o")
	w.env["PLIMSOLL_RUN"] = "signed-" + engine.NewID()
	w.write("plimsoll.yml", `services:
  - {name: api, image: nothing, base: nothing}
  - name: web
    base: plimsoll.test/clock
    image: plimsoll.test/tini
    idle: 50ms
    load: {stages: [{for: 100ms, rate: 50}]}
    budgets:
      image.size: {grow: 1%}
      memory.peak: {max: 1Gi}
`)
	w.server.Label("o", "r", 7, "plimsoll: accept", maintainer)
	if code := w.action("service", "web"); code != 0 {
		t.Errorf("exit code %d\n%s", code, w.stderr.String())
	}
	says(t, "comment", w.told(), "Accepted: unpacked image size of `web` over the line, signed off by `octocat`")
	saved, err := record.ParseComparison([]byte(w.read("out/comparison.json")))
	if err != nil {
		t.Fatalf("%v\n%s", err, w.stderr.String())
	}
	if len(saved.Services) != 1 || saved.Accepted != nil || saved.Config != "plimsoll.yml" || saved.Verdict != record.Fail {
		t.Errorf("saved %s, accepted %v, configuration %q", saved.Verdict, saved.Accepted, saved.Config)
	}
	if m := saved.Services[0].Metrics[0]; m.ID != record.ImageSize || m.Line != 9 {
		t.Errorf("budget of %s in line %d", m.ID, m.Line)
	}
	if check := w.checked(); check.Name != "plimsoll (web)" || check.Conclusion != "success" {
		t.Errorf("check %s is a %s", check.Name, check.Conclusion)
	}
	for _, thing := range enginetest.Left(t, w.env["PLIMSOLL_RUN"]) {
		t.Errorf("the engine still holds %s", thing)
	}
	if _, err := os.Stat(filepath.Join(w.dir, "out", "report.html")); err != nil {
		t.Error(err)
	}
}
