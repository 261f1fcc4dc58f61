package cost

import (
	"fmt"
	"slices"

	"github.com/plimsoll-ci/plimsoll/internal/config"
)

// fargate prices tasks of ECS and pods of EKS on Fargate: whole sizes out of a
// table, billed by the second from the start of the image pull. AWS calls the unit
// of memory GB, and its sizes are multiples of 1024 MiB.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-cpu-memory-error.html
type fargate struct {
	hours     float64 // a month
	cpu, ram  Price
	sizes     []taskSize
	most      taskSize // of each, in one size or another
	registry  registry
	systemMiB float64 // what Kubernetes takes of a pod's size
	cluster   *Price  // of the control plane, which services share
	what      string
}

func openFargate(b *Book, c config.Cost) (platform, config.Cost, error) {
	f := &fargate{hours: b.HoursPerMonth, what: "task"}
	c, err := f.open(b, c)
	return f, c, err
}

// openEKSFargate is Fargate with 256 MiB beside the request for what Kubernetes
// runs in each pod.
// https://docs.aws.amazon.com/eks/latest/userguide/fargate-pod-configuration.html
func openEKSFargate(b *Book, c config.Cost) (platform, config.Cost, error) {
	if c.Arch == "arm64" {
		return nil, c, errArmPods
	}
	f := &fargate{hours: b.HoursPerMonth, what: "pod", systemMiB: float64(b.tables.EKSFargate.System)}
	c, err := f.open(b, c)
	if err != nil {
		return nil, c, err
	}
	fee, err := b.price("aws.eks.cluster_hour", c.Region)
	f.cluster = &fee
	return f, c, err
}

// errArmPods follows https://docs.aws.amazon.com/eks/latest/userguide/fargate.html.
var errArmPods = fmt.Errorf("pods of EKS on Fargate run on amd64 alone; choose the platform fargate, or kubernetes with an Arm node, for arm64")

// open finds the prices of an architecture in a region.
func (f *fargate) open(b *Book, c config.Cost) (config.Cost, error) {
	key := "aws.fargate.linux." + archOf(c)
	c = b.settled(c, key+".vcpu_hour")
	err := b.read(c.Region, wanted{key + ".vcpu_hour", &f.cpu}, wanted{key + ".gb_hour", &f.ram})
	if err != nil {
		return c, err
	}
	f.sizes = slices.Clone(b.sizes)
	for i, s := range f.sizes {
		f.sizes[i].rate = s.vcpu*f.cpu.Value + s.memoryMiB/1024*f.ram.Value
		f.most.vcpu, f.most.memoryMiB = max(f.most.vcpu, s.vcpu), max(f.most.memoryMiB, s.memoryMiB)
	}
	f.registry, err = openRegistry(b, "aws", c)
	return c, err
}

// archOf is the architecture that is paid for, where prices know one.
func archOf(c config.Cost) string {
	if c.Arch == "" {
		return "amd64"
	}
	return c.Arch
}

func (f *fargate) prices() []Price {
	all := append([]Price{f.cpu, f.ram}, f.registry.prices()...)
	if f.cluster != nil {
		all = append(all, *f.cluster)
	}
	return all
}

func (f *fargate) bill(d demand) (bill, error) {
	size, err := f.choose(d)
	if err != nil {
		return bill{}, err
	}
	gb, one := size.memoryMiB/1024, d.share(size.vcpu)
	b := bill{terse: d.terse, request: limits(size.vcpu, size.memoryMiB-f.systemMiB), notes: d.overload(one)}
	b.limit = b.request
	month := f.hours * size.rate
	run := b.staff(d, one, eachBilled(month))
	b.add(f.what+"s", run.wanted()*month, "%s replicas x %s h x (%s vCPU x $%s + %s GB x $%s)",
		short(run.wanted()), short(f.hours), short(size.vcpu), short(f.cpu.Value), short(gb), short(f.ram.Value))
	b.beyond(d, run, one, month)
	if d.StartupReady > 0 {
		b.add("starts", d.Deploys*b.replicas*d.StartupReady/3600*size.rate, "%s deploys x %s replicas x %s s beside the %ss they replace",
			short(d.Deploys), short(b.replicas), short(d.StartupReady), f.what)
	}
	f.registry.add(&b, d, d.Compressed) // each starts on an empty machine
	if f.cluster != nil {
		b.notes = append(b.notes, clusterNote(f.hours, *f.cluster))
	}
	return b, nil
}

// clusterNote names the price of a control plane, which a service shares with all
// others of its cluster and which no image changes.
func clusterNote(hours float64, fee Price) string {
	return fmt.Sprintf("the cluster's own $%.2f a month is left out: its services share it", hours*fee.Value)
}

func (f *fargate) choose(d demand) (taskSize, error) {
	cpu, memory := d.size(f.most.vcpu).cores, d.memoryMiB()+f.systemMiB
	pulled := d.Deploys * f.registry.pull(d.Compressed)
	hours := f.hours + d.Deploys*d.StartupReady/3600
	size, ok := d.cheapest(slices.Values(f.sizes), cpu, memory, func(s taskSize, run fleet) float64 {
		return run.average() * (s.rate*hours + pulled)
	})
	if !ok {
		return taskSize{}, fmt.Errorf("no %s size has %s vCPU and %s MiB%s; the largest has %s vCPU and %s GB",
			f.what, short(cpu), short(memory), f.system(), short(f.most.vcpu), short(f.most.memoryMiB/1024))
	}
	return size, nil
}

func (f *fargate) system() string {
	if f.systemMiB == 0 {
		return ""
	}
	return fmt.Sprintf(", %s MiB of them for Kubernetes", short(f.systemMiB))
}
