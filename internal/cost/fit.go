package cost

import (
	"math"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// Fit is what would fit a service, whatever is declared of it.
type Fit struct {
	Memory record.Bytes // request and limit of one replica: the peak with its margin, in whole MiB
	CPUs   float64      // request of one replica; 0 where traffic or CPU per request is not known

	// Replicas is how many the peak wants at the request that is declared, else
	// at CPUs, ReplicasThen how many at CPUs. They are 0 where that is not known,
	// and where no number would do.
	Replicas, ReplicasThen int
}

// Fit sizes a service by what was measured of it. The autoscaler's bounds and
// target are those that are declared, else the configuration's.
func (m *Model) Fit(in Inputs) Fit {
	declared := in.Declared
	in.Declared.Request, in.Declared.Limit = record.Limits{}, record.Limits{}
	d := m.demand(in)
	d.Min = max(d.Min, 1) // of a platform that can stop: sized for one that runs
	fit := Fit{Memory: record.Bytes(d.memoryMiB()) * mebibyte}
	if d.CPURequest == 0 || d.Assumed {
		return fit
	}
	s := d.size(math.Inf(1))
	fit.CPUs = milli(s.cores)
	fit.ReplicasThen = d.number(s)
	if cores := declared.cores(); cores > 0 {
		s = d.share(cores)
	}
	fit.Replicas = d.number(s)
	return fit
}

// number is how many replicas the peak wants, 0 where no number would do.
func (d demand) number(s share) int {
	if wanted := d.wanted(d.Peak, s); wanted < math.MaxInt32 {
		return int(wanted)
	}
	return 0
}
