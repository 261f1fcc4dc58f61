package cost

import (
	"fmt"

	"github.com/plimsoll-ci/plimsoll/internal/config"
)

// The prices of Fargate.
const (
	fargateVCPU   = "aws.fargate.linux.amd64.vcpu_hour"
	fargateMemory = "aws.fargate.linux.amd64.gb_hour"
)

// fargate prices ECS tasks: whole sizes out of a table, billed by the second
// from the start of the image pull. AWS calls the unit of memory GB, and its
// sizes are multiples of 1024 MiB.
type fargate struct {
	hours    float64 // a month
	cpu, ram Price
	sizes    []taskSize
	registry registry
	mostVCPU float64
	mostGiB  float64
}

func openFargate(b *Book, c config.Cost) (platform, config.Cost, error) {
	if c.Region == "" {
		c.Region = b.home(fargateVCPU)
	}
	f := &fargate{hours: b.HoursPerMonth, sizes: b.sizes}
	var err error
	if f.cpu, err = b.price(fargateVCPU, c.Region); err != nil {
		return nil, c, err
	}
	if f.ram, err = b.price(fargateMemory, c.Region); err != nil {
		return nil, c, err
	}
	if f.registry, err = openRegistry(b, "aws", c); err != nil {
		return nil, c, err
	}
	for _, s := range f.sizes {
		f.mostVCPU, f.mostGiB = max(f.mostVCPU, s.vcpu), max(f.mostGiB, s.memoryMiB/1024)
	}
	return f, c, nil
}

func (f *fargate) prices() []Price { return append([]Price{f.cpu, f.ram}, f.registry.prices()...) }

func (f *fargate) bill(d demand) (bill, error) {
	size, err := f.choose(d)
	if err != nil {
		return bill{}, err
	}
	gb, one := size.memoryMiB/1024, d.share(size.vcpu)
	b := bill{terse: d.terse, request: limits(size.vcpu, size.memoryMiB), notes: d.overload(one)}
	b.limit = b.request
	month := f.hours * f.rate(size)
	run := b.staff(d, one, eachBilled(month))
	b.add("tasks", run.wanted()*month, "%s replicas x %s h x (%s vCPU x $%s + %s GB x $%s)",
		short(run.wanted()), short(f.hours), short(size.vcpu), short(f.cpu.Value), short(gb), short(f.ram.Value))
	b.beyond(d, run, one, month)
	if d.StartupReady > 0 {
		b.add("starts", d.Deploys*b.replicas*d.StartupReady/3600*f.rate(size), "%s deploys x %s replicas x %s s beside the tasks they replace",
			short(d.Deploys), short(b.replicas), short(d.StartupReady))
	}
	f.registry.add(&b, d, d.Compressed) // a task starts on an empty machine
	return b, nil
}

// rate is what a task of a size costs an hour.
func (f *fargate) rate(s taskSize) float64 { return s.vcpu*f.cpu.Value + s.memoryMiB/1024*f.ram.Value }

// choose takes the size that is cheapest over the month and big enough for one
// replica: a larger task may pay when fewer of them carry the traffic. Declared
// CPUs fix the task's, as a deployment would.
func (f *fargate) choose(d demand) (taskSize, error) {
	cpu, memory := d.size(f.mostVCPU).cores, d.memoryMiB()
	var best, largest taskSize
	lowest := 0.0
	for _, s := range f.sizes {
		if s.vcpu < cpu*(1-1e-12) || s.memoryMiB < memory { // not for the last bit of a product
			continue
		}
		amount := f.rate(s)
		if d.Declared.cores() == 0 {
			amount *= d.average(d.share(s.vcpu))
		}
		if d.Declared.cores() > 0 || d.enough(d.share(s.vcpu)) {
			if best == (taskSize{}) || amount < lowest {
				best, lowest = s, amount
			}
		}
		if s.vcpu > largest.vcpu {
			largest = s
		}
	}
	switch {
	case best != (taskSize{}):
		return best, nil
	case largest != (taskSize{}):
		return largest, nil // the maximum of replicas does not carry the peak; overload says so
	}
	return taskSize{}, fmt.Errorf("no task size has %s vCPU and %s MiB; the largest has %s vCPU and %s GB", short(cpu), short(memory), short(f.mostVCPU), short(f.mostGiB))
}
