package cost

import (
	"fmt"
	"math"

	"github.com/plimsoll-ci/plimsoll/internal/config"
)

// defaultNode is the machine where nothing is said of it.
const defaultNode = "aws/m7i.large"

// usualNodes are the machines where nothing but the architecture is said.
var usualNodes = map[string]string{"": defaultNode, "amd64": defaultNode, "arm64": "aws/m7g.large"}

// machine settles on a node and a region. An image does not run on a machine of
// another architecture.
func (b *Book) machine(c config.Cost) (config.Cost, Node, error) {
	if c.Node == "" {
		c.Node = usualNodes[c.Arch]
	}
	if c.Region == "" {
		c.Region = b.home(c.Node)
	}
	node, err := b.node(c.Node, c.Region)
	if err != nil {
		return c, node, err
	}
	if c.Arch != "" && c.Arch != node.Arch {
		return c, node, fmt.Errorf("node %s is %s, and what it is to run is %s; choose a node such as %s", node.Name, node.Arch, c.Arch, usualNodes[c.Arch])
	}
	c.Arch = node.Arch
	return c, node, nil
}

// largest says which machine to choose where one like n, of its provider, region
// and architecture, is too small: the one with the most memory, and of those the
// one with the most cores.
func (b *Book) largest(n Node, room func(Node) capacity) string {
	most := n
	for _, other := range b.nodes {
		if other.Provider() != n.Provider() || other.Region != n.Region || other.Arch != n.Arch {
			continue
		}
		if other.MemoryMiB > most.MemoryMiB || other.MemoryMiB == most.MemoryMiB && other.VCPU > most.VCPU {
			most = other
		}
	}
	if most.Name == n.Name {
		return fmt.Sprintf("the price book has no larger %s node in %s; add one to a book of your own (cost.book)", n.Arch, n.Region)
	}
	r := room(most)
	return fmt.Sprintf("choose a larger node: the largest %s one in %s is %s, with %s cores and %s MiB",
		n.Arch, n.Region, most.Name, short(r.cpu), short(math.Floor(r.memoryMiB)))
}
