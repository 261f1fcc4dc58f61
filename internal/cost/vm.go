package cost

import (
	"fmt"
	"math"

	"github.com/plimsoll-ci/plimsoll/internal/config"
)

// vm prices whole machines that run nothing but this service and their operating
// system. There are as many of them all month as the peak takes.
type vm struct {
	node     Node
	hours    float64 // a month
	room     capacity
	registry registry
	largest  string // what else there is, in words
}

// vmRules are what a machine's own system takes of it.
type vmRules struct {
	SystemVCPU decimal `yaml:"system_vcpu"`
	System     int     `yaml:"system_mib"`
}

func openVM(b *Book, c config.Cost) (platform, config.Cost, error) {
	c, node, err := b.machine(c)
	if err != nil {
		return nil, c, err
	}
	r, err := openRegistry(b, node.Provider(), c)
	if err != nil {
		return nil, c, err
	}
	system := b.tables.VM
	return &vm{node: node, hours: b.HoursPerMonth, registry: r, room: system.room(node), largest: b.largest(node, system.room)}, c, nil
}

// room is what a machine's system leaves of it.
func (r vmRules) room(n Node) capacity {
	return capacity{cpu: n.VCPU - float64(r.SystemVCPU), memoryMiB: n.MemoryMiB - float64(r.System)}
}

func (v *vm) prices() []Price { return append([]Price{v.node.Price}, v.registry.prices()...) }

func (v *vm) bill(d demand) (bill, error) {
	one, memory := d.size(v.room.cpu), d.memoryMiB()
	if one.cores > v.room.cpu+1e-9 || memory > v.room.memoryMiB {
		return bill{}, fmt.Errorf("a replica with %s cores and %s MiB does not fit on %s, which has %s cores and %s MiB beside its system; %s",
			short(one.cores), short(memory), v.node.Name, short(v.room.cpu), short(math.Floor(v.room.memoryMiB)), v.largest)
	}
	m := hosts{v, one.cores, memory}
	b := bill{terse: d.terse, request: limits(one.cores, memory), limit: d.limit(memory), notes: d.overload(one)}
	f := b.staff(d, one, m)
	n := m.count(f.peak)
	b.add("machines", n*v.hours*v.node.Value, "%s x %s h x $%s of %s: %s replicas at the peak, %s to a machine",
		short(n), short(v.hours), short(v.node.Value), v.node.Name, short(f.peak), short(m.fit()))
	v.registry.add(&b, d, d.Pull)
	return b, nil
}

// hosts are machines that hold replicas of one size.
type hosts struct {
	*vm
	cpu       float64 // cores
	memoryMiB float64
}

func (m hosts) fit() float64 {
	return max(1, min(floor(m.room.cpu/m.cpu), floor(m.room.memoryMiB/m.memoryMiB)))
}

func (m hosts) count(replicas float64) float64 { return ceil(replicas / m.fit()) }

func (m hosts) replicaPrice(n int) (month float64, instances int) {
	count := m.count(float64(n))
	return count * m.hours * m.node.Value, int(count)
}
