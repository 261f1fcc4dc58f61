package app_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/plimsoll-ci/plimsoll/internal/app"
	"github.com/plimsoll-ci/plimsoll/internal/github/githubtest"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// A matrix measures each service in a job of its own, and one job tells of all.
func TestFanIn(t *testing.T) {
	t.Parallel()
	w := onPull(t, "o")
	delete(w.env, "INPUT_CONFIG")
	w.write("legs/plimsoll-web/comparison.json", leg(t, "web", record.Pass))
	w.write("legs/plimsoll-api/deep/comparison.json", leg(t, "api", record.Fail))
	code := w.action("publish", filepath.Join(w.dir, "legs"), "expect", "api\nweb\nworker")
	if code != 1 {
		t.Errorf("exit code %d\n%s", code, w.stderr.String())
	}
	comment, check := w.told(), w.checked()
	for what, text := range map[string]string{"comment": comment, "summary": w.read("summary"), "check": check.Summary} {
		says(t, what, text, "`api`", "`web`", "`worker`", "no comparison of it was found")
	}
	if check.Name != "plimsoll" || check.Status != "completed" || check.Conclusion != "failure" || len(check.Annotations) != 3 || check.Annotations[0].Path != "plimsoll.yml" {
		t.Errorf("check %+v", check)
	}
	if strings.Contains(w.stdout.String(), "file=plimsoll.yml") || !strings.Contains(w.stdout.String(), "::error title=plimsoll::worker") {
		t.Errorf("what the check run shows is printed too, or the rest is not:\n%q", w.commands())
	}
	got := w.outputs()
	if got["verdict"] != "fail" || got["exit-code"] != "1" || got["comment-url"] == "" || got["check-url"] == "" || got["image-size-change"] == "" {
		t.Errorf("outputs %v", got)
	}
	w.twiceTheSame(comment)
}

// twiceTheSame publishes the legs of TestFanIn in another order.
func (w *workflow) twiceTheSame(comment string) {
	t := w.t
	saved, err := record.ParseComparison([]byte(w.read("out/comparison.json")))
	if err != nil || len(saved.Services) != 3 || saved.Services[2].Verdict != record.Missing {
		t.Errorf("what was saved: %v", err)
	}
	// Running it again, or in another order, changes nothing.
	w.action("publish", filepath.Join(w.dir, "legs/*/comparison.json")+"\n"+filepath.Join(w.dir, "legs/*/*/comparison.json"), "expect", "api\nweb\nworker")
	body := func(comment string) string { _, rest, _ := strings.Cut(comment, "\n"); return rest }
	if d := cmp.Diff(body(comment), strings.ReplaceAll(body(w.told()), "runs/42/", "runs/41/")); d != "" {
		t.Errorf("the second time (-first +second):\n%s", d)
	}
}

// A log that takes no more loses neither the comment nor the check run.
func TestFullStandardOutputLosesNoComment(t *testing.T) {
	t.Parallel()
	w := onPull(t, "o")
	w.env["INPUT_PUBLISH"], w.env["GITHUB_RUN_ID"], w.env["INPUT_CONFIG"] = w.write("comparison.json", leg(t, "api", record.Fail)), "41", ""
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer full.Close()
	getenv := func(name string) string { return w.env[name] }
	code := app.Action(t.Context(), app.Env{Getenv: getenv, Stdout: full, Stderr: &w.stderr}, nil)
	if code != app.ExitFail || !strings.Contains(w.stderr.String(), "no space left on device") {
		t.Errorf("exit code %d\n%s", code, w.stderr.String())
	}
	says(t, "the comment", w.told(), "over the line")
	if check := w.checked(); check.Conclusion != "failure" {
		t.Errorf("check %+v", check)
	}
}

