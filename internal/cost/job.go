package cost

import (
	"errors"
	"fmt"
)

// runner is a platform that sells runs of a job beside replicas of a service.
type runner interface {
	// runs bills a job that is run once for each of the traffic's requests.
	runs(demand) (bill, error)
}

// sell prices a service, or the runs of a job: a job that ends by itself is no
// replica that is paid for all month.
func (m *Model) sell(d demand) (bill, error) {
	if d.RunSeconds == 0 {
		return m.platform.bill(d)
	}
	r, sold := m.platform.(runner)
	switch {
	case !sold:
		return bill{}, errors.New("this is a job, which ends by itself, and this platform is priced by replicas that run all month; expected one of cloud-run, container-apps, lambda")
	case d.Assumed:
		return bill{}, errors.New("this is a job, and how often it runs was not said; expected cost.traffic.average, such as 24/d")
	}
	return r.runs(d)
}

func (b *bill) ran(runs, seconds, second float64, each string) {
	b.add("runs", runs*seconds*second, "%s runs x %s s x %s", short(runs), short(seconds), each)
}

// runs bills the life of one instance for each run, by the instance. Parts of a
// core are not for jobs.
func (c *cloudRun) runs(d demand) (bill, error) {
	cores, memory := d.floor()
	var best runSize
	var takes, month float64
	for s := range c.sizes(cores, memory, false) {
		t := max(float64(c.rules.JobLeast), c.round(d.run().on(s.vcpu)))
		if m := t * c.instance.second(s.vcpu, s.memoryMiB); best.vcpu == 0 || m < month {
			best, takes, month = s, t, m
		}
	}
	if best.vcpu == 0 {
		return bill{}, c.tooSmall(cores, memory)
	}
	n := d.Average * c.hours * 3600
	b := d.allocated(best.vcpu, best.memoryMiB, d.Average*takes)
	b.ran(n, takes, c.instance.second(best.vcpu, best.memoryMiB), b.words(c.instance, best.vcpu, best.memoryMiB))
	c.registry.imported(&b, d)
	if exactly := c.round(d.run().on(best.vcpu)); exactly < takes {
		b.notes = append(b.notes, fmt.Sprintf("a run of %s s is billed as %s s, the least there is; that rule is unverified, without it the month costs $%.2f less",
			short(exactly), short(takes), n*(takes-exactly)*c.instance.second(best.vcpu, best.memoryMiB)))
	}
	return b, nil
}

// runs bills active replicas for as long as they run; jobs are never idle, and
// have no requests.
func (a *containerApps) runs(d demand) (bill, error) {
	cores, memory := d.floor()
	step, most, ratio := float64(a.rules.Step), float64(a.rules.Most), float64(a.rules.Ratio)*1024
	if cores > most || memory > most*ratio {
		return bill{}, fmt.Errorf("no replica has %s; the largest has %s", size(cores, memory), size(most, most*ratio))
	}
	best, takes, month := 0.0, 0.0, 0.0
	for n := max(1, ceil(cores/step), ceil(memory/ratio/step)); n*step <= most; n++ {
		t := d.run().on(n * step)
		if m := t * a.active.second(n*step, n*step*ratio); best == 0 || m < month {
			best, takes, month = n*step, t, m
		}
	}
	b := d.allocated(best, best*ratio, d.Average*takes)
	b.ran(d.Average*a.hours*3600, takes, a.active.second(best, best*ratio), b.words(a.active, best, best*ratio))
	a.registry.imported(&b, d)
	return b, nil
}

// runs bills a run as a call: a function may run for a quarter of an hour.
func (l *lambda) runs(d demand) (bill, error) {
	d.Latency, d.CPURequest, d.StartupReady, d.StartupCPU = d.RunSeconds, d.RunCPU, 0, 0
	return l.bill(d)
}
