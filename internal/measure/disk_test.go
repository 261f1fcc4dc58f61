package measure_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

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
	// Other tests use the disk as well: less than this in the time of a boot.
	target.Setup.Idle, target.Setup.Limits.Disk = 6, 3*step
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

// step is what the stranger takes of the disk at a time.
const step = 128 << 20

// fillWhileItRuns takes more and more of the disk for as long as the run's first app
// is there, and leaves the next one alone.
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
	for i := range int64(12) {
		if appOf(t, run) != first {
			break
		}
		if err = take(f, i*step); err != nil {
			break
		}
		time.Sleep(300 * time.Millisecond)
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	return err
}

// take has the file system set blocks aside, which takes no time on a busy disk, or
// writes them where it cannot.
func take(f *os.File, from int64) error {
	err := unix.Fallocate(int(f.Fd()), 0, from, step)
	if errors.Is(err, unix.EOPNOTSUPP) {
		_, err = f.Write(bytes.Repeat([]byte("x"), step))
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
