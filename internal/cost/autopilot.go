package cost

import (
	"fmt"
	"iter"

	"github.com/plimsoll-ci/plimsoll/internal/config"
)

// autopilot prices pods of GKE Autopilot's general-purpose class by what they
// request. A request below the least, off the step or out of proportion is raised,
// and billed as raised.
// https://cloud.google.com/kubernetes-engine/docs/concepts/autopilot-resource-requests
type autopilot struct {
	hours    float64 // a month
	rules    autopilotRules
	cpu, ram Price
	storage  Price
	cluster  Price
	registry registry
}

func openAutopilot(b *Book, c config.Cost) (platform, config.Cost, error) {
	c = b.settled(c, "gce.autopilot.vcpu_hour")
	if c.Arch == "arm64" {
		return nil, c, fmt.Errorf("the price book has no Arm class of Autopilot; choose the platform kubernetes with an Arm node")
	}
	a := &autopilot{hours: b.HoursPerMonth, rules: b.tables.Autopilot}
	err := b.read(c.Region,
		wanted{"gce.autopilot.vcpu_hour", &a.cpu}, wanted{"gce.autopilot.gb_hour", &a.ram},
		wanted{"gce.autopilot.storage_gb_hour", &a.storage}, wanted{"gce.gke.cluster_hour", &a.cluster})
	if err != nil {
		return nil, c, err
	}
	a.registry, err = openRegistry(b, "gce", c)
	return a, c, err
}

func (a *autopilot) prices() []Price {
	return append([]Price{a.cpu, a.ram, a.storage, a.cluster}, a.registry.prices()...)
}

func (a *autopilot) bill(d demand) (bill, error) {
	size, err := a.choose(d)
	if err != nil {
		return bill{}, err
	}
	one := d.share(size.vcpu)
	b := bill{terse: d.terse, request: limits(size.vcpu, size.memoryMiB), limit: limits(size.vcpu, size.memoryMiB), notes: d.overload(one)}
	month := a.hours * size.rate
	run := b.staff(d, one, eachBilled(month))
	hours := run.wanted() * a.hours
	b.add("CPU", hours*size.vcpu*a.cpu.Value, "%s replicas x %s h x %s vCPU x $%s",
		short(run.wanted()), short(a.hours), short(size.vcpu), short(a.cpu.Value))
	b.add("memory", hours*size.memoryMiB/1024*a.ram.Value, "%s replicas x %s h x %s GiB x $%s",
		short(run.wanted()), short(a.hours), short(size.memoryMiB/1024), short(a.ram.Value))
	b.add("ephemeral storage", hours*float64(a.rules.Storage)*a.storage.Value, "%s replicas x %s h x the least of %s GiB x $%s",
		short(run.wanted()), short(a.hours), short(float64(a.rules.Storage)), short(a.storage.Value))
	b.beyond(d, run, one, month)
	a.registry.add(&b, d, d.Compressed) // a pod may start on a machine made for it
	b.notes = append(b.notes, clusterNote(a.hours, a.cluster))
	return b, nil
}

// rate is what a pod costs an hour.
func (a *autopilot) rate(s taskSize) float64 {
	return s.vcpu*a.cpu.Value + s.memoryMiB/1024*a.ram.Value + float64(a.rules.Storage)*a.storage.Value
}

func (a *autopilot) choose(d demand) (taskSize, error) {
	cpu, memory := d.size(float64(a.rules.MostVCPU)).cores, d.memoryMiB()
	pulled := d.Deploys * a.registry.pull(d.Compressed)
	size, ok := d.cheapest(a.sizes(cpu, memory), cpu, memory, func(s taskSize, run fleet) float64 {
		return run.average() * (s.rate*a.hours + pulled)
	})
	if !ok {
		return taskSize{}, fmt.Errorf("no pod of the general-purpose class has %s vCPU and %s MiB; the largest has %s vCPU and %s GiB, with at most %s GiB to a vCPU",
			short(cpu), short(memory), short(float64(a.rules.MostVCPU)), short(float64(a.rules.Most)/1024), short(float64(a.rules.MostRatio)))
	}
	return size, nil
}

// sizes are what pods with at least so much may request, by rising CPU: memory
// that is out of proportion to the CPU raises the one or the other.
func (a *autopilot) sizes(cpu, memoryMiB float64) iter.Seq[taskSize] {
	r := a.rules
	step := float64(r.StepVCPU)
	first := max(cpu, float64(r.LeastVCPU), memoryMiB/1024/float64(r.MostRatio))
	return func(yield func(taskSize) bool) {
		for n := ceil(first / step); n*step <= float64(r.MostVCPU)*(1+1e-12); n++ {
			vcpu := n * step
			size := taskSize{vcpu: vcpu, memoryMiB: ceil(max(memoryMiB, float64(r.Least), vcpu*1024*float64(r.LeastRatio)))}
			size.rate = a.rate(size)
			if size.memoryMiB > float64(r.Most) || !yield(size) {
				return
			}
		}
	}
}
