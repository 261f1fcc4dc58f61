package e2e

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
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

// repository makes one with the Action, and the workflow and configuration of
// testdata.
func repository(t *testing.T) string {
	t.Helper()
	root, dir := githubtest.ModuleRoot(t), t.TempDir()
	copyFile(t, filepath.Join(root, "action.yml"), filepath.Join(dir, "action.yml"))
	if err := os.CopyFS(filepath.Join(dir, "action"), os.DirFS(filepath.Join(root, "action"))); err != nil {
		t.Fatal(err)
	}
	copyFile(t, "testdata/workflow.yml", filepath.Join(dir, ".github", "workflows", "e2e.yml"))
	copyFile(t, "testdata/plimsoll.yml", filepath.Join(dir, "plimsoll.yml"))
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

// run runs the workflow to its end and gives act's exit code and what it printed,
// of a step that fails perhaps without the end: act does not wait for it. Whole
// are summaries, outputs and what other steps print.
func (r workflowRun) run(t *testing.T, api string) (int, string) {
	t.Helper()
	act := r.command(t.Context(), t, api)
	out, err := act.CombinedOutput()
	if act.ProcessState == nil {
		t.Fatal(err)
	}
	return act.ProcessState.ExitCode(), string(out)
}

const token = "ghs_0123456789abcdefghijklmnopqrstuvwxyz"

func comments(s *githubtest.Server) []githubtest.Comment {
	return s.Comments("Codertocat", "Hello-World", 2)
}

// The pull request of a fork has a token that may only read: the summary has the
// report and says why, the files are there to be saved, the outputs are set, and
// the exit code is the verdict's.
func TestPullRequestOfFork(t *testing.T) {
	t.Parallel()
	s := githubtest.New(t)
	openPull(s, theirs(firstPush), stranger)
	s.Grant(token, githubtest.User{Login: githubtest.Actions.Login, Type: "Bot", ReadOnly: true})
	code, out := workflowRun{
		dir: repository(t), workflow: ".github/workflows/e2e.yml", event: "pull_request", payload: forked(t),
		env: map[string]string{"E2E_BINARY": built(t)}, flags: []string{"-s", "GITHUB_TOKEN=" + token},
	}.run(t, s.URL)
	if code != 1 || !strings.Contains(out, "outputs fail 1 plimsoll-out/comparison.json, posted nothing") {
		t.Errorf("exit code %d, want the verdict's 1\n%s", code, out)
	}
	for _, want := range []string{"Summary - ", "[!NOTE]", "comes from a fork", "saved comparison.json report.html"} {
		if !strings.Contains(out, want) {
			t.Errorf("nothing printed has %q\n%s", want, out)
		}
	}
	for _, r := range s.Requests() {
		if r.Method != http.MethodGet {
			t.Errorf("%s %s: a fork's token may only read", r.Method, r.Path)
		}
	}
}

func (r workflowRun) withoutToken() workflowRun {
	r.flags = slices.DeleteFunc(slices.Clone(r.flags), func(flag string) bool { return flag == "-s" || strings.HasPrefix(flag, "GITHUB_TOKEN=") })
	return r
}
