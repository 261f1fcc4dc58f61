package cost

import (
	"fmt"
	"math"
	"strconv"

	"github.com/plimsoll-ci/plimsoll/internal/config"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// fromNone is for a platform that stops the last replica, too: none stay where
// nobody asked for a minimum.
func fromNone(c config.Cost) config.Cost {
	if c.Replicas.MinAssumed {
		c.Replicas.Min = 0
	}
	return c
}

// phase is a part of the month with a steady rate of requests.
type phase struct {
	seconds float64 // a month
	rate    float64 // requests a second
	quiet   float64 // part of the time in which so long no request came that the last replica is stopped
}

// phases are the peak hours of a month, and the others with what is left for
// them. A replica stays for so many seconds without requests.
func (d *demand) phases(hours, keeps float64) [2]phase {
	day, month := d.PeakHours/24, hours*3600
	off := 0.0
	if rest := d.Average - day*d.Peak; rest > d.Average*1e-9 && day < 1 { // not the last bits of a product
		off = rest / (1 - day)
	}
	return [2]phase{{day * month, d.Peak, math.Exp(-d.Peak * keeps)}, {(1 - day) * month, off, math.Exp(-off * keeps)}}
}

// rises reports whether the peak hours have more traffic than the others, but
// not because of the last bits of a division.
func rises(phases [2]phase) bool {
	return phases[1].seconds > 0 && phases[0].rate > phases[1].rate*(1+1e-9)
}

// work is what one request, start or run takes, where CPU was to be had.
type work struct{ seconds, cpu float64 }

func (d *demand) request() work { return work{d.Latency, d.CPURequest} }
func (d *demand) start() work   { return work{d.StartupReady, d.StartupCPU} }
func (d *demand) run() work     { return work{d.RunSeconds, d.RunCPU} }

// waits is the time in which no CPU is used.
func (w work) waits() float64 { return max(0, w.seconds-w.cpu) }

// threads is how many cores it keeps busy: more than one where it took less time
// than CPU time, one where its time was not measured.
func (w work) threads() float64 {
	if w.seconds == 0 {
		return 1
	}
	return max(1, w.cpu/w.seconds)
}

// on is the time it takes with so many cores: what waits does so as long as it
// did, what computes takes longer with fewer cores than it can use.
func (w work) on(cores float64) float64 { return w.waits() + w.cpu/min(cores, w.threads()) }

// atSpeed is the time it takes on cores that are so many times as fast.
func (w work) atSpeed(speed float64) float64 { return w.waits() + (w.seconds-w.waits())/speed }

// instances is how many replicas an autoscaler keeps that looks at CPU and at the
// requests under way, so many of which it gives to each: none without requests,
// where there is no minimum.
func (d *demand) instances(rate float64, s share, takes, slots float64) float64 {
	if rate == 0 {
		return float64(d.Min)
	}
	return d.within(max(1, d.wanted(rate, s), ceil(rate*takes/slots)))
}

// alive is for how many instance-seconds a phase has replicas. The last one is
// stopped while it is quiet; what the minimum asks for stays for good.
func (d *demand) alive(p phase, n float64) float64 {
	if d.Min > 0 || n == 0 {
		return n * p.seconds
	}
	return p.seconds * (n - p.quiet)
}

// pauses is how often in a phase a request finds no replica left. It is the one
// count that falls as traffic grows.
func (d *demand) pauses(p phase) float64 {
	if d.Min > 0 {
		return 0
	}
	return p.seconds * p.rate * p.quiet
}

// starts is how often a replica is started: all of them with each deploy, and
// those beyond the minimum for the peak of each day, or more where that is said.
func (d *demand) starts(hours, average, peak float64, phases [2]phase) float64 {
	scaled := 0.0
	if rises(phases) {
		scaled = hours / 24 * max(0, peak-float64(d.Min))
	}
	return d.Deploys*max(1, average) + max(scaled, d.ScaleOuts)
}

// floor is what an allocation must have: cores and MiB, declared or measured.
// Memory is a hard limit on platforms without requests, so a limit counts.
func (d *demand) floor() (cores, memoryMiB float64) {
	return d.Declared.cores(), max(d.memoryMiB(), ceil(float64(d.Declared.Limit.Memory)/mebibyte))
}

// rate is the price of an allocation's time.
type rate struct{ cpu, ram Price }

// wanted are the figures of a rate.
func (r *rate) wanted(key string) []wanted {
	return []wanted{{key + ".vcpu_second", &r.cpu}, {key + ".gb_second", &r.ram}}
}

// second is what an allocation costs a second, in USD.
func (r *rate) second(vcpu, memoryMiB float64) float64 {
	return vcpu*r.cpu.Value + memoryMiB/1024*r.ram.Value
}

// words are the price of an allocation's second, where somebody reads them.
func (b *bill) words(r rate, vcpu, memoryMiB float64) string {
	if b.terse {
		return ""
	}
	return fmt.Sprintf("(%s vCPU x $%s + %s GiB x $%s)", short(vcpu), exact(r.cpu.Value), short(memoryMiB/1024), exact(r.ram.Value))
}

// exact writes a price as the book has it.
func exact(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// perMillion bills requests.
func (b *bill) perMillion(requests float64, p Price) {
	b.add("requests", requests/1e6*p.Value, "%s million x $%s", short(requests/1e6), exact(p.Value))
}

// frozen tells of work that stops where only requests are given CPU.
func (d demand) frozen(where string) []string {
	const busy = 0.01 // cores; less is what a runtime does for itself
	if d.CPUIdle < busy {
		return nil
	}
	return []string{fmt.Sprintf("idle, this service uses %s cores; %s gives it none between requests, so what it does there stands still", short(d.CPUIdle), where)}
}

// unmeasured tells that requests are timed by their CPU alone.
func (d demand) unmeasured() []string {
	if d.Latency > 0 {
		return nil
	}
	return []string{"latency was not measured: a request is taken to last as long as its CPU time"}
}

// openImport finds the prices of a registry for a platform that copies the image
// itself with every deploy: free of charge from the provider's own, else over the
// internet.
func openImport(b *Book, provider string, c config.Cost) (registry, error) {
	c.Network = "internet"
	if kind := c.Registry.Kind; kind == "" || storehouses[kind].provider == provider {
		c.Network = "same-region"
	}
	return openRegistry(b, provider, c)
}

// imported bills keeping the image, and its copies.
func (r registry) imported(b *bill, d demand) {
	r.keep(b, d)
	gb := float64(d.Compressed) / gigabyte
	for _, p := range r.path {
		b.add("image imports", d.Deploys*gb*p.Value, "%s deploys x %s GB x $%s %s", short(d.Deploys), short(gb), short(p.Value), r.way)
	}
}

func size(vcpu, memoryMiB float64) string {
	return fmt.Sprintf("%s vCPU and %s MiB", short(vcpu), short(memoryMiB))
}

// allocated is a bill for one kind of allocation, whose request is its limit.
func (d demand) allocated(vcpu, memoryMiB, replicas float64) bill {
	l := limits(vcpu, memoryMiB)
	return bill{terse: d.terse, request: l, limit: record.Limits{CPUs: l.CPUs, Memory: l.Memory}, replicas: replicas}
}
