package cost

import (
	"fmt"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// pod is one replica on a cluster's nodes. A node has one price, and there are
// three ways to say what part of it a pod costs:
//
//   - allocation: what it requests of CPU and of memory, each at its part of the
//     node's price, as OpenCost divides it;
//   - dominant: the part of the node that the scarcer of the two makes unusable
//     for others;
//   - dedicated: the whole nodes that the service takes when it has them for itself.
type pod struct {
	*kubernetes
	cpu       float64 // cores
	memoryMiB float64
}

// allocation is what a replica costs a month by its requests.
func (p pod) allocation() float64 {
	return p.hours * (p.cpu*p.kubernetes.cpu + p.memoryMiB/1024*p.ram)
}

// dominant is what it costs by the resource it takes most of.
func (p pod) dominant() float64 {
	_, part := p.part()
	return p.hours * p.node.Value * part
}

// part is the larger of the parts a pod takes of a node's CPU and memory.
func (p pod) part() (of string, part float64) {
	of, part = "CPU", p.cpu/p.room.cpu
	if m := p.memoryMiB / p.room.memoryMiB; m > part {
		of, part = "memory", m
	}
	return of, part
}

// dedicated is how many nodes the peak takes, with what a deploy adds to it.
func (p pod) dedicated(d demand, f fleet) float64 {
	return p.pool.nodes(f.peak+p.pool.extra(f.peak, d.Deploys), p.cpu, p.memoryMiB)
}

// replicaPrice is in the chosen view, and counts nodes the service has for itself.
func (p pod) replicaPrice(n int) (month float64, instances int) {
	nodes := p.pool.nodes(float64(n), p.cpu, p.memoryMiB)
	switch p.view {
	case "dedicated":
		month = nodes * p.hours * p.node.Value
	case "dominant":
		month = float64(n) * p.dominant()
	default:
		month = float64(n) * p.allocation()
	}
	return month, int(nodes)
}

func (p pod) addAllocation(b *bill, f fleet) {
	hours := f.wanted() * p.hours
	b.add("CPU", hours*p.cpu*p.kubernetes.cpu, "%s replicas x %s h x %s cores x $%s, of %s at $%s/h",
		short(f.wanted()), short(p.hours), short(p.cpu), short(p.kubernetes.cpu), p.node.Name, short(p.node.Value))
	b.add("memory", hours*p.memoryMiB/1024*p.ram, "%s replicas x %s h x %s GiB x $%s, of %s at $%s/h",
		short(f.wanted()), short(p.hours), short(p.memoryMiB/1024), short(p.ram), p.node.Name, short(p.node.Value))
}

func (p pod) addDominant(b *bill, f fleet) {
	of, part := p.part()
	b.add("share of nodes", f.wanted()*p.dominant(), "%s replicas x %s h x %s %% of the %s of %s at $%s/h",
		short(f.wanted()), short(p.hours), short(part*100), of, p.node.Name, short(p.node.Value))
}

func (p pod) addDedicated(b *bill, d demand, f fleet) {
	nodes := p.dedicated(d, f)
	fit, full := p.pool.fit(p.cpu, p.memoryMiB)
	b.add("nodes", nodes*p.hours*p.node.Value, "%s x %s h x $%s of %s: %s replicas at the peak and %s more during a deploy, %s to a node, whose %s is full first",
		short(nodes), short(p.hours), short(p.node.Value), p.node.Name, short(f.peak), short(p.pool.extra(f.peak, d.Deploys)), short(max(fit, 1)), full)
}

// views are the three amounts side by side, of the nodes alone.
func (p pod) views(d demand, f fleet) []record.CostView {
	of, part := p.part()
	average := f.average()
	nodes := bill{}
	p.addDedicated(&nodes, d, f)
	var all []record.CostView
	add := func(name string, amount float64, how string) {
		all = append(all, record.CostView{Name: name, Amount: amount, How: how})
	}
	add("allocation", average*p.allocation(), fmt.Sprintf("%s replicas x %s h x (%s cores x $%s + %s GiB x $%s)",
		short(average), short(p.hours), short(p.cpu), short(p.kubernetes.cpu), short(p.memoryMiB/1024), short(p.ram)))
	add("dominant", average*p.dominant(), fmt.Sprintf("%s replicas x %s h x %s %% of the %s of %s at $%s/h",
		short(average), short(p.hours), short(part*100), of, p.node.Name, short(p.node.Value)))
	add("dedicated", nodes.items[0].Amount, nodes.items[0].How)
	return all
}
