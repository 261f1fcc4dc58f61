package app_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/plimsoll-ci/plimsoll/internal/app"
	"github.com/plimsoll-ci/plimsoll/internal/github/githubtest"
	"github.com/plimsoll-ci/plimsoll/internal/gitlab/gitlabtest"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// inPipeline runs `plimsoll publish` as a job of a merge request's pipeline does.
func inPipeline(t *testing.T, s *gitlabtest.Server, verdict record.Verdict, args ...string) (code int, said string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "comparison.json")
	if err := os.WriteFile(file, []byte(leg(t, "api", verdict)), 0o600); err != nil {
		t.Fatal(err)
	}
	env := map[string]string{
		"GITLAB_CI": "true", "CI_API_V4_URL": s.URL, "CI_PROJECT_ID": "5", "CI_PIPELINE_ID": "42", "CI_JOB_ID": "7", "CI_JOB_NAME": "plimsoll",
		"CI_JOB_URL": "https://gitlab.test/group/app/-/jobs/7", "CI_COMMIT_SHA": headSHA, "CI_MERGE_REQUEST_IID": "7", "CI_MERGE_REQUEST_PROJECT_ID": "5",
		"CI_MERGE_REQUEST_PROJECT_URL": "https://gitlab.test/group/app", "PLIMSOLL_GITLAB_TOKEN": "glpat-secret",
	}
	for len(args) > 0 && strings.Contains(args[0], "=") {
		name, value, _ := strings.Cut(args[0], "=")
		env[name], args = value, args[1:]
	}
	var stdout, stderr bytes.Buffer
	getenv := func(name string) string { return env[name] }
	code = app.Main(t.Context(), app.Env{Getenv: getenv, Stdout: &stdout, Stderr: &stderr}, append(append([]string{"publish"}, args...), file))
	if strings.Contains(stdout.String()+stderr.String(), "glpat-secret") {
		t.Errorf("the token was printed\n%s%s", stdout.String(), stderr.String())
	}
	return code, stderr.String()
}

func TestNoteOnAMergeRequest(t *testing.T) {
	s := gitlabtest.New(t, "")
	for i, verdict := range []record.Verdict{record.Pass, record.Fail} {
		if code, said := inPipeline(t, s, verdict, "CI_JOB_ID="+string(rune('7'+i))); code != i || !strings.Contains(said, "note: https://gitlab.test/group/app/-/merge_requests/7#note_") {
			t.Fatalf("exit code %d, want %d\n%s", code, i, said)
		}
	}
	all := s.Notes()
	if len(all) != 1 || all[0].Edits != 1 {
		t.Fatalf("%d notes: %+v", len(all), all)
	}
	says(t, "the note", all[0].Body, "https://gitlab.test/group/app/-/commit/"+headSHA, "https://gitlab.test/group/app/-/jobs/7", "`api`")
}

// What cannot be written keeps neither the note nor the other files from being
// there; that something is missing is the exit code.
func TestNoteWithoutAFile(t *testing.T) {
	s, out := gitlabtest.New(t, ""), t.TempDir()
	if err := os.Mkdir(filepath.Join(out, "report.html"), 0o755); err != nil {
		t.Fatal(err)
	}
	code, said := inPipeline(t, s, record.Pass, "--out", out)
	if code != 3 || len(s.Notes()) != 1 || !strings.Contains(said, "report.html: is a directory") {
		t.Errorf("exit code %d, want 3, %d notes, want 1\n%s", code, len(s.Notes()), said)
	}
	for _, name := range []string{"comparison.json", "report.md", "junit.xml", "code-quality.json"} {
		if _, err := os.Stat(filepath.Join(out, name)); err != nil {
			t.Error(err)
		}
	}
}

