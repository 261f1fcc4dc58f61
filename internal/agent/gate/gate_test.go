package gate_test

import (
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/plimsoll-ci/plimsoll/internal/agent/gate"
)

func TestArgumentsRoundTrip(t *testing.T) {
	text := rapid.StringMatching(`[A-Za-z0-9_=/. -]{0,12}`)
	rapid.Check(t, func(t *rapid.T) {
		socket := rapid.StringMatching(`[a-z0-9]{1,20}`).Draw(t, "socket")
		hidden, _ := gate.Hide(rapid.SliceOf(rapid.Custom(func(t *rapid.T) string {
			return rapid.SampledFrom([]string{"GOGC", "GOMEMLIMIT", "PATH", "GODEBUG"}).Draw(t, "name") + "=" + text.Draw(t, "value")
		})).Draw(t, "env"))
		command := append([]string{"/app"}, rapid.SliceOf(text).Draw(t, "arguments")...)
		gotSocket, gotHidden, gotCommand, err := gate.ParseArguments(gate.Arguments(socket, hidden, command))
		if err != nil {
			t.Fatal(err)
		}
		if gotSocket != socket || strings.Join(gotHidden, "\x00") != strings.Join(hidden, "\x00") {
			t.Errorf("got %q %q, want %q %q", gotSocket, gotHidden, socket, hidden)
		}
		if d := cmp.Diff(command, gotCommand); d != "" {
			t.Error(d)
		}
	})
}

// A command may itself hold the separator; only the first one is the launcher's.
func TestArgumentsWithSeparatorInCommand(t *testing.T) {
	want := []string{"sh", "-c", "exec", "--", "x"}
	_, _, got, err := gate.ParseArguments(gate.Arguments("s", nil, want))
	if err != nil || !cmp.Equal(got, want) {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestParseArgumentsRefuses(t *testing.T) {
	for _, args := range [][]string{nil, {"s"}, {"--", "x"}, {"s", "--"}, {"s", "A=1", "x"}} {
		if _, _, _, err := gate.ParseArguments(args); err == nil {
			t.Errorf("ParseArguments(%q) did not complain", args)
		}
	}
}

func TestHideAndRestore(t *testing.T) {
	env := []string{"PATH=/bin", "GOMEMLIMIT=nonsense", "GOMAXPROCSX=1", "GOGC=off", "A=b=c"}
	hidden, blanks := gate.Hide(env)
	if d := cmp.Diff([]string{"GOGC=off", "GOMEMLIMIT=nonsense"}, hidden); d != "" {
		t.Errorf("hidden:\n%s", d)
	}
	if d := cmp.Diff([]string{"GOGC=", "GOMEMLIMIT="}, blanks); d != "" {
		t.Errorf("blanks:\n%s", d)
	}
	seen := []string{"PATH=/bin", "GOMEMLIMIT=", "GOMAXPROCSX=1", "GOGC=", "A=b=c"}
	if d := cmp.Diff(env, gate.Restore(seen, hidden)); d != "" {
		t.Errorf("restored:\n%s", d)
	}
}

func TestStampRoundTrip(t *testing.T) {
	got, err := gate.ParseStamp(gate.Stamp(123456789012))
	if err != nil || got != 123456789012 {
		t.Errorf("got %d, %v", got, err)
	}
	for _, line := range []string{"", "\n", "-5\n", "12x\n", "99999999999999999999\n"} {
		if _, err := gate.ParseStamp(line); err == nil {
			t.Errorf("ParseStamp(%q) did not complain", line)
		}
	}
}

func TestFailedRoundTrip(t *testing.T) {
	got, ok := gate.ParseFailed(gate.FailedLine(syscall.ENOENT, "/no such"))
	if !ok || got.Errno != syscall.ENOENT || got.Command != "/no such" {
		t.Errorf("got %+v, %v", got, ok)
	}
	long := gate.FailedLine(syscall.EACCES, strings.Repeat("x", 10*gate.MaxLine))
	if len(long) > gate.MaxLine {
		t.Errorf("a failure takes %d bytes, the limit is %d", len(long), gate.MaxLine)
	}
	if _, ok := gate.ParseFailed(long); !ok {
		t.Error("a shortened failure is not understood")
	}
	if _, ok := gate.ParseFailed("123\n"); ok {
		t.Error("a stamp was taken for a failure")
	}
}

func FuzzParseFailed(f *testing.F) {
	f.Add(gate.FailedLine(syscall.ENOENT, "x"))
	f.Add("failed \n")
	f.Fuzz(func(t *testing.T, line string) {
		if failed, ok := gate.ParseFailed(line); ok && (failed.Errno <= 0 || failed.Error() == "") {
			t.Errorf("%q gave %+v", line, failed)
		}
	})
}
