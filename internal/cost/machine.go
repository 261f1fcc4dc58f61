package cost

import (
	"fmt"

	"github.com/plimsoll-ci/plimsoll/internal/config"
)

// usualNodes are the machines of which nothing is said, by architecture.
var usualNodes = map[string]string{"": "aws/m7i.large", "amd64": "aws/m7i.large", "arm64": "aws/m7g.large"}

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