// The services to expect are those of the configuration.
func TestFanInExpectsTheConfiguration(t *testing.T) {
	t.Parallel()
	w := onPull(t, "o")
	w.write("legs/comparison.json", leg(t, "api", record.Pass))
	for _, c := range []struct {
		config, expect string
		code           int
		want           string
	}{
		{"services: [{name: api}, {name: web}]", "", 3, "`web`"},
		{"services: [{name: api}]", "", 0, "No action needed"},
		{"services: [{name: api}, {name: web}]", "off", 0, "No action needed"},
		{"services: [{naem: api}]", "", 3, "which services to expect is not known"},
	} {
		w.write("plimsoll.yml", c.config)
		if code := w.action("publish", filepath.Join(w.dir, "legs"), "expect", c.expect); code != c.code {
			t.Errorf("%s: exit code %d, want %d\n%s", c.config, code, c.code, w.stderr.String())
		}
		says(t, c.config, w.told(), c.want)
	}
}

// Nothing at all is no pass.
func TestPublishOfNothing(t *testing.T) {
	t.Parallel()
	w := onPull(t, "o")
	delete(w.env, "INPUT_CONFIG")
	w.write("none/comparison.json", `{"schema": "plimsoll/comparison/v1", "verdict": "none"}`)
	w.write("empty/x", "")
	for _, path := range []string{"gone", "empty", "none", "gone/*.json", "[", "empty/x"} {
		if code := w.action("publish", filepath.Join(w.dir, path)); code != 3 {
			t.Errorf("%s: exit code %d", path, code)
		}
		if check := w.checked(); check.Conclusion != "failure" {
			t.Errorf("%s: the check is a %s", path, check.Conclusion)
		}
		says(t, path, w.told(), "nothing was compared")
	}
}

// A push that takes back what touched a service: the older comment says so, and
// where there is none, none is made.
func TestNothingToMeasure(t *testing.T) {
	t.Parallel()
	w := onPull(t, "o")
	delete(w.env, "INPUT_CONFIG")
	gone := filepath.Join(w.dir, "gone", "*.json")
	if code := w.action("publish", gone, "expect", "none"); code != 0 || w.checked().Conclusion != "success" {
		t.Errorf("exit code %d, check %+v\n%s", code, w.checked(), w.stderr.String())
	}
	if all := w.server.Comments("o", "r", 7); len(all) > 0 {
		t.Errorf("it commented: %s", all[0].Body)
	}
	file := w.write("comparison.json", leg(t, "api", record.Fail))
	if code := w.action("publish", file, "expect", "api"); code != 1 {
		t.Errorf("exit code %d", code)
	}
	for _, behavior := range []string{"off", "update"} {
		before := w.told()
		if code := w.action("publish", gone, "expect", "none", "comment", behavior); code != 0 || (w.told() == before) != (behavior == "off") {
			t.Errorf("comment %s: exit code %d\n%s", behavior, code, w.told())
		}
	}
	says(t, "comment", w.told(), "touches no service that is measured")
	if got := w.outputs(); got["verdict"] != "none" || got["exit-code"] != "0" {
		t.Errorf("outputs %v", got)
	}
	if code := w.action("publish", w.write("pass.json", leg(t, "api", record.Pass)), "expect", "none"); code != 3 {
		t.Errorf("a result that nobody expects: exit code %d", code)
	}
	says(t, "comment", w.told(), "no service was expected, and there are saved comparisons")
	if code := w.action("artifact", "plimsoll", "expect", "none"); code != 2 {
		t.Errorf("an artifact of no service: exit code %d", code)
	}
}

const labelled = `{"action": "%s", "repository": {"full_name": "o/r"}, "label": {"name": "plimsoll: accept"}, "sender": {"login": "octocat"},
	"pull_request": {"number": 7, "head": {"sha": %q, "ref": "topic", "repo": {"full_name": "o/r"}}, "base": {"sha": %q, "ref": "main", "repo": {"full_name": "o/r"}}}}`

