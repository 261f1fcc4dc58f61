package app_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/plimsoll-ci/plimsoll/internal/app"
	"github.com/plimsoll-ci/plimsoll/internal/config"
	"github.com/plimsoll-ci/plimsoll/internal/github/githubtest"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

const (
	headSHA  = "cafe000000000000000000000000000000000001"
	otherSHA = "cafe000000000000000000000000000000000002"
	baseSHA  = "f00d000000000000000000000000000000000001"
)

var (
	author     = githubtest.User{Login: "stranger", Type: "User"}
	maintainer = githubtest.User{Login: "octocat", Type: "User"}
)

// workflow is a job of a workflow: a checkout, the runner's files and environment.
type workflow struct {
	t      *testing.T
	server *githubtest.Server
	dir    string
	env    map[string]string
	runs   int
	stdout bytes.Buffer
	stderr bytes.Buffer
}

// onPull is a job on pull request 7 of o/r, from the given owner's repository.
func onPull(t *testing.T, owner string) *workflow {
	t.Helper()
	s := githubtest.New(t)
	s.AddPull(githubtest.Pull{Number: 7, Author: author,
		Head: githubtest.Branch{Owner: owner, Repo: "r", Ref: "topic", SHA: headSHA}, Base: githubtest.Branch{Owner: "o", Repo: "r", Ref: "main", SHA: baseSHA}})
	s.SetAccess("o", "r", maintainer.Login, "write")
	w := &workflow{t: t, server: s, dir: t.TempDir()}
	w.env = map[string]string{
		"GITHUB_ACTIONS": "true", "GITHUB_API_URL": s.URL, "GITHUB_WORKFLOW": "ci", "GITHUB_JOB": "images",
		"GITHUB_WORKSPACE": w.dir, "GITHUB_STEP_SUMMARY": filepath.Join(w.dir, "summary"), "GITHUB_OUTPUT": filepath.Join(w.dir, "output"),
		"GITHUB_STATE": filepath.Join(w.dir, "state"), "GITHUB_REPOSITORY": "o/r", "INPUT_TOKEN": "ghs_token", "INPUT_OUT": filepath.Join(w.dir, "out"),
		"INPUT_CONFIG": filepath.Join(w.dir, "plimsoll.yml"), "HOME": w.dir, "PATH": os.Getenv("PATH"), "DOCKER_HOST": os.Getenv("DOCKER_HOST"),
		"PLIMSOLL_GUARDS": "off",
	}
	w.event("pull_request", fmt.Sprintf(`{"action": "synchronize", "repository": {"full_name": "o/r"}, "pull_request": {"number": 7,
		"head": {"sha": %q, "ref": "topic", "repo": {"full_name": "%s/r"}}, "base": {"sha": %q, "ref": "main", "repo": {"full_name": "o/r"}}}}`,
		headSHA, owner, baseSHA))
	return w
}

func (w *workflow) event(name, payload string) {
	w.env["GITHUB_EVENT_NAME"], w.env["GITHUB_EVENT_PATH"] = name, w.write("event.json", payload)
}

func (w *workflow) write(name, content string) string {
	w.t.Helper()
	path := filepath.Join(w.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		w.t.Fatal(err)
	}
	return path
}

func (w *workflow) read(name string) string {
	raw, err := os.ReadFile(filepath.Join(w.dir, name))
	if err != nil && !os.IsNotExist(err) {
		w.t.Fatal(err)
	}
	return string(raw)
}

// action runs the step with the inputs, in pairs of name and value, and gives its
// exit code. The runner's files are new for every step.
func (w *workflow) action(inputs ...string) int { return w.actionIn(w.t.Context(), inputs...) }

func (w *workflow) actionIn(ctx context.Context, inputs ...string) int {
	w.t.Helper()
	env := maps.Clone(w.env)
	for i := 0; i < len(inputs); i += 2 {
		env["INPUT_"+strings.ToUpper(inputs[i])] = inputs[i+1]
	}
	for _, name := range []string{"summary", "output", "state"} {
		os.Remove(filepath.Join(w.dir, name))
	}
	w.stdout.Reset()
	w.stderr.Reset()
	w.runs++ // every step is of a run of its own
	env["GITHUB_RUN_ID"] = fmt.Sprint(40 + w.runs)
	getenv := func(name string) string { return env[name] }
	return app.Action(ctx, app.Env{Getenv: getenv, Stdout: &w.stdout, Stderr: &w.stderr}, nil)
}

// told is the one comment there must be.
func (w *workflow) told() string {
	w.t.Helper()
	all := w.server.Comments("o", "r", 7)
	if len(all) != 1 {
		w.t.Fatalf("%d comments\n%s", len(all), w.stderr.String())
	}
	return all[0].Body
}

