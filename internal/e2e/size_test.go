package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/plimsoll-ci/plimsoll/internal/github/githubtest"
)

// actionBytes is the most that the Action's program may weigh: every run that does
// not find it in the tool cache downloads it. By itself it has to stay below 16 MB.
// A release carries the agent and the launcher inside, packed, in addition: 2.9 MB
// for amd64, see [githubtest.ReleasedBytes]. What it would take to have 16 MB with
// them: Engine's client without OpenTelemetry (0.5 MB), the cache of layers without
// encoding/gob and without zstd's encoder (0.6 MB together), xz in the place of zstd
// for the agent (0.6 MB), no HTTP/2 (0.4 MB), sorting without a copy of the algorithm
// for each type (0.3 MB), and no inlining in our own packages (0.4 MB).
const actionBytes = 16_000_000

func TestActionsProgramIsSmall(t *testing.T) {
	t.Parallel()
	root, dir := githubtest.ModuleRoot(t), t.TempDir()
	for name, c := range map[string]struct {
		build []string
		most  int64
	}{
		"action": {[]string{"go", "build", "-C", root, "-trimpath", "-ldflags=-s -w", "-o", filepath.Join(dir, "action"), "./cmd/action"}, actionBytes},
		"plimsoll-action-linux-" + runtime.GOARCH: {[]string{filepath.Join(root, "scripts", "build"), "into", "v0.0.0-size", dir, runtime.GOARCH}, githubtest.ReleasedBytes},
	} {
		build := exec.Command(c.build[0], c.build[1:]...)
		build.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := build.CombinedOutput(); err != nil {
			t.Fatalf("%v: %v\n%s", build.Args, err, out)
		}
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s weighs %d bytes", name, info.Size())
		if info.Size() >= c.most {
			t.Errorf("%s weighs %d bytes, its bar is %d; `go tool nm -size -sort size` on a build without -s says of what", name, info.Size(), c.most)
		}
	}
}
