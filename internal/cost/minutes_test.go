package cost

import (
	"math"
	"strings"
	"testing"

	"github.com/plimsoll-ci/plimsoll/internal/config"
)

func plain(t *testing.T) *Model {
	t.Helper()
	m, err := NewModel(book(t), config.Cost{}, today)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestMinutesSheet(t *testing.T) {
	for i, row := range sheet(t, "minutes.csv") {
		seconds := figure(t, row, "seconds")
		if got, want := BilledMinutes(seconds), figure(t, row, "minutes"); got != want {
			t.Errorf("line %d: %v minutes, want %v", i+2, got, want)
		}
		if got, want := ToNextMinute(seconds), figure(t, row, "free"); got != want {
			t.Errorf("line %d: %v s to the next minute, want %v", i+2, got, want)
		}
		m, err := plain(t).WithBuilds(Builds{Month: figure(t, row, "builds"), Ran: [][]Job{{{Name: "build", Seconds: seconds, Runner: row["runner"]}}}})
		if err != nil {
			t.Fatal(err)
		}
		e, err := m.Estimate(Inputs{MemoryPeak: 50 * mib})
		if err != nil {
			t.Fatal(err)
		}
		if got, want := item(e, "CI").Amount, figure(t, row, "month"); math.Abs(got-want) > 1e-9 {
			t.Errorf("line %d: $%v, want $%v", i+2, got, want)
		}
	}
}

// Jobs are rounded one by one, and builds averaged after that.
func TestBuildsOnTheBill(t *testing.T) {
	m, err := plain(t).WithBuilds(Builds{
		Month:    400,
		Ran:      [][]Job{{{"build", 61, "linux"}, {"test", 30, "linux"}}, {{"build", 59, "linux"}}},
		Uncached: [][]Job{{{"clean", 305, "linux_4_core"}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	in := Inputs{MemoryPeak: 50 * mib, Compressed: 1e9, Pull: 2e8}
	with, err := m.Estimate(in)
	if err != nil {
		t.Fatal(err)
	}
	without, err := plain(t).Estimate(in)
	if err != nil {
		t.Fatal(err)
	}
	// (2 + 1 + 1) minutes of two builds: 2 each, 400 x 2 x $0.006
	if got := with.Month.Value - without.Month.Value; math.Abs(got-4.8) > 1e-9 {
		t.Errorf("CI adds $%v, want $4.80", got)
	}
	if month, err := m.Month(in); err != nil || month != with.Month.Value {
		t.Errorf("the month is $%v (%v), the estimate $%v", month, err, with.Month.Value)
	}
	if want := "400 builds x $0.012: 2 billed minutes each, the mean of 2, linux at $0.006, linux_4_core at $0.012"; item(with, "CI").How != want {
		t.Errorf("how: %q, want %q", item(with, "CI").How, want)
	}
	for _, want := range []string{
		"the same on both sides", "the job build last took 61 s and is billed 2 min: 59 s more are free, 1 s less save a minute",
		"the job test last took 30 s and is billed 1 min: 30 s more are free, and it can't be billed less",
		"without cache is billed 6 min and $0.072, the mean of 1: were all so, CI would cost $28.80 a month",
		"github.runner.linux (2026-01-01)",
	} {
		if !hasNote(with, want) {
			t.Errorf("no note %q in %q", want, with.Notes)
		}
	}
	if len(with.Prices) != len(without.Prices)+2 {
		t.Errorf("%d prices, want two more than %d", len(with.Prices), len(without.Prices))
	}
}

func TestBuildsThatCannotBePriced(t *testing.T) {
	for want, b := range map[string]Builds{
		"no builds": {Month: 400},
		`no price for the runner "linus"; price book ` + book(t).ID + " knows linux, linux_16_core": {Month: 1, Ran: [][]Job{{{"build", 1, "linus"}}}},
		"did you mean \"linux\"?": {Month: 1, Ran: [][]Job{{{"build", 1, "linus"}}}},
		"job build: -1 seconds":   {Month: 1, Ran: [][]Job{{{"build", -1, "linux"}}}},
		"job build: NaN seconds":  {Month: 1, Ran: [][]Job{{{"build", math.NaN(), "linux"}}}},
	} {
		if _, err := plain(t).WithBuilds(b); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}
