package cost

import (
	"fmt"
	"math"

	"github.com/plimsoll-ci/plimsoll/internal/config"
)

// defaultNode is the node of a cluster nothing is said about.
const defaultNode = "aws/m7i.large"

// kubernetes prices a share of a cluster's nodes. The amount is the allocation
// view: what the requests take of a node's price, split between CPU and memory
// as OpenCost does. The dominant share, which counts what one resource strands
// of the other, is given as a note.
type kubernetes struct {
	node     Node
	hours    float64 // a month
	cpu, ram float64 // USD per core and hour, per GiB and hour
	room     capacity
	registry registry
}

// capacity is what a node has for pods.
type capacity struct {
	cpu       float64 // cores
	memoryMiB float64
}

func openKubernetes(b *Book, c config.Cost) (platform, config.Cost, error) {
	if c.Node == "" {
		c.Node = defaultNode
	}
	if c.Region == "" {
		c.Region = b.home(c.Node)
	}
	node, err := b.node(c.Node, c.Region)
	if err != nil {
		return nil, c, err
	}
	r, err := openRegistry(b, node.Provider(), c.Region)
	if err != nil {
		return nil, c, err
	}
	k := &kubernetes{node: node, hours: b.HoursPerMonth, room: allocatable(node), registry: r}
	k.cpu, k.ram = divide(node, b.tables.Split)
	return k, c, nil
}

// divide splits a node's price between its cores and its memory, in the
// proportion of the split's two prices.
// https://github.com/opencost/opencost/blob/develop/pkg/cloud/provider/csvprovider.go
func divide(n Node, s split) (perCore, perGiB float64) {
	ratio := float64(s.CPU / s.RAM)
	perGiB = n.Value / (n.VCPU*ratio + n.MemoryMiB/1024)
	return perGiB * ratio, perGiB
}

func (k *kubernetes) prices() []Price {
	return append([]Price{k.node.Price}, k.registry.prices()...)
}

func (k *kubernetes) bill(d demand) (bill, error) {
	one, memory := d.size(k.room.cpu), d.memoryMiB()
	cpu := milli(one.cores)
	if err := k.fits(cpu, memory); err != nil {
		return bill{}, err
	}
	b := bill{request: limits(cpu, memory), limit: d.limit(memory), replicas: d.average(one), notes: d.overload(one)}
	hours := b.replicas * k.hours
	b.add("CPU", hours*cpu*k.cpu, "%s replicas x %s h x %s cores x $%s, of %s at $%s/h",
		short(b.replicas), short(k.hours), short(cpu), short(k.cpu), k.node.Name, short(k.node.Value))
	b.add("memory", hours*memory/1024*k.ram, "%s replicas x %s h x %s GiB x $%s, of %s at $%s/h",
		short(b.replicas), short(k.hours), short(memory/1024), short(k.ram), k.node.Name, short(k.node.Value))
	b.notes = append(b.notes, k.dominant(hours, cpu, memory))
	k.registry.add(&b, d, d.Pull)
	return b, nil
}

// fits refuses a pod that no node of this shape can hold.
func (k *kubernetes) fits(cpu, memoryMiB float64) error {
	if cpu > k.room.cpu+1e-9 || memoryMiB > k.room.memoryMiB {
		return fmt.Errorf("a pod with %s cores and %s MiB does not fit on %s, which has %s cores and %s MiB for pods; choose a larger node",
			short(cpu), short(memoryMiB), k.node.Name, short(k.room.cpu), short(math.Floor(k.room.memoryMiB)))
	}
	return nil
}

// dominant is the price of the whole share of a node that the scarcer resource
// makes unusable for others.
func (k *kubernetes) dominant(hours, cpu, memoryMiB float64) string {
	name, share := "CPU", cpu/k.room.cpu
	if s := memoryMiB / k.room.memoryMiB; s > share {
		name, share = "memory", s
	}
	return fmt.Sprintf("by dominant share, %s with %.1f %% of a node, it would be $%.2f a month", name, share*100, hours*k.node.Value*share)
}

// allocatable is what is left of a node for pods once the system has its
// share.
func allocatable(n Node) capacity {
	c := capacity{cpu: n.VCPU - reservedCPU(n.VCPU)}
	if n.Provider() == "aws" {
		c.memoryMiB = awsMemory(n)
	} else {
		c.memoryMiB = n.MemoryMiB - reservedMemory(n.MemoryMiB) - evictionMiB
	}
	return c
}

// evictionMiB is kept free by the kubelet's hard eviction threshold.
const evictionMiB = 100

// reservedCPU is 6 % of the first core, 1 % of the second, half a percent of
// the next two and a quarter of the rest, on EKS, GKE and AKS alike.
// https://cloud.google.com/kubernetes-engine/docs/concepts/plan-node-sizes
func reservedCPU(cores float64) float64 {
	return tiered(cores, tier{1, 0.06}, tier{1, 0.01}, tier{2, 0.005}, tier{math.Inf(1), 0.0025})
}

// reservedMemory is what GKE and AKS keep of a node's memory.
// https://cloud.google.com/kubernetes-engine/docs/concepts/plan-node-sizes
func reservedMemory(mib float64) float64 {
	const gib = 1024
	return tiered(mib, tier{4 * gib, 0.25}, tier{4 * gib, 0.20}, tier{8 * gib, 0.10}, tier{112 * gib, 0.06}, tier{math.Inf(1), 0.02})
}

// awsMemory is what EKS leaves: the hypervisor takes 7.5 % (and 64 MiB on Arm),
// the kubelet 255 MiB and 11 MiB for each pod there can be.
// https://github.com/aws/karpenter-provider-aws/blob/main/pkg/providers/instancetype/types.go
func awsMemory(n Node) float64 {
	mib := n.MemoryMiB
	if n.Arch == "arm64" {
		mib -= 64
	}
	return mib - math.Ceil(mib*0.075) - float64(255+11*n.MaxPods) - evictionMiB
}

// tier is a rate that holds for so much of an amount.
type tier struct{ upTo, rate float64 }

func tiered(amount float64, tiers ...tier) float64 {
	sum := 0.0
	for _, t := range tiers {
		part := min(amount, t.upTo)
		sum += part * t.rate
		amount -= part
	}
	return sum
}
