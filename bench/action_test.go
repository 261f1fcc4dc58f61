package bench

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/plimsoll-ci/plimsoll/internal/github/githubtest"
)

// actionBar is how soon the Action's program must have started and ended.
const actionBar = 20 * time.Millisecond

// BenchmarkActionStart times a start of the Action's program as it is released,
// which only prints the flags of its clean-up, beside the least that a Go program
// needs and beside git's. They are started by turns.
func BenchmarkActionStart(b *testing.B) {
	dir := b.TempDir()
	run := func(args ...string) {
		c := exec.Command(args[0], args[1:]...)
		c.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := c.CombinedOutput(); err != nil {
			b.Fatalf("%q: %v\n%s", args, err, out)
		}
	}
	run(filepath.Join(githubtest.ModuleRoot(b), "scripts", "build"), "into", "v0.0.0-start", dir, runtime.GOARCH)
	hello := filepath.Join(dir, "hello.go")
	if err := os.WriteFile(hello, []byte("package main\n\nfunc main() { println() }\n"), 0o600); err != nil {
		b.Fatal(err)
	}
	run("go", "build", "-o", filepath.Join(dir, "hello"), hello)
	ways := []struct {
		name string
		args []string
	}{
		{"go-hello", []string{filepath.Join(dir, "hello")}},
		{"git", []string{"git", "--version"}},
		{"action", []string{filepath.Join(dir, "plimsoll-action-linux-"+runtime.GOARCH), "cleanup", "--help"}},
	}
	const turns = 40
	taken := map[string][]time.Duration{}
	for range b.N {
		for range turns {
			for _, way := range ways {
				taken[way.name] = append(taken[way.name], timed(b, dir, way.args))
			}
		}
	}
	for _, way := range ways {
		slices.Sort(taken[way.name])
		b.ReportMetric(percentile(taken[way.name], 50), way.name+"-p50-ms")
		b.ReportMetric(percentile(taken[way.name], 95), way.name+"-p95-ms")
	}
	if info, err := os.Stat(ways[2].args[0]); err == nil {
		b.ReportMetric(float64(info.Size())/1e6, "action-MB")
	}
	if median := percentile(taken["action"], 50); median > float64(actionBar.Milliseconds()) {
		b.Errorf("the Action's program needs %.0f ms to start, its bar is %v", median, actionBar)
	}
}
