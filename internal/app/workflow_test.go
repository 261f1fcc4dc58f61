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
	"slices"
	"strings"
	"testing"

	"github.com/plimsoll-ci/plimsoll/internal/app"
	"github.com/plimsoll-ci/plimsoll/internal/engine"
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

// cleanup runs the post step of a step that has kept this check run, and gives its
// exit code.
func (w *workflow) cleanup(check string) int {
	w.t.Helper()
	env := maps.Clone(w.env)
	env["STATE_check"], env["GITHUB_RUN_ID"] = check, "41"
	getenv := func(name string) string { return env[name] }
	return app.Action(w.t.Context(), app.Env{Getenv: getenv, Stdout: &w.stdout, Stderr: &w.stderr}, []string{"cleanup", "--run", "gone-" + engine.NewID()})
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
func (w *workflow) outputs() map[string]string { return w.kept("output") }

// state is what the runner would hand to the post step under this name.
func (w *workflow) state(name string) string { return w.kept("state")[name] }

// kept reads one of the runner's files of names and values, less the empty ones.
func (w *workflow) kept(file string) map[string]string {
	w.t.Helper()
	got := map[string]string{}
	lines := strings.Split(strings.TrimSuffix(w.read(file), "\n"), "\n")
	for i := 0; i < len(lines); i++ {
		name, delimiter, ok := strings.Cut(lines[i], "<<")
		end := slices.Index(lines[i+1:], delimiter)
		if !ok || end < 0 {
			w.t.Fatalf("line %d of the %s is %q", i, file, lines[i])
		}
		got[name] = strings.Join(lines[i+1:i+1+end], "\n")
		if got[name] == "" {
			delete(got, name)
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
