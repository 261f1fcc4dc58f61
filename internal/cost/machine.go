package cost

import (
	"fmt"

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
