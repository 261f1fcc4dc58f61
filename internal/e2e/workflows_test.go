package e2e

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"

	"github.com/plimsoll-ci/plimsoll/internal/github/githubtest"
)

type step struct {
	Uses string
	Run  string
	With map[string]string
}

type workflow struct {
	Permissions map[string]string
	Concurrency struct{ Group string }
	Jobs        map[string]struct {
		Permissions    map[string]string
		TimeoutMinutes int `yaml:"timeout-minutes"`
		Steps          []step
	}
}

// workflowFiles are our own workflows and those that users copy, by their path
// in the repository.
func workflowFiles(t *testing.T) []string {
	t.Helper()
	root := githubtest.ModuleRoot(t)
	var files []string
	for _, pattern := range []string{".github/workflows/*.yml", "example-workflows/*.yml"} {
		found, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil || len(found) < 3 {
			t.Fatalf("%s: %d files, %v", pattern, len(found), err)
		}
		for _, file := range found {
			name, err := filepath.Rel(root, file)
			if err != nil {
				t.Fatal(err)
			}
			files = append(files, name)
		}
	}
	return files
}

// eachWorkflow runs a check on every workflow.
func eachWorkflow(t *testing.T, check func(t *testing.T, file, text string, w workflow)) {
	for _, file := range workflowFiles(t) {
		t.Run(file, func(t *testing.T) {
			raw, err := os.ReadFile(filepath.Join(githubtest.ModuleRoot(t), file))
			if err != nil {
				t.Fatal(err)
			}
			var w workflow
			if err := yaml.Unmarshal(raw, &w); err != nil {
				t.Fatal(err)
			}
			check(t, file, string(raw), w)
		})
	}
}

// granted is all that a job may have beyond contents: read.
var granted = map[string]map[string]string{
	".github/workflows/plimsoll.yml/gin-vs-flask":      {"pull-requests": "write", "checks": "write"},
	".github/workflows/release.yml/release":            {"contents": "write", "packages": "write", "id-token": "write", "attestations": "write"},
	"example-workflows/basic.yml/images":               {"pull-requests": "write", "checks": "write"},
	"example-workflows/build-base-and-head.yml/images": {"pull-requests": "write", "checks": "write"},
	"example-workflows/fork-publish.yml/publish":       {"pull-requests": "write", "checks": "write", "actions": "read"},
	"example-workflows/k6.yml/images":                  {"pull-requests": "write", "checks": "write"},
	"example-workflows/matrix.yml/verdict":             {"pull-requests": "write", "checks": "write"},
	"example-workflows/merge-queue.yml/images":         {"pull-requests": "write", "checks": "write"},
	"example-workflows/monorepo.yml/verdict":           {"pull-requests": "write", "checks": "write"},
	"example-workflows/nightly.yml/rebuild":            {"packages": "read"},
	"example-workflows/override-label.yml/label":       {"pull-requests": "write", "checks": "write", "actions": "read"},
	"example-workflows/override-label.yml/measure":     {"pull-requests": "write", "checks": "write"},
}

func TestWorkflowsHaveTheLeastPermissions(t *testing.T) {
	seen := map[string]bool{}
	eachWorkflow(t, func(t *testing.T, file, _ string, w workflow) {
		if !maps.Equal(w.Permissions, map[string]string{"contents": "read"}) {
			t.Errorf("the top says permissions %v, want contents: read and the rest with the job that needs it", w.Permissions)
		}
		for name, job := range w.Jobs {
			id := file + "/" + name
			seen[id] = true
			want := maps.Clone(granted[id])
			if want == nil && job.Permissions == nil {
				continue
			}
			if want["contents"] == "" {
				want["contents"] = "read"
			}
			if !maps.Equal(job.Permissions, want) {
				t.Errorf("job %s has permissions %v, want %v", name, job.Permissions, want)
			}
		}
	})
	for id := range granted {
		if !seen[id] {
			t.Errorf("there is no job %s", id)
		}
	}
}

var (
	uses   = regexp.MustCompile(`(?m)^\s*-?\s*uses: *(.*)$`)
	pinned = regexp.MustCompile(`\A[\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+`)
)

// ourAction is the Action as others use it.
const ourAction = "plimsoll-ci/plimsoll@"

