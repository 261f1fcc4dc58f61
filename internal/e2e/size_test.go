package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/plimsoll-ci/plimsoll/internal/github/githubtest"
)

// actionBytes is the most that the Action's program may weigh as it is released:
// every run that does not find it in the tool cache downloads it. Its goal is
// 16 MB. What it would take beyond this: Engine's client without OpenTelemetry
// (0.5 MB), the cache of layers without encoding/gob and k6 without debug/elf
// (0.6 MB together), and sorting without a copy of the algorithm for each type
// (0.3 MB).
const actionBytes = 19_200_000

func TestActionsProgramIsSmall(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	build := exec.Command(filepath.Join(githubtest.ModuleRoot(t), "scripts", "build"), "into", "v0.0.0-size", dir, runtime.GOARCH)
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", build.Args, err, out)
	}
	info, err := os.Stat(filepath.Join(dir, "plimsoll-action-linux-"+runtime.GOARCH))
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("cmd/action weighs %d bytes", info.Size())
	if info.Size() > actionBytes {
		t.Errorf("cmd/action weighs %d bytes as it is released, its bar is %d; `go tool nm -size -sort size` on a build without -s says of what", info.Size(), actionBytes)
	}
}
