package measure_test

import (
	"testing"
)

// The engine counts whole seconds: less than one must not become none, which is
// a kill at once.
func TestAShortStopTimeoutIsNoKill(t *testing.T) {
	r := newRig(t)
	target := r.target(t, "sigquit")
	target.Setup.StopTimeout = 0.4
	got, err := r.pods.Boot(t.Context(), target, 0)
	if err != nil {
		t.Fatal(err)
	}
	if ended := fact(t, got.Log, "ended")["ended"]; ended != "SIGQUIT" || got.Trial.Exit.Killed || got.Trial.Exit.Code != 0 {
		t.Errorf("ended by %v, %+v, expected a graceful end", ended, got.Trial.Exit)
	}
}