// checked is the latest check run on the head.
func (w *workflow) checked() githubtest.Check {
	w.t.Helper()
	all := w.server.Checks("o", "r", headSHA)
	if len(all) == 0 {
		w.t.Fatalf("no check runs\n%s", w.stderr.String())
	}
	return all[len(all)-1]
}

// outputs reads the outputs as the runner does, less the empty ones.
func (w *workflow) outputs() map[string]string {
	w.t.Helper()
	got := map[string]string{}
	lines := strings.Split(strings.TrimSuffix(w.read("output"), "\n"), "\n")
	for i := 0; i < len(lines); i++ {
		name, delimiter, ok := strings.Cut(lines[i], "<<")
		end := slices.Index(lines[i+1:], delimiter)
		if !ok || end < 0 {
			w.t.Fatalf("line %d of the outputs is %q", i, lines[i])
		}
		if value := strings.Join(lines[i+1:i+1+end], "\n"); value != "" {
			got[name] = value
		}
		i += end + 1
	}
	return got
}

// commands are what the runner would obey of the standard output, outside of the
// blocks in which it obeys nothing.
func (w *workflow) commands() (all []string) {
	stopped := ""
	for _, line := range strings.FieldsFunc(w.stdout.String(), func(r rune) bool { return r == '\n' || r == '\r' }) {
		text := strings.TrimSpace(line)
		switch token, stop := strings.CutPrefix(text, "::stop-commands::"); {
		case stopped != "" && text == "::"+stopped+"::":
			stopped = ""
		case stopped != "":
		case stop:
			stopped = token
		case strings.HasPrefix(text, "::") || strings.Contains(text, "##["):
			all = append(all, text)
		}
	}
	return all
}

