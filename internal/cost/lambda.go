package cost

import (
	"fmt"
	"math"

	"github.com/plimsoll-ci/plimsoll/internal/config"
)

// lambda prices a service as a function of a container image. CPU comes with
// memory, so the memory is searched that costs least. The time of a start is
// billed too: for images it always was.
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
type lambda struct {
	hours    float64 // a month
	rules    lambdaRules
	seconds  []Price // per GB-second, by tier
	tiers    []tier
	requests Price
	registry registry
}

func openLambda(b *Book, c config.Cost) (platform, config.Cost, error) {
	c = fromNone(b.settled(c, "aws.lambda.requests"))
	l := &lambda{hours: b.HoursPerMonth, rules: b.tables.Lambda}
	upTo := l.rules.TiersAMD64
	if c.Arch == "arm64" {
		upTo = l.rules.TiersARM64
	}
	from := 0.0
	for i, to := range append(upTo[:len(upTo):len(upTo)], math.Inf(1)) {
		p, err := b.price(fmt.Sprintf("aws.lambda.%s.gb_second.%d", c.Arch, i+1), c.Region)
		if err != nil {
			return nil, c, err
		}
		l.seconds, l.tiers = append(l.seconds, p), append(l.tiers, tier{to - from, p.Value})
		from = to
	}
	var err error
	if l.requests, err = b.price("aws.lambda.requests", c.Region); err != nil {
		return nil, c, err
	}
	l.registry, err = openImport(b, "aws", c)
	return l, c, err
}

func (l *lambda) prices() []Price {
	return append(append(l.seconds[:len(l.seconds):len(l.seconds)], l.requests), l.registry.prices()...)
}

// function is one size of a function, and what it takes to answer.
type function struct {
	memoryMiB float64
	call      float64 // milliseconds, as they are billed
	calls     float64 // a month
	start     float64 // seconds, part of a call's time
	starts    float64 // a month
	gbSeconds float64
}

// at is what the traffic takes with so much memory. A call is rounded up by the
// millisecond with the start that came before it, if one did.
func (l *lambda) at(d *demand, phases *[2]phase, memoryMiB float64) function {
	share := memoryMiB / float64(l.rules.Core)
	takes := d.request().on(share)
	f := function{memoryMiB: memoryMiB, call: l.round(takes), calls: d.Average * l.hours * 3600, start: d.start().on(share)}
	// As many calls at a time as take the time, one environment each.
	f.starts = d.starts(l.hours, d.Average*takes, max(1, d.Peak*takes), *phases)
	f.gbSeconds = (f.calls*f.call/1000 + f.starts*f.start) * memoryMiB / 1024
	return f
}

// round is a call's time in milliseconds as it is billed, one step at least.
func (l *lambda) round(seconds float64) float64 {
	step := float64(l.rules.Round)
	return max(1, ceil(seconds*1000/step)) * step
}

// search finds the memory with the fewest GB-seconds, and the smallest such.
//
// More memory shortens what computes as it makes each second dearer, so only the
// waiting and the rounding differ: a call is cheapest just where it becomes a
// millisecond shorter. Those memories are tried in turn, until waiting alone makes
// what is larger dearer, or no more CPU can be used.
func (l *lambda) search(d *demand, phases *[2]phase) (function, error) {
	from, to, err := l.span(d)
	if err != nil {
		return function{}, err
	}
	w := d.request()
	best := l.at(d, phases, from)
	for m := from; m < to; {
		m = min(to, max(m+1, l.shorter(w, m)))
		if least := best.calls * (m*w.waits() + float64(l.rules.Core)*w.cpu) / 1024; least >= best.gbSeconds {
			break
		}
		if f := l.at(d, phases, m); f.gbSeconds < best.gbSeconds {
			best = f
		}
	}
	return best, nil
}

