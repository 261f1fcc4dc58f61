package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/plimsoll-ci/plimsoll/internal/github/githubtest"
)

// budgetLine is where testdata/app.yml has its budget.
const budgetLine = 10

// Two pushes: the first stays within its budgets, the second does not. There is
// one comment, and it is there before the step fails.
func TestBasicExample(t *testing.T) {
	t.Parallel()
	s := githubtest.New(t)
	p := copyExamples(t, "app.yml", "basic.yml")
	p.grow(t, within)
	out := p.run(t, "basic.yml", "pull_request", push(t, firstPush)).as(1).mustEnd(t, s.URL, 0)
	first := oneComment(t, s, "`app` is within its budget", firstPush[:7])
	oneCheck(t, s, firstPush, "success")

	p.dockerfile(t, ".", over)
	p.commit(t)
	out += p.run(t, "basic.yml", "pull_request", push(t, secondPush)).as(2).mustEnd(t, s.URL, 1)
	second := oneComment(t, s, "image, unpacked", secondPush[:7])
	if second.ID != first.ID || second.Body == first.Body {
		t.Errorf("comment %d was %d: want the same one, updated", second.ID, first.ID)
	}
	marks := oneCheck(t, s, secondPush, "failure").Annotations
	if len(marks) != 1 || marks[0].Path != "plimsoll.yml" || marks[0].Line != budgetLine {
		t.Errorf("annotations of the check run: %+v, want one on the budget's line", marks)
	}
	if strings.Contains(out, token) {
		t.Errorf("the token was printed\n%s", out)
	}
}

// In the queue there is nothing to comment on: the gate, the check of the group's
// own commit and the summary say the result.
func TestMergeQueueExample(t *testing.T) {
	t.Parallel()
	s := githubtest.New(t)
	p := copyExamples(t, "app.yml", "merge-queue.yml")
	base, head := p.grow(t, over)
	queued := payload(t, "merge_group", "checks_requested", edits{
		"merge_group.base_sha": base, "merge_group.head_sha": head,
		"merge_group.head_ref":    "refs/heads/gh-readonly-queue/main/pr-2-" + base,
		"repository.full_name":    "Codertocat/Hello-World",
		"repository.name":         "Hello-World",
		"repository.owner.login":  "Codertocat",
		"merge_group.head_commit": nil,
	})
	out := p.run(t, "merge-queue.yml", "merge_group", queued).mustEnd(t, s.URL, 1)
	oneCheck(t, s, head, "failure")
	if !strings.Contains(out, "Summary - ") || !strings.Contains(out, "Over the line: unpacked image size of `app`") {
		t.Errorf("the summary does not say that a budget is broken\n%s", out)
	}
	for _, r := range s.Requests() {
		if strings.Contains(r.Path, "/issues/") || strings.Contains(r.Path, "/pulls/") {
			t.Errorf("%s %s: want nothing asked of a pull request, since there is none", r.Method, r.Path)
		}
	}
}

// maintainer may write to the repository, and stranger has a fork of it.
var (
	maintainer = githubtest.User{Login: "hubot", Type: "User"}
	stranger   = githubtest.User{Login: "stranger", Type: "User"}
)

// theirs is the branch in the stranger's fork, and ours one in the repository.
func theirs(sha string) githubtest.Branch {
	return githubtest.Branch{Owner: "stranger", Repo: "Hello-World", Ref: "changes", SHA: sha}
}

func ours(sha string) githubtest.Branch {
	return githubtest.Branch{Owner: "Codertocat", Repo: "Hello-World", Ref: "changes", SHA: sha}
}

// openPull opens the pull request of GitHub's examples from a branch.
func openPull(s *githubtest.Server, head githubtest.Branch, by githubtest.User) {
	base := githubtest.Branch{Owner: "Codertocat", Repo: "Hello-World", Ref: "master", SHA: "f95f852bd8fca8fcc58a9a2d6c842781e32a215e"}
	s.AddPull(githubtest.Pull{Number: 2, Head: head, Base: base, Author: by})
}

