package measure_test

import (
	"strings"
	"testing"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

func TestAnAppInHTTP2IsAskedAndLoadedInIt(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	target := r.target(t, "h2c")
	target.Setup.Load = record.Load{
		Protocol: record.H2C, Think: 0.01, Stages: []record.Stage{{For: 0.2, Rate: 50}, {For: 0.2, Users: 10}},
		Requests: []record.Request{{Path: "/", Expect: []int{200}}, {Method: "POST", Path: "/login", Body: "{}", Expect: []int{201}}},
	}
	got, err := r.pods.Boot(t.Context(), target, 0)
	if err != nil {
		t.Fatal(err)
	}
	checkObserved(t, got)
	if ready := got.Trial.Ready; ready.Kind != record.ReadyHTTP || ready.Status != 200 {
		t.Errorf("ready %+v, expected an answer of 200", ready)
	}
	if l := got.Trial.Load; l.Model != record.LoadMixed || l.Completed < 20 {
		t.Errorf("load %+v, expected the 10 requests by rate and at least one of each user", l)
	}
}

// Without the protocol nobody can tell it from a plain port, but the note does.
func TestAnAppInHTTP2GetsANote(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	target := r.target(t, "h2c")
	target.Setup.Load = record.Load{}
	got, err := r.pods.Boot(t.Context(), target, 0)
	if err != nil {
		t.Fatal(err)
	}
	if got.Trial.Ready.Kind != record.ReadyTCP || !strings.Contains(strings.Join(got.Trial.Notes, " "), "write `protocol: h2c`") {
		t.Errorf("ready %+v, notes %q", got.Trial.Ready, got.Trial.Notes)
	}
}

// What a calibration finds in HTTP/2 is twice what is offered, at least, also
// where only some of the answers are the expected ones.
func TestACalibrationInHTTP2(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	target := r.target(t, "h2c")
	target.Setup.Load = record.Load{
		Protocol: record.H2C, Stages: []record.Stage{{For: 1}},
		Requests: []record.Request{{Path: "/", Expect: []int{201}}, {Method: "POST", Path: "/login", Expect: []int{201}}},
	}
	got, err := r.pods.Boot(t.Context(), target, 0.3)
	if err != nil || got.Sustained < 10 {
		t.Errorf("sustains %v/s, %v, notes %q; expected the answers to POST alone, and some", got.Sustained, err, got.Trial.Notes)
	}
}
