package bench

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
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
	action := filepath.Join(dir, "plimsoll-action-linux-"+runtime.GOARCH)
	medians := timeStarts(b, dir, 40, []start{
		{"go-hello", []string{filepath.Join(dir, "hello")}},
		{"git", []string{"git", "--version"}},
		{"action", []string{action, "cleanup", "--help"}},
	})
	if info, err := os.Stat(action); err == nil {
		b.ReportMetric(float64(info.Size())/1e6, "action-MB")
	}
	if median := medians["action"]; median > float64(actionBar.Milliseconds()) {
		b.Errorf("the Action's program needs %.0f ms to start, its bar is %v", median, actionBar)
	}
}
