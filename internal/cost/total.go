package cost

import (
	"fmt"
	"math"
	"time"

	"github.com/plimsoll-ci/plimsoll/internal/config"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// months are those of the three years.
const months = 36

// providers are the clouds of the platforms that have no node to tell it by.
var providers = map[string]string{
	"fargate": "aws", "eks-fargate": "aws", "lambda": "aws", "autopilot": "gce", "cloud-run": "gce", "container-apps": "azure",
}

// custom is what a service moves to where its platform does not say: the node of
// a cluster, the fee of a managed one, and what takes the load above the minimum.
type custom struct{ node, fee, burst string }

var usualOf = map[string]custom{
	"aws":   {defaultNode, "aws.eks.cluster_hour", "fargate"},
	"gce":   {"gce/e2-standard-2", "gce.gke.cluster_hour", "cloud-run"},
	"azure": {"azure/D2s_v5", "", "container-apps"},
}

// threeYears adds up three ways to run the service: on nodes one looks after,
// on what somebody else looks after, and the minimum on nodes with the rest
// elsewhere. Growth, discounts, hours and wages are what the user said; what they
// did not say is not counted, and named.
func (m *Model) threeYears(in Inputs) []record.CostTotal {
	y := m.cost.ThreeYears
	if y == nil {
		return nil
	}
	return []record.CostTotal{
		m.total("self-managed", y.SelfManaged, in, m.selfManaged),
		m.total("managed", y.Managed, in, m.managed),
		m.total("hybrid", y.Hybrid, in, m.hybrid),
	}
}

// way is what a service costs in a month of other traffic, and on what.
type way struct {
	platform string
	month    func(Inputs, growth) (float64, error)
	how      string
}

// growth is by how much traffic is more than today's.
type growth float64

// of puts traffic, and the most replicas that may carry it, so much higher.
func (g growth) of(c config.Cost) config.Cost {
	c.Traffic.Average *= float64(g)
	c.Traffic.Peak *= float64(g)
	c.Replicas.Max = int(math.Ceil(float64(c.Replicas.Max) * float64(g)))
	return c
}

// at prices an image under so much more traffic.
func (m *Model) at(in Inputs, g growth) (float64, error) {
	later := *m
	later.cost = g.of(m.cost)
	return later.Month(in)
}

// total is one way over three years. Where it has no price, Missing says why.
func (m *Model) total(name string, w config.Work, in Inputs, choose func() (way, error)) record.CostTotal {
	y := m.cost.ThreeYears
	t := record.CostTotal{Name: name, NotMeasured: unsaid(y, w)}
	chosen, err := choose()
	if err == nil {
		t.Platform = chosen.platform
		t.Bill, err = summed(chosen, in, orZero(y.Growth))
	}
	if err != nil {
		t.Bill, t.Missing = 0, err.Error()
		return t
	}
	off := discount(y, w)
	t.Bill *= 1 - orZero(off)
	t.Work = months * orZero(w.Hours) * orZero(w.Wage)
	t.Total = t.Bill + t.Work
	t.How = fmt.Sprintf("%d months of %s; growth of the traffic a year: %s, discount: %s, hours a month: %s, wage: %s", months, chosen.how,
		said(y.Growth, 100, " %"), said(off, 100, " %"), said(w.Hours, 1, ""), said(w.Wage, 1, " USD"))
	return t
}

// said is what the user said, in words.
func said(v *float64, scale float64, unit string) string {
	if v == nil {
		return "not measured"
	}
	return short(*v*scale).String() + unit
}

// summed prices every month, the first of them with what a month's growth brings.
func summed(w way, in Inputs, yearly float64) (float64, error) {
	sum := 0.0
	for month := 1; month <= months; month++ {
		usd, err := w.month(in, growth(math.Pow(1+yearly, float64(month)/12)))
		if err != nil {
			return 0, err
		}
		sum += usd
	}
	return sum, nil
}

// unsaid lists what only the user could say and did not.
func unsaid(y *config.ThreeYears, w config.Work) []string {
	names := []string{}
	for _, known := range []struct {
		name  string
		value *float64
	}{{"growth", y.Growth}, {"discount", discount(y, w)}, {"hours", w.Hours}, {"wage", w.Wage}} {
		if known.value == nil {
			names = append(names, known.name)
		}
	}
	return names
}

func discount(y *config.ThreeYears, w config.Work) *float64 {
	if w.Discount != nil {
		return w.Discount
	}
	return y.Discount
}

func orZero(v *float64) float64 {
	if v == nil {
		return 0
	}
	return *v
}

// cloud is where a service runs, "" where that is no cloud with nodes.
func cloud(c config.Cost) string {
	if c.Node != "" {
		return Node{Name: c.Node}.Provider()
	}
	return providers[c.Platform]
}

// provider is the cloud the service is on, AWS where that has no usual ways.
func (m *Model) provider() string {
	if name := cloud(m.cost); usualOf[name] != (custom{}) {
		return name
	}
	return "aws"
}

// on is a model of the same service on another platform. The region stays within
// a cloud; in another it is the one that is priced first.
func (m *Model) on(platform, node string) (*Model, error) {
	c := m.cost
	c.Platform, c.ThreeYears = platform, nil
	if providers[platform] != "" {
		c.Node = ""
	} else if c.Node == "" {
		c.Node = node
	}
	if cloud(c) != cloud(m.cost) {
		c.Region = ""
	}
	c.Replicas.Min = max(c.Replicas.Min, least(platform))
	return NewModel(m.book, c, time.Time{})
}

// nodeless reports whether the service's platform runs it without nodes to look after.
func (m *Model) nodeless() bool { return providers[m.cost.Platform] != "" || m.cost.Platform == "fly" }

func (m *Model) selfManaged() (way, error) {
	nodes, err := m.on("kubernetes", usualOf[m.provider()].node)
	if err != nil {
		return way{}, err
	}
	return way{"kubernetes", nodes.at, fmt.Sprintf("a cluster's nodes, %s in %s, without those of its control plane", nodes.cost.Node, nodes.cost.Region)}, nil
}

// managed is the platform that was chosen; a cluster somebody else runs where
// that is kubernetes, or nodes one runs oneself.
func (m *Model) managed() (way, error) {
	if m.nodeless() {
		return way{m.cost.Platform, m.at, fmt.Sprintf("%s in %s", m.cost.Platform, m.cost.Region)}, nil
	}
	usual := usualOf[m.provider()]
	nodes, err := m.on("kubernetes", usual.node)
	if err != nil {
		return way{}, err
	}
	if usual.fee == "" {
		return way{}, fmt.Errorf("price book %s has no fee for a managed cluster of %s", m.book.ID, m.provider())
	}
	hourly, err := m.book.price(usual.fee, nodes.cost.Region)
	if err != nil {
		return way{}, err
	}
	fee := hourly.Value * m.book.HoursPerMonth
	return way{"kubernetes", func(in Inputs, g growth) (float64, error) {
		usd, err := nodes.at(in, g)
		return usd + fee, err
	}, fmt.Sprintf("a cluster's nodes, %s in %s, and the whole fee of a managed cluster, $%s a month", nodes.cost.Node, nodes.cost.Region, short(fee))}, nil
}

// hybrid keeps the minimum of replicas on nodes, sized for the average traffic of
// today, and pays for the requests above that by their part of all on a platform
// without nodes. Replicas of two platforms can't be counted together.
func (m *Model) hybrid() (way, error) {
	usual := usualOf[m.provider()]
	nodes, err := m.on("kubernetes", usual.node)
	if err != nil {
		return way{}, err
	}
	nodes.cost.Replicas.Max = nodes.cost.Replicas.Min
	rest, err := m.burst(usual.burst)
	if err != nil {
		return way{}, err
	}
	kept := m.cost.Traffic.Average
	return way{"kubernetes and " + rest.cost.Platform, func(in Inputs, g growth) (float64, error) {
		usd, err := nodes.Month(in)
		if err != nil {
			return 0, err
		}
		later, err := rest.at(in, g)
		return usd + later*above(g.of(rest.cost).Traffic, kept), err
	}, fmt.Sprintf("%d replicas on a cluster's nodes, %s in %s, for today's average of %s/s, and the requests above it on %s in %s",
		nodes.cost.Replicas.Min, nodes.cost.Node, nodes.cost.Region, short(kept), rest.cost.Platform, rest.cost.Region)}, nil
}

// burst is what takes the load above the minimum: the service's own platform
// where that has no nodes.
func (m *Model) burst(platform string) (*Model, error) {
	if m.nodeless() {
		return m, nil
	}
	return m.on(platform, "")
}

// above is the part of all requests that comes above a rate.
func above(t config.Traffic, rate float64) float64 {
	day, off := t.PeakHours/24, 0.0
	if day < 1 {
		off = max(0, (t.Average-day*t.Peak)/(1-day))
	}
	over := day*max(0, t.Peak-rate) + (1-day)*max(0, off-rate)
	return min(1, over/t.Average)
}
