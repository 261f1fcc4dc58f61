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
	// The stranger is slow on a busy machine, and others write to its disk as well: less
	// than this in the time of a boot.
	target.Setup.Idle, target.Setup.Limits.Disk = 6, 192<<20
	stranger := filepath.Join(strings.TrimSpace(string(root)), "tmp", "plimsoll-test-"+r.pods.Run.ID)
	defer os.Remove(stranger)
	written := make(chan error, 1)
	go func() { written <- fillWhileItRuns(t, stranger, r.pods.Run.ID) }()
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

// fillWhileItRuns writes for as long as the run's first app is there, up to about
// three times its limit, and leaves the next one alone.
func fillWhileItRuns(t *testing.T, path, run string) error {
	first := ""
	for first == "" && t.Context().Err() == nil {
		first = appOf(t, run)
		time.Sleep(20 * time.Millisecond)
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	for range 40 {
		if appOf(t, run) != first {
			break
		}
		if _, err = f.Write(bytes.Repeat([]byte("x"), 14<<20)); err != nil {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	return err
}

// appOf is the container of the run's app, "" while there is none.
func appOf(t *testing.T, run string) string {
	id, err := exec.CommandContext(t.Context(), "docker", "ps", "-q", "--filter", "label="+engine.LabelRun+"="+run,
		"--filter", "label=plimsoll.role=app").Output()
	if err != nil {
		return ""
	}
	return string(id)
}