// shorter is the least memory, above one, with which a call is billed for a
// step less.
func (l *lambda) shorter(w work, memoryMiB float64) float64 {
	step := float64(l.rules.Round)
	target := (l.round(w.on(memoryMiB/float64(l.rules.Core)))-step)/1000 - w.waits()
	if target <= 0 {
		return math.Inf(1)
	}
	return ceil(w.cpu * float64(l.rules.Core) / target)
}

// span is the memory a function may have: what it needs and what makes a call
// short enough, up to where it has all the cores it can use.
func (l *lambda) span(d *demand) (from, to float64, err error) {
	cores, memory := d.floor()
	w, core, most := d.request(), float64(l.rules.Core), float64(l.rules.Most)
	from = max(float64(l.rules.Least), memory, ceil(cores*core))
	if from > most {
		return 0, 0, fmt.Errorf("no function has %s MiB; the largest has %s MiB with %s vCPU", short(from), short(most), short(most/core))
	}
	to = min(most, max(from, ceil(core*max(w.threads(), d.start().threads()))))
	longest := float64(l.rules.Longest)
	if slowest := w.on(to / core); slowest > longest {
		return 0, 0, fmt.Errorf("a call takes %s s with %s MiB; a function may run for %s s", short(slowest), short(to), short(longest))
	}
	if w.cpu > 0 && w.on(from/core) > longest {
		from = min(to, ceil(w.cpu*core/(longest-w.waits())))
	}
	return from, to, nil
}

func (l *lambda) bill(d demand) (bill, error) {
	phases := d.phases(l.hours, 0)
	f, err := l.search(&d, &phases)
	if err != nil {
		return bill{}, err
	}
	b := d.allocated(f.memoryMiB/float64(l.rules.Core), f.memoryMiB, d.Average*f.call/1000)
	perGBs := 0.0
	if f.gbSeconds > 0 {
		perGBs = tiered(f.gbSeconds, l.tiers...) / f.gbSeconds
	}
	gb := f.memoryMiB / 1024
	b.add("time of calls", f.calls*f.call/1000*gb*perGBs, "%s million calls x %s ms x %s GB x $%s", short(f.calls/1e6), short(f.call), short(gb), l.tariff(f, perGBs))
	b.perMillion(f.calls, l.requests)
	if f.starts*f.start > 0 {
		b.add("starts", f.starts*f.start*gb*perGBs, "%s starts for deploys and daily peaks x %s s x %s GB x $%s", short(f.starts), short(f.start), short(gb), l.tariff(f, perGBs))
	}
	l.registry.imported(&b, d)
	if !b.terse {
		b.notes = append(b.notes, l.notes(&d, &phases, f)...)
	}
	return b, nil
}

// tariff is the price of a GB-second, on average where several tiers are used.
func (l *lambda) tariff(f function, average float64) string {
	if f.gbSeconds <= l.tiers[0].upTo {
		return exact(l.tiers[0].rate)
	}
	return fmt.Sprintf("%.4g on average over the tiers", average)
}

func (l *lambda) notes(d *demand, phases *[2]phase, f function) []string {
	notes := append(d.unmeasured(), d.frozen("a function")...)
	core := float64(l.rules.Core)
	note := fmt.Sprintf("%s MiB cost the least; a call takes %s ms there", short(f.memoryMiB), short(f.call))
	if f.memoryMiB < core {
		whole := l.at(d, phases, core)
		more := tiered(whole.gbSeconds, l.tiers...) - tiered(f.gbSeconds, l.tiers...)
		note += fmt.Sprintf(", and %s ms with a whole core (%s MiB) for $%.2f a month more", short(whole.call), short(core), more)
	}
	notes = append(notes, note)
	if at := d.Peak * f.call / 1000; at > float64(l.rules.Quota) {
		notes = append(notes, fmt.Sprintf("the peak has %s calls at a time; an account starts with a quota of %d", short(ceil(at)), l.rules.Quota))
	}
	return notes
}
