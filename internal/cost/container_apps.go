package cost

import (
	"fmt"
	"math"
	"slices"

	"github.com/plimsoll-ci/plimsoll/internal/config"
)

// containerApps prices a service on the consumption plan of Azure Container Apps:
// fixed pairs of CPU and memory, billed by the second. A replica of the minimum
// that does nothing is billed as idle.
// https://learn.microsoft.com/azure/container-apps/billing
type containerApps struct {
	hours        float64 // a month
	rules        containerAppsRules
	active, idle rate
	requests     Price
	registry     registry
}

func openContainerApps(b *Book, c config.Cost) (platform, config.Cost, error) {
	const key = "azure.containerapps"
	c = fromNone(b.settled(c, key+".requests"))
	if c.Arch == "arm64" {
		return nil, c, fmt.Errorf("the platform has no arm64 machines; expected amd64")
	}
	a := &containerApps{hours: b.HoursPerMonth, rules: b.tables.ContainerApps}
	err := b.read(c.Region, append(slices.Concat(a.active.wanted(key+".active"), a.idle.wanted(key+".idle")), wanted{key + ".requests", &a.requests})...)
	if err != nil {
		return nil, c, err
	}
	a.registry, err = openImport(b, "azure", c)
	return a, c, err
}

func (a *containerApps) prices() []Price {
	return append([]Price{a.active.cpu, a.active.ram, a.idle.cpu, a.idle.ram, a.requests}, a.registry.prices()...)
}

// appPlan is what a service takes on replicas of one pair of CPU and memory.
type appPlan struct {
	vcpu, memoryMiB float64
	takes           float64 // seconds for a request
	replicas        float64 // on average
	active, idle    float64 // replica-seconds a month
	least           float64 // of active, if idleness is told to the instant
	could           float64 // of active, could be idle if not for idle CPU
	starts, pauses  float64 // starts a month, and those after pauses
	start           float64 // seconds of each
	month           float64 // USD, without the registry
}

func (a *containerApps) plan(d *demand, phases *[2]phase, vcpu float64) appPlan {
	p := appPlan{vcpu: vcpu, memoryMiB: vcpu * float64(a.rules.Ratio) * 1024, takes: d.request().on(vcpu), start: d.start().on(vcpu)}
	var peak float64
	for i, ph := range phases {
		n := d.instances(ph.rate, d.share(vcpu), p.takes, float64(a.rules.Concurrency))
		if i == 0 {
			peak = n
		}
		alive := d.alive(ph, n)
		p.replicas += alive / (a.hours * 3600)
		p.pauses += d.pauses(ph)
		p.spend(a, d, ph, n, alive)
	}
	p.starts = d.starts(a.hours, p.replicas, peak, *phases)
	p.month = (p.active+(p.starts+p.pauses)*p.start)*a.active.second(vcpu, p.memoryMiB) + p.idle*a.idle.second(vcpu, p.memoryMiB) +
		d.Average*a.hours*3600/1e6*a.requests.Value
	return p
}

// spend adds the replica-seconds of a phase. Idle is a replica of the minimum in
// a second without a request, if it uses less CPU than the bound. A request that
// starts within a second is taken to make all of it active; told to the instant,
// only its own time is.
func (p *appPlan) spend(a *containerApps, d *demand, ph phase, n, alive float64) {
	if n == 0 || n > float64(d.Min) {
		p.active += alive
		p.least += alive
		return
	}
	quiet := alive * math.Exp(-ph.rate/n*(p.takes+1))
	if d.CPUIdle >= float64(a.rules.IdleBelow) {
		p.could += quiet
		p.active += alive
		p.least += alive
		return
	}
	p.idle += quiet
	p.active += alive - quiet
	p.least -= alive * math.Expm1(-ph.rate/n*p.takes)
}

// choose takes the pair that costs least over the month and carries the peak
// with the most replicas there may be; the largest where none does.
func (a *containerApps) choose(d *demand) (appPlan, error) {
	cores, memory := d.floor()
	phases := d.phases(a.hours, float64(a.rules.Keeps))
	step, most, ratio := float64(a.rules.Step), float64(a.rules.Most), float64(a.rules.Ratio)*1024
	if cores > most || memory > most*ratio {
		return appPlan{}, fmt.Errorf("no replica has %s; the largest has %s", size(cores, memory), size(most, most*ratio))
	}
	var best appPlan
	for n := max(1, ceil(cores/step), ceil(memory/ratio/step)); n*step <= most; n++ {
		if !d.enough(d.share(n * step)) {
			continue
		}
		if p := a.plan(d, &phases, n*step); best.vcpu == 0 || p.month < best.month {
			best = p
		}
	}
	if best.vcpu == 0 {
		best = a.plan(d, &phases, most)
	}
	return best, nil
}

func (a *containerApps) bill(d demand) (bill, error) {
	p, err := a.choose(&d)
	if err != nil {
		return bill{}, err
	}
	b := d.allocated(p.vcpu, p.memoryMiB, p.replicas)
	second, each := a.active.second(p.vcpu, p.memoryMiB), b.words(a.active, p.vcpu, p.memoryMiB)
	b.add("active replicas", p.active*second, "%s replica-seconds x %s", short(p.active), each)
	if p.idle > 0 {
		b.add("idle replicas", p.idle*a.idle.second(p.vcpu, p.memoryMiB), "%s replica-seconds x %s", short(p.idle), b.words(a.idle, p.vcpu, p.memoryMiB))
	}
	b.perMillion(d.Average*a.hours*3600, a.requests)
	b.started(p.starts, p.start, second, each)
	b.resumed(p.pauses, p.start, second, each)
	a.registry.imported(&b, d)
	if !b.terse {
		b.notes = append(b.notes, a.notes(d, p)...)
	}
	return b, nil
}

func (a *containerApps) notes(d demand, p appPlan) []string {
	notes := d.unmeasured()
	saved := a.active.second(p.vcpu, p.memoryMiB) - a.idle.second(p.vcpu, p.memoryMiB)
	if p.could*saved >= 0.005 {
		notes = append(notes, fmt.Sprintf("idle, this service uses %s cores, which is not below %s: its replicas are never billed as idle, which would save $%.2f a month",
			short(d.CPUIdle), short(float64(a.rules.IdleBelow)), p.could*saved))
	}
	if less := (p.active - p.least) * saved; less >= 0.005 {
		notes = append(notes, fmt.Sprintf("a request makes all of its second active; if idleness is told to the instant, the month costs $%.2f less", less))
	}
	return append(notes, d.overbooked(d.share(p.vcpu), p.takes, float64(a.rules.Concurrency))...)
}
