package measure_test

import (
	"strings"
	"testing"
)

// connections are the lines of /proc/net/tcp that stand between two marks in the
// log, the head of the table left out.
func connections(t *testing.T, log []string, from, to string) []string {
	t.Helper()
	_, rest, began := strings.Cut(strings.Join(log, "\n"), from+"\n")
	table, _, ended := strings.Cut(rest, to)
	lines := strings.Split(strings.TrimSpace(table), "\n")
	if !began || !ended || !strings.Contains(lines[0], "local_address") {
		t.Fatalf("there is no table of connections between %q and %q in\n%s", from, to, strings.Join(log, "\n"))
	}
	return lines[1:]
}

// Every boot has a network of its own: what one leaves in it, such as connections
// in TIME_WAIT, whose ports stay taken for a minute, the next one does not find.
func TestABootFindsNoConnectionsOfTheOneBefore(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	target := r.target(t, "shell")
	target.Setup.Command = []string{"sh", "-c",
		"echo at the start; cat /proc/net/tcp /proc/net/tcp6; echo end of it; " +
			"trap 'echo at the end; cat /proc/net/tcp /proc/net/tcp6; echo over; exit 0' TERM; /server serve & while :; do wait; done"}
	for boot := range 2 {
		log := r.boot(t, target).Log
		if found := connections(t, log, "at the start", "end of it"); len(found) != 1 || !strings.Contains(found[0], "local_address") {
			t.Errorf("boot %d found connections at its start:\n%s", boot, strings.Join(found, "\n"))
		}
		const timeWait = " 06 "
		if left := strings.Join(connections(t, log, "at the end", "over"), "\n"); !strings.Contains(left, timeWait) {
			t.Errorf("boot %d left no connection in TIME_WAIT, so the next one proves nothing:\n%s", boot, left)
		}
	}
}
