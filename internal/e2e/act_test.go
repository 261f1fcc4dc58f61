package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/plimsoll-ci/plimsoll/internal/github/githubtest"
)

// scratch is shared by all tests: what is compiled for one serves the others.
var scratch string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "plimsoll-e2e-")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	scratch = dir
	m.Run()
}

// action is the program, built once.
var action = sync.OnceValues(func() (string, error) {
	path := filepath.Join(scratch, "plimsoll-action")
	out, err := exec.Command("go", "build", "-o", path, "github.com/plimsoll-ci/plimsoll/cmd/action").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build cmd/action: %w\n%s", err, out)
	}
	return path, nil
})

func built(t *testing.T) string {
	t.Helper()
	path, err := action()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// workflowRun is one run of a workflow by act.
type workflowRun struct {
	dir      string // of the repository
	workflow string
	event    string
	payload  string // path
	env      map[string]string
	flags    []string
}

// repository makes one with the Action, the workflow of testdata and a
// configuration that judges the given image.
func repository(t *testing.T, head string) string {
	t.Helper()
	root, dir := githubtest.ModuleRoot(t), t.TempDir()
	copyFile(t, filepath.Join(root, "action.yml"), filepath.Join(dir, "action.yml"))
	if err := os.CopyFS(filepath.Join(dir, "action"), os.DirFS(filepath.Join(root, "action"))); err != nil {
		t.Fatal(err)
	}
	copyFile(t, "testdata/workflow.yml", filepath.Join(dir, ".github", "workflows", "e2e.yml"))
	raw, err := os.ReadFile("testdata/plimsoll.yml")
	if err != nil {
		t.Fatal(err)
	}
	raw = bytes.ReplaceAll(raw, []byte("HEAD"), []byte(head))
	if err := os.WriteFile(filepath.Join(dir, "plimsoll.yml"), raw, 0o644); err != nil {
		t.Fatal(err)
	}
	commit(t, dir)
	return dir
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	info, err := os.Stat(from)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, raw, info.Mode().Perm()); err != nil {
		t.Fatal(err)
	}
}

