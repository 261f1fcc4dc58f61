package cost

import (
	"fmt"
	"math"
)

// bill takes the cheaper way, or the one that is asked for, and says what the
// other would cost.
func (c *cloudRun) bill(d demand) (bill, error) {
	phases := d.phases(c.hours, float64(c.rules.Keeps))
	taken, err := c.cheapest(&d, &phases, byRequest)
	if err != nil {
		return bill{}, err
	}
	other, err := c.cheapest(&d, &phases, byInstance)
	if err != nil {
		return bill{}, err
	}
	if c.billing == byInstance || c.billing == "" && other.month < taken.month {
		taken, other = other, taken
	}
	b := d.allocated(taken.size.vcpu, taken.size.memoryMiB, taken.instances)
	c.itemise(&b, d, taken)
	c.registry.imported(&b, d)
	if b.terse {
		return b, nil
	}
	b.notes = append(b.notes, c.compared(taken, other))
	b.notes = append(b.notes, c.caveats(d, taken)...)
	return b, nil
}

func (c *cloudRun) itemise(b *bill, d demand, p runPlan) {
	s, second := p.size, p.rate.second(p.size.vcpu, p.size.memoryMiB)
	each := b.words(*p.rate, s.vcpu, s.memoryMiB)
	if p.by == byInstance {
		b.add("instances", p.billed*second, "%s instances x %s h x 3600 x %s", short(p.instances), short(c.hours), each)
	} else {
		b.add("time with requests", p.billed*second, "%s instance-seconds x %s, a request of %s ms billed as %s ms",
			short(p.billed), each, short(p.takes*1000), short(c.round(p.takes)*1000))
		b.perMillion(d.Average*c.hours*3600, c.requests)
	}
	if p.idle > 0 && p.by == byRequest {
		b.add("minimum instances, idle", p.idle*c.idle.second(s.vcpu, s.memoryMiB), "%s instance-seconds x %s", short(p.idle), b.words(c.idle, s.vcpu, s.memoryMiB))
	}
	b.started(p.starts, p.start, second, each)
	b.resumed(p.pauses, p.start, second, each)
}

// started bills the seconds of starts that come with deploys and with the peak
// of each day.
func (b *bill) started(starts, seconds, second float64, each string) {
	if starts*seconds > 0 {
		b.add("starts", starts*seconds*second, "%s starts for deploys and daily peaks x %s s x %s", short(starts), short(seconds), each)
	}
}

// resumed bills those after pauses in which the last replica was stopped. Of
// these, more traffic leaves fewer.
func (b *bill) resumed(pauses, seconds, second float64, each string) {
	if pauses*seconds > 0 {
		b.add("starts after pauses", pauses*seconds*second, "%s starts x %s s x %s", short(pauses), short(seconds), each)
	}
}

func (c *cloudRun) compared(taken, other runPlan) string {
	verb := "is the cheaper"
	if c.billing != "" {
		verb = "was asked for"
	}
	return fmt.Sprintf("%s-based billing %s: $%.2f a month on %s; %s-based it would be $%.2f on %s",
		taken.by, verb, taken.month, size(taken.size.vcpu, taken.size.memoryMiB), other.by, other.month, size(other.size.vcpu, other.size.memoryMiB))
}

// caveats say what the plan leaves open.
func (c *cloudRun) caveats(d demand, p runPlan) []string {
	notes := d.unmeasured()
	if p.by == byRequest {
		notes = append(notes, d.frozen("request-based billing")...)
	}
	if less := (p.billed - p.least) * p.rate.second(p.size.vcpu, p.size.memoryMiB); less >= 0.005 {
		notes = append(notes, fmt.Sprintf("a request of %s ms is billed as %s ms; if only stretches of requests are rounded up, the month costs as little as $%.2f less",
			short(p.takes*1000), short(c.round(p.takes)*1000), less))
	}
	if p.size.concurrency == 1 {
		notes = append(notes, "below 1 vCPU an instance takes one request at a time")
	}
	return append(notes, d.overbooked(d.share(p.size.vcpu), p.takes, c.slots(p.size))...)
}

// overbooked says where the maximum of instances does not carry the peak.
func (d demand) overbooked(s share, takes, slots float64) []string {
	if !d.enough(s) {
		return d.overload(s)
	}
	if wanted := ceil(d.Peak * takes / slots); wanted > float64(d.Max) && !math.IsInf(wanted, 1) {
		return []string{fmt.Sprintf("the peak of %s/s has %s requests under way and wants %.0f instances, the maximum is %d: the price is too low and the service too slow",
			short(d.Peak), short(d.Peak*takes), wanted, d.Max)}
	}
	return nil
}
