package engine

import (
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

func TestLitter(t *testing.T) {
	now := time.Now()
	dead := exec.Command("true")
	if err := dead.Run(); err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(self(), "/")
	if len(parts) != 4 {
		t.Fatalf("this process is %q, expected boot/namespace/pid/start", self())
	}
	gone := strings.Join([]string{parts[0], parts[1], strconv.Itoa(dead.Process.Pid), "1"}, "/")
	reused := strings.Join([]string{parts[0], parts[1], parts[2], "1"}, "/")
	elsewhere := strings.Join([]string{"another-boot", parts[1], "1", "1"}, "/")
	soon := strconv.FormatInt(now.Add(time.Minute).Unix(), 10)
	past := strconv.FormatInt(now.Add(-time.Minute).Unix(), 10)
	for _, c := range []struct {
		name            string
		owner, deadline string
		want            bool
	}{
		{"alive", self(), soon, false},
		{"alive, whatever its deadline", self(), past, false},
		{"its process ended", gone, soon, true},
		{"its pid belongs to another process now", reused, soon, true},
		{"on another machine, in time", elsewhere, soon, false},
		{"on another machine, too late", elsewhere, past, true},
		{"owner unknown, in time", "", soon, false},
		{"no deadline at all", "", "", true},
	} {
		got := litter(map[string]string{LabelOwner: c.owner, LabelDeadline: c.deadline}, now)
		if got != c.want {
			t.Errorf("%s: litter = %v, want %v", c.name, got, c.want)
		}
	}
}

// A process that was killed is gone also while nobody has waited for it.
func TestAZombieOwnsNothing(t *testing.T) {
	killed := exec.Command("cat")
	input, err := killed.StdinPipe() // keeps it alive
	if err != nil {
		t.Fatal(err)
	}
	defer input.Close()
	if err := killed.Start(); err != nil {
		t.Fatal(err)
	}
	pid := strconv.Itoa(killed.Process.Pid)
	if owner(pid) == "" {
		t.Error("a process that lives is not found")
	}
	if err := killed.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	var info unix.Siginfo
	if err := unix.Waitid(unix.P_PID, killed.Process.Pid, &info, unix.WEXITED|unix.WNOWAIT, nil); err != nil {
		t.Fatal(err)
	}
	if got := owner(pid); got != "" {
		t.Errorf("a zombie is the owner %q", got)
	}
	killed.Wait() // gives the signal that ended it
}

// A run that has gone on for hours keeps its volume from the beginning.
func TestALongRunIsNotLitter(t *testing.T) {
	now := time.Now()
	of := func(run string, until time.Duration) map[string]string {
		return map[string]string{LabelRun: run, LabelOwner: "another-boot/ns/1/1", LabelDeadline: strconv.FormatInt(now.Add(until).Unix(), 10)}
	}
	got := litterRuns([]map[string]string{
		of("long", -time.Hour), of("crashed", -time.Hour), of("young", time.Hour), of("not/valid", -time.Hour),
	}, []map[string]string{of("long", time.Hour), of("crashed", -time.Minute)}, now)
	if d := cmp.Diff([]string{"crashed"}, got); d != "" {
		t.Error(d)
	}
}

// A container has the labels of its image, and images are made by strangers.
func TestAnImageCannotClaimARun(t *testing.T) {
	now := time.Now()
	forged := map[string]string{LabelRun: "forged", LabelOwner: "", LabelDeadline: "1"}
	if !litter(forged, now) {
		t.Fatal("the labels of a crashed run are not litter")
	}
	if got := litterRuns(nil, []map[string]string{forged}, now); len(got) > 0 {
		t.Errorf("%q would be removed for the labels of an image", got)
	}
}

func TestCheckID(t *testing.T) {
	for id, ok := range map[string]bool{
		NewID(): true, "gh-123-1-build": true, "": false, "-x": false, "A": false, "a/b": false, "a\nb": false, strings.Repeat("a", 41): false,
	} {
		if err := CheckID(id); (err == nil) != ok {
			t.Errorf("CheckID(%q) = %v", id, err)
		}
	}
}

func TestRunTag(t *testing.T) {
	if !ofRunTag(runTag("abc", "agent"), "abc") || ofRunTag(runTag("abcd", "agent"), "abc") || ofRunTag("plimsoll.run/image:abc-x", "abc") {
		t.Error("a run's tags are confused with another's")
	}
}