// keep is a workflow run that ended, and the artifact it saved.
func (p *project) keep(t *testing.T, s *githubtest.Server, run githubtest.WorkflowRun, artifact string) int64 {
	t.Helper()
	run.Owner, run.Repo, run.Status = "Codertocat", "Hello-World", "completed"
	id := s.AddRun(run)
	s.AddArtifact(id, githubtest.Artifact{Name: artifact, Zip: p.zipped(t, artifact)})
	return id
}

// The first half has no token that may write, and posts nothing. The second boots
// nothing, believes only GitHub about whose result it is, and comments.
func TestForkExample(t *testing.T) {
	t.Parallel()
	s := githubtest.New(t)
	openPull(s, theirs(firstPush), stranger)
	p := copyExamples(t, "app.yml", "fork-measure.yml", "fork-publish.yml")
	p.grow(t, over)
	out := p.run(t, "fork-measure.yml", "pull_request", forked(t)).withoutToken().mustEnd(t, s.URL, 1)
	if got := s.Requests(); len(got) > 0 {
		t.Errorf("requests of the first half: %+v\n%s", got, out)
	}

	// What the stranger says they measured is not what it comes to.
	saved := filepath.Join(p.saved, "plimsoll", "comparison.json")
	genuine, err := os.ReadFile(saved)
	if err != nil {
		t.Fatalf("the first half saved nothing: %v\n%s", err, out)
	}
	tampered := strings.ReplaceAll(string(genuine), `"verdict": "fail"`, `"verdict": "pass"`)
	if tampered == string(genuine) {
		t.Fatalf("no verdict fail in\n%s", genuine)
	}
	out = p.publishFork(t, s, tampered, 3)
	oneComment(t, s, "`app`", "comparison.json was not taken", "pass, but head is over the budget")
	oneCheck(t, s, firstPush, "failure")

	out += p.publishFork(t, s, string(genuine), 1)
	oneComment(t, s, "image, unpacked", firstPush[:7])
	if got := checksOf(s, firstPush); len(got) != 2 || got[1].Conclusion != "failure" {
		t.Errorf("check runs: %+v", got)
	}
	if strings.Contains(out, token) {
		t.Errorf("the token was printed\n%s", out)
	}
}

// publishFork runs the second half on what the first one saved, and gives what
// was printed.
func (p *project) publishFork(t *testing.T, s *githubtest.Server, saved string, code int) string {
	t.Helper()
	if err := os.WriteFile(filepath.Join(p.saved, "plimsoll", "comparison.json"), []byte(saved), 0o644); err != nil {
		t.Fatal(err)
	}
	measured := p.keep(t, s, githubtest.WorkflowRun{Workflow: "fork-measure.yml", HeadSHA: firstPush, HeadBranch: "changes"}, "plimsoll")
	completed := payload(t, "workflow_run", "completed", edits{
		"workflow_run.id": measured, "workflow_run.event": "pull_request", "workflow_run.conclusion": "failure",
		"workflow_run.head_sha": firstPush, "workflow_run.head_branch": "changes",
		"workflow_run.head_repository.full_name": "stranger/Hello-World", "workflow_run.pull_requests": []any{},
		"repository.full_name": "Codertocat/Hello-World",
	})
	return p.run(t, "fork-publish.yml", "workflow_run", completed).withoutEngine(t).as(measured+1).mustEnd(t, s.URL, code)
}

