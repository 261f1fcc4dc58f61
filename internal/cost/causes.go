package cost

import (
	"cmp"
	"fmt"
	"math"
	"math/bits"
	"slices"
	"strings"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// declared stands among the causes for requests and limits that the user
// deploys with, which are not measured.
const declared record.MetricID = "declared"

// Causes says what the difference in price between two images comes from. Each
// input that differs is exchanged, base's for head's, and credited with what
// that changes, averaged over all orders in which the inputs can be exchanged
// (their Shapley values), since a second cause of the same step would otherwise
// get all of it or none. The amounts add up to the difference; inputs that
// change nothing are left out, the largest comes first.
func (m *Model) Causes(base, head Inputs) ([]record.CostCause, error) {
	players := differing(base, head)
	months := make([]float64, 1<<len(players))
	for set := range months {
		usd, err := m.Month(exchanged(base, head, players, uint(set)))
		if err != nil {
			return nil, fmt.Errorf("attribute the difference: %w", err)
		}
		months[set] = usd
	}
	var causes []record.CostCause
	for i, p := range players {
		if amount := shapley(months, i, len(players)); amount != 0 {
			causes = append(causes, record.CostCause{Input: p.id, Base: p.get(&base), Head: p.get(&head), Amount: amount,
				How: m.resized(base, exchanged(base, head, players, 1<<i))})
		}
	}
	slices.SortStableFunc(causes, func(a, b record.CostCause) int { return cmp.Compare(math.Abs(b.Amount), math.Abs(a.Amount)) })
	settle(causes, months[len(months)-1]-months[0])
	return causes, nil
}

// player is an input that can be taken from either image.
type player struct {
	id   record.MetricID
	get  func(*Inputs) float64
	take func(to *Inputs, from Inputs)
}

func differing(base, head Inputs) []player {
	var all []player
	for _, q := range quantities {
		if q.get(&base) != q.get(&head) {
			all = append(all, player{q.id, q.get, func(to *Inputs, from Inputs) { q.set(to, q.get(&from)) }})
		}
	}
	if unmeasured(base) != unmeasured(head) {
		all = append(all, player{declared, func(in *Inputs) float64 { return float64(in.Declared.memory()) }, takeUnmeasured})
	}
	return all
}

// unmeasured are the inputs without every quantity.
func unmeasured(in Inputs) Inputs {
	for _, q := range quantities {
		q.set(&in, 0)
	}
	return in
}

func takeUnmeasured(to *Inputs, from Inputs) {
	kept := *to
	*to = from
	for _, q := range quantities {
		q.set(to, q.get(&kept))
	}
}

// exchanged is base with the inputs of a set from head.
func exchanged(base, head Inputs, players []player, set uint) Inputs {
	in := base
	for i, p := range players {
		if set&(1<<i) != 0 {
			p.take(&in, head)
		}
	}
	return in
}

// shapley is the mean of what player i of n adds, over all orders: those in
// which it comes after a set of others are as many as that set and the rest can
// be arranged.
func shapley(months []float64, i, n int) float64 {
	sum := 0.0
	for set := range months {
		if set&(1<<i) == 0 {
			before := bits.OnesCount(uint(set))
			sum += (months[set|1<<i] - months[set]) * factorial(before) * factorial(n-1-before) / factorial(n)
		}
	}
	return sum
}

func factorial(n int) float64 {
	product := 1.0
	for i := 2; i <= n; i++ {
		product *= float64(i)
	}
	return product
}

// settle puts what rounding left over to the largest cause.
func settle(causes []record.CostCause, difference float64) {
	if len(causes) == 0 {
		return
	}
	for _, c := range causes {
		difference -= c.Amount
	}
	causes[0].Amount += difference
}

// resized says in words what another input changes of the sizing.
func (m *Model) resized(was, is Inputs) string {
	before, err := m.bill(m.demand(was))
	if err != nil {
		return ""
	}
	after, err := m.bill(m.demand(is))
	if err != nil {
		return ""
	}
	var words []string
	if a, b := before.request.Memory, after.request.Memory; a != b {
		words = append(words, fmt.Sprintf("memory from %s to %s MiB a replica", short(float64(a)/mebibyte), short(float64(b)/mebibyte)))
	}
	if a, b := before.request.CPUs, after.request.CPUs; a != b {
		words = append(words, fmt.Sprintf("CPU from %s to %s a replica", short(a), short(b)))
	}
	if a, b := before.replicas, after.replicas; a != b {
		words = append(words, fmt.Sprintf("replicas from %s to %s on average", short(a), short(b)))
	}
	return strings.Join(words, ", ")
}
