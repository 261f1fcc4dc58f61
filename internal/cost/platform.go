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
	{"fargate", openFargate},
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
	items    []record.CostItem
	notes    []string

	terse bool // leave out what only a reader needs

	// What follows is of platforms that run replicas.
	one   share
	fleet fleet
	each  replicaPricer
}

func (b bill) total() float64 {
	sum := 0.0
	for _, item := range b.items {
		sum += item.Amount
	}
	return sum
}

func (b *bill) add(name string, amount float64, how string, args ...any) {
	if b.terse {
		b.items = append(b.items, record.CostItem{Name: name, Amount: amount})
		return
	}
	b.items = append(b.items, record.CostItem{Name: name, Amount: amount, How: fmt.Sprintf(how, args...)})
}

// registry prices where an image is kept and the way it takes to a machine. A
// provider without a price here is left out and named in a note.
type registry struct {
	storage *Price // per GB and month, compressed
	pull    *Price // per GB
}

// gigabyte is what registries and networks bill in. Whether a vendor means
// 10^9 or 2^30 is not always said; the smaller one never understates.
const gigabyte = 1e9

// registries are the prices of a provider's own registry, and on AWS of the
// path through a NAT gateway, which is how private subnets pull unless an
// endpoint is paid for instead.
var registries = map[string]struct{ storage, pull string }{
	"aws": {"aws.ecr.storage", "aws.nat.processing"},
	"gce": {"gce.artifactregistry.storage", ""},
}

func openRegistry(b *Book, provider, region string) (registry, error) {
	keys := registries[provider]
	storage, err := optional(b, keys.storage, region)
	if err != nil {
		return registry{}, err
	}
	pull, err := optional(b, keys.pull, region)
	return registry{storage, pull}, err
}

func optional(b *Book, key, region string) (*Price, error) {
	if key == "" {
		return nil, nil
	}
	p, err := b.price(key, region)
	return &p, err
}

func (r registry) prices() []Price {
	var all []Price
	for _, p := range []*Price{r.storage, r.pull} {
		if p != nil {
			all = append(all, *p)
		}
	}
	return all
}

// add bills keeping one copy of the image, and moving so many bytes to each
// replica with every deploy.
func (r registry) add(b *bill, d demand, moved record.Bytes) {
	if gb := float64(d.Compressed) / gigabyte; r.storage != nil && gb > 0 {
		b.add("registry storage", gb*r.storage.Value, "%s GB compressed x $%s", short(gb), short(r.storage.Value))
	}
	if gb := float64(moved) / gigabyte; r.pull != nil && gb > 0 {
		b.add("image pulls", d.Deploys*b.replicas*gb*r.pull.Value, "%s deploys x %s replicas x %s GB x $%s through a NAT gateway",
			short(d.Deploys), short(b.replicas), short(gb), short(r.pull.Value))
	}
	if r.storage == nil {
		b.notes = append(b.notes, "keeping the image in a registry is not priced for this provider")
	}
	if r.pull == nil {
		b.notes = append(b.notes, "moving the image from its registry is not priced for this provider")
	}
}
