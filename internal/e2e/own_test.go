package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/plimsoll-ci/plimsoll/internal/github/githubtest"
)

// checkout copies this repository as git sees it, changes that are not
// committed yet included.
func checkout(t *testing.T) string {
	t.Helper()
	root, dir := githubtest.ModuleRoot(t), t.TempDir()
	git := exec.Command("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	git.Dir = root
	out, err := git.Output()
	if err != nil {
		t.Fatalf("git ls-files: %v", err)
	}
	for _, name := range strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00") {
		if _, err := os.Stat(filepath.Join(root, name)); err == nil {
			copyFile(t, filepath.Join(root, name), filepath.Join(dir, name))
		}
	}
	commit(t, dir)
	return dir
}

// standIn makes an action that does nothing, for one that act cannot fetch
// without a network and this machine does not need.
func standIn(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	const manifest = "name: stand-in\ndescription: does nothing\nruns:\n  using: node24\n  main: main.mjs\n"
	for name, text := range map[string]string{"action.yml": manifest, "main.mjs": ""} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// The workflow that runs on our own pull requests, whole: it builds the Action
// from the checkout, and Gin costs less to run than Flask.
func TestOurOwnWorkflow(t *testing.T) {
	t.Parallel()
	const workflowFile = ".github/workflows/plimsoll.yml"
	var w workflow
	load(t, filepath.Join(githubtest.ModuleRoot(t), workflowFile), &w)
	var flags []string
	for _, job := range w.Jobs {
		for _, step := range job.Steps {
			if strings.HasPrefix(step.Uses, "actions/setup-go@") {
				flags = append(flags, "--local-repository", fmt.Sprintf("%s=%s", step.Uses, standIn(t)))
			}
		}
	}
	s := githubtest.New(t)
	code, out := workflowRun{
		dir: checkout(t), workflow: workflowFile, event: "pull_request", payload: push(t, firstPush),
		flags: append(flags, "-s", "GITHUB_TOKEN="+token),
	}.run(t, s.URL)
	got := comments(s)
	if code != 0 || len(got) != 1 {
		t.Fatalf("exit code %d, %d comments\n%s", code, len(got), out)
	}
	for _, want := range []string{"image, unpacked", "startup", "`api`", "cheaper"} {
		if !strings.Contains(got[0].Body, want) {
			t.Errorf("the comment does not have %q:\n%s", want, got[0].Body)
		}
	}
}
