package app_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/plimsoll-ci/plimsoll/internal/github/githubtest"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// link puts a symbolic link into the checkout, as a commit may hold one.
func (w *workflow) link(to, name string) {
	w.t.Helper()
	path := filepath.Join(w.dir, name)
	os.RemoveAll(path)
	if err := os.Symlink(to, path); err != nil {
		w.t.Fatal(err)
	}
}

// A file of the checkout that is a link to what is none is neither waited for nor
// read to an end that never comes.
func TestFilesThatLeadToDevices(t *testing.T) {
	t.Parallel()
	const services = "services: [{name: api, base: a, image: b, "
	for name, c := range map[string]struct{ config, link, to string }{
		"configuration":         {"", "plimsoll.yml", "/dev/zero"},
		"env file":              {services + "env_file: x}]", "x", "/dev/zero"},
		"environment":           {services + "env_file: x}]", "x", "/proc/self/environ"},
		"pipe":                  {services + "env_file: x}]", "x", "pipe"},
		"compose":               {services + "compose: x, service: api}]", "x", "/dev/zero"},
		"manifest":              {services + "kubernetes: x}]", "x", "/dev/zero"},
		"variables of compose":  {services + "compose: c.yml, service: api}]", ".env", "/dev/zero"},
		"env file of a compose": {services + "compose: c.yml, service: api}]", "x", "/dev/zero"},
	} {
		w := onPull(t, "o")
		pipe := filepath.Join(w.dir, "pipe")
		if err := syscall.Mkfifo(pipe, 0o600); err != nil {
			t.Fatal(err)
		}
		w.write("plimsoll.yml", c.config)
		w.write("c.yml", "services: {api: {image: b, env_file: x}}")
		w.write("x", "A=b")
		w.link(strings.Replace(c.to, "pipe", pipe, 1), c.link)
		if code := w.action(); code != 2 || !strings.Contains(w.stderr.String(), "expected a regular file") {
			t.Errorf("%s: exit code %d\n%s", name, code, w.stderr.String())
		}
		if check := w.checked(); check.Conclusion != "failure" {
			t.Errorf("%s: the check is a %s", name, check.Conclusion)
		}
	}
	// Nor does the last job of a matrix take it for a configuration.
	w := onPull(t, "o")
	w.link("/dev/zero", "plimsoll.yml")
	if code := w.action("publish", w.write("comparison.json", leg(t, "api", record.Pass))); code != 3 {
		t.Errorf("publish: exit code %d", code)
	}
	says(t, "comment", w.told(), "which services to expect is not known", "regular file")
}

// Whatever a commit puts at the output directory, nothing is written elsewhere.
func TestOutputDirectoryThatIsALink(t *testing.T) {
	t.Parallel()
	w := onPull(t, "o")
	delete(w.env, "INPUT_CONFIG")
	saved, elsewhere := w.write("comparison.json", leg(t, "api", record.Pass)), t.TempDir()
	w.link(elsewhere, "out")
	for _, out := range []string{"out", "out/deep", "x/../out"} {
		if code := w.action("publish", saved, "out", filepath.Join(w.dir)+"/"+out); code != 2 || !strings.Contains(w.stderr.String(), "leads out of the checkout") {
			t.Errorf("%s: exit code %d\n%s", out, code, w.stderr.String())
		}
		if got := w.outputs(); got["verdict"] != "missing" || got["exit-code"] != "2" {
			t.Errorf("%s: outputs %v", out, got)
		}
	}
	w.link("inside", "out")
	w.write("inside/x", "")
	victim := filepath.Join(elsewhere, "bashrc")
	if err := os.WriteFile(victim, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	w.link(victim, "inside/report.md")
	if code := w.action("publish", saved); code != 0 {
		t.Errorf("within the checkout: exit code %d\n%s", code, w.stderr.String())
	}
	says(t, "report", w.read("inside/report.md"), "No action needed")
	found, err := os.ReadDir(elsewhere)
	if raw, _ := os.ReadFile(victim); err != nil || len(found) != 1 || string(raw) != "mine" {
		t.Errorf("elsewhere are %v now, and what was there is %q; %v", found, raw, err)
	}
	if left, _ := filepath.Glob(filepath.Join(w.dir, "inside/.plimsoll-*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// What somebody else had measured of the same commit, against a base of their own
// choice, is not what the label accepts.
func TestLabelOfACommitThatIsElsewhereToo(t *testing.T) {
	t.Parallel()
	w := onPull(t, "o")
	delete(w.env, "INPUT_CONFIG")
	for _, c := range []struct {
		repo    string
		verdict record.Verdict
	}{{"o/r", record.Fail}, {"stranger/r", record.Pass}} {
		run := w.server.AddRun(githubtest.WorkflowRun{Owner: "o", Repo: "r", Workflow: "ci.yml", Status: "completed", HeadSHA: headSHA, HeadBranch: "topic", HeadRepo: c.repo})
		w.server.AddArtifact(run, githubtest.Artifact{Name: "plimsoll", Zip: zipped(t, "comparison.json", leg(t, "api", c.verdict))})
	}
	if code := w.action("artifact", "plimsoll"); code != 1 || w.checked().Conclusion != "failure" {
		t.Errorf("a stranger's result is shown: exit code %d, check %s\n%s", code, w.checked().Conclusion, w.stderr.String())
	}
}

// A file may be as large as one may be, and not all of a thousand.
func TestSavedFilesAreBoundedTogether(t *testing.T) {
	t.Parallel()
	w := onPull(t, "o")
	delete(w.env, "INPUT_CONFIG")
	// Those that fill it are no JSON from their first byte on: under the race
	// detector, reading 31 MB of JSON takes seconds.
	filler := strings.Repeat("x", 31<<20)
	for _, name := range []string{"b", "c", "d", "e"} {
		w.write("legs/"+name+"/comparison.json", filler)
	}
	w.write("legs/a/comparison.json", leg(t, "a", record.Pass))
	w.write("legs/f/comparison.json", leg(t, "f", record.Pass)+strings.Repeat(" ", 1<<20))
	w.write("legs/g/comparison.json", leg(t, "g", record.Pass)+strings.Repeat(" ", 4<<20))
	if code := w.action("publish", filepath.Join(w.dir, "legs"), "expect", "a\nf\ng"); code != 3 {
		t.Errorf("exit code %d", code)
	}
	says(t, "comment", w.told(), "g/comparison.json was not taken: all the saved comparisons together have more than", "no comparison of it was found")
}

// A server or a proxy that answers success and says nothing costs the comment and
// the check, and neither the verdict nor the outputs.
func TestAnswersThatSayNothing(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{"nothing": "", "null": " null\n", "object": "{}", "nulls": `{"id": null, "check_runs": [null], "labels": [null]}`} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := onPull(t, "o")
			delete(w.env, "INPUT_CONFIG")
			w.server.Fail(githubtest.Fault{How: func(out http.ResponseWriter, _ *http.Request, _ http.Handler) {
				out.Header().Set("Content-Type", "application/json")
				fmt.Fprint(out, body)
			}})
			code := w.action("publish", w.write("comparison.json", leg(t, "api", record.Fail)))
			if got := w.outputs(); code != 1 || got["verdict"] != "fail" || got["exit-code"] != "1" || got["check-url"] != "" {
				t.Errorf("exit code %d, outputs %v\n%s", code, got, w.stderr.String())
			}
			says(t, "summary", w.read("summary"), "Over the line", "The result is only here")
		})
	}
}
