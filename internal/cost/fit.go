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
	// at CPUs. It is 0 where that is not known, and where no number would do.
	Replicas int
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
	if cores := declared.cores(); cores > 0 {
		s = d.share(cores)
	}
	if wanted := d.wanted(d.Peak, s); wanted < math.MaxInt32 {
		fit.Replicas = int(wanted)
	}
	return fit
}
