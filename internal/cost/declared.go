package cost

import (
	"errors"
	"fmt"

	"github.com/plimsoll-ci/plimsoll/internal/config"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// Declared is what a service is deployed with, as its manifest says. What is zero
// is not declared: requests are then sized from the measurement, and the
// autoscaler is the configuration's.
type Declared struct {
	Request record.Limits // what the scheduler sets aside for one replica: CPUs and Memory
	Limit   record.Limits // what one replica may use

	// Min, Max and TargetCPU are the autoscaler's. A deployment without one has
	// its number of replicas in both Min and Max.
	Min, Max  int
	TargetCPU float64 // ratio of the CPU request
}

// cores is the CPU request. Kubernetes takes the limit where only that is given.
func (d Declared) cores() float64 {
	if d.Request.CPUs > 0 {
		return d.Request.CPUs
	}
	return d.Limit.CPUs
}

// memory is the memory request, by the same rule.
func (d Declared) memory() record.Bytes {
	if d.Request.Memory > 0 {
		return d.Request.Memory
	}
	return d.Limit.Memory
}

// over puts what is declared of the autoscaler in the place of the configured.
func (d Declared) over(r config.Replicas) config.Replicas {
	if d.Min > 0 {
		r.Min, r.Max = d.Min, max(r.Max, d.Min)
	}
	if d.Max > 0 {
		r.Min, r.Max = min(r.Min, d.Max), d.Max
	}
	if d.TargetCPU > 0 {
		r.TargetCPU = d.TargetCPU
	}
	return r
}

// check refuses what no cluster would take.
func (d Declared) check() error {
	switch {
	case !finite(d.Request.CPUs, d.Limit.CPUs, float64(d.Request.Memory), float64(d.Limit.Memory), d.TargetCPU, float64(d.Min), float64(d.Max)):
		return errors.New("a declared quantity is negative or not finite")
	case d.Limit.CPUs > 0 && d.Request.CPUs > d.Limit.CPUs:
		return fmt.Errorf("the declared CPU request of %s cores is over the limit of %s", short(d.Request.CPUs), short(d.Limit.CPUs))
	case d.Limit.Memory > 0 && d.Request.Memory > d.Limit.Memory:
		return fmt.Errorf("the declared memory request of %s MiB is over the limit of %s MiB", mebibytes(d.Request.Memory), mebibytes(d.Limit.Memory))
	case d.Min > 0 && d.Max > 0 && d.Min > d.Max:
		return fmt.Errorf("%d to %d replicas are declared, expected a maximum not below the minimum", d.Min, d.Max)
	case d.TargetCPU > maxTarget:
		return fmt.Errorf("a CPU target of %s %% is declared, expected at most %d %%", short(d.TargetCPU*100), maxTarget*100)
	}
	return nil
}

// maxTarget bounds a declared target. Autoscalers take more than 100 % of a
// request, which pods exceed where their limit lets them.
const maxTarget = 100

func mebibytes(b record.Bytes) string { return short(float64(b) / mebibyte).String() }
