package cost

import "github.com/plimsoll-ci/plimsoll/internal/record"

// replicaPricer is a platform that runs replicas, with one size of them settled.
type replicaPricer interface {
	// replicaPrice is what n replicas cost a month, in USD, and what is billed for
	// them: machines, or tasks and the like.
	replicaPrice(n int) (month float64, instances int)
}

// eachBilled is the price a month of a replica that is billed for itself.
type eachBilled float64

func (e eachBilled) replicaPrice(n int) (month float64, instances int) {
	return float64(n) * float64(e), n
}

// staff says how many replicas of a share run, and what they are priced by.
func (b *bill) staff(d demand, one share, each replicaPricer) fleet {
	b.one, b.each, b.fleet = one, each, d.fleet(one)
	b.replicas = b.fleet.average()
	return b.fleet
}

// density is what 1, 2, 4, 8 and so on replicas take, up to the maximum. It is of
// machines alone, without the bytes and starts of the bill.
func density(d demand, b bill) []record.Density {
	var all []record.Density
	add := func(n int) {
		month, instances := b.each.replicaPrice(n)
		all = append(all, record.Density{
			Replicas: n, CPUs: float64(n) * b.request.CPUs, Memory: record.Bytes(n) * b.request.Memory, Instances: instances, Month: month,
		})
	}
	for n := 1; n < d.Max; n *= 2 {
		add(n)
	}
	add(d.Max)
	return all
}
