package measure_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/plimsoll-ci/plimsoll/internal/agent"
	"github.com/plimsoll-ci/plimsoll/internal/measure"
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

// A container that ends before its launcher has reported in is not waited for
// until the gate's timeout. With room for one process the launcher cannot run.
func TestAnEndAtTheGateIsSeen(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	target := r.target(t, "clock")
	target.Setup.Limits.PIDs = 1
	_, err := r.pods.Boot(t.Context(), target, 0)
	var boot *measure.BootError
	var failure *agent.Failure
	if !errors.As(err, &boot) || !errors.As(err, &failure) || failure.Kind != agent.FailExited || boot.Exit == nil {
		t.Fatalf("got %v, expected that the container ended", err)
	}
	if !strings.Contains(err.Error(), "before its launcher had reported in") || len(boot.Logs) == 0 {
		t.Errorf("got %v and the log %q", err, boot.Logs)
	}
}