// The label works before and after the run, without measuring again, and only as
// long as it is there.
func TestLabel(t *testing.T) {
	t.Parallel()
	w := onPull(t, "o")
	delete(w.env, "INPUT_CONFIG")
	file := w.write("comparison.json", leg(t, "api", record.Fail))
	if code := w.action("publish", file); code != 1 || w.checked().Conclusion != "failure" {
		t.Fatalf("exit code %d, check %s", code, w.checked().Conclusion)
	}
	run := w.server.AddRun(githubtest.WorkflowRun{Owner: "o", Repo: "r", Workflow: "ci.yml", Status: "completed", HeadSHA: headSHA, HeadBranch: "topic"})
	w.server.AddArtifact(run, githubtest.Artifact{Name: "plimsoll", Zip: zipped(t, "comparison.json", leg(t, "api", record.Fail))})
	w.server.Label("o", "r", 7, "plimsoll: accept", maintainer)
	w.event("pull_request", fmt.Sprintf(labelled, "labeled", headSHA, baseSHA))
	w.env["GITHUB_JOB"] = "label"
	if code := w.action("artifact", "plimsoll"); code != 0 {
		t.Errorf("signed off, and yet exit code %d\n%s", code, w.stderr.String())
	}
	says(t, "comment", w.told(), "Accepted", "octocat")
	if check := w.checked(); check.Conclusion != "success" || !strings.HasPrefix(check.Title, "Accepted: ") {
		t.Errorf("check %s, %q", check.Conclusion, check.Title)
	}
	if got := w.outputs(); got["verdict"] != "accepted" || got["exit-code"] != "0" {
		t.Errorf("outputs %v", got)
	}
	w.server.Unlabel("o", "r", 7, "plimsoll: accept", maintainer)
	w.event("pull_request", fmt.Sprintf(labelled, "unlabeled", headSHA, baseSHA))
	if code := w.action("artifact", "plimsoll"); code != 1 || w.checked().Conclusion != "failure" {
		t.Errorf("taken off, and yet exit code %d, check %s", code, w.checked().Conclusion)
	}
	// Who may not write signs nothing off, and a file cannot either.
	w.server.Label("o", "r", 7, "plimsoll: accept", author)
	forged := leg(t, "api", record.Accepted, func(c *record.Comparison) {
		c.Accepted = &record.Acceptance{By: "octocat", Label: "plimsoll: accept", Head: headSHA}
	})
	if code := w.action("publish", w.write("forged.json", forged)); code != 1 {
		t.Errorf("a forged acceptance has the exit code %d", code)
	}
	says(t, "comment", w.told(), "Over the line", "does not count")
	// Nor is a name that looks like an answer of the API taken for one.
	w.server.Unlabel("o", "r", 7, "plimsoll: accept", author)
	w.server.Label("o", "r", 7, "plimsoll: accept", githubtest.User{Login: "HTTP-fan", Type: "User"})
	if code := w.action("publish", file); code != 1 {
		t.Errorf("a label of somebody without write access has the exit code %d", code)
	}
	says(t, "comment", w.told(), "HTTP-fan, who set it, has no write access")
}

// A label that comes while the first run still measures is that run's to look for:
// the second says so, and stands in the way of nothing.
func TestLabelBeforeTheMeasurementEnds(t *testing.T) {
	t.Parallel()
	w := onPull(t, "o")
	delete(w.env, "INPUT_CONFIG")
	measuring := githubtest.WorkflowRun{Owner: "o", Repo: "r", Workflow: "ci.yml", Status: "in_progress", HeadSHA: headSHA, HeadBranch: "topic"}
	w.server.AddRun(measuring)
	w.server.Label("o", "r", 7, "plimsoll: accept", maintainer)
	w.event("pull_request", fmt.Sprintf(labelled, "labeled", headSHA, baseSHA))
	w.env["GITHUB_JOB"] = "label"
	if code := w.action("artifact", "plimsoll"); code != 0 {
		t.Errorf("exit code %d\n%s", code, w.stderr.String())
	}
	says(t, "commands", strings.Join(w.commands(), "\n"), "::notice", "nothing to publish yet", "still under way", "set the label again")
	if comments, checks := w.server.Comments("o", "r", 7), w.server.Checks("o", "r", headSHA); len(comments)+len(checks) > 0 {
		t.Errorf("%d comments and %d check runs", len(comments), len(checks))
	}
	if got := w.outputs(); got["verdict"] != "missing" || got["exit-code"] != "0" {
		t.Errorf("outputs %v", got)
	}
	// On a push the same is a result that is missing: nobody else would tell.
	w.event("pull_request", fmt.Sprintf(labelled, "synchronize", headSHA, baseSHA))
	if code := w.action("artifact", "plimsoll"); code != 3 || w.checked().Conclusion != "failure" {
		t.Errorf("exit code %d, check %s", code, w.checked().Conclusion)
	}
	says(t, "comment", w.told(), "still under way")
}

