package cost

import (
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/plimsoll-ci/plimsoll/internal/config"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// Inputs are what is known of one image. Zero means not measured, except where
// a line says otherwise.
type Inputs struct {
	MemoryPeak record.Bytes
	Compressed record.Bytes // what the registry keeps and a cold machine pulls
	Unpacked   record.Bytes // its root file system

	// Pull is what a node that holds the other image of the comparison must
	// still fetch for this one. It is 0 when there is nothing to fetch; for a
	// fair difference both sides are asked about each other.
	Pull record.Bytes

	CPURequest   float64 // CPU seconds per request
	CPUIdle      float64 // cores
	StartupReady float64 // seconds
	StartupCPU   float64 // CPU seconds
	Latency      float64 // seconds that half of the requests take at most

	// RunSeconds and RunCPU, in seconds and CPU seconds, are of an image that is a
	// job: one that ends by itself. A job has a RunSeconds above zero.
	RunSeconds float64
	RunCPU     float64

	// Declared is what the user deploys with, where it is known.
	Declared Declared
}

// Model prices images on one platform under one traffic.
type Model struct {
	book     *Book
	cost     config.Cost
	platform platform
	caveats  []string
	now      time.Time
	ci       *ci // nil where builds are not priced
}

// NewModel sets up a model. What the configuration leaves open is chosen here: the
// platform's usual node and the region that is priced for it. Prices are
// called old as of now. The error lists what the book knows.
func NewModel(book *Book, c config.Cost, now time.Time) (*Model, error) {
	c = withDefaults(c)
	if err := check(c); err != nil {
		return nil, fmt.Errorf("price %s: %w", c.Platform, err)
	}
	open, err := find(c.Platform)
	if err != nil {
		return nil, err
	}
	p, c, err := open(book, c)
	if err != nil {
		return nil, fmt.Errorf("price %s: %w", c.Platform, err)
	}
	return &Model{book: book, cost: c, platform: p, now: now, caveats: book.caveats(p.prices(), now)}, nil
}

// prices are the figures the whole bill is made of.
func (m *Model) prices() []Price {
	if m.ci == nil {
		return m.platform.prices()
	}
	return append(m.platform.prices(), m.ci.prices...)
}

func withDefaults(c config.Cost) config.Cost {
	usual := config.Default("", "").Cost
	if c.Platform == "" {
		c.Platform = usual.Platform
	}
	if c.Traffic == (config.Traffic{}) {
		c.Traffic = usual.Traffic
	}
	if c.Replicas == (config.Replicas{}) {
		c.Replicas = usual.Replicas
	}
	if c.CoreSpeed.Ratio == 0 {
		c.CoreSpeed = usual.CoreSpeed
	}
	return c
}

// check refuses traffic and replicas that mean nothing. config reports the same
// with positions; here it guards what other callers put together.
func check(c config.Cost) error {
	t, r := c.Traffic, c.Replicas
	if !finite(t.Average, t.Peak, t.PeakHours, t.Deploys, t.ScaleOuts, t.NewNodes, t.Low.Average, t.Low.Peak, t.High.Average, t.High.Peak, r.TargetCPU, c.CoreSpeed.Ratio, c.CoreSpeed.Sigma) {
		return errors.New("traffic, replicas and core speed must be finite numbers, none below zero")
	}
	for _, at := range ends(t) {
		if at.Average == 0 || at.Peak < at.Average {
			return fmt.Errorf("traffic of %g/s on average and %g/s at peak, expected an average above zero and a peak not below it", at.Average, at.Peak)
		}
	}
	switch {
	case t.PeakHours > 24:
		return fmt.Errorf("%g peak hours a day, expected at most 24", t.PeakHours)
	case t.Ramp != nil && !finite(*t.Ramp):
		return fmt.Errorf("a ramp of %g requests/s each second, expected a finite number, not below zero", *t.Ramp)
	case r.Max < 1 || r.Min < least(c.Platform) || r.Max < r.Min:
		return fmt.Errorf("%d to %d replicas, expected at least %d and a maximum not below the minimum", r.Min, r.Max, max(1, least(c.Platform)))
	case r.TargetCPU == 0 || r.TargetCPU > 1:
		return fmt.Errorf("a CPU target of %g, expected a ratio above 0 and at most 1", r.TargetCPU)
	}
	return nil
}

// least is the smallest minimum of replicas that a platform can keep.
func least(platform string) int {
	if config.ScalesToNothing(platform) {
		return 0
	}
	return 1
}

// ends are the rates to be had: the likely ones, and those of a range.
func ends(t config.Traffic) []config.Rates {
	all := []config.Rates{{Average: t.Average, Peak: t.Peak}}
	if t.Low != t.High {
		all = append(all, t.Low, t.High)
	}
	return all
}

func finite(values ...float64) bool {
	for _, v := range values {
		if !(v >= 0) || math.IsInf(v, 0) {
			return false
		}
	}
	return true
}

// Estimate prices one image. Low and High of the amount equal its value: the
// spread comes from pricing many boots, by [Model.Spread].
func (m *Model) Estimate(in Inputs) (record.Estimate, error) {
	e, _, _, err := m.estimate(in)
	return e, err
}

func (m *Model) estimate(in Inputs) (record.Estimate, demand, bill, error) {
	d := m.demand(in)
	b, err := m.bill(d)
	if err != nil {
		return record.Estimate{}, d, b, err
	}
	total := b.total()
	e := record.Estimate{
		Platform: m.cost.Platform,
		Region:   m.cost.Region,
		Arch:     m.cost.Arch,
		Month:    record.Money{Value: total, Low: total, High: total},
		Replicas: b.replicas,
		Request:  b.request,
		Limit:    b.limit,
		Items:    b.items,
		Prices:   used(m.prices()),
		Book:     m.book.ID,
		Notes:    append(append(d.notes(), b.notes...), m.caveats...),
	}
	return e, d, b, nil
}

// beside adds what stands beside the amount where a platform runs replicas.
func (m *Model) beside(e *record.Estimate, d demand, b bill) {
	if b.each == nil {
		return
	}
	if v, ok := b.each.(interface {
		views(demand, fleet) []record.CostView
	}); ok {
		e.Views = v.views(d, b.fleet)
	}
	e.Density = density(d, b)
	decision := m.decide(d, b)
	e.Decision = &decision
}

// Explain is [Model.Estimate] with how the price hangs on what was measured: the
// steps on both sides of it, what a little more of each input costs, and where
// replicas run, what so many of them take and what to do about them. It prices
// the image a few hundred times.
func (m *Model) Explain(in Inputs) (record.Estimate, error) {
	e, d, b, err := m.estimate(in)
	if err != nil {
		return e, err
	}
	m.beside(&e, d, b)
	e.Steps = m.steps(in, e.Month.Value, e.Replicas)
	e.Sensitivity = m.sensitivity(in, e.Month.Value)
	e.ThreeYears = m.threeYears(in)
	return e, nil
}

// Month is the amount of [Model.Estimate] alone, and faster.
func (m *Model) Month(in Inputs) (float64, error) {
	d := m.demand(in)
	d.terse = true
	b, err := m.bill(d)
	return b.total(), err
}

// demand is an image under the model's traffic, on cores as fast as the platform's.
func (m *Model) demand(in Inputs) demand {
	return demand{Inputs: in.onCores(m.cost.CoreSpeed.Ratio), Traffic: m.cost.Traffic, Replicas: in.Declared.over(m.cost.Replicas),
		scaler: m.book.tables.Autoscaler}
}

func (m *Model) bill(d demand) (bill, error) {
	if err := d.check(); err != nil {
		return bill{}, fmt.Errorf("price %s: %w", m.cost.Platform, err)
	}
	b, err := m.sell(d)
	if err != nil {
		return bill{}, fmt.Errorf("price %s: %w", m.cost.Platform, err)
	}
	m.ci.add(&b)
	return b, nil
}
