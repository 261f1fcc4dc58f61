package measure_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/plimsoll-ci/plimsoll/internal/engine"
)

// What somebody else writes to the engine's disk is not held against the app.
func TestADiskThatOthersFillIsForgiven(t *testing.T) {
	r := newRig(t)
	root, err := exec.CommandContext(t.Context(), "docker", "info", "--format", "{{.DockerRootDir}}").Output()
	if err != nil {
		t.Fatal(err)
	}
	target := r.target(t, "clock")
	target.Setup.Idle, target.Setup.Limits.Disk = 2, 64<<20
	stranger := filepath.Join(strings.TrimSpace(string(root)), "tmp", "plimsoll-test-"+r.pods.Run.ID)
	defer os.Remove(stranger)
	written := make(chan error, 1)
	go func() {
		awaitApp(t, r.pods.Run.ID)
		written <- fillSlowly(stranger)
	}()
	got, err := r.pods.Boot(t.Context(), target, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := <-written; err != nil {
		t.Fatal(err)
	}
	if notes := strings.Join(got.Trial.Notes, "\n"); !strings.Contains(notes, "somebody else may have filled the disk") {
		t.Errorf("nothing was booted again; notes: %q", notes)
	}
}

// awaitApp returns a moment after the run has an app: what is written before that
// is no change of its disk.
func awaitApp(t *testing.T, run string) {
	for t.Context().Err() == nil {
		running, err := exec.CommandContext(t.Context(), "docker", "ps", "-q", "--filter", "label="+engine.LabelRun+"="+run,
			"--filter", "label=plimsoll.role=app").Output()
		if err == nil && len(running) > 0 {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	time.Sleep(500 * time.Millisecond)
}

// fillSlowly writes a little more than the limit, and leaves the next boot alone.
func fillSlowly(path string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	for range 6 {
		if _, err = f.Write(bytes.Repeat([]byte("x"), 14<<20)); err != nil {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	return err
}
