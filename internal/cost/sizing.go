package cost

import (
	"errors"
	"fmt"
	"math"
	"strconv"

	"github.com/plimsoll-ci/plimsoll/internal/config"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// demand is one image under one traffic.
type demand struct {
	Inputs
	config.Traffic
	config.Replicas
	scaler autoscalerRules
	terse  bool // only the amounts matter
}

const (
	mebibyte = 1 << 20

	// memoryMargin is added to the measured peak. Robusta's krr and the
	// Vertical Pod Autoscaler add the same.
	memoryMargin = 0.15

	// leastMemory is the smallest memory request, in MiB: CRI-O starts no container
	// with a lower limit, and Docker none below 6.
	// https://github.com/cri-o/cri-o/pull/2531
	leastMemory = 12

	// leastCPU is the smallest CPU request, krr's floor.
	leastCPU = 0.010
)

func (d demand) check() error {
	if !finite(float64(d.MemoryPeak), float64(d.Compressed), float64(d.Pull), d.CPURequest, d.CPUIdle, d.StartupReady, d.StartupCPU,
		d.Latency, d.RunSeconds, d.RunCPU) {
		return errors.New("a measured quantity is negative or not finite")
	}
	if err := d.Declared.check(); err != nil {
		return err
	}
	if d.MemoryPeak == 0 && d.Declared.memory() == 0 {
		return errors.New("the memory peak was not measured and no memory limit is declared")
	}
	return nil
}

// memoryMiB is the memory request of one replica in whole MiB: what is declared,
// else the measured peak with a margin.
func (d demand) memoryMiB() float64 {
	if declared := d.Declared.memory(); declared > 0 {
		return ceil(float64(declared) / mebibyte)
	}
	return max(leastMemory, ceil(d.wantedMemory()/mebibyte))
}

// wantedMemory is the peak with its margin, in bytes.
func (d demand) wantedMemory() float64 { return float64(d.MemoryPeak) * (1 + memoryMargin) }

// share is what one replica is given.
type share struct {
	cores float64
	spare float64 // cores left for requests at the autoscaler's target, once idle CPU is taken off
}

func (d demand) share(cores float64) share { return share{cores, d.TargetCPU*cores - d.CPUIdle} }

// size is the CPU one replica asks for: what is declared, else what keeps the
// least number of replicas at the autoscaler's target under average traffic.
// It stays within what a machine has; more load then means more replicas.
func (d demand) size(most float64) share {
	if declared := d.Declared.cores(); declared > 0 {
		return d.share(declared)
	}
	work := d.Average * d.CPURequest / float64(d.Min)
	switch cores := (work + d.CPUIdle) / d.TargetCPU; {
	case cores < leastCPU:
		return d.share(leastCPU)
	case cores > most:
		return d.share(most)
	default:
		return share{cores, work} // not cores x target - idle, which would lose digits
	}
}

// milli rounds CPU up to the thousandth of a core that Kubernetes counts in.
// The rounded request is what is paid; replicas follow from the exact one, so
// that a step of a thousandth never makes the autoscaler need fewer.
func milli(cores float64) float64 { return ceil(cores*1000) / 1000 }

// wanted is how many replicas the autoscaler would like at a rate, before its
// bounds: the fixed point of desired = ceil(current x utilisation / target),
// where a replica's utilisation is (idle + rate x CPU per request / replicas)
// over its CPU.
// https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/#algorithm-details
func (d demand) wanted(rate float64, s share) float64 {
	work := rate * d.CPURequest
	switch {
	case work == 0 && s.spare > -1e-9:
		return 0
	case s.spare <= 0:
		return math.Inf(1) // idling alone is over the target
	}
	return ceil(work / s.spare)
}

func (d demand) within(replicas float64) float64 {
	return min(max(replicas, float64(d.Min)), float64(d.Max))
}

// enough reports whether the autoscaler's maximum carries the peak.
func (d demand) enough(s share) bool { return d.wanted(d.Peak, s) <= float64(d.Max) }

// overload says what is missing where the maximum does not carry the peak.
func (d demand) overload(s share) []string {
	if d.enough(s) {
		return nil
	}
	wanted := d.wanted(d.Peak, s)
	if math.IsInf(wanted, 1) {
		return []string{fmt.Sprintf("the idle service alone is over the target of %s %% CPU: every replica up to the maximum of %d is paid for", short(d.TargetCPU*100), d.Max)}
	}
	return []string{fmt.Sprintf("the peak of %s/s wants %.0f replicas, the maximum is %d: the price is too low and the service too slow", short(d.Peak), wanted, d.Max)}
}

// notes say how far the sizing can be trusted.
func (d demand) notes() []string {
	var notes []string
	if note := d.memoryNote(); note != "" {
		notes = append(notes, note)
	}
	if d.CPURequest == 0 && d.RunSeconds == 0 {
		notes = append(notes, "CPU per request was not measured: replicas stay at the minimum, whatever the traffic")
	}
	return notes
}

// memoryNote says how the memory that is paid for stands to the measured peak.
func (d demand) memoryNote() string {
	limit, request, peak := float64(d.Declared.Limit.Memory), float64(d.Declared.memory()), float64(d.MemoryPeak)
	switch {
	case request == 0 && d.wantedMemory() <= leastMemory*mebibyte:
		return fmt.Sprintf("memory is %d MiB, the least that every container runtime starts; the measured peak is %s MiB", leastMemory, short(peak/mebibyte))
	case request == 0:
		return "memory is the measured peak and 15 %: a short run sees no leak and no slow cache, so this is a lower bound"
	case limit > 0 && limit < peak:
		return fmt.Sprintf("the memory limit of %s MiB is below the measured peak of %s MiB: this service will be killed", short(limit/mebibyte), short(peak/mebibyte))
	case request < peak:
		return fmt.Sprintf("the memory request of %s MiB is below the measured peak of %s MiB: its node may run out of memory", short(request/mebibyte), short(peak/mebibyte))
	case limit > 0 && limit < d.wantedMemory():
		return fmt.Sprintf("the memory limit of %s MiB leaves less than 15 %% above the measured peak of %s MiB", short(limit/mebibyte), short(peak/mebibyte))
	}
	return ""
}

// limit is what one replica may use: what is declared, else no more memory than
// it asks for, and as much CPU as there is.
func (d demand) limit(memoryMiB float64) record.Limits {
	if d.Declared.memory() > 0 {
		return record.Limits{CPUs: d.Declared.Limit.CPUs, Memory: d.Declared.Limit.Memory}
	}
	return limits(d.Declared.Limit.CPUs, memoryMiB)
}

// ceil rounds up, but not because of the last bits of a product: 0.7 x 3 / 0.7
// is 3.
func ceil(x float64) float64 { return math.Ceil(x * (1 - 1e-12)) }

// short is a number that is written with up to four digits that matter, and only
// where it is written at all.
type short float64

func (x short) String() string {
	if v := float64(x); v < 1000 && v != math.Trunc(v) {
		return strconv.FormatFloat(v, 'g', 4, 64)
	}
	return strconv.FormatFloat(float64(x), 'f', 0, 64)
}

func limits(cores, memoryMiB float64) record.Limits {
	return record.Limits{CPUs: cores, Memory: record.Bytes(memoryMiB * mebibyte)}
}
