package cost

import (
	"fmt"
	"iter"
	"math"
	"slices"

	"github.com/plimsoll-ci/plimsoll/internal/config"
)

// The two ways Cloud Run bills a service, as the configuration names them.
const (
	byRequest  = "request"
	byInstance = "instance"
)

// cloudRun prices a service on Cloud Run, billed by the time in which instances
// have requests, or by the time they live. Both are sized for themselves.
// https://cloud.google.com/run/docs/configuring/billing-settings
type cloudRun struct {
	hours    float64 // a month
	billing  string  // byRequest, byInstance, "" the cheaper
	rules    cloudRunRules
	request  rate
	instance rate
	idle     rate // of minimum instances without requests, billed by request
	requests Price
	registry registry
}

func openCloudRun(b *Book, c config.Cost) (platform, config.Cost, error) {
	c = fromNone(b.settled(c, "gce.run.requests"))
	r := &cloudRun{hours: b.HoursPerMonth, billing: c.Billing, rules: b.tables.CloudRun}
	if c.Arch == "arm64" {
		return nil, c, fmt.Errorf("the platform has no arm64 machines; expected amd64")
	}
	all := slices.Concat(r.request.wanted("gce.run.request"), r.instance.wanted("gce.run.instance"), r.idle.wanted("gce.run.idle"))
	err := b.read(c.Region, append(all, wanted{"gce.run.requests", &r.requests})...)
	if err != nil {
		return nil, c, err
	}
	r.registry, err = openImport(b, "gce", c)
	return r, c, err
}

func (c *cloudRun) prices() []Price {
	all := []Price{c.request.cpu, c.request.ram, c.requests, c.idle.cpu, c.idle.ram, c.instance.cpu, c.instance.ram}
	return append(all, c.registry.prices()...)
}

// runSize is an instance, and how many requests it takes at a time.
type runSize struct{ vcpu, memoryMiB, concurrency float64 }

// sizes are those with so many cores and so much memory at least: parts of a
// core first, where they are sold for it, then whole cores.
func (c *cloudRun) sizes(cores, memoryMiB float64, parts bool) iter.Seq[runSize] {
	return func(yield func(runSize) bool) {
		if parts && !c.parts(cores, memoryMiB, yield) {
			return
		}
		for _, r := range c.rules.Sizes {
			if float64(r.VCPU) < cores || float64(r.To) < memoryMiB {
				continue
			}
			if !yield(runSize{float64(r.VCPU), max(memoryMiB, float64(r.From)), float64(c.rules.Concurrency)}) {
				return
			}
		}
	}
}

// parts are the sizes below one core: with one request at a time, and billed by
// request only.
func (c *cloudRun) parts(cores, memoryMiB float64, yield func(runSize) bool) bool {
	for _, r := range c.rules.Parts {
		if float64(r.To) < memoryMiB {
			continue
		}
		step := float64(c.rules.Step)
		for n := math.Round(max(ceil(cores/step), float64(r.VCPU)/step)); n*step < 1-step/2; n++ {
			if !yield(runSize{n * step, max(memoryMiB, float64(r.From)), 1}) {
				return false
			}
		}
		break
	}
	return true
}

// runPlan is what a service takes on instances of one size.
type runPlan struct {
	by                  string
	size                runSize
	rate                *rate
	takes               float64 // seconds for a request
	billed, least, idle float64 // instance-seconds a month; least is what the kindest reading of the rounding bills
	instances           float64 // on average
	starts, pauses      float64 // starts a month, and those after pauses
	start               float64 // seconds that are billed of each
	month               float64 // USD, without the registry
}

func (c *cloudRun) plan(d *demand, phases *[2]phase, by string, s runSize) runPlan {
	p := runPlan{by: by, size: s, rate: &c.request, takes: d.request().on(s.vcpu), start: c.round(d.start().on(s.vcpu))}
	requests, idle := d.Average*c.hours*3600, c.idle.second(s.vcpu, s.memoryMiB)
	if by == byInstance {
		p.rate, requests, idle = &c.instance, 0, 0
	}
	var peak float64
	for i, ph := range phases {
		n := d.instances(ph.rate, d.share(s.vcpu), p.takes, c.slots(s))
		if i == 0 {
			peak = n
		}
		alive := d.alive(ph, n)
		p.instances += alive / (c.hours * 3600)
		p.pauses += d.pauses(ph)
		p.spend(c, ph, n, alive, float64(d.Min))
	}
	p.starts = d.starts(c.hours, p.instances, peak, *phases)
	p.month = (p.billed+(p.starts+p.pauses)*p.start)*p.rate.second(s.vcpu, s.memoryMiB) + p.idle*idle + requests/1e6*c.requests.Value
	return p
}

