package main

import (
	"os/exec"
	"testing"
)

func TestMeasureGivesTheExitCode(t *testing.T) {
	got, err := measure(exec.Command("sh", "-c", "exit 3"))
	if err != nil || got.Exit != 3 || got.Seconds <= 0 {
		t.Errorf("%+v and %v, expected exit code 3 after some time", got, err)
	}
}

func TestMeasureGivesThePeakOfMemory(t *testing.T) {
	const held = 60 << 20
	got, err := measure(exec.Command("sh", "-c", "held=$(head -c 62914560 /dev/zero | tr '\\0' x); held=; exit 0"))
	if err != nil || got.Memory < held {
		t.Errorf("%+v and %v, expected at least %d bytes at some time", got, err, held)
	}
}

func TestMeasureFailsWithoutAProgram(t *testing.T) {
	if got, err := measure(exec.Command("/nowhere/program")); err == nil {
		t.Errorf("%+v, expected an error", got)
	}
}
