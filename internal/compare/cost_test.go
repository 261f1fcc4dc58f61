package compare_test

import (
	"errors"
	"maps"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/plimsoll-ci/plimsoll/internal/compare"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

const mib = 1 << 20

// perByte charges a dollar a MiB of memory and another a MiB of image.
func perByte(rec *record.Record, trial map[record.MetricID]float64) (float64, error) {
	return (trial[record.MemoryPeak] + rec.Metrics[record.ImageCompressed].Value) / mib, nil
}

// inSteps charges 50 dollars for every 256 MiB begun.
func inSteps(_ *record.Record, trial map[record.MetricID]float64) (float64, error) {
	return 50 * math.Ceil(trial[record.MemoryPeak]/(256*mib)), nil
}

func requests(rec *record.Record) (record.Estimate, error) {
	e := record.Estimate{Platform: "kubernetes", Region: "us-east-1", Replicas: 2}
	e.Request.Memory = 256 * mib
	if rec.Image == "head" {
		e.Request.Memory = 512 * mib
	}
	return e, nil
}

func TestCostVerdicts(t *testing.T) {
	steady := about(200*mib, 0.01, 12, 1)
	// Ten boots of head are a trifle above base's and above the step, two far below both: nothing to tell
	// memory apart by, yet the price rises in ten pairs and falls in none.
	below, around := constant(255.9*mib, 12), append(constant(150*mib, 2), constant(256.1*mib, 10)...)
	for _, c := range []struct {
		name       string
		base, head []float64 // memory.peak
		size       float64   // of head's image, base's has none
		price      func(*record.Record, map[record.MetricID]float64) (float64, error)
		budget     record.Budget
		want       record.Verdict
		note       string
	}{
		{"nothing changed", steady, about(200*mib, 0.01, 12, 2), 0, perByte, budget(0.05, 5, unset), record.Pass, ""},
		{"memory grew", steady, about(230*mib, 0.01, 12, 2), 0, perByte, budget(0.05, 5, unset), record.Fail, "over its budget of +5 % or +$5 (here +$9.98): +$30.4 [+$28.3, +$33.9] after 8 pairs"},
		{"memory grew by less than the floor", steady, about(230*mib, 0.01, 12, 2), 0, perByte, budget(0.05, 50, unset), record.Pass, ""},
		{"the image alone makes it dear", steady, about(200*mib, 0.01, 12, 2), 60 * mib, perByte, budget(0.05, 5, unset), record.Fail, "after 8 pairs"},
		{"memory grew over a step", below, constant(300*mib, 12), 0, inSteps, budget(0.05, 5, unset), record.Fail, "over its budget of +5 % or +$5: +$50 [+$50, +$50] after 8 pairs"},
		{"noise fell over a step", below, around, 0, inSteps, budget(0.05, 5, unset), record.Inconclusive, "crossed the billing step from 256 MiB to 512 MiB of memory, but no measured input changed"},
		{"over its limit", steady, about(230*mib, 0.01, 12, 2), 0, perByte, budget(unset, unset, 220), record.Fail, "over its limit of $220: $230 [$228, $232] after 8 pairs"},
		{"noise fell over a step and a limit", below, append(constant(150*mib, 1), constant(256.1*mib, 11)...), 0, inSteps, budget(unset, unset, 60), record.Inconclusive, "crossed the billing step"},
		{"memory grew over a step and a limit", below, constant(300*mib, 12), 0, inSteps, budget(unset, unset, 60), record.Fail, "over its limit of $60: $100 [$100, $100] after 8 pairs"},
		{"the image alone takes it over a limit", steady, about(200*mib, 0.01, 12, 2), 60 * mib, perByte, budget(unset, unset, 230), record.Fail, "over its limit of $230"},
		{"no prices", steady, steady, 0, nil, budget(0.05, 5, unset), record.Missing, "not measured"},
	} {
		t.Run(c.name, func(t *testing.T) {
			base, head := booted(columns{record.MemoryPeak: c.base}), booted(columns{record.MemoryPeak: c.head})
			base.Image, head.Image = "base", "head"
			head.Metrics = sizes{record.ImageCompressed: measured(c.size)}
			got := row(t, compare.Service(compare.Input{
				Base: base, Head: head, Price: c.price, Estimate: requests,
				Budgets: map[record.MetricID]record.Budget{record.CostMonth: c.budget},
			}), record.CostMonth)
			if got.Verdict != c.want || !strings.Contains(got.Note, c.note) || c.note == "" && got.Note != "" {
				t.Errorf("verdict %s, note %q; want %s, note %q", got.Verdict, got.Note, c.want, c.note)
			}
		})
	}
}

// growing is a service whose memory, and with it the price, grew by a quarter.
func growing() compare.Input {
	in := compare.Input{
		Base: booted(columns{record.MemoryPeak: about(200*mib, 0.01, 8, 1)}), Head: booted(columns{record.MemoryPeak: constant(250*mib, 8)}),
		Price: perByte, Estimate: requests,
	}
	in.Head.Image = "head"
	return in
}

func TestCostChange(t *testing.T) {
	s := compare.Service(growing())
	c := s.Cost
	if c == nil || c.Platform != "kubernetes" || c.Region != "us-east-1" || c.Currency != "USD" || c.Level != 0.98 {
		t.Fatalf("cost %+v", c)
	}
	for what, pair := range map[string][2]float64{
		"base": {c.Base, 200}, "head": {c.Head, 250}, "low": {c.Low, 49}, "high": {c.High, 51},
	} {
		if math.Abs(pair[0]-pair[1]) > 1 {
			t.Errorf("%s is %v, want about %v", what, pair[0], pair[1])
		}
	}
	if c.Was.Request.Memory != 256*mib || c.Detail.Request.Memory != 512*mib {
		t.Errorf("details: was %+v, is %+v", c.Was, c.Detail)
	}
	r := row(t, s, record.CostMonth)
	if d := cmp.Diff([]float64{c.Base, c.Head, c.Head - c.Base}, []float64{*r.Base, *r.Head, *r.Difference}); d != "" {
		t.Errorf("the row says other than the cost (-cost +row):\n%s", d)
	}
	if d := cmp.Diff(&record.Shift{Difference: c.Head - c.Base, Low: c.Low, High: c.High, Level: 0.98}, r.Shift); d != "" || r.Ratio != nil {
		t.Errorf("ratio %v, interval (-cost +row):\n%s", r.Ratio, d)
	}
}

// Every boot of head costs 9, and what it usually uses would cost 25, which no
// boot did.
func TestCostChangeThatNoPairSaw(t *testing.T) {
	var few, many []float64
	for i := range 12 {
		few, many = append(few, float64(1+8*(i%2))), append(many, float64(9-8*(i%2)))
	}
	ones := constant(1, 12)
	got := row(t, compare.Service(compare.Input{
		Base: booted(columns{record.MemoryPeak: ones, record.CPURequest: ones}), Head: booted(columns{record.MemoryPeak: few, record.CPURequest: many}),
		Price: func(_ *record.Record, trial map[record.MetricID]float64) (float64, error) {
			return trial[record.MemoryPeak] * trial[record.CPURequest], nil
		},
	}), record.CostMonth)
	if *got.Difference != 24 || got.Shift.Difference != 8 || got.Shift.Low != 8 || got.Shift.High != 8 {
		t.Errorf("difference %v, of the pairs %+v; want 24, and 8", *got.Difference, got.Shift)
	}
}

func TestCostChangeOfFewPairs(t *testing.T) {
	in := growing()
	in.Base.Trials, in.Head.Trials = in.Base.Trials[:4], in.Head.Trials[:4]
	if c := compare.Service(in).Cost; c.Level != 0 || c.Low != c.Head-c.Base || c.High != c.Low {
		t.Errorf("three pairs have no interval, got %+v", c)
	}
	in.Base.Trials, in.Head.Trials = nil, nil
	if s := compare.Service(in); s.Cost != nil || len(s.Warnings) != 0 {
		t.Errorf("nothing was measured, yet it is priced: %+v, warnings %q", s.Cost, s.Warnings)
	}
	in.Base.Metrics, in.Head.Metrics = sizes{record.MemoryPeak: measured(100 * mib)}, sizes{record.MemoryPeak: measured(120 * mib)}
	if c := compare.Service(in).Cost; c == nil || c.Base != 100 || c.Head != 120 {
		t.Errorf("records without trials: %+v", c)
	}
}

// A price that crossed a step is not explained by what nobody is billed for,
// and a step that the medians do not show is named by what stands next to it.
func TestWhatIsNotBilledExplainsNoStep(t *testing.T) {
	below, around := constant(255.9*mib, 12), append(constant(150*mib, 2), constant(256.1*mib, 10)...)
	base := booted(columns{record.MemoryPeak: below, record.MemoryIdle: constant(50*mib, 12)})
	head := booted(columns{record.MemoryPeak: around, record.MemoryIdle: constant(90*mib, 12)})
	row := row(t, compare.Service(compare.Input{
		Base: base, Head: head, Price: inSteps,
		Estimate: func(*record.Record) (record.Estimate, error) {
			return record.Estimate{Steps: []record.CostStep{
				{Input: record.CPURequest, Needs: 0.002, Room: 0.001, Next: 3},
				{Input: record.MemoryPeak, Needs: 256.1 * mib, Room: 200 * mib, Next: 50, Drop: 0.125 * mib, Saves: 50},
			}}, nil
		},
		Budgets: map[record.MetricID]record.Budget{record.CostMonth: budget(0.05, 5, unset)},
	}), record.CostMonth)
	if want := "crossed the billing step 128 KiB below the measured memory.peak, but no measured input changed"; row.Verdict != record.Inconclusive || !strings.Contains(row.Note, want) {
		t.Errorf("%s: %q", row.Verdict, row.Note)
	}
}

func TestRefinedIntervalIsShownAndNotJudged(t *testing.T) {
	in := growing()
	in.Budgets = map[record.MetricID]record.Budget{record.CostMonth: budget(0.05, 5, unset)}
	plain := compare.Service(in)
	in.Refine = func(c *record.CostChange, medians [2]map[record.MetricID]float64, pairs [2][]map[record.MetricID]float64) error {
		if len(pairs[0]) != 8 || len(pairs[1]) != 8 || medians[1][record.MemoryPeak] != 250*mib || c.Detail.Platform == "" {
			t.Errorf("asked about %d and %d boots, %v, of %+v", len(pairs[0]), len(pairs[1]), medians, c)
		}
		c.Low, c.High, c.Level = -500, 500, 0.9
		return nil
	}
	s := compare.Service(in)
	if s.Cost.Low != -500 || s.Cost.High != 500 || s.Cost.Level != 0.9 {
		t.Errorf("%+v", s.Cost)
	}
	if d := cmp.Diff(row(t, plain, record.CostMonth), row(t, s, record.CostMonth)); d != "" || s.Verdict != record.Fail {
		t.Errorf("verdict %s (-pairs +drawn):\n%s", s.Verdict, d)
	}
	in.Refine = func(c *record.CostChange, _ [2]map[record.MetricID]float64, _ [2][]map[record.MetricID]float64) error {
		c.Low = 0
		return errors.New("no dice")
	}
	s = compare.Service(in)
	if d := cmp.Diff(plain.Cost, s.Cost); d != "" || len(s.Warnings) != 1 || !strings.Contains(s.Warnings[0], "no dice") {
		t.Errorf("warnings %q (-pairs +failed):\n%s", s.Warnings, d)
	}
}

func TestWhatCannotBePricedIsSaid(t *testing.T) {
	in := compare.Input{
		Base: booted(columns{record.MemoryPeak: about(200*mib, 0.01, 8, 1)}), Head: booted(columns{record.MemoryPeak: about(200*mib, 0.01, 8, 2)}),
		Budgets: map[record.MetricID]record.Budget{record.CostMonth: budget(0.05, unset, unset)},
		Price: func(*record.Record, map[record.MetricID]float64) (float64, error) {
			return 0, errors.New("no price for aws/x9.large")
		},
	}
	s := compare.Service(in)
	if d := cmp.Diff([]string{"price base in pair 1: no price for aws/x9.large"}, s.Warnings); d != "" {
		t.Errorf("warnings (-want +got):\n%s", d)
	}
	if r := row(t, s, record.CostMonth); r.Verdict != record.Missing || s.Cost != nil {
		t.Errorf("row %+v, cost %+v", r, s.Cost)
	}

	in.Price = func(*record.Record, map[record.MetricID]float64) (float64, error) { return math.Inf(1), nil }
	s = compare.Service(in)
	if len(s.Warnings) != 1 || !strings.Contains(s.Warnings[0], "+Inf") {
		t.Errorf("an infinite price gives the warnings %q", s.Warnings)
	}
	encodes(t, s)

	in.Price = perByte
	in.Estimate = func(*record.Record) (record.Estimate, error) { return record.Estimate{}, errors.New("no traffic") }
	s = compare.Service(in)
	if len(s.Warnings) != 1 || !strings.HasPrefix(s.Warnings[0], "explain the price: no traffic") || s.Cost == nil {
		t.Errorf("without an explanation: cost %+v, warnings %q", s.Cost, s.Warnings)
	}
}

// Where base has no price there is no step to tell by: head is over its limit.
func TestALimitOfCostNeedsNoBase(t *testing.T) {
	in := growing()
	in.Budgets = map[record.MetricID]record.Budget{record.CostMonth: budget(unset, unset, 220)}
	in.Price = func(rec *record.Record, trial map[record.MetricID]float64) (float64, error) {
		if rec == in.Base {
			return 0, errors.New("no price")
		}
		return perByte(rec, trial)
	}
	in.Base = booted(columns{record.LoadP50: constant(0.1, 8)}) // no memory, of which a growth could explain the price
	if got := row(t, compare.Service(in), record.CostMonth); got.Verdict != record.Fail {
		t.Errorf("%s, note %q", got.Verdict, got.Note)
	}
}

// An image that answers nothing has no CPU time per request, and must not look
// cheaper for it.
func TestWhatOnlyOneSideIsBilledForHasNoPrice(t *testing.T) {
	perRequest := func(_ *record.Record, trial map[record.MetricID]float64) (float64, error) {
		return trial[record.MemoryPeak]/mib + 1e4*trial[record.CPURequest], nil
	}
	values := columns{record.MemoryPeak: about(200*mib, 0.01, 8, 1), record.CPURequest: about(0.01, 0.01, 8, 2), record.LoadP50: about(0.1, 0.1, 8, 3)}
	for _, c := range []struct {
		name    string
		silent  record.MetricID
		want    record.Verdict
		warning string
	}{
		{"billed for", record.CPURequest, record.Missing, "price head in pair 1: cpu.request was measured on base but not on head"},
		{"not billed for", record.LoadP50, record.Pass, ""},
	} {
		fewer := maps.Clone(values)
		delete(fewer, c.silent)
		in := compare.Input{
			Base: booted(values), Head: booted(fewer), Price: perRequest,
			Budgets: map[record.MetricID]record.Budget{record.CostMonth: budget(0.05, unset, unset)},
		}
		s := compare.Service(in)
		if got := row(t, s, record.CostMonth); got.Verdict != c.want || strings.Join(s.Warnings, "\n") != c.warning {
			t.Errorf("%s: %s (%s), warnings %q", c.name, got.Verdict, got.Note, s.Warnings)
		}
		if priced := s.Cost != nil; priced != (c.want == record.Pass) {
			t.Errorf("%s: cost %+v", c.name, s.Cost)
		}
		in.Head.Metrics = sizes{c.silent: measured(0.5)} // left from another machine
		if s := compare.Service(in); row(t, s, record.CostMonth).Verdict != c.want || (s.Cost != nil) != (c.want == record.Pass) {
			t.Errorf("%s, but for what the record carries: %s, cost %+v", c.name, s.Verdict, s.Cost)
		}
		in.Base, in.Head = in.Head, in.Base
		if got := row(t, compare.Service(in), record.CostMonth); got.Verdict != c.want {
			t.Errorf("%s, on base: %s (%s)", c.name, got.Verdict, got.Note)
		}
	}
}

// The step is named by the first thing in which the estimates differ.
func TestStepsAreNamed(t *testing.T) {
	in := compare.Input{
		Base:    booted(columns{record.MemoryPeak: constant(255.9*mib, 12)}),
		Head:    booted(columns{record.MemoryPeak: append(constant(150*mib, 2), constant(256.1*mib, 10)...)}),
		Budgets: map[record.MetricID]record.Budget{record.CostMonth: budget(0.05, 5, unset)},
		Price:   inSteps,
	}
	in.Head.Image = "head"
	for want, change := range map[string]func(*record.Estimate){
		"the billing step from 0.25 to 0.5 CPUs": func(e *record.Estimate) { e.Request.CPUs, e.Replicas = 0.5, 3 },
		"the step from 2 to 3 replicas":          func(e *record.Estimate) { e.Replicas = 3 },
		"crossed a billing step, but":            func(*record.Estimate) {},
	} {
		in.Estimate = func(rec *record.Record) (record.Estimate, error) {
			e := record.Estimate{Replicas: 2, Request: record.Limits{CPUs: 0.25}}
			if rec.Image == "head" {
				change(&e)
			}
			return e, nil
		}
		if got := row(t, compare.Service(in), record.CostMonth); got.Verdict != record.Inconclusive || !strings.Contains(got.Note, want) {
			t.Errorf("%s, note %q, want %q", got.Verdict, got.Note, want)
		}
	}
}
