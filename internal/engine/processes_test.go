package engine

import (
	"strings"
	"syscall"
	"testing"
)

func TestProcessesPutPID1First(t *testing.T) {
	rows := [][]string{
		{"210", "200", "0000000000000000", "0000000000004000", "node server.js --password=secret"},
		{"200", "100", "0000000000010002", "0000000000000000", "/bin/sh -c node server.js"},
	}
	got, err := parseProcesses(processTitles, rows)
	if err != nil || len(got) != 2 || got[0].PID != 200 || got[0].Name != "sh" || got[1].Name != "node" {
		t.Fatalf("got %+v, %v", got, err)
	}
	if got[0].Catches(syscall.SIGTERM) || !got[0].Catches(syscall.SIGINT) || !got[1].Ignores(syscall.SIGTERM) {
		t.Errorf("signals: %+v", got)
	}
}

func TestProcessesOfAnotherPs(t *testing.T) {
	for name, c := range map[string]struct {
		titles []string
		row    []string
	}{
		"titles":  {[]string{"PID", "USER", "COMMAND"}, []string{"1", "root", "sh"}},
		"columns": {processTitles, []string{"1", "0", "0"}},
		"masks":   {processTitles, []string{"1", "0", "-", "-", "sh"}},
	} {
		if got, err := parseProcesses(c.titles, [][]string{c.row}); err == nil || !strings.HasPrefix(err.Error(), "list the app's processes: ") {
			t.Errorf("%s: got %+v, %v", name, got, err)
		}
	}
}

func TestStopSignal(t *testing.T) {
	for text, want := range map[string]syscall.Signal{
		"": syscall.SIGTERM, "SIGQUIT": syscall.SIGQUIT, "quit": syscall.SIGQUIT, "2": syscall.SIGINT, "nonsense": syscall.SIGTERM, "99": syscall.SIGTERM,
	} {
		if got := stopSignal(text); got != want {
			t.Errorf("%q is %v, expected %v", text, got, want)
		}
	}
}