// A label that comes after the run accepts what it measured, without measuring
// again: there is no engine to do so with.
func TestOverrideLabelExample(t *testing.T) {
	t.Parallel()
	const label = "plimsoll: accept"
	s := githubtest.New(t)
	openPull(s, ours(firstPush), stranger)
	s.SetAccess("Codertocat", "Hello-World", maintainer.Login, "write")
	p := copyExamples(t, "app.yml", "override-label.yml")
	p.grow(t, over)
	p.run(t, "override-label.yml", "pull_request", push(t, firstPush)).as(1).mustEnd(t, s.URL, 1)
	failed := oneComment(t, s, label)
	oneCheck(t, s, firstPush, "failure")
	measured := p.keep(t, s, githubtest.WorkflowRun{Workflow: "override-label.yml", HeadSHA: firstPush, HeadBranch: "changes"}, "plimsoll")

	s.Label("Codertocat", "Hello-World", 2, label, maintainer)
	labeled := payload(t, "pull_request", "labeled", edits{"label.name": label, "sender.login": maintainer.Login})
	out := p.run(t, "override-label.yml", "pull_request", labeled).withoutEngine(t).as(measured+1).mustEnd(t, s.URL, 0)
	accepted := oneComment(t, s, "accepted", maintainer.Login)
	if accepted.ID != failed.ID {
		t.Errorf("comment %d was %d: want the same one, updated", accepted.ID, failed.ID)
	}
	if got := checksOf(s, firstPush); got[len(got)-1].Conclusion != "success" {
		t.Errorf("check runs: %+v\n%s", got, out)
	}
}

// Each service on a runner of its own, and one comment and one check for all.
// When a leg breaks, its service is missing, and said to be.
func TestMatrixExample(t *testing.T) {
	t.Parallel()
	s := githubtest.New(t)
	p := copyExamples(t, "api-and-web.yml", "matrix.yml")
	services := func(api, web int) {
		p.dockerfile(t, "services/api", api)
		p.dockerfile(t, "services/web", web)
		p.commit(t)
	}
	services(within, within)
	services(within, over)
	p.run(t, "matrix.yml", "pull_request", push(t, firstPush)).as(1).mustEnd(t, s.URL, 1)
	first := oneComment(t, s, "`api`", "`web`", firstPush[:7])
	oneCheck(t, s, firstPush, "failure")
	if first.Edits != 0 {
		t.Errorf("the comment was edited %d times: want it from one job", first.Edits)
	}

	p.write(t, "services/web/Dockerfile", "FROM plimsoll.test/there-is-none\n")
	p.commit(t)
	if err := os.RemoveAll(filepath.Join(p.saved, "plimsoll-web")); err != nil {
		t.Fatal(err)
	}
	p.run(t, "matrix.yml", "pull_request", push(t, secondPush)).as(2).mustEnd(t, s.URL, 3)
	second := oneComment(t, s, "Could not be measured: `web`", "<code>api</code> · 1 of 1 budget held", secondPush[:7])
	if second.ID != first.ID {
		t.Errorf("comment %d was %d: want the same one, updated", second.ID, first.ID)
	}
	oneCheck(t, s, secondPush, "failure")
}

// Of many services only those are measured that a pull request touches, and that
// have a base. Where it touches none any more, the comment of an earlier push says so.
func TestMonorepoExample(t *testing.T) {
	t.Parallel()
	s := githubtest.New(t)
	p := copyExamples(t, "api-and-web.yml", "monorepo.yml")
	p.dockerfile(t, "services/api", within)
	p.dockerfile(t, "services/web", within)
	p.commit(t)
	p.dockerfile(t, "services/web", over)
	p.dockerfile(t, "services/new", within)
	p.commit(t)
	p.run(t, "monorepo.yml", "pull_request", push(t, firstPush)).as(1).mustEnd(t, s.URL, 1)
	first := oneComment(t, s, "`web`", "image, unpacked", firstPush[:7])
	oneCheck(t, s, firstPush, "failure")
	for _, other := range []string{"api", "new"} {
		if strings.Contains(first.Body, "`"+other+"`") {
			t.Errorf("%s was not touched, or is new, and the comment tells of it:\n%s", other, first.Body)
		}
	}

	p.write(t, "README.md", "of no service")
	p.commit(t)
	p.run(t, "monorepo.yml", "pull_request", push(t, secondPush)).withoutEngine(t).as(2).mustEnd(t, s.URL, 0)
	second := oneComment(t, s, "touches no service that is measured", secondPush[:7])
	if second.ID != first.ID {
		t.Errorf("comment %d was %d: want the same one, updated", second.ID, first.ID)
	}
	oneCheck(t, s, secondPush, "success")
}
