package e2e

import (
	"context"
	"crypto/rand"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/moby/moby/client"

	"github.com/plimsoll-ci/plimsoll/internal/github/githubtest"
)

// project is a user's repository, into which example workflows were copied. They
// run as they are: images are built by the commands in them, and the Action is
// that of the commit they name, whose release is fetched. What is different:
//
//   - their images have names that no other test has, since all share an engine,
//   - upload-artifact and download-artifact are stand-ins that keep what is
//     uploaded in a directory, since the real ones do not work against act.
type project struct {
	dir    string
	images string // what the names of its images begin with
	saved  string // where the stand-ins keep artifacts, a directory each
	uses   map[string]bool
	action string // checkout of our Action
}

// standIns are the actions that are replaced, and by what.
var standIns = map[string]string{
	"actions/upload-artifact":   "testdata/upload-artifact",
	"actions/download-artifact": "testdata/download-artifact",
}

// copyExamples makes the repository of a user with this configuration, whose
// workflows are the named examples.
func copyExamples(t *testing.T, config string, examples ...string) *project {
	t.Helper()
	p := &project{
		dir: t.TempDir(), images: "plimsoll-e2e/" + strings.ToLower(rand.Text()) + "/", saved: t.TempDir(),
		uses: map[string]bool{}, action: releasedAs(t, built(t)),
	}
	t.Cleanup(func() { p.removeImages(t) })
	p.git(t, "init", "-q", "-b", "main")
	copyFile(t, filepath.Join("testdata", config), filepath.Join(p.dir, "plimsoll.yml"))
	for _, name := range examples {
		p.copyExample(t, name)
	}
	return p
}

// imageNames is where the examples name their images.
var imageNames = regexp.MustCompile(`(\bapp|\$SERVICE|\$\{\{ matrix\.service \}\}):(base|head)\b`)

func (p *project) copyExample(t *testing.T, name string) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(githubtest.ModuleRoot(t), "example-workflows", name))
	if err != nil {
		t.Fatal(err)
	}
	text := string(raw)
	for _, found := range uses.FindAllStringSubmatch(text, -1) {
		action, _, _ := strings.Cut(found[1], " ")
		p.uses[action] = true
	}
	// Each is named where it is built, and where it is given to the Action.
	if named, built := len(imageNames.FindAllString(text, -1)), strings.Count(text, "docker build"); named != 2*built {
		t.Fatalf("%s names images %d times and builds %d: this test does not know it any more", name, named, built)
	}
	p.write(t, filepath.Join(".github", "workflows", name), imageNames.ReplaceAllStringFunc(text, func(image string) string { return p.images + image }))
}

// releasedAs is a checkout of our Action at the commit of a release that has this
// program.
func releasedAs(t *testing.T, program string) string {
	t.Helper()
	raw, err := os.ReadFile(program)
	if err != nil {
		t.Fatal(err)
	}
	root := released(t, serve(t, give(string(raw))).URL, string(raw))
	copyFile(t, filepath.Join(githubtest.ModuleRoot(t), "action.yml"), filepath.Join(root, "action.yml"))
	return root
}

func (p *project) write(t *testing.T, name, text string) {
	t.Helper()
	path := filepath.Join(p.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// How much larger than the clock an image is made, in bytes: within a budget of
// 10 %, and over it.
const within, over = 1 << 10, 2 << 20

// dockerfile makes dir's image the clock and some bytes, which no other image has.
func (p *project) dockerfile(t *testing.T, dir string, size int) {
	t.Helper()
	more := make([]byte, size)
	rand.Read(more)
	p.write(t, filepath.Join(dir, "more"), string(more))
	p.write(t, filepath.Join(dir, "Dockerfile"), "FROM plimsoll.test/clock\nCOPY more /more\n")
}

// git runs git in the repository and gives what it prints.
func (p *project) git(t *testing.T, args ...string) string {
	t.Helper()
	git := exec.Command("git", append([]string{"-c", "user.name=t", "-c", "user.email=t@example.org"}, args...)...)
	git.Dir = p.dir
	out, err := git.CombinedOutput()
	if err != nil {
		t.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

// commit commits everything and gives the commit.
func (p *project) commit(t *testing.T) string {
	t.Helper()
	p.git(t, "add", "-A")
	p.git(t, "commit", "-q", "-m", "e2e")
	return p.git(t, "rev-parse", "HEAD")
}

// grow makes two commits, of which the second's image is so much larger.
func (p *project) grow(t *testing.T, size int) (base, head string) {
	t.Helper()
	p.dockerfile(t, ".", within)
	base = p.commit(t)
	p.dockerfile(t, ".", size)
	return base, p.commit(t)
}

// run is one of its workflows, ready to be run.
func (p *project) run(t *testing.T, example, event, payload string) workflowRun {
	t.Helper()
	flags := []string{"-s", "GITHUB_TOKEN=" + token}
	for action := range p.uses {
		name, _, _ := strings.Cut(action, "@")
		switch {
		case strings.HasPrefix(action, ourAction):
			flags = append(flags, "--local-repository", action+"="+p.action)
		case standIns[name] != "":
			dir, err := filepath.Abs(standIns[name])
			if err != nil {
				t.Fatal(err)
			}
			flags = append(flags, "--local-repository", action+"="+dir)
		}
	}
	return workflowRun{
		dir: p.dir, workflow: ".github/workflows/" + example, event: event, payload: payload,
		env: map[string]string{"E2E_ARTIFACTS": p.saved}, flags: flags,
	}
}

// as gives the run its number.
func (r workflowRun) as(id int64) workflowRun {
	r.env = maps.Clone(r.env)
	r.env["GITHUB_RUN_ID"] = fmt.Sprint(id)
	return r
}

// withoutEngine is for runs that are to boot nothing: they could not.
func (r workflowRun) withoutEngine(t *testing.T) workflowRun {
	r.env = maps.Clone(r.env)
	r.env["DOCKER_HOST"] = "unix://" + filepath.Join(t.TempDir(), "no-engine")
	return r
}

// removeImages removes what the workflows built.
func (p *project) removeImages(t *testing.T) {
	ctx := context.WithoutCancel(t.Context())
	c, err := client.New(client.FromEnv)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	all, err := c.ImageList(ctx, client.ImageListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, image := range all.Items {
		for _, tag := range image.RepoTags {
			if !strings.HasPrefix(tag, p.images) {
				continue
			}
			if _, err := c.ImageRemove(ctx, tag, client.ImageRemoveOptions{Force: true, PruneChildren: true}); err != nil {
				t.Error(err)
			}
		}
	}
}