func workflowRun(run int64, sha, owner string) string {
	return fmt.Sprintf(`{"action": "completed", "repository": {"full_name": "o/r"}, "workflow_run": {"id": %d, "head_sha": %q, "head_branch": "topic",
		"event": "pull_request", "pull_requests": [], "head_repository": {"full_name": "%s/r"}}}`, run, sha, owner)
}

// A fork's own job posts nothing and saves the result; a second one on the default
// branch reads it, asks the API whose it is, and renders it anew.
func TestForkInTwoHalves(t *testing.T) {
	t.Parallel()
	w := onPull(t, "stranger")
	delete(w.env, "INPUT_CONFIG")
	file := w.write("comparison.json", leg(t, "api", record.Fail))
	if code := w.action("publish", file, "accept-label", "off"); code != 1 {
		t.Errorf("exit code %d", code)
	}
	if asked := w.server.Requests(); len(asked) > 0 {
		t.Errorf("on a fork, the API is asked %v", asked)
	}
	says(t, "log", w.stderr.String(), "nothing is posted", "workflow_run")
	saved := w.read("out/comparison.json")
	says(t, "what is saved", saved, record.ComparisonSchema)

	run := w.server.AddRun(githubtest.WorkflowRun{Owner: "o", Repo: "r", Workflow: "measure.yml", Status: "completed", HeadSHA: headSHA, HeadBranch: "topic"})
	w.server.AddArtifact(run, githubtest.Artifact{Name: "plimsoll", Zip: zipped(t, "comparison.json", saved)})
	w.event("workflow_run", workflowRun(run, headSHA, "stranger"))
	w.env["GITHUB_SHA"], w.env["GITHUB_WORKFLOW"] = baseSHA, "publish"
	if code := w.action("artifact", "plimsoll"); code != 1 {
		t.Errorf("second half: exit code %d\n%s", code, w.stderr.String())
	}
	says(t, "comment", w.told(), "Over the line", headSHA[:10])
	if check := w.checked(); check.Conclusion != "failure" || check.SHA != headSHA {
		t.Errorf("check %+v", check)
	}

	// The pull request has moved on: nothing may say it is about the new commit.
	before := w.told()
	w.server.Push(githubtest.Branch{Owner: "stranger", Repo: "r", Ref: "topic", SHA: otherSHA}, author)
	if code := w.action("artifact", "plimsoll"); code != 1 || w.told() != before {
		t.Errorf("exit code %d, the comment has changed: %t\n%s", code, w.told() != before, w.stderr.String())
	}
	says(t, "log", w.stderr.String(), "moved on")
	if code := w.action(); code != 2 || !strings.Contains(w.stderr.String(), "nothing is booted on workflow_run") {
		t.Errorf("measuring on workflow_run: exit code %d\n%s", code, w.stderr.String())
	}
}

// A comment that should be there and cannot be is told where people look, and not in
// the log alone.
func TestPullRequestThatCannotBeLookedFor(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		how  githubtest.How
		says string
	}{
		"forbidden":    {githubtest.Status(403, "Resource not accessible by integration"), "pull-requests: read"},
		"rate limited": {githubtest.Status(403, "API rate limit exceeded", "Retry-After", "7200"), "rate limit"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := onPull(t, "stranger")
			delete(w.env, "INPUT_CONFIG")
			w.server.Fail(githubtest.Fault{Path: "/pulls", How: c.how})
			w.event("workflow_run", workflowRun(9, headSHA, "stranger"))
			if code := w.action("publish", w.write("comparison.json", leg(t, "api", record.Fail)), "summary", "false"); code != 1 {
				t.Errorf("exit code %d\n%s", code, w.stderr.String())
			}
			says(t, "commands", strings.Join(w.commands(), "\n"), "::warning", "no comment", c.says)
			says(t, "summary", w.read("summary"), "The result is only here", c.says, "Over the line")
			if check := w.checked(); check.Conclusion != "failure" {
				t.Errorf("check %+v", check)
			}
		})
	}
}

