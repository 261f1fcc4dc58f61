package cost

import (
	"fmt"

	"github.com/plimsoll-ci/plimsoll/internal/config"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// platform bills a service.
type platform interface {
	// bill sizes the service and lists what that costs a month.
	bill(demand) (bill, error)
	// prices are the figures a bill is made of.
	prices() []Price
}

// opener sets up a platform, and gives the configuration back with the node
// and region it settled on.
type opener func(*Book, config.Cost) (platform, config.Cost, error)

// platforms are what can be priced, the usual one first.
var platforms = []struct {
	name string
	open opener
}{
	{"kubernetes", openKubernetes},
	{"autopilot", openAutopilot},
	{"fargate", openFargate},
	{"eks-fargate", openEKSFargate},
	{"cloud-run", openCloudRun},
	{"lambda", openLambda},
	{"container-apps", openContainerApps},
	{"fly", openFly},
	{"vm", openVM},
}

func find(name string) (opener, error) {
	known := map[string]bool{}
	for _, p := range platforms {
		if p.name == name {
			return p.open, nil
		}
		known[p.name] = true
	}
	return nil, fmt.Errorf("unknown platform %q, expected one of %s", name, list(known))
}

// bill is what one service costs a month, and what it was sized to.
type bill struct {
	request  record.Limits
	limit    record.Limits
	replicas float64 // on average over the month
	amount   float64 // USD a month: the sum of the items
	items    []record.CostItem
	notes    []string

	terse bool // leave out what only a reader needs, and the items

	// What follows is of platforms that run replicas.
	one   share
	fleet fleet
	each  replicaPricer
}

func (b bill) total() float64 { return b.amount }

func (b *bill) add(name string, amount float64, how string, args ...any) {
	b.amount += amount
	if b.terse {
		return
	}
	b.items = append(b.items, record.CostItem{Name: name, Amount: amount, How: fmt.Sprintf(how, args...)})
}