func TestWorkflowsPinWhatTheyUse(t *testing.T) {
	commits := map[string]string{} // of each action, with its version
	eachWorkflow(t, func(t *testing.T, _, text string, _ workflow) {
		for _, found := range uses.FindAllStringSubmatch(text, -1) {
			if found[1] == "./" {
				continue
			}
			if !pinned.MatchString(found[1]) {
				t.Errorf("uses %s: want a full SHA, and its version as a comment", found[1])
			}
			name, commit, _ := strings.Cut(found[1], "@")
			if other, known := commits[name]; known && other != commit {
				t.Errorf("uses %s at %s here and at %s elsewhere", name, commit, other)
			}
			commits[name] = commit
		}
	})
}

func TestWorkflowsAreCareful(t *testing.T) {
	eachWorkflow(t, func(t *testing.T, file, text string, w workflow) {
		if !strings.HasPrefix(file, ".github/") && !strings.HasPrefix(text, "# When: ") {
			t.Error("does not begin by saying when to use it")
		}
		if w.Concurrency.Group == "" {
			t.Error("has no concurrency group: two runs for the same change would both go on")
		}
		for name, job := range w.Jobs {
			if job.TimeoutMinutes == 0 {
				t.Errorf("job %s has no timeout-minutes, so it may hang for six hours", name)
			}
			for _, step := range job.Steps {
				if strings.Contains(step.Run, "${{") {
					t.Errorf("job %s has an expression inside a script: %s", name, step.Run)
				}
				if strings.HasPrefix(step.Uses, "actions/checkout@") && step.With["persist-credentials"] != "false" {
					t.Errorf("job %s leaves the token in the checkout", name)
				}
			}
		}
	})
}

// An example that is copied works with this very action.yml.
func TestWorkflowsKnowTheInputs(t *testing.T) {
	var m manifest
	load(t, filepath.Join(githubtest.ModuleRoot(t), "action.yml"), &m)
	var known []string
	for _, i := range m.Inputs {
		known = append(known, i.Name)
	}
	used := map[string]int{}
	eachWorkflow(t, func(t *testing.T, file, _ string, w workflow) {
		for name, job := range w.Jobs {
			for _, step := range job.Steps {
				if step.Uses != "./" && !strings.HasPrefix(step.Uses, ourAction) {
					continue
				}
				used[file]++
				for input := range step.With {
					if !slices.Contains(known, input) {
						t.Errorf("job %s gives the input %s, and action.yml has %q", name, input, known)
					}
				}
			}
		}
	})
	for _, file := range workflowFiles(t) {
		if strings.HasPrefix(file, "example-workflows/") && used[file] == 0 {
			t.Errorf("%s does not use the Action", file)
		}
	}
}

// Whoever looks for an example finds it in the documentation.
func TestExamplesAreListed(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join(githubtest.ModuleRoot(t), "docs", "github.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range workflowFiles(t) {
		if strings.HasPrefix(file, "example-workflows/") && !strings.Contains(string(raw), "(../"+file+")") {
			t.Errorf("docs/github.md has no link to %s", file)
		}
	}
}

// Both halves of a pair know each other by the name of the first.
func TestForkPairBelongsTogether(t *testing.T) {
	var first struct{ Name string }
	var second struct {
		On struct {
			WorkflowRun struct{ Workflows []string } `yaml:"workflow_run"`
		}
	}
	root := githubtest.ModuleRoot(t)
	load(t, filepath.Join(root, "example-workflows/fork-measure.yml"), &first)
	load(t, filepath.Join(root, "example-workflows/fork-publish.yml"), &second)
	if want := []string{first.Name}; !slices.Equal(second.On.WorkflowRun.Workflows, want) {
		t.Errorf("fork-publish.yml follows %q, want %q", second.On.WorkflowRun.Workflows, want)
	}
}

// shellcheck is left to `make lint`, since not every machine has it.
func TestActionlint(t *testing.T) {
	t.Parallel()
	root := githubtest.ModuleRoot(t)
	program := filepath.Join(scratch, "actionlint")
	build := exec.Command("go", "build", "-C", filepath.Join(root, "tools", "actionlint"), "-o", program, "github.com/rhysd/actionlint/cmd/actionlint")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build actionlint: %v\n%s", err, out)
	}
	lint := exec.Command(program, append([]string{"-shellcheck=", "-pyflakes="}, workflowFiles(t)...)...)
	lint.Dir = root
	if out, err := lint.CombinedOutput(); err != nil {
		t.Errorf("actionlint: %v\n%s", err, out)
	}
}
