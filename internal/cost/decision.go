package cost

import (
	"fmt"
	"math"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// What decides. Only busyCPU is from elsewhere: a written study of two services,
// in which 80 % of CPU is where one scales out.
const (
	busyCPU      = 0.80 // of the request at the peak
	farAbove     = 2.0  // times what is needed
	littleMemory = 0.05 // less of it
	memorySaves  = 0.10 // of the month, for that
	lessCPU      = 0.50 // per request
	cpuSaves     = 0.40 // of the month, for that
)

// decide says what to do with a service, by the first of these that holds: scale
// out where the peak is not carried, shrink where requests or replicas are far
// above need, optimise where a little memory or the CPU per request is what the
// bill follows, else keep.
func (m *Model) decide(d demand, b bill) record.Decision {
	fitted, settled := m.fitted(d, b)
	decision := record.Decision{Action: "keep"}
	for _, rule := range []struct {
		action string
		why    func() []string
	}{
		{"scale out", func() []string { return d.crowded(b) }},
		{"shrink", func() []string { return d.roomy(b, fitted) }},
		{"optimise", func() []string { return m.wasteful(d, b) }},
	} {
		if why := rule.why(); len(why) > 0 {
			decision.Action, decision.Why = rule.action, why
			break
		}
	}
	decision.Why = append(decision.Why, d.standing(b)...)
	decision.Suggested = settled.suggest(fitted, decision.Action)
	return decision
}

// fitted is the bill of the service as it would be sized with nothing declared,
// for a target that leaves replicas room.
func (m *Model) fitted(d demand, b bill) (bill, demand) {
	free := d
	free.terse, free.Declared, free.TargetCPU = true, Declared{}, min(d.TargetCPU, busyCPU)
	if d.Declared == (Declared{}) && free.TargetCPU == d.TargetCPU || d.MemoryPeak == 0 {
		return b, free
	}
	if fitted, err := m.platform.bill(free); err == nil && fitted.each != nil {
		return fitted, free
	}
	return b, free
}

// busy is the ratio of its CPU request that each replica uses at the peak.
func (d demand) busy(b bill) float64 {
	return (d.CPUIdle + d.Peak*d.CPURequest/max(b.fleet.peak, 1)) / b.one.cores
}

// crowded says where the peak is not carried.
func (d demand) crowded(b bill) []string {
	why := d.overload(b.one)
	if busy := d.busy(b); busy > busyCPU*(1+1e-9) {
		why = append(why, fmt.Sprintf("at the peak each replica uses %s %% of its CPU request, more than %s %%", percent(busy), percent(busyCPU)))
	}
	return why
}

// roomy says where requests or replicas are far above need.
func (d demand) roomy(b, fitted bill) []string {
	var why []string
	needed, asked := fitted.request, b.request
	if d.Declared.memory() > 0 && d.MemoryPeak > 0 && float64(asked.Memory) >= farAbove*float64(needed.Memory) {
		why = append(why, fmt.Sprintf("%s MiB of memory are requested, %s are needed", mebibytes(asked.Memory), mebibytes(needed.Memory)))
	}
	busy := d.busy(b)
	if d.CPURequest == 0 || busy*farAbove > d.TargetCPU {
		return why
	}
	if d.Declared.cores() > 0 && asked.CPUs >= farAbove*needed.CPUs {
		why = append(why, fmt.Sprintf("%s cores are requested, %s are needed: at the peak each replica uses %s %% of its request", short(asked.CPUs), short(needed.CPUs), percent(busy)))
	}
	if d.Min > 2 {
		why = append(why, fmt.Sprintf("the minimum of %d replicas is far above the %s that the peak wants", d.Min, short(d.wanted(d.Peak, b.one))))
	}
	return why
}

// wasteful says what the bill follows that the image could change.
func (m *Model) wasteful(d demand, b bill) []string {
	var why []string
	if limit := d.Declared.Limit.Memory; limit > 0 && float64(limit) < d.wantedMemory() {
		why = append(why, d.memoryNote())
	}
	if saved := m.saved(d, b, func(d *demand) { d.scaleMemory(1 - littleMemory) }); saved >= memorySaves {
		why = append(why, fmt.Sprintf("memory is a little over a step: %s %% less of it saves %s %% of the month", percent(littleMemory), percent(saved)))
	}
	if d.wanted(d.Peak, b.one) > float64(d.Min) {
		if saved := m.saved(d, b, func(d *demand) { d.CPURequest *= 1 - lessCPU }); saved >= cpuSaves {
			why = append(why, fmt.Sprintf("CPU per request is what the month follows: %s %% less of it saves %s %%", percent(lessCPU), percent(saved)))
		}
	}
	return why
}

// scaleMemory changes the memory a replica needs, measured and declared.
func (d *demand) scaleMemory(factor float64) {
	for _, b := range []*record.Bytes{&d.MemoryPeak, &d.Declared.Request.Memory, &d.Declared.Limit.Memory} {
		*b = record.Bytes(float64(*b) * factor)
	}
}

// saved is the part of the month that a change saves.
func (m *Model) saved(d demand, b bill, change func(*demand)) float64 {
	d.terse = true
	change(&d)
	changed, err := m.platform.bill(d)
	if err != nil {
		return 0
	}
	return 1 - changed.total()/b.total()
}

// standing are the numbers that every decision rests on.
func (d demand) standing(b bill) []string {
	var why []string
	if d.CPURequest > 0 {
		why = append(why, fmt.Sprintf("at the peak of %s/s %s of at most %d replicas run, each at %s %% of its %s cores; the target is %s %%",
			short(d.Peak), short(b.fleet.peak), d.Max, percent(d.busy(b)), short(b.one.cores), percent(d.TargetCPU)))
	}
	if d.MemoryPeak > 0 {
		why = append(why, fmt.Sprintf("the memory peak is %s MiB of %s", mebibytes(d.MemoryPeak), mebibytes(b.request.Memory)))
	}
	return why
}

// mostReplicas bounds what is suggested where no number of replicas is enough.
const mostReplicas = 10_000

// suggest gives the size that the measurement fits, and an autoscaler for it: a
// minimum that keeps the head-room outside the peak hours, and a maximum that
// carries the peak with as much of it.
func (d demand) suggest(fitted bill, action string) record.Deployment {
	s := record.Deployment{Request: fitted.request, Limit: d.limit(float64(fitted.request.Memory) / mebibyte), Max: d.Max, TargetCPU: d.TargetCPU}
	if action == "shrink" {
		d.Min = min(d.Min, 2)
	}
	wanted := d.wanted(d.Peak, fitted.one) + d.headroom(fitted.one)
	if wanted > float64(d.Max) && !math.IsInf(wanted, 1) { // else a larger request is needed, not more replicas
		s.Max = int(min(wanted, mostReplicas))
	}
	d.Max = s.Max
	s.Min = int(math.Ceil(d.fleet(fitted.one).ready))
	return s
}

func percent(ratio float64) string { return short(math.Round(ratio*1000) / 10).String() }
