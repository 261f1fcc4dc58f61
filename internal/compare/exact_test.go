package compare_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/plimsoll-ci/plimsoll/internal/compare"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

type sizes map[record.MetricID]record.Measured

func image(s sizes) *record.Record { return &record.Record{Metrics: s} }

func measured(v float64) record.Measured  { return record.Measured{Value: v} }
func estimated(v float64) record.Measured { return record.Measured{Value: v, Estimated: true} }

func TestExactVerdicts(t *testing.T) {
	const size, pull, wasted = record.ImageCompressed, record.ImagePull, record.ImageWasted
	for _, c := range []struct {
		name       string
		id         record.MetricID
		base, head sizes
		budget     record.Budget
		want       record.Verdict
		note       string
	}{
		{"grew by less", size, sizes{size: measured(40e6)}, sizes{size: measured(41e6)}, budget(0.05, unset, unset), record.Pass, ""},
		{"grew by just as much", size, sizes{size: measured(40e6)}, sizes{size: measured(42e6)}, budget(0.05, unset, unset), record.Pass, ""},
		{"grew by one byte more", size, sizes{size: measured(40e6)}, sizes{size: measured(42e6 + 1)}, budget(0.05, unset, unset), record.Fail, "over its budget of +5 %"},
		{"just as much, were it not for rounding", size, sizes{size: measured(550_700)}, sizes{size: measured(2_070_632)}, budget(2.76, unset, unset), record.Pass, ""},
		{"more, but below the floor", size, sizes{size: measured(1e6)}, sizes{size: measured(1.4e6)}, budget(0.05, 5e5, unset), record.Pass, ""},
		{"shrank", size, sizes{size: measured(40e6)}, sizes{size: measured(1e6)}, budget(0, unset, 40e6), record.Pass, ""},
		{"over the limit", size, sizes{size: measured(40e6)}, sizes{size: measured(41e6)}, budget(unset, unset, 40e6), record.Fail, "over its limit of 40 MB"},
		{"base over the limit too", size, sizes{size: measured(41e6)}, sizes{size: measured(42e6)}, budget(unset, unset, 40e6), record.Pass, "not blamed on head"},
		{"base over the limit too, and grew", size, sizes{size: measured(41e6)}, sizes{size: measured(60e6)}, budget(0.05, unset, 40e6), record.Fail, "not blamed on head"},
		{"both estimated", size, sizes{size: estimated(40e6)}, sizes{size: estimated(50e6)}, budget(0.05, unset, unset), record.Fail, "over its budget of +5 %; estimated"},
		{"one estimated", size, sizes{size: measured(40e6)}, sizes{size: estimated(50e6)}, budget(0.05, unset, unset), record.Inconclusive, "cannot be compared"},
		{"one estimated, limit alone", size, sizes{size: measured(40e6)}, sizes{size: estimated(50e6)}, budget(unset, unset, 45e6), record.Fail, "estimated"},
		{"no base", size, sizes{}, sizes{size: measured(40e6)}, budget(0.05, unset, unset), record.Missing, "not measured on base"},
		{"no base, limit alone", size, sizes{}, sizes{size: measured(40e6)}, budget(unset, unset, 30e6), record.Fail, "over its limit of 30 MB"},
		{"no head", size, sizes{size: measured(40e6)}, sizes{}, budget(unset, unset, 30e6), record.Missing, "not measured on head"},
		{"neither", size, sizes{}, sizes{}, budget(0.05, unset, unset), record.Missing, "not measured"},
		{"waste appears", wasted, sizes{wasted: measured(0)}, sizes{wasted: measured(5e6)}, budget(0.05, 1e6, unset), record.Fail, "over its budget of +5 % or +1 MB"},

		{"pull within its limit", pull, sizes{}, sizes{pull: measured(5e6)}, budget(unset, unset, 6e6), record.Pass, ""},
		{"pull over its limit", pull, sizes{}, sizes{pull: measured(7e6)}, budget(unset, unset, 6e6), record.Fail, "over its limit of 6 MB"},
		{"pull within its share of the image", pull, sizes{}, sizes{pull: measured(5e6), size: measured(20e6)}, budget(0.3, unset, unset), record.Pass, ""},
		{"pull over its share of the image", pull, sizes{}, sizes{pull: measured(7e6), size: measured(20e6)}, budget(0.3, unset, unset), record.Fail, "over its budget of +30 % of the image's compressed size"},
		{"pull, its image's size not known", pull, sizes{}, sizes{pull: measured(7e6)}, budget(0.3, unset, unset), record.Missing, "compressed size is not known"},
		{"pull estimated", pull, sizes{}, sizes{pull: estimated(7e6), size: estimated(20e6)}, budget(0.3, unset, unset), record.Fail, "estimated"},
		{"no pull", pull, sizes{}, sizes{}, budget(0.3, unset, 1e6), record.Missing, "not measured"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := row(t, compare.Service(compare.Input{
				Base: image(c.base), Head: image(c.head), Budgets: map[record.MetricID]record.Budget{c.id: c.budget},
			}), c.id)
			if got.Verdict != c.want || !strings.Contains(got.Note, c.note) || c.note == "" && got.Note != "" {
				t.Errorf("verdict %s, note %q; want %s, note %q", got.Verdict, got.Note, c.want, c.note)
			}
		})
	}
}

func TestExactRows(t *testing.T) {
	s := compare.Service(compare.Input{
		Base: image(sizes{record.ImageSize: measured(100), record.ImageLayers: measured(0), record.ImageWasted: measured(0)}),
		Head: image(sizes{record.ImageSize: measured(150), record.ImageLayers: measured(3), record.ImageWasted: measured(7), record.ImagePull: estimated(50)}),
	})
	zero, three, seven, fifty, hundred, more := 0.0, 3.0, 7.0, 50.0, 100.0, 150.0
	want := []record.Change{
		{
			ID: record.ImageSize, Unit: record.UnitBytes, Direction: record.Lower, Base: &hundred, Head: &more, Difference: &fifty,
			Ratio: &record.Ratio{Ratio: 1.5, Low: 1.5, High: 1.5, Level: 1}, Verdict: record.None,
		},
		{
			ID: record.ImagePull, Unit: record.UnitBytes, Direction: record.Lower, Base: &zero, Head: &fifty, Difference: &fifty,
			Shift: &record.Shift{Difference: 50, Low: 50, High: 50, Level: 1}, Verdict: record.None, Estimated: true, Note: "estimated",
		},
		{
			ID: record.ImageWasted, Unit: record.UnitBytes, Direction: record.Lower, Base: &zero, Head: &seven, Difference: &seven,
			Shift: &record.Shift{Difference: 7, Low: 7, High: 7, Level: 1}, Verdict: record.None,
		},
		{ID: record.ImageLayers, Unit: record.UnitCount, Direction: record.Lower, Base: &zero, Head: &three, Difference: &three, Verdict: record.None},
	}
	if d := cmp.Diff(want, s.Metrics); d != "" {
		t.Errorf("rows (-want +got):\n%s", d)
	}
	if s.Verdict != record.None {
		t.Errorf("verdict %s without a budget", s.Verdict)
	}
	encodes(t, s)
}