// slots is how many requests the autoscaler gives to an instance.
func (c *cloudRun) slots(s runSize) float64 { return s.concurrency * float64(c.rules.Target) }

// spend adds the instance-seconds that a phase is billed for.
func (p *runPlan) spend(c *cloudRun, ph phase, n, alive, least float64) {
	switch {
	case p.by == byInstance:
		p.billed += alive
		p.least += alive
	case n > 0:
		busy, least0 := p.busy(ph.rate/n, c.round(p.takes))
		p.billed += n * ph.seconds * busy
		p.least += n * ph.seconds * least0
		p.idle += least * ph.seconds * (1 - busy)
	}
}

// busy is the part of the time in which an instance has a request, when requests
// come to it at random at a rate and are billed for so long each: as much as
// there is where each request is rounded up by itself, and the least there can be
// where only a busy stretch is. Google does not say which it is.
//
// Requests that may run at once overlap, as in a queue with servers without end:
// their stretches cover 1 - exp(-rate x time). One at a time they follow each
// other; an instance is never billed for more time than passes. Rounded as a whole
// each stretch still covers the time of one request rounded up, and what comes
// after it lasts 1 / rate on average.
func (p *runPlan) busy(rate, billed float64) (most, least float64) {
	real, all := rate*p.takes, rate*billed
	if p.size.concurrency == 1 {
		return min(1, all), max(min(1, real), all/(1+all))
	}
	return -math.Expm1(-all), max(-math.Expm1(-real), all/(1+all))
}

// round is a time as it is billed.
func (c *cloudRun) round(seconds float64) float64 {
	step := float64(c.rules.Round)
	return ceil(seconds*1000/step) * step / 1000
}

// cheapest finds the size that costs least in one way of billing and carries the
// peak with the most instances there may be; the largest where none does.
func (c *cloudRun) cheapest(d *demand, phases *[2]phase, by string) (runPlan, error) {
	cores, memory := d.floor()
	w := d.request()
	var best, last runPlan
	for s := range c.sizes(cores, memory, by == byRequest) {
		last.size = s
		if s.concurrency == 1 && best.by != "" && c.alone(d, phases, w.on(s.vcpu), &s) >= best.month {
			continue // as most parts of a core are
		}
		if !c.carries(d, s) {
			continue
		}
		if p := c.plan(d, phases, by, s); best.by == "" || p.month < best.month {
			best = p
		}
	}
	switch {
	case best.by != "":
		return best, nil
	case last.size.vcpu > 0:
		return c.plan(d, phases, by, last.size), nil
	}
	return best, c.tooSmall(cores, memory)
}

// alone is what a month costs at least where an instance takes one request at a
// time: they are billed for their time rounded up, or for all the time of as many
// instances as are kept for them.
func (c *cloudRun) alone(d *demand, phases *[2]phase, takes float64, s *runSize) float64 {
	busy, billed, slots := 0.0, c.round(takes), c.slots(*s)
	for _, ph := range phases {
		busy += ph.seconds * min(ph.rate*billed, max(1, ceil(ph.rate*takes/slots)))
	}
	return busy*c.request.second(s.vcpu, s.memoryMiB) + d.Average*c.hours*3600/1e6*c.requests.Value
}

func (c *cloudRun) tooSmall(cores, memoryMiB float64) error {
	largest := c.rules.Sizes[len(c.rules.Sizes)-1]
	return fmt.Errorf("no instance has %s; the largest has %s", size(max(cores, 1), memoryMiB), size(float64(largest.VCPU), float64(c.rules.Most)))
}

// carries reports whether the size matters to carrying the peak, and does not.
// Whole cores all take the same number of requests, so that only their CPU counts.
func (c *cloudRun) carries(d *demand, s runSize) bool {
	if s.concurrency == 1 && ceil(d.Peak*d.request().on(s.vcpu)/c.slots(s)) > float64(d.Max) {
		return false
	}
	return d.enough(d.share(s.vcpu))
}
