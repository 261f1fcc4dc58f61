package cost

import (
	"fmt"
	"strings"

	"github.com/plimsoll-ci/plimsoll/internal/config"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// gigabyte is what registries and networks bill in. Whether a vendor means
// 10^9 or 2^30 is not always said; the smaller one never understates.
const gigabyte = 1e9

// registry prices where an image is kept and the way it takes to a machine. A
// provider without a price here is left out and named in a note.
type registry struct {
	storage  *Price  // per GB and month, compressed; nil where it is not priced
	path     []Price // per GB, each of which every pull pays
	way      string  // the path in words, "" where it is not priced
	tags     float64 // images that are kept, each with its own layers beside the shared ones
	newNodes float64 // a month
	scaled   float64 // replicas the autoscaler starts a month
	notes    []string
}

// storehouses are the registries: whose they are, what keeping a GB costs, and
// what a GB costs that leaves for a machine of somebody else.
var storehouses = map[string]struct{ provider, storage, leaving string }{
	"ecr":               {"aws", "aws.ecr.storage", "aws.transfer.internet"},
	"artifact-registry": {"gce", "gce.artifactregistry.storage", "gce.transfer.internet"},
	"acr":               {"azure", "azure.acr.storage", "azure.transfer.internet"},
	"ghcr":              {"github", "github.packages.storage", "github.packages.transfer"},
}

// usualRegistry and usualNetwork are a provider's where the user names none. On
// AWS private subnets pull through a NAT gateway unless an endpoint is paid for.
var (
	usualRegistry = map[string]string{"aws": "ecr", "gce": "artifact-registry", "azure": "acr"}
	usualNetwork  = map[string]string{"aws": "nat"}
)

// ways are the paths: the prices of the machine's provider that a pull pays,
// behind the provider's name, and the path in words. A registry is in no zone: what
// crosses one is on its way to a NAT gateway in another.
var ways = map[string]struct {
	keys  []string
	words string
}{
	"same-region":  {nil, "within the region"},
	"nat":          {[]string{"nat.processing"}, "through a NAT gateway"},
	"endpoint":     {[]string{"endpoint.processing"}, "through an interface endpoint"},
	"cross-zone":   {[]string{"nat.processing", "transfer.zone"}, "through a NAT gateway in another zone"},
	"cross-region": {[]string{"transfer.region"}, "from another region"},
	"internet":     {[]string{"transfer.internet"}, "over the internet"},
}

// openRegistry finds the prices of the registry and of the path to machines of
// a provider.
func openRegistry(b *Book, provider string, c config.Cost) (registry, error) {
	r := registry{tags: max(1, float64(c.Registry.Tags)), newNodes: c.Traffic.NewNodes, scaled: c.Traffic.ScaleOuts}
	kind := c.Registry.Kind
	if kind == "" {
		kind = usualRegistry[provider]
	}
	store, known := storehouses[kind]
	if !known && kind != "" {
		return r, fmt.Errorf("unknown registry %q, expected one of %s", kind, strings.Join(config.RegistryKinds, ", "))
	}
	if known {
		storage, err := b.price(store.storage, r.region(b, store.provider == provider, store.storage, c))
		if err != nil {
			return r, err
		}
		r.storage = &storage
	} else {
		r.notes = append(r.notes, "keeping the image in a registry is not priced for this provider")
	}
	return r, r.connect(b, provider, kind, c)
}

// region is where the registry is: the user's word, else beside the service, and
// for somebody else's registry where its price is known.
func (r *registry) region(b *Book, own bool, key string, c config.Cost) string {
	switch {
	case c.Registry.Region != "":
		return c.Registry.Region
	case own:
		return c.Region
	}
	return b.home(key)
}

// connect finds the prices of the path.
func (r *registry) connect(b *Book, provider, kind string, c config.Cost) error {
	store := storehouses[kind]
	foreign := kind != "" && store.provider != provider
	network := c.Network
	if network == "" {
		network = usualNetwork[provider]
	}
	if network == "" && foreign {
		network = "internet"
	}
	way, known := ways[network]
	switch {
	case network == "":
		r.notes = append(r.notes, "moving the image from its registry is not priced for this provider")
		return nil
	case !known:
		return fmt.Errorf("unknown network %q, expected one of %s", network, strings.Join(config.Networks, ", "))
	case foreign && network != "nat" && network != "internet":
		return fmt.Errorf(`the network %q does not lead from the registry %q to %s, whose it is not; expected "nat" or "internet"`, network, kind, provider)
	}
	r.way = way.words
	if foreign {
		if err := r.pay(b, store.leaving, r.region(b, false, store.leaving, c)); err != nil {
			return err
		}
		if network == "internet" {
			return nil
		}
	}
	for _, key := range way.keys {
		if err := r.pay(b, provider+"."+key, c.Region); err != nil {
			return err
		}
	}
	return nil
}

func (r *registry) pay(b *Book, key, region string) error {
	p, err := b.price(key, region)
	if err != nil {
		return fmt.Errorf("network: %w; choose another path, or give the price in a book of your own (cost.book)", err)
	}
	r.path = append(r.path, p)
	return nil
}

func (r registry) prices() []Price {
	var all []Price
	if r.storage != nil {
		all = append(all, *r.storage)
	}
	return append(all, r.path...)
}

// perGB is what moving a gigabyte costs on all of its way, in USD.
func (r registry) perGB() (sum float64) {
	for _, p := range r.path {
		sum += p.Value
	}
	return sum
}

// pull is what moving so many bytes to one replica costs, in USD.
func (r registry) pull(moved record.Bytes) float64 { return float64(moved) / gigabyte * r.perGB() }

// add bills keeping the image, and moving so many bytes to each replica with every
// deploy and every time the autoscaler adds one.
func (r registry) add(b *bill, d demand, moved record.Bytes) {
	r.keep(b, d)
	if r.way == "" || d.Compressed == 0 && moved == 0 {
		b.notes = append(b.notes, r.notes...)
		return
	}
	perGB, each := r.perGB(), float64(moved)/gigabyte
	if each > 0 {
		b.add("image pulls", d.Deploys*b.replicas*each*perGB, "%s deploys x %s replicas x %s GB x $%s %s",
			short(d.Deploys), short(b.replicas), short(each), short(perGB), r.way)
	}
	if each > 0 && r.scaled > 0 {
		b.add("pulls of scale-outs", r.scaled*each*perGB, "%s new replicas x %s GB x $%s %s", short(r.scaled), short(each), short(perGB), r.way)
	}
	if whole := float64(d.Compressed) / gigabyte; whole > 0 && r.newNodes > 0 {
		b.add("pulls of new nodes", r.newNodes*whole*perGB, "%s new nodes x %s GB x $%s %s", short(r.newNodes), short(whole), short(perGB), r.way)
	}
	b.notes = append(b.notes, r.notes...)
}

// keep bills the storage: registries keep a layer once, however many images share
// it, so every further image adds what it has of its own.
func (r registry) keep(b *bill, d demand) {
	whole, own := float64(d.Compressed)/gigabyte, float64(d.Pull)/gigabyte
	switch {
	case r.storage == nil || whole == 0:
	case r.tags == 1:
		b.add("registry storage", whole*r.storage.Value, "%s GB compressed x $%s", short(whole), short(r.storage.Value))
	default:
		b.add("registry storage", (whole+(r.tags-1)*own)*r.storage.Value, "(%s GB compressed + %s more tags x %s GB of their own layers) x $%s",
			short(whole), short(r.tags-1), short(own), short(r.storage.Value))
	}
}
