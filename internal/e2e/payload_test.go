package e2e

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/plimsoll-ci/plimsoll/internal/github/githubtest"
)

// edits are values of a payload by their place in it, such as pull_request.head.sha.
type edits map[string]any

// payload saves GitHub's own example of an event with some values changed, all
// of which must be there before.
func payload(t *testing.T, event, action string, changed edits) string {
	t.Helper()
	var p map[string]any
	for _, raw := range githubtest.Payloads(t, event) {
		var one map[string]any
		if err := json.Unmarshal(raw, &one); err != nil {
			t.Fatal(err)
		}
		if one["action"] == action {
			p = one
		}
	}
	if p == nil {
		t.Fatalf("no example of %s, %s", event, action)
	}
	for place, value := range changed {
		edit(t, p, strings.Split(place, "."), value)
	}
	raw, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "event.json")
	if err := os.WriteFile(path, raw, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func edit(t *testing.T, in map[string]any, place []string, value any) {
	t.Helper()
	was, known := in[place[0]]
	if !known {
		t.Fatalf("GitHub's example has no %q", place[0])
	}
	if len(place) == 1 {
		in[place[0]] = value
		return
	}
	edit(t, was.(map[string]any), place[1:], value)
}

// Commits of the pull request, which are its own, and not those of the merges
// that workflows check out.
const (
	firstPush  = "ec26c3e57ca3a959ca5aad62de7213c562f8c821"
	secondPush = "1111111111111111111111111111111111111111"
)

// push is a push to the pull request: number 2 of Codertocat/Hello-World.
func push(t *testing.T, sha string) string {
	t.Helper()
	return payload(t, "pull_request", "synchronize", edits{"pull_request.head.sha": sha})
}

// forked is the same, with the head in the stranger's fork.
func forked(t *testing.T) string {
	t.Helper()
	return payload(t, "pull_request", "synchronize", edits{
		"pull_request.head.repo.full_name": "stranger/Hello-World", "pull_request.head.user.login": "stranger",
	})
}

// zipped is an artifact that the stand-in kept, as GitHub stores it.
func (p *project) zipped(t *testing.T, name string) []byte {
	t.Helper()
	var archive bytes.Buffer
	w := zip.NewWriter(&archive)
	if err := w.AddFS(os.DirFS(filepath.Join(p.saved, name))); err != nil {
		t.Fatalf("the workflow saved no artifact %s: %v", name, err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return archive.Bytes()
}

// checksOf are the check runs of a commit.
func checksOf(s *githubtest.Server, sha string) []githubtest.Check {
	return s.Checks("Codertocat", "Hello-World", sha)
}

// oneCheck is the only check run of a commit, which must be called plimsoll and
// have this conclusion.
func oneCheck(t *testing.T, s *githubtest.Server, sha, conclusion string) githubtest.Check {
	t.Helper()
	all := checksOf(s, sha)
	if len(all) != 1 || all[0].Name != "plimsoll" || all[0].Status != "completed" || all[0].Conclusion != conclusion {
		t.Fatalf("check runs of %s: %+v, want one, plimsoll, completed with %s", sha, all, conclusion)
	}
	return all[0]
}

// oneComment is the only comment of the pull request. It must have each of these.
func oneComment(t *testing.T, s *githubtest.Server, wants ...string) githubtest.Comment {
	t.Helper()
	all := comments(s)
	if len(all) != 1 {
		t.Fatalf("%d comments, want one: %+v", len(all), all)
	}
	for _, want := range wants {
		if !strings.Contains(all[0].Body, want) {
			t.Errorf("the comment does not have %q:\n%s", want, all[0].Body)
		}
	}
	return all[0]
}

// mustEnd runs a workflow, whose last job must end by our Action with this exit
// code, and gives what it printed. act's own is 1 whatever a step's was.
func (r workflowRun) mustEnd(t *testing.T, api string, code int) string {
	t.Helper()
	got, out := r.run(t, api)
	if got != min(code, 1) || code != 0 && !strings.Contains(out, fmt.Sprintf("] exit status %d", code)) {
		t.Fatalf("%s on %s: act ended with %d, want the Action to end with %d\n%s", r.workflow, r.event, got, code, out)
	}
	return out
}
