package cost

import "math"

// autoscalerRules say how an autoscaler follows the load.
type autoscalerRules struct {
	Sync       decimal `yaml:"sync_s"`       // between two looks
	Tolerance  decimal `yaml:"tolerance"`    // around the target, as a ratio
	Window     decimal `yaml:"window_s"`     // for which it keeps the most it wanted
	Scheduling decimal `yaml:"scheduling_s"` // until a replica has a node
	Probe      decimal `yaml:"probe_s"`      // period of the readiness probe
	Pull       decimal `yaml:"pull_mb_per_s"`
}

func (r autoscalerRules) complete() bool {
	return r.Sync > 0 && r.Tolerance > 0 && r.Tolerance < 1 && r.Window > 0 && r.Scheduling > 0 && r.Probe > 0 && r.Pull > 0
}

// rampTime is in how many seconds the load grows from its average to its peak
// where nobody says.
const rampTime = 600

// ramp is by how many requests per second the rate grows in a second.
func (d demand) ramp() float64 {
	if d.Ramp != nil {
		return *d.Ramp
	}
	return (d.Peak - d.Average) / rampTime
}

// lag is how many seconds pass from the load to a replica that carries it, on a
// machine that does not have the image.
func (d demand) lag() float64 {
	lag := float64(d.scaler.Sync+d.scaler.Scheduling+d.scaler.Probe) + d.StartupReady
	if d.scaler.Pull > 0 {
		lag += float64(d.Compressed) / 1e6 / float64(d.scaler.Pull)
	}
	return lag
}

// headroom is how many replicas take what the load grows by during the lag:
// ceil(ramp x lag x CPU per request / CPU of a replica), the CPU without what
// idling takes of it.
func (d demand) headroom(s share) float64 {
	grown := d.ramp() * d.lag() * d.CPURequest
	switch {
	case grown == 0:
		return 0
	case s.spare <= 0:
		return math.Inf(1)
	}
	return ceil(grown * d.TargetCPU / s.spare)
}

// held is how many replicas an autoscaler may keep at a rate that it came down
// to: it lets none go within its tolerance. Idle CPU counts as if it kept its
// part of the target, which is a little less than the autoscaler holds.
func (d demand) held(rate float64, s share) float64 {
	work := rate * d.CPURequest
	if work == 0 || s.spare <= 0 {
		return 0
	}
	return math.Floor(work / (s.spare * (1 - float64(d.scaler.Tolerance))) * (1 + 1e-12))
}

// fleet is how many replicas run, and why. What the traffic wants is within the
// autoscaler's bounds; what is kept beyond that, outside the peak hours, never
// exceeds what the peak takes, as no load above it is foreseen.
type fleet struct {
	day         float64 // part of it at the peak
	window      float64 // part of the day for which the peak's replicas outlive it
	offRate     float64 // requests per second outside the peak hours
	peak, off   float64 // replicas the traffic wants
	held, ready float64 // outside the peak hours: with what the tolerance keeps, and with the head-room
}

// fleet is what the autoscaler makes of the day, one peak and what is left.
func (d demand) fleet(s share) fleet {
	f := fleet{day: d.PeakHours / 24}
	if f.day < 1 {
		f.offRate = max(0, (d.Average-f.day*d.Peak)/(1-f.day))
	}
	f.window = min(float64(d.scaler.Window)/86400, 1-f.day)
	f.peak, f.off = d.within(d.wanted(d.Peak, s)), d.within(d.wanted(f.offRate, s))
	f.held = min(max(f.off, d.held(f.offRate, s)), f.peak)
	f.ready = min(max(f.held, f.off+d.headroom(s)), f.peak)
	return f
}

// allDay is a fleet that is the same all day.
func allDay(replicas float64) fleet {
	return fleet{day: 1, peak: replicas, off: replicas, held: replicas, ready: replicas}
}

// wanted, tolerance, headroom and lingering are replicas on average over the
// month: those the traffic wants, and those beyond.
func (f fleet) wanted() float64    { return f.day*f.peak + (1-f.day)*f.off }
func (f fleet) tolerance() float64 { return (1 - f.day) * (f.held - f.off) }
func (f fleet) headroom() float64  { return (1 - f.day) * (f.ready - f.held) }
func (f fleet) lingering() float64 { return f.window * (f.peak - f.ready) }

// average is all of them.
func (f fleet) average() float64 { return (f.day+f.window)*f.peak + (1-f.day-f.window)*f.ready }

// average is the number of replicas over the month.
func (d demand) average(s share) float64 { return d.fleet(s).average() }

// beyond bills the replicas that are kept beyond what the traffic wants, each
// at so much a month.
func (b *bill) beyond(d demand, f fleet, s share, month float64) {
	hours := short(24 - d.PeakHours)
	if n := f.tolerance(); n > 0 {
		b.add("autoscaler tolerance", n*month, "%s replicas x $%s: for %s h a day %s are kept where %s would do, as none goes within %s %% of the target",
			short(n), short(month), hours, short(f.held), short(f.off), short(float64(d.scaler.Tolerance)*100))
	}
	if n := f.headroom(); n > 0 {
		b.add("start-up head-room", n*month, "%s replicas x $%s: for %s h a day %s more, as %s/s more each second, for the %s s until a new one serves, take %s cores of %s each",
			short(n), short(month), hours, short(f.ready-f.held), short(d.ramp()), short(d.lag()),
			short(d.ramp()*d.lag()*d.CPURequest), short(s.spare/d.TargetCPU))
	}
	if n := f.lingering(); n > 0 {
		b.add("scale-in window", n*month, "%s replicas x $%s: once a day %s more are kept for %s min after the peak",
			short(n), short(month), short(f.peak-f.ready), short(f.window*1440))
	}
}
