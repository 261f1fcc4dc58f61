package report

import (
	"strings"
	"testing"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

func TestDrainedIsSummedWithoutTheWarmUp(t *testing.T) {
	stop := func(pair int, void string, lost int) record.Trial {
		return record.Trial{Pair: pair, Void: void, Drain: &record.Drain{Sent: 20, Answered: 18 - lost, Refused: 2, Lost: lost}}
	}
	var s record.Service
	s.Base.Trials = []record.Trial{stop(0, "", 9), stop(1, "", 0), stop(2, "", 0)}
	s.Head.Trials = []record.Trial{stop(1, "", 3), stop(2, "noise", 5), stop(3, "", 1)}
	want := "base lost 0 of 40 requests in 2 stops (4 refused, 0 failed); head lost 4 of 40 requests in 2 stops (4 refused, 0 failed)"
	if got := drained(s); got != want {
		t.Errorf("got %q, expected %q", got, want)
	}
	if got := drained(record.Service{}); got != "" {
		t.Errorf("without a stop under load: %q", got)
	}
}

func TestNotesOfAnEnding(t *testing.T) {
	notes := trialNotes(record.Trial{
		Exit:    record.Exit{Code: 137, Killed: true, Ending: record.EndedByKill},
		Recover: &record.Recovery{Emptied: 0.02, Engine: 0.4, Ready: 1.5},
		Drain:   &record.Drain{Sent: 7, Lost: 2},
	})
	text := strings.Join(notes, "; ")
	for _, want := range []string{"exit code 137", "had to be killed", "400 ms of the engine", "2 of 7 requests lost"} {
		if !strings.Contains(text, want) {
			t.Errorf("got %q, expected %q in it", text, want)
		}
	}
}

func TestReadyInWords(t *testing.T) {
	for want, r := range map[string]record.Ready{
		`grpc "orders" on port 9000`: {Kind: record.ReadyGRPC, Service: "orders", Port: 9000},
		`log "Listening on"`:         {Kind: record.ReadyLog, Log: "Listening on"},
		"exit with code 3":           {Kind: record.ReadyExit, Exit: 3},
		"exit":                       {Kind: record.ReadyExit},
	} {
		if got := ready(r); got != want {
			t.Errorf("got %q, expected %q", got, want)
		}
	}
}
