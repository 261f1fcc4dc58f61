package app

import (
	"math"
	"testing"

	"github.com/plimsoll-ci/plimsoll/internal/compare"
	"github.com/plimsoll-ci/plimsoll/internal/config"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// measuredRecord is a record of eight boots whose memory wavers by a percent.
func measuredRecord(image string, memory, compressed float64) *record.Record {
	rec := &record.Record{Image: image, Metrics: map[record.MetricID]record.Measured{
		record.ImageCompressed: {Unit: record.UnitBytes, Value: compressed},
		record.MemoryPeak:      {Unit: record.UnitBytes, Value: memory},
		record.CPURequest:      {Unit: record.UnitCPUSeconds, Value: 0.002},
	}}
	for i := range 8 {
		noise := 1 + 0.01*float64(i%3-1)
		rec.Trials = append(rec.Trials, record.Trial{Pair: i + 1, Metrics: map[record.MetricID]float64{
			record.MemoryPeak: memory * noise, record.CPURequest: 0.002 * noise,
		}})
	}
	return rec
}

func pricedService(t *testing.T, base, head *record.Record) record.Service {
	t.Helper()
	model, err := newModel("", config.Default("", "").Cost)
	if err != nil {
		t.Fatal(err)
	}
	j := &job{model: model, plan: config.Default("", "")}
	s := compare.Service(j.input(j.plan.Services[0], [2]*record.Record{base, head}))
	if s.Cost == nil || len(s.Warnings) > 0 {
		t.Fatalf("cost %+v, warnings %q", s.Cost, s.Warnings)
	}
	return s
}

func TestTheShownIntervalIsDrawn(t *testing.T) {
	const mib = 1 << 20
	c := pricedService(t, measuredRecord("base", 170*mib, 50e6), measuredRecord("head", 200*mib, 60e6)).Cost
	d := c.Head - c.Base
	if c.Level != 0.9 || !(c.Low <= d && d <= c.High) || !(c.Low > 0) || c.Low == c.High {
		t.Errorf("%v in [%v, %v] at %v", d, c.Low, c.High, c.Level)
	}
	sum := 0.0
	for _, cause := range c.Causes {
		sum += cause.Amount
	}
	if len(c.Causes) != 2 || c.Causes[0].Input != record.MemoryPeak || math.Abs(sum-d) > 1e-9 {
		t.Errorf("causes of %v: %+v", d, c.Causes)
	}
	if m := c.Detail.Month; !(m.Low < m.Value && m.Value < m.High) || len(c.Detail.Sensitivity) == 0 {
		t.Errorf("month %+v, sensitivity %+v", m, c.Detail.Sensitivity)
	}
}

func TestAlikeImagesDifferByNothing(t *testing.T) {
	const mib = 1 << 20
	c := pricedService(t, measuredRecord("base", 170*mib, 50e6), measuredRecord("head", 170*mib, 50e6)).Cost
	if c.Low != 0 || c.High != 0 || c.Head != c.Base || len(c.Causes) != 0 {
		t.Errorf("%+v", c)
	}
}
