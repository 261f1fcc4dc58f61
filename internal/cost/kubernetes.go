package cost

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/plimsoll-ci/plimsoll/internal/config"
)

// kubernetes prices a service on a cluster's nodes, in one of the views of
// views.go.
type kubernetes struct {
	node     Node
	hours    float64 // a month
	cpu, ram float64 // USD per core and hour, per GiB and hour
	room     capacity
	pool     pool
	view     string
	registry registry
	largest  string // what else there is, in words
}

// capacity is what a node has for pods.
type capacity struct {
	cpu       float64 // cores
	memoryMiB float64
}

func openKubernetes(b *Book, c config.Cost) (platform, config.Cost, error) {
	if c.View == "" {
		c.View = config.Views[0]
	}
	if !slices.Contains(config.Views, c.View) {
		return nil, c, fmt.Errorf("unknown view %q, expected one of %s", c.View, strings.Join(config.Views, ", "))
	}
	c, node, err := b.machine(c)
	if err != nil {
		return nil, c, err
	}
	r, err := openRegistry(b, node.Provider(), c)
	if err != nil {
		return nil, c, err
	}
	k := &kubernetes{node: node, hours: b.HoursPerMonth, room: allocatable(node), view: c.View, registry: r, largest: b.largest(node, allocatable)}
	k.pool = newPool(node, k.room, b.tables.Cluster)
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
	p := pod{k, milli(one.cores), memory}
	if err := k.fits(p.cpu, memory); err != nil {
		return bill{}, err
	}
	b := bill{terse: d.terse, request: limits(p.cpu, memory), limit: d.limit(memory), notes: d.overload(one)}
	f := b.staff(d, one, p)
	switch k.view {
	case "dedicated":
		p.addDedicated(&b, d, f)
	case "dominant":
		p.addDominant(&b, f)
		b.beyond(d, f, one, p.dominant())
	default:
		p.addAllocation(&b, f)
		b.beyond(d, f, one, p.allocation())
	}
	k.registry.add(&b, d, d.Pull)
	return b, nil
}

// fits refuses a pod that no node of this shape can hold.
func (k *kubernetes) fits(cpu, memoryMiB float64) error {
	if cpu > k.room.cpu+1e-9 || memoryMiB > k.room.memoryMiB {
		return fmt.Errorf("a pod with %s cores and %s MiB does not fit on %s, which has %s cores and %s MiB for pods; %s",
			short(cpu), short(memoryMiB), k.node.Name, short(k.room.cpu), short(math.Floor(k.room.memoryMiB)), k.largest)
	}
	return nil
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
