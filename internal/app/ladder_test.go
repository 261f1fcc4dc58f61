package app

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/plimsoll-ci/plimsoll/internal/measure"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

func TestParseLadder(t *testing.T) {
	for text, want := range map[string][]int{"10": {10}, "10,50,100": {10, 50, 100}, " 1 , 1000": {1, 1000}, "100,10": {100, 10}, "1,2,3,4,5,6,7,8": {1, 2, 3, 4, 5, 6, 7, 8}} {
		got, err := parseLadder(text)
		if d := cmp.Diff(want, got); d != "" || err != nil {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
	for text, want := range map[string]string{
		"": `"" is no whole number`, "0": "0 is out of range", "-5": "-5 is out of range", "a": `"a" is no whole number`, "10,": `"" is no whole number`,
		"1.5": `"1.5" is no whole number`, "100000": "100000 is out of range", "99999999999999999999": "is no whole number", "10,50,10": "10 stands twice",
		"1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20": "20 steps", "\x1b[2J": `"\x1b[2J" is no whole number`,
	} {
		_, err := parseLadder(text)
		var usage *usageError
		if !errors.As(err, &usage) || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "expected up to 8 numbers of virtual users from 1 to 1000, such as 10,50,100") {
			t.Errorf("%q: error %v, want %q and what was expected", text, err, want)
		}
		if strings.Contains(err.Error(), "\x1b") {
			t.Errorf("%q: the error holds an escape: %q", text, err)
		}
	}
}

func TestStepsSumUpTheirBoots(t *testing.T) {
	trial := func(pair int, p99, each float64, completed int) record.Trial {
		return record.Trial{Pair: pair, Load: &record.LoadResult{Completed: completed, Seconds: 2}, Metrics: map[record.MetricID]float64{
			record.LoadP99: p99, record.CPURequest: each, record.MemoryPeak: 1 << 20, record.CPUIdle: 0.5,
		}}
	}
	got := steps([]measure.Rung{
		{Users: 10, Trials: []record.Trial{trial(1, 0.3, 0.001, 1000), trial(2, 0.1, 0.002, 1000), trial(3, 0.2, 0.003, 1000)}, Disturbed: []string{"other programs", "other programs"}},
		{Users: 50, Failure: errors.New("out of memory")},
	})
	want := []record.Step{
		{Users: 10, For: 2, Boots: 3, Notes: []string{"2 of 3 boots were disturbed from outside the pod: other programs"}, Metrics: map[record.MetricID]record.Measured{
			record.LoadP99:    {Unit: "s", Value: 0.2, Values: []float64{0.3, 0.1, 0.2}},
			record.CPURequest: {Unit: "CPU s", Value: 0.002, Values: []float64{0.001, 0.002, 0.003}},
			record.MemoryPeak: {Unit: "B", Value: 1 << 20, Values: []float64{1 << 20, 1 << 20, 1 << 20}},
			record.CPULoad:    {Unit: "cores", Value: 1, Values: []float64{0.5, 1, 1.5}},
		}},
		{Users: 50, For: 2, Metrics: map[record.MetricID]record.Measured{}, Failure: "out of memory"},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("steps (-want +got):\n%s", d)
	}
}
