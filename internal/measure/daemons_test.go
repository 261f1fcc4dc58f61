package measure

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/plimsoll-ci/plimsoll/internal/record"
	"github.com/plimsoll-ci/plimsoll/internal/sample"
)

// process writes what /proc says of one, with its CPU time in ticks of 10 ms.
func process(t *testing.T, proc, pid, name, cmdline, user, system string) {
	t.Helper()
	dir := filepath.Join(proc, pid)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for file, content := range map[string]string{
		"comm": name + "\n", "cmdline": cmdline,
		"stat": pid + " (" + name + " :) x) S 1 2 3 4 5 6 7 8 9 10 " + user + " " + system + " 0 0 20 0\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, file), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func TestTheEnginesProcessesAreNoStrangers(t *testing.T) {
	proc := t.TempDir()
	process(t, proc, "10", "dockerd", "dockerd", "100", "50")
	process(t, proc, "11", "containerd", "containerd", "10", "0")
	process(t, proc, "12", "postgres", "postgres dockerd", "900", "0")
	found := findDaemons(proc)
	process(t, proc, "13", "dockerd", "an image that passes for one", "5000", "0")
	process(t, proc, "14", "containerd-shim", "containerd-shim-runc-v2\x00-id\x00other", "700", "0")
	process(t, proc, "15", "containerd-shim", "containerd-shim-runc-v2\x00-id\x00abc", "2", "3")

	now := record.SecondsOf(sample.Monotonic())
	since := found.watch("abc")
	process(t, proc, "10", "dockerd", "dockerd", "120", "60")
	host := record.Host{Window: 2, Busy: 2, App: 0.5, Agent: 0.2, Beside: 0.1}
	since(&host, now)
	if got, want := host.Engine.Duration().Round(time.Millisecond), 350*time.Millisecond; got != want || host.EngineSeen != record.SeenByProcess {
		t.Errorf("the engine used %v, want %v, seen by %q", got, want, host.EngineSeen)
	}
	strangers(&host)
	if host.Others == nil || *host.Others < 0.424 || *host.Others > 0.426 {
		t.Errorf("others used %v CPUs, want (2 - 0.5 - 0.2 - 0.1 - 0.35) / 2", *host.Others)
	}

	elsewhere := record.Host{Window: 2}
	since(&elsewhere, now+3600)
	if elsewhere.EngineSeen != "" {
		t.Error("the daemons of this machine were taken for those of another")
	}
	before := record.Host{Engine: 1, EngineSeen: record.SeenByCgroup}
	since(&before, now)
	if before.Engine != 1 || before.EngineSeen != record.SeenByCgroup {
		t.Errorf("what the cgroup says was replaced: %+v", before)
	}
}

func TestAProcessThatEndedHasUsedNothing(t *testing.T) {
	if spent := cpuOf(t.TempDir(), "1"); spent != 0 {
		t.Errorf("it used %v", spent)
	}
}