// An API that nobody reaches costs the comment and the check, and not the verdict.
func TestUnreachableAPI(t *testing.T) {
	t.Parallel()
	for verdict, want := range map[record.Verdict]int{record.Fail: 1, record.Pass: 0} {
		w := onPull(t, "o")
		delete(w.env, "INPUT_CONFIG")
		w.server.Fail(githubtest.Fault{How: githubtest.Status(401, "Bad credentials")})
		if code := w.action("publish", w.write("comparison.json", leg(t, "api", verdict))); code != want {
			t.Errorf("%s: exit code %d, want %d", verdict, code, want)
		}
		says(t, "summary", w.read("summary"), "The result is only here", "`api`")
		if got := w.outputs()["verdict"]; got != string(verdict) {
			t.Errorf("verdict %s", got)
		}
	}
	w := onPull(t, "o")
	delete(w.env, "INPUT_CONFIG")
	w.env["GITHUB_API_URL"] = "http://127.0.0.1:1"
	if code := w.action("publish", w.write("comparison.json", leg(t, "api", record.Pass)), "check", "off"); code != 0 {
		t.Errorf("exit code %d", code)
	}
	says(t, "summary", w.read("summary"), "could not be reached")
}

// What inconclusive counts as is the user's to say; a check is only neutral then.
// GitHub wants to be left alone when the check run is to begin: it is there in the
// end, and without it the workflow is told.
func TestCheckRunOnTheSecondTry(t *testing.T) {
	t.Parallel()
	w := onPull(t, "o")
	delete(w.env, "INPUT_CONFIG")
	file := w.write("comparison.json", leg(t, "api", record.Pass))
	slow := githubtest.Status(403, "You have exceeded a secondary rate limit", "Retry-After", "170")
	w.server.Fail(githubtest.Fault{Method: "POST", Path: "/check-runs", Times: 1, How: slow})
	if code := w.action("publish", file); code != 0 {
		t.Errorf("exit code %d", code)
	}
	says(t, "log", w.stderr.String(), "no check run yet", "tried again")
	if check := w.checked(); check.Conclusion != "success" || w.outputs()["check-url"] == "" {
		t.Errorf("check %+v, outputs %v", check, w.outputs())
	}
	w.server.Fail(githubtest.Fault{Method: "POST", Path: "/check-runs", How: slow})
	if code := w.action("publish", file); code != 0 || len(w.server.Checks("o", "r", headSHA)) != 1 {
		t.Errorf("exit code %d, %d check runs", code, len(w.server.Checks("o", "r", headSHA)))
	}
	says(t, "commands", strings.Join(w.commands(), "\n"), "::warning", "no check run", `a branch that requires "plimsoll" waits for it`)
}

// A create that hangs while the step is interrupted may have made a check run: it
// is found and ended.
func TestInterruptWhileTheCheckRunBegins(t *testing.T) {
	t.Parallel()
	for name, heals := range map[string]bool{"by the step": true, "by the post step": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := onPull(t, "o")
			delete(w.env, "INPUT_CONFIG")
			ctx, interrupt := context.WithCancel(t.Context())
			w.server.Fail(githubtest.Fault{Method: "POST", Path: "/check-runs", How: func(rw http.ResponseWriter, r *http.Request, proper http.Handler) {
				time.AfterFunc(50*time.Millisecond, interrupt)
				githubtest.HangAfter(rw, r, proper)
			}})
			if !heals {
				w.server.Fail(githubtest.Fault{Method: "GET", Path: "/check-runs", Times: 1, How: githubtest.Status(403, "no")})
			}
			if code := w.actionIn(ctx, "publish", w.write("comparison.json", leg(t, "api", record.Pass))); code != 130 {
				t.Errorf("exit code %d\n%s", code, w.stderr.String())
			}
			if !heals {
				if check := w.checked(); check.Status != "in_progress" {
					t.Fatalf("check %+v", check)
				}
				w.cleanup(w.state("check"))
			}
			if check := w.checked(); check.Conclusion != "cancelled" {
				t.Errorf("check %+v\n%s", check, w.stderr.String())
			}
		})
	}
}