func commit(t *testing.T, dir string) {
	t.Helper()
	for _, args := range [][]string{
		{"init", "-q", "-b", "main"}, {"add", "-A"},
		{"-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "-q", "-m", "e2e"},
	} {
		git := exec.Command("git", args...)
		git.Dir = dir
		if out, err := git.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
}

// pullRequest is GitHub's own example of a push to a pull request: number 2 of
// Codertocat/Hello-World.
func pullRequest(t *testing.T) string {
	t.Helper()
	for _, raw := range githubtest.Payloads(t, "pull_request") {
		var p struct{ Action string }
		if err := json.Unmarshal(raw, &p); err != nil {
			t.Fatal(err)
		}
		if p.Action != "synchronize" {
			continue
		}
		path := filepath.Join(t.TempDir(), "event.json")
		if err := os.WriteFile(path, raw, 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	t.Fatal("no example of a push to a pull request")
	return ""
}

// command runs the workflow on this machine, without any network but loopback.
func (r workflowRun) command(ctx context.Context, t *testing.T, api string) *exec.Cmd {
	t.Helper()
	args := []string{
		r.event, "-W", r.workflow, "-e", r.payload, "-P", "ubuntu-latest=-self-hosted", "-P", "ubuntu-24.04=-self-hosted",
		"--use-gitignore=false", "--no-cache-server", "--env", "PLIMSOLL_GUARDS=off", "--env", "GITHUB_API_URL=" + api,
	}
	for name, value := range r.env {
		args = append(args, "--env", name+"="+value)
	}
	act := exec.CommandContext(ctx, githubtest.Cache(t, "bin", "act"), append(args, r.flags...)...)
	act.Dir = r.dir
	act.Env = append(os.Environ(), "XDG_CACHE_HOME="+scratch, "GOCACHE="+goCache(t),
		"PATH="+filepath.Dir(githubtest.Cache(t, "node24", "bin", "node"))+":"+os.Getenv("PATH"))
	return act
}

func goCache(t *testing.T) string {
	t.Helper()
	out, err := exec.Command("go", "env", "GOCACHE").Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

// run runs the workflow to its end and gives act's exit code and what it printed.
func (r workflowRun) run(t *testing.T, api string) (int, string) {
	t.Helper()
	act := r.command(t.Context(), t, api)
	out, err := act.CombinedOutput()
	if act.ProcessState == nil {
		t.Fatal(err)
	}
	return act.ProcessState.ExitCode(), string(out)
}

// headOfPull is the commit that the example is about.
const headOfPull = "ec26c3e57ca3a959ca5aad62de7213c562f8c821"

const token = "ghs_0123456789abcdefghijklmnopqrstuvwxyz"

// onPull is a run on the pull request, of the workflow of testdata.
func onPull(t *testing.T, head string, number int) workflowRun {
	return workflowRun{
		dir: repository(t, head), workflow: ".github/workflows/e2e.yml", event: "pull_request", payload: pullRequest(t),
		env:   map[string]string{"E2E_BINARY": built(t), "GITHUB_RUN_ID": fmt.Sprint(number)},
		flags: []string{"-s", "GITHUB_TOKEN=" + token},
	}
}

func (r workflowRun) withoutToken() workflowRun {
	r.flags = nil
	return r
}

func comments(s *githubtest.Server) []githubtest.Comment {
	return s.Comments("Codertocat", "Hello-World", 2)
}

// Two pushes: the first stays within its budgets, the second does not. There is
// one comment, and it is there before the step fails.
func TestPullRequestWithinThenOverBudget(t *testing.T) {
	t.Parallel()
	s := githubtest.New(t)
	code, out := onPull(t, "plimsoll.test/clock", 1).run(t, s.URL)
	first := comments(s)
	if code != 0 || len(first) != 1 || !strings.Contains(out, "outputs pass 0 https://github.test/Codertocat/Hello-World/pull/2#issuecomment-") {
		t.Fatalf("within budget: exit code %d, %d comments\n%s", code, len(first), out)
	}
	code, out = onPull(t, "plimsoll.test/tini", 2).run(t, s.URL)
	second := comments(s)
	if code != 1 || len(second) != 1 || !strings.Contains(out, "outputs fail 1 https://") {
		t.Fatalf("over budget: exit code %d, %d comments\n%s", code, len(second), out)
	}
	if second[0].ID != first[0].ID || second[0].Edits != 1 || second[0].Body == first[0].Body {
		t.Errorf("comment %d with %d edits was %d: want the same one, updated once", second[0].ID, second[0].Edits, first[0].ID)
	}
	checks := s.Checks("Codertocat", "Hello-World", headOfPull)
	if len(checks) != 2 || checks[0].Conclusion != "success" || checks[1].Conclusion != "failure" {
		t.Fatalf("check runs %+v", checks)
	}
	if marks := checks[1].Annotations; len(marks) != 1 || marks[0].Path != "plimsoll.yml" || !strings.Contains(marks[0].Title, "image.size") {
		t.Errorf("annotations %+v", marks)
	}
	if strings.Contains(out, token) {
		t.Errorf("the token was printed\n%s", out)
	}
}

// Without a token, as on a fork's pull request, the summary has the report and
// says why, and the exit code is the verdict's.
func TestPullRequestWithoutToken(t *testing.T) {
	t.Parallel()
	s := githubtest.New(t)
	code, out := onPull(t, "plimsoll.test/tini", 1).withoutToken().run(t, s.URL)
	if code != 1 || !strings.Contains(out, "outputs fail 1 ") {
		t.Errorf("exit code %d, want the verdict's 1\n%s", code, out)
	}
	if !strings.Contains(out, "Summary - > [!NOTE]") || !strings.Contains(out, "there is no token") {
		t.Errorf("the summary does not say why there is no comment\n%s", out)
	}
	if got := s.Requests(); len(got) > 0 {
		t.Errorf("requests without a token: %+v", got)
	}
}
