package compare_test

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/plimsoll-ci/plimsoll/internal/compare"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// budget reads a ratio, a floor and a limit; NaN leaves a part out.
func budget(grow, floor, limit float64) record.Budget {
	var b record.Budget
	if !math.IsNaN(grow) {
		b.Grow = &grow
	}
	if !math.IsNaN(floor) {
		b.Floor = floor
	}
	if !math.IsNaN(limit) {
		b.Max = &limit
	}
	return b
}

var unset = math.NaN()

// columns are the values of each metric, boot by boot; NaN is a boot without one.
type columns map[record.MetricID][]float64

// booted makes a record with a warm-up and one trial for every row of the columns.
func booted(values columns) *record.Record {
	rec := &record.Record{Schema: record.RecordSchema, Image: "app", Trials: []record.Trial{{
		Pair: 0, Metrics: map[record.MetricID]float64{record.StartupReady: 1e6},
	}}}
	for id, column := range values {
		for i, v := range column {
			for len(rec.Trials) <= i+1 {
				rec.Trials = append(rec.Trials, record.Trial{Pair: i + 1, Metrics: map[record.MetricID]float64{}})
			}
			if !math.IsNaN(v) {
				rec.Trials[i+1].Metrics[id] = v
			}
		}
	}
	return rec
}

// about gives n values that lie within a spread around a centre, in an order that
// differs from seed to seed.
func about(centre, spread float64, n int, seed uint64) []float64 {
	values := make([]float64, n)
	for i, k := range rand.New(rand.NewPCG(seed, 9)).Perm(n) {
		values[i] = centre * (1 + spread*(2*float64(k)/float64(n-1)-1))
	}
	return values
}

// constant gives n equal values.
func constant(v float64, n int) []float64 {
	values := make([]float64, n)
	for i := range values {
		values[i] = v
	}
	return values
}

// judge compares two sets of boots under one budget and gives the metric's row.
func judge(t *testing.T, id record.MetricID, base, head []float64, b record.Budget) record.Change {
	t.Helper()
	return row(t, compare.Service(compare.Input{
		Base: booted(columns{id: base}), Head: booted(columns{id: head}),
		Budgets: map[record.MetricID]record.Budget{id: b},
	}), id)
}

func row(t *testing.T, s record.Service, id record.MetricID) record.Change {
	t.Helper()
	for _, r := range s.Metrics {
		if r.ID == id {
			return r
		}
	}
	t.Fatalf("no row for %s in %+v", id, s.Metrics)
	return record.Change{}
}

// encodes makes sure that JSON can carry the result and that no list in it is null.
func encodes(t *testing.T, s record.Service) {
	t.Helper()
	raw, err := json.Marshal(compare.Run([]record.Service{s}))
	if err != nil {
		t.Fatalf("encode: %v", err)
	}
	var c struct {
		Warnings []string
		Services []struct {
			Warnings, Metrics json.RawMessage
			Base, Head        struct{ Layers, Metrics, Warnings json.RawMessage }
		}
	}
	if err := json.Unmarshal(raw, &c); err != nil {
		t.Fatal(err)
	}
	if c.Warnings == nil {
		t.Error("the comparison's warnings are null")
	}
	got := c.Services[0]
	for _, list := range []json.RawMessage{got.Warnings, got.Metrics, got.Base.Layers, got.Base.Metrics, got.Base.Warnings, got.Head.Layers, got.Head.Metrics, got.Head.Warnings} {
		if string(list) == "null" {
			t.Errorf("a list is null in %s", raw)
		}
	}
}