// leg is a comparison of one service as the tool saves it, with one verdict on all
// of its budgets.
func leg(t testing.TB, name string, verdict record.Verdict, changes ...func(*record.Comparison)) string {
	t.Helper()
	raw, err := os.ReadFile("../record/testdata/comparison.json")
	if err != nil {
		t.Fatal(err)
	}
	c, err := record.ParseComparison(raw)
	if err != nil {
		t.Fatal(err)
	}
	s := &c.Services[0]
	s.Name = name
	for i := range s.Metrics {
		if m := &s.Metrics[i]; m.Budget != nil {
			m.Verdict, m.Budget = verdict, &record.Budget{Grow: new(1e6)}
		}
	}
	c.Verdict, s.Verdict = verdict, verdict
	for _, change := range changes {
		change(&c)
	}
	if raw, err = json.Marshal(c); err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func zipped(t testing.TB, name, content string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	f, err := w.Create(name)
	if err == nil {
		_, err = f.Write([]byte(content))
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// says checks that texts stand in another.
func says(t *testing.T, what, text string, wants ...string) {
	t.Helper()
	for _, want := range wants {
		if !strings.Contains(text, want) {
			t.Errorf("%s does not say %q:\n%.2000s", what, want, text)
		}
	}
}

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

// What a stranger's file does wrong is told, and is missing; the others stand.
func TestTamperedFiles(t *testing.T) {
	t.Parallel()
	w := onPull(t, "o")
	delete(w.env, "INPUT_CONFIG")
	w.write("legs/web/comparison.json", leg(t, "web", record.Pass))
	path := filepath.Join(w.dir, "legs/api/comparison.json")
	honest := leg(t, "api", record.Pass)
	for name, c := range map[string]struct{ content, want string }{
		"schema":   {strings.Replace(honest, "comparison/v1", "comparison/v9", 1), "plimsoll/comparison/v9"},
		"NaN":      {strings.Replace(honest, `"pairs":8`, `"pairs":NaN`, 1), "invalid character"},
		"huge":     {leg(t, "api", record.Pass, func(c *record.Comparison) { c.Services[0].Cost.Head = 1e308 }), "1e+308"},
		"verdict":  {leg(t, "api", record.Fail, func(c *record.Comparison) { c.Verdict, c.Services[0].Verdict = record.Pass, record.Pass }), "gravest of its parts"},
		"100 MB":   {strings.Repeat(" ", 100<<20), "longer than"},
		"deep":     {strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000), "max depth"},
		"no JSON":  {"::set-output name=verdict::pass", "invalid character"},
		"config":   {leg(t, "api", record.Pass, func(c *record.Comparison) { c.Config = "/etc/passwd" }), "within the repository"},
		"nobody's": {leg(t, "api", record.Accepted), "nobody signed it off"},
	} {
		w.write("legs/api/comparison.json", c.content)
		code := w.action("publish", filepath.Join(w.dir, "legs"), "expect", "api\nweb")
		if code != 3 || w.checked().Conclusion != "failure" {
			t.Errorf("%s: exit code %d, check %s\n%s", name, code, w.checked().Conclusion, w.stderr.String())
		}
		says(t, name, spelt(w.told()), "was not taken", c.want, "`web`", "`api`")
	}
	// Neither is one behind a link, which could lead anywhere.
	os.Remove(path)
	if err := os.Symlink(w.write("elsewhere.json", honest), path); err != nil {
		t.Fatal(err)
	}
	if code := w.action("publish", filepath.Join(w.dir, "legs"), "expect", "api\nweb"); code != 3 {
		t.Errorf("a link was followed: exit code %d", code)
	}
}

var entity = regexp.MustCompile(`&#(\d+);\x{200b}?`)

// unescape reads a character that was spelt out.
func unescape(entity string) string {
	var r rune
	if _, err := fmt.Sscanf(entity, "&#%d;", &r); err != nil {
		return entity
	}
	return string(r)
}

// Names that others chose reach no place in which they mean anything.
func TestHostileNames(t *testing.T) {
	t.Parallel()
	const evil = "a|`b`</td><script>alert(1)</script> @everyone #1 ::set-output name=verdict::pass ##[error]x [x](https://evil.test)"
	long := strings.Repeat("x", 10_000) + "\n::error::forged\r\n::set-output name=verdict::pass\n" + evil
	w := onPull(t, "o")
	delete(w.env, "INPUT_CONFIG")
	file := w.write("comparison.json", leg(t, evil[:60], record.Fail, func(c *record.Comparison) {
		s := &c.Services[0]
		s.Base.Image, s.Head.Image, s.Base.Platform, s.Head.Digest = long, evil, evil, long
		s.Warnings, c.Warnings, c.Tool, c.Config = []string{long, evil}, []string{long, evil}, long, "a b:c,d%0A.yml"
		s.Head.Layers = append(s.Head.Layers, record.Layer{Instruction: long, DiffID: evil})
		for i := range s.Metrics {
			s.Metrics[i].Note = long
		}
		s.Manifest = &record.Manifest{Workload: long, Container: evil, Patch: "a\n```\n" + evil + "\n````\n@everyone \n", Findings: []record.Finding{{File: long, Line: 1, Message: long}}}
	}))
	if code := w.action("publish", file+"\n"+filepath.Join(w.dir, "gone @everyone `x` ::error::y"), "check", "off"); code != 1 {
		t.Errorf("exit code %d\n%s", code, w.stderr.String())
	}
	for what, text := range map[string]string{"comment": w.told(), "summary": w.read("summary")} {
		text = asRead(text)
		for _, found := range []string{"<script", "@everyone ", "\n::", "[x](https://evil", " #1 "} {
			if strings.Contains(text, found) {
				at := strings.Index(text, found)
				t.Errorf("%s holds %q: %q", what, found, text[max(at-200, 0):min(at+100, len(text))])
			}
		}
	}
	for _, command := range w.commands() {
		if !regexp.MustCompile(`\A::(error|warning) [^:]*::`).MatchString(command) || strings.Contains(command, "forged\n") {
			t.Errorf("the runner obeys %q", command)
		}
	}
	known := map[string]bool{}
	for _, o := range config.Outputs {
		known[o.Name] = true
	}
	for name, value := range w.outputs() {
		if !known[name] || strings.ContainsAny(value, "\n|`<@") || strings.Contains(value, "evil") {
			t.Errorf("output %s is %q", name, value)
		}
	}
	for _, line := range strings.Split(w.stderr.String(), "\n") {
		if strings.HasPrefix(strings.TrimSpace(line), "::") {
			t.Errorf("the log says %q", line)
		}
	}
}

// asRead is Markdown without its blocks and spans of code, in which nothing means
// anything but their own end.
func asRead(markdown string) string {
	var b strings.Builder
	fence := ""
	for line := range strings.Lines(markdown) {
		ticks := line[:len(line)-len(strings.TrimLeft(line, "`"))]
		switch {
		case fence == "" && len(ticks) >= 3:
			fence = ticks
		case fence != "" && len(ticks) >= len(fence) && strings.Trim(line, "`\n") == "":
			fence = ""
		case fence == "":
			b.WriteString(regexp.MustCompile("`[^`\n]*`|<code>[^<]*</code>").ReplaceAllString(line, ""))
		}
	}
	return b.String()
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