func TestInconclusiveChecks(t *testing.T) {
	t.Parallel()
	w := onPull(t, "o")
	delete(w.env, "INPUT_CONFIG")
	file := w.write("comparison.json", leg(t, "api", record.Inconclusive))
	for asked, want := range map[string]struct {
		code       int
		conclusion string
	}{"": {0, "success"}, "pass": {0, "success"}, "neutral": {0, "neutral"}, "fail": {1, "failure"}} {
		code := w.action("publish", file, "on-inconclusive", asked)
		if check := w.checked(); code != want.code || check.Conclusion != want.conclusion || !strings.HasPrefix(check.Title, "Inconclusive") {
			t.Errorf("%q: exit code %d, check %s %q", asked, code, check.Conclusion, check.Title)
		}
	}
}

// What the input comment says becomes of the comment of the push before.
func TestCommentBehaviors(t *testing.T) {
	t.Parallel()
	for how, want := range map[string]int{"update": 1, "true": 1, "off": 0, "false": 0, "only-on-change": 1} {
		w := onPull(t, "o")
		delete(w.env, "INPUT_CONFIG")
		for _, verdict := range []record.Verdict{record.Fail, record.Pass} {
			w.action("publish", w.write("comparison.json", leg(t, "api", verdict)), "comment", how)
		}
		if all := w.server.Comments("o", "r", 7); len(all) != want {
			t.Errorf("%s: %d comments, want %d\n%s", how, len(all), want, w.stderr.String())
		}
		if w.checked().Conclusion != "success" {
			t.Errorf("%s: check %s", how, w.checked().Conclusion)
		}
	}
	w := onPull(t, "o")
	delete(w.env, "INPUT_CONFIG")
	still := leg(t, "api", record.None, func(c *record.Comparison) { c.Services[0].Metrics, c.Services[0].Cost = nil, nil })
	if code := w.action("publish", w.write("comparison.json", still), "comment", "only-on-change"); code != 0 || len(w.server.Comments("o", "r", 7)) > 0 {
		t.Errorf("nothing has changed: exit code %d, comments %v", code, w.server.Comments("o", "r", 7))
	}
}

// On pull_request_target nothing is measured, and what was can be published also
// for a fork: the token is the repository's own.
func TestPullRequestTarget(t *testing.T) {
	t.Parallel()
	w := onPull(t, "stranger")
	delete(w.env, "INPUT_CONFIG")
	w.env["GITHUB_EVENT_NAME"] = "pull_request_target"
	if code := w.action("publish", w.write("comparison.json", leg(t, "api", record.Pass))); code != 0 {
		t.Errorf("exit code %d\n%s", code, w.stderr.String())
	}
	says(t, "comment", w.told(), "No action needed")
	if check := w.checked(); check.Conclusion != "success" || check.SHA != headSHA {
		t.Errorf("check %+v", check)
	}
	if code := w.action(); code != 2 || !strings.Contains(w.stderr.String(), "nothing is booted on pull_request_target") {
		t.Errorf("measuring: exit code %d\n%s", code, w.stderr.String())
	}
	w.event("issue_comment", `{"action": "created", "repository": {"full_name": "o/r"}, "issue": {"number": 7, "pull_request": {}}}`)
	if code := w.action("publish", filepath.Join(w.dir, "comparison.json")); code != 2 || !strings.Contains(w.stderr.String(), "names no commit") {
		t.Errorf("on issue_comment: exit code %d\n%s", code, w.stderr.String())
	}
}
