package cost

import "iter"

// taskSize is one size a replica can be bought in.
type taskSize struct {
	vcpu, memoryMiB float64
	rate            float64 // USD an hour
	nth             int     // of the platform's list, where it has names for them
}

// replicaMonth is what a fleet of replicas of one size costs a month, in USD, with
// all that hangs on how many they are.
type replicaMonth func(taskSize, fleet) float64

// cheapest takes the size that is cheapest over the month, of those that are big
// enough for one replica: a larger one may pay when fewer of them carry the
// traffic. Declared CPUs fix the size, as a deployment would. Where the maximum of
// replicas carries the peak in no size it gives the largest, and false where none
// is big enough.
func (d demand) cheapest(sizes iter.Seq[taskSize], cpu, memoryMiB float64, month replicaMonth) (taskSize, bool) {
	var best, largest taskSize
	lowest, fixed := 0.0, d.Declared.cores() > 0
	for s := range sizes {
		if s.vcpu < cpu*(1-1e-12) || s.memoryMiB < memoryMiB { // not for the last bit of a product
			continue
		}
		if s.vcpu > largest.vcpu {
			largest = s
		}
		amount := month(s, allDay(1))
		if !fixed {
			if best != (taskSize{}) && month(s, allDay(float64(d.Min))) >= lowest {
				continue // more replicas than the least only make it dearer
			}
			one := d.share(s.vcpu)
			if !d.enough(one) {
				continue
			}
			amount = month(s, d.fleet(one))
		}
		if best == (taskSize{}) || amount < lowest {
			best, lowest = s, amount
		}
	}
	if best == (taskSize{}) {
		return largest, largest != (taskSize{})
	}
	return best, true
}