// The exit code is the verdict's, whatever becomes of the note.
func TestNoNote(t *testing.T) {
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"PLIMSOLL_GITLAB_TOKEN="}, 1, "no note: there is no token; set PLIMSOLL_GITLAB_TOKEN"},
		{[]string{"CI_MERGE_REQUEST_IID="}, 1, "no note: this pipeline is of no merge request"},
		{[]string{"CI_PROJECT_ID=66"}, 1, "no note: the merge request comes from a fork"},
		{[]string{"PLIMSOLL_GITLAB_TOKEN=reader"}, 1, "no note: the token may not write notes (HTTP 403)"},
		{[]string{"CI_PIPELINE_ID="}, 2, "CI_PIPELINE_ID is \"\""},
		{[]string{"--comment", "new"}, 2, "expected update or off"},
		{[]string{"--comment", "off"}, 1, ""},
	} {
		s := gitlabtest.New(t, "")
		s.Grant("reader", gitlabtest.User{ID: 9, ReadOnly: true})
		code, said := inPipeline(t, s, record.Fail, c.args...)
		if code != c.code || !strings.Contains(said, c.want) || len(s.Notes()) != 0 {
			t.Errorf("%v: exit code %d, want %d, %d notes, want %q in\n%s", c.args, code, c.code, len(s.Notes()), c.want, said)
		}
	}
}

// On Gitea and Forgejo the comment works, and nothing is asked for that they do
// not have.
func TestGiteaAndForgejo(t *testing.T) {
	for variable, name := range map[string]string{"GITEA_ACTIONS": "Gitea", "FORGEJO_ACTIONS": "Forgejo"} {
		g := githubtest.NewGitea(t)
		for range 250 {
			g.Add("ann", "hello")
		}
		w := onPull(t, "o")
		w.env[variable], w.env["GITEA_ACTIONS"], w.env["GITHUB_API_URL"] = "true", "true", g.URL
		w.env["GITHUB_SERVER_URL"], w.env["GITHUB_RUN_NUMBER"] = "https://gitea.test/", "3"
		for _, verdict := range []record.Verdict{record.Pass, record.Fail} {
			want := map[record.Verdict]int{record.Fail: 1}[verdict]
			if code := w.action("publish", w.write("comparison.json", leg(t, "api", verdict)), "config", ""); code != want {
				t.Fatalf("%s: exit code %d, want %d\n%s", name, code, want, w.stderr.String())
			}
		}
		all := g.Comments()
		if len(all) != 251 || all[250].Edits != 1 {
			t.Fatalf("%s: %d comments, want one of ours, updated once\n%s", name, len(all), w.stderr.String())
		}
		says(t, "the comment", all[250].Body, "https://gitea.test/o/r/actions/runs/3?by_index=1)", "https://gitea.test/o/r/commit/"+headSHA)
		if n := strings.Count(w.stderr.String(), name+" has no check runs"); n != 1 {
			t.Errorf("what %s lacks was said %d times\n%s", name, n, w.stderr.String())
		}
		if strings.Contains(w.stdout.String(), "::error") {
			t.Errorf("%s: annotations were printed\n%s", name, w.stdout.String())
		}
	}
}

// On GitHub Enterprise Server every request stays below the API's path, and every
// link leads to the server's own pages.
func TestEnterpriseServer(t *testing.T) {
	w := onPull(t, "o")
	s := githubtest.NewEnterprise(t) // refuses what is not below /api/v3
	s.AddPull(githubtest.Pull{Number: 7, Author: author, Head: githubtest.Branch{Owner: "o", Repo: "r", Ref: "topic", SHA: headSHA}, Base: githubtest.Branch{Owner: "o", Repo: "r", Ref: "main", SHA: baseSHA}})
	w.server, w.env["GITHUB_API_URL"], w.env["GITHUB_SERVER_URL"] = s, s.URL, "https://ghe.example"
	if code := w.action("publish", w.write("comparison.json", leg(t, "api", record.Fail)), "config", ""); code != 1 {
		t.Fatalf("exit code %d, want 1\n%s", code, w.stderr.String())
	}
	says(t, "the check", w.checked().Conclusion, "failure")
	body := w.told()
	says(t, "the comment", body, "https://ghe.example/o/r/actions/runs/41/attempts/1", "https://ghe.example/o/r/commit/"+headSHA)
	for what, text := range map[string]string{"comment": body, "summary": w.read("summary"), "report": w.read("out/report.md"), "page": w.read("out/report.html")} {
		if strings.Contains(text, "](https://github.com") || strings.Contains(text, `href="https://github.com`) || strings.Contains(text, "api.github.com") {
			t.Errorf("the %s leads to github.com:\n%s", what, text)
		}
	}
}
