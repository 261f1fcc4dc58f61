package app

import (
	"testing"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// A warm-up and boots that others disturbed are no measurement.
func TestBootsOfWhichNoneCountsAreMissing(t *testing.T) {
	warmUp, void, counts := record.Trial{}, record.Trial{Pair: 1, Void: "steal"}, record.Trial{Pair: 2}
	for _, c := range []struct {
		trials []record.Trial
		want   int
	}{
		{nil, ExitMissing},
		{[]record.Trial{warmUp, void}, ExitMissing},
		{[]record.Trial{warmUp, void, counts}, ExitOK},
	} {
		if got := bootedCode(c.trials); got != c.want {
			t.Errorf("%d trials: exit code %d, want %d", len(c.trials), got, c.want)
		}
	}
}
