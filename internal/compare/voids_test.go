package compare_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/plimsoll-ci/plimsoll/internal/compare"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// disturbed is a run of which the first pairs were voided, and so many after
// them count.
func disturbed(voids, counted int, void string) compare.Input {
	n := voids + counted
	in := compare.Input{
		Base:    booted(columns{record.StartupReady: about(0.2, 0.002, n, 1)}),
		Head:    booted(columns{record.StartupReady: about(0.4, 0.002, n, 2)}),
		Budgets: map[record.MetricID]record.Budget{record.StartupReady: budget(0.15, unset, unset)},
	}
	for i := range voids {
		in.Base.Trials[i+1].Void, in.Head.Trials[i+1].Void = void, void // the first is the warm-up
	}
	return in
}

// However clear the pairs that count are, too many voids before the first look
// end in no verdict.
func TestTooManyVoidsAreInconclusive(t *testing.T) {
	const steal = "stolen CPU time: the hypervisor took 20 % of the machine's during the boot of base"
	for _, c := range []struct {
		voids, counted int
		verdict        record.Verdict
		note           string
	}{
		{12, 0, record.Inconclusive, "machine too noisy: 12 of 12 pairs voided, most for stolen CPU time; not a single pair counts"},
		{12, 7, record.Inconclusive, "machine too noisy: 12 of 19 pairs voided, most for stolen CPU time; only 7 of the 8 pairs"},
		{12, 8, record.Fail, "over its budget"},
		{11, 7, record.Inconclusive, "only 7 of the 8 pairs"},
		{3, 8, record.Fail, "over its budget"},
	} {
		t.Run(fmt.Sprintf("%d void, %d counted", c.voids, c.counted), func(t *testing.T) {
			got := compare.Service(disturbed(c.voids, c.counted, steal))
			row := row(t, got, record.StartupReady)
			if row.Verdict != c.verdict || !strings.HasPrefix(row.Note, c.note) || got.Voided != c.voids {
				t.Errorf("%s, %q, %d voided; expected %s, %q", row.Verdict, row.Note, got.Voided, c.verdict, c.note)
			}
			if c.verdict == record.Inconclusive && got.Verdict != record.Inconclusive {
				t.Errorf("the service is %s", got.Verdict)
			}
			if want := fmt.Sprintf("%d of %d pairs do not count, most for stolen CPU time; the first: %s", c.voids, c.voids+c.counted, steal); got.Warnings[0] != want {
				t.Errorf("warning %q, expected %q", got.Warnings[0], want)
			}
		})
	}
}
