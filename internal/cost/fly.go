package cost

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/plimsoll-ci/plimsoll/internal/config"
)

// fly prices machines of Fly: a kind and number of cores with their memory, and
// more memory in steps. A machine that is stopped pays for its root file system.
// https://github.com/superfly/docs/blob/0137eed1/about/pricing.mdx
type fly struct {
	hours   float64      // a month
	markup  float64      // of the region, as a factor
	sizes   []taskSize   // their vcpu are the cores that may be used all the time
	names   []flyMachine // of the sizes
	memory  Price
	stopped Price
	cores   []Price
	most    taskSize
}

// flyMachine is how a size is called, and how its price comes about.
type flyMachine struct{ name, how string }

// flyPeriod is what the prices are of, in hours.
const flyPeriod = 30 * 24

func openFly(b *Book, c config.Cost) (platform, config.Cost, error) {
	c = b.settled(c, "fly.memory.gb_30d")
	if c.Arch == "arm64" {
		return nil, c, fmt.Errorf("machines of Fly are amd64; build the image for it, or choose another platform")
	}
	rules := b.tables.Fly
	markup, known := rules.Regions[c.Region]
	if !known {
		return nil, c, fmt.Errorf("no price for region %q; price book %s knows %s", c.Region, b.ID, strings.Join(slices.Sorted(maps.Keys(rules.Regions)), ", "))
	}
	f := &fly{hours: b.HoursPerMonth, markup: float64(markup)}
	home := b.home("fly.memory.gb_30d") // regions are priced by their markup
	if err := b.read(home, wanted{"fly.memory.gb_30d", &f.memory}, wanted{"fly.stopped.gb_30d", &f.stopped}); err != nil {
		return nil, c, err
	}
	for _, k := range rules.Kinds {
		core, err := b.price("fly."+k.Kind+".cpu_30d", home)
		if err != nil {
			return nil, c, err
		}
		f.cores = append(f.cores, core)
		f.addKind(k, core)
	}
	return f, c, nil
}

// addKind lists the machines of a kind.
func (f *fly) addKind(k flyKind, core Price) {
	for _, cores := range k.Cores {
		for mib := k.Included * cores; mib <= k.Most*cores; mib += k.Step {
			extra := float64(mib-k.Included*cores) / 1024
			s := taskSize{vcpu: float64(cores) * float64(k.Share), memoryMiB: float64(mib), nth: len(f.sizes)}
			s.rate = (float64(cores)*core.Value + extra*f.memory.Value) * f.markup / flyPeriod
			f.sizes = append(f.sizes, s)
			f.names = append(f.names, flyMachine{fmt.Sprintf("%s-cpu-%dx", k.Kind, cores),
				fmt.Sprintf("(%d x $%s + %s GB more x $%s)", cores, short(core.Value), short(extra), short(f.memory.Value))})
			f.most.vcpu, f.most.memoryMiB = max(f.most.vcpu, s.vcpu), max(f.most.memoryMiB, s.memoryMiB)
		}
	}
}

func (f *fly) prices() []Price { return append(slices.Clone(f.cores), f.memory, f.stopped) }

func (f *fly) bill(d demand) (bill, error) {
	size, err := f.choose(d)
	if err != nil {
		return bill{}, err
	}
	one := d.share(size.vcpu)
	b := bill{terse: d.terse, request: limits(size.vcpu, size.memoryMiB), limit: limits(size.vcpu, size.memoryMiB), notes: d.overload(one)}
	month, machine := f.hours*size.rate, f.names[size.nth]
	run := b.staff(d, one, eachBilled(month))
	b.add("machines", run.wanted()*month, "%s replicas x %s of %s with %s MiB for 30 days, x %s h / %d h x %s for the region",
		short(run.wanted()), machine.how, machine.name, short(size.memoryMiB), short(f.hours), flyPeriod, short(f.markup))
	b.beyond(d, run, one, month)
	if gb := float64(d.Unpacked) / gigabyte; gb > 0 {
		idle := run.peak - b.replicas
		b.add("stopped machines", idle*gb*f.stopped.Value*f.markup*f.hours/flyPeriod, "%s replicas of the peak's %s, stopped, x %s GB unpacked x $%s for 30 days",
			short(idle), short(run.peak), short(gb), short(f.stopped.Value))
	}
	b.notes = append(b.notes, "the registry and its transfer come with the platform")
	return b, nil
}

// choose takes the machine that is cheapest over the month. Of a shared core only
// its lasting part counts: bursts are not to be relied on.
func (f *fly) choose(d demand) (taskSize, error) {
	cpu, memory := d.size(f.most.vcpu).cores, d.memoryMiB()
	stopped := float64(d.Unpacked) / gigabyte * f.stopped.Value * f.markup / flyPeriod
	size, ok := d.cheapest(slices.Values(f.sizes), cpu, memory, func(s taskSize, run fleet) float64 {
		return f.hours * (run.average()*s.rate + (run.peak-run.average())*stopped)
	})
	if !ok {
		return taskSize{}, fmt.Errorf("no machine has %s cores and %s MiB; the largest has %s cores and %s GiB",
			short(cpu), short(memory), short(f.most.vcpu), short(f.most.memoryMiB/1024))
	}
	return size, nil
}
