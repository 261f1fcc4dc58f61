package measure_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/plimsoll-ci/plimsoll/internal/measure"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// slow is a JVM that takes a minute to be ready.
func slow() *machine {
	return &machine{takes: time.Minute, ready: map[string]record.Readiness{"base": {Kind: record.ReadyNone}, "head": {Kind: record.ReadyNone}}}
}

func never([][]record.Trial) bool { return false }

func TestTheFirstPairOfASlowStarterComesAfterAPlanInMinutes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, booted, plan := slow(), 0, ""
		_, err := measure.Rounds(t.Context(), m, workers(), measure.Plan{Looks: []int{10, 14, 18, 24}, Decided: never}, 1, func(p measure.Progress) {
			if p.Plan != "" {
				booted, plan = len(m.booted), p.Plan
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		want := "120.0 s a round; first look after 10 rounds (about 20 minutes), last after 24 (about 48 minutes), at most 25 minutes"
		if booted != 2 || plan != want {
			t.Errorf("after %d boots: %q, want %q", booted, plan, want)
		}
	})
}

// workers are targets whose warm-up searches for no port.
func workers() []measure.Target {
	all := targets()
	for i := range all {
		all[i].Setup.Ready.Kind = record.ReadyNone
	}
	return all
}

func TestATooShortTimeOffersWhatWouldFit(t *testing.T) {
	for name, c := range map[string]struct {
		looks []int
		given time.Duration
		want  string
	}{
		"fewer bounds fit": {[]int{10, 14, 18, 24}, 20*time.Minute - 1, "first look that can decide comes after 10 rounds, about 25 minutes on this machine; " +
			"give `measure.time: 25m0s` or more, shorten the load, or gate one or two bounds only: then the first look comes after 8 rounds, about 16 minutes"},
		"nor do fewer": {[]int{10, 14, 18, 24}, 5 * time.Minute, "after 8 rounds, about 16 minutes, which is still too long"},
		"few already":  {[]int{8, 12, 16, 24}, 5 * time.Minute, "give `measure.time: 20m0s` or more, or shorten the load"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				_, err := measure.Rounds(t.Context(), slow(), workers(), measure.Plan{Looks: c.looks, Time: c.given, Decided: never}, 1, quiet)
				var short *measure.TimeError
				if !errors.As(err, &short) || !strings.HasSuffix(err.Error(), c.want) {
					t.Errorf("got %v, expected ... %s", err, c.want)
				}
			})
		})
	}
}

// What is advised has to be enough for every service.
func TestATooShortTimeIsSharedAmongServices(t *testing.T) {
	short := &measure.TimeError{Given: 20 * time.Second, Needed: 39 * time.Second, Rounds: 10, Services: 3}
	want := "the time budget leaves 20s for each of 3 services, which is too short: the first look that can decide comes after 10 rounds, " +
		"about 39 s on this machine; give `measure.time: 1m57s` or more, or shorten the load"
	if got := short.Error(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// Voided pairs take time as well.
func TestVoidedPairsCountAgainstTheTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &disturbances{machine: *slow(), trials: map[int]record.Trial{}}
		for boot := range 8 {
			m.trials[2+boot] = record.Trial{Host: record.Host{Steal: 0.5}}
		}
		plan := measure.Plan{Looks: []int{8, 12, 16, 24}, Time: 28 * time.Minute, Decided: never}
		result, err := measure.Rounds(t.Context(), m, workers(), plan, 1, quiet)
		if err != nil || result.Rounds != 8 || result.Voided != 4 {
			t.Errorf("%d rounds count, %d are void, %v: 12 rounds take 24 minutes, 4 more would take 32", result.Rounds, result.Voided, err)
		}
	})
}

func TestPredictionsAreToldWithEveryRound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		plan := measure.Plan{Looks: []int{4, 6}, Decided: never, Outlook: func(trials [][]record.Trial) (int, bool) {
			switch pairs := len(trials[0]) - 1; {
			case pairs < 2:
				return 0, false
			case pairs < 4:
				return 4, true
			}
			return 0, true
		}}
		type told struct {
			Round, More int
			Open        bool
		}
		var got []told
		if _, err := measure.Rounds(t.Context(), &machine{}, targets(), plan, 1, func(p measure.Progress) {
			if p.Name == "base" && p.Phase == "measure" {
				got = append(got, told{p.Round, p.More, p.Open})
			}
		}); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff([]told{{1, 0, false}, {2, 0, false}, {3, 2, false}, {4, 1, false}, {5, 0, true}, {6, 0, true}}, got); d != "" {
			t.Errorf("(-want +got):\n%s", d)
		}
	})
}
