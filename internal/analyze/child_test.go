package analyze

import (
	"bytes"
	"encoding/json"
	"io"
	"os/exec"
	"path/filepath"
	"testing"
)

// buildOpen builds testdata/open, without the race detector.
func buildOpen(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "open")
	if out, err := exec.Command("go", "build", "-o", program, "./testdata/open").CombinedOutput(); err != nil {
		t.Fatalf("build testdata/open: %v\n%s", err, out)
	}
	return program
}

// outcome is what testdata/open prints.
type outcome struct {
	Error    string
	Image    string
	Stored   int64
	Files    int
	Layers   int
	Packages int
	Warnings []string
	Peak     int64 // bytes
}

// child is a process with an environment of its own.
type child struct {
	dir   string
	env   []string
	stdin io.Reader
}

// run runs testdata/open, which may end before it has read all of stdin.
func (c child) run(t *testing.T, program string, args ...string) outcome {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Dir, cmd.Env, cmd.Stdin, cmd.Stdout, cmd.Stderr = c.dir, c.env, c.stdin, &stdout, &stderr
	err := cmd.Run()
	var got outcome
	if json.Unmarshal(stdout.Bytes(), &got) != nil {
		t.Fatalf("testdata/open: %v\n%s\n%s", err, stdout.String(), stderr.String())
	}
	return got
}
