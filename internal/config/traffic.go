package config

import (
	"errors"
	"strings"

	"go.yaml.in/yaml/v4"
)

// span is a number that is known between two ends, which are equal where it is
// known exactly.
type span struct{ low, high float64 }

func (s span) middle() float64 { return (s.low + s.high) / 2 }

var rateRanges = notation[span]{"a rate such as 120/s, 50/m, 900/h or 24/d, or a range of them such as 80/s..160/s", parseRates}.
	check(func(s span) error { return positive(s.low) }).
	check(func(s span) error { return atMost(maxTraffic, "1000000000/s")(s.high) })

func parseRates(s string) (span, error) {
	from, to, ranged := strings.Cut(s, "..")
	low, err := parseRate(strings.TrimSpace(from))
	if err != nil || !ranged {
		return span{low, low}, err
	}
	high, err := parseRate(strings.TrimSpace(to))
	if err == nil && high < low {
		err = errors.New("the range ends below its start")
	}
	return span{low, high}, err
}

// traffic reads the load in production. What is left out follows from what is
// said, so that one number is enough.
func (d *decoder) traffic(n *yaml.Node, t *Traffic) {
	var average, peak span
	var hours float64
	present := d.mapping(n, `a mapping with "average", "peak", "peak_hours", "ramp" and "deploys"`,
		field{name: "average", read: value(d, &average, rateRanges)},
		field{name: "peak", read: value(d, &peak, rateRanges)},
		field{name: "peak_hours", read: value(d, &hours, dayHours)},
		field{name: "ramp", read: func(v *yaml.Node) { t.Ramp = new(float64); value(d, t.Ramp, ramps)(v) }},
		field{name: "scale_outs", read: value(d, &t.ScaleOuts, events)},
		field{name: "new_nodes", read: value(d, &t.NewNodes, events)},
		field{name: "deploys", read: value(d, &t.Deploys, numbers.check(atMost[float64](maxDeploys, "100000 a month")))},
	)
	if !read(present["average"], average.high) || !read(present["peak"], peak.high) || !read(present["peak_hours"], hours) {
		return // reported already; what follows from it would only repeat that
	}
	low, high := completeRates(average.low, peak.low, hours), completeRates(average.high, peak.high, hours)
	likely := completeRates(average.middle(), peak.middle(), hours)
	if hours == 0 {
		hours = min(defaultPeakHours, 24*low.Average/low.Peak, 24*high.Average/high.Peak)
	}
	t.Assumed = present["average"] == nil && present["peak"] == nil
	t.Average, t.Peak, t.PeakHours = likely.Average, likely.Peak, hours
	if low != high {
		t.Low, t.High = low, high
	}
	if d.fits(present, low, hours) {
		d.fits(present, high, hours)
	}
}

// fits reports whether a day can have such rates, and says why not.
func (d *decoder) fits(present map[string]*yaml.Node, r Rates, hours float64) bool {
	switch average, peak := r.Average, r.Peak; {
	case peak < average:
		d.failf(target(present["peak"]), "the peak of %s/s is below the average of %s/s", decimal(peak), decimal(average))
	case peak*hours > 24*average*(1+1e-9):
		d.failf(target(firstOf(present, "peak_hours", "peak", "average")), "%s hours a day at the peak of %s/s are already %s/s on average, more than the stated %s/s",
			decimal(hours), decimal(peak), decimal(peak*hours/24), decimal(average))
	default:
		return true
	}
	return false
}

// firstOf is the node of the first of some keys that is there.
func firstOf(present map[string]*yaml.Node, keys ...string) *yaml.Node {
	for _, k := range keys {
		if present[k] != nil {
			return present[k]
		}
	}
	return nil
}

// read reports whether a key is either absent or was read: zero is no valid
// value of any key it is asked about.
func read(n *yaml.Node, v float64) bool { return n == nil || v > 0 }

// completeRates derives the rate that was left out. The peak can't be so far
// above the average that the peak hours alone exceed it.
func completeRates(average, peak, hours float64) Rates {
	ratio := peakOverAverage
	if hours > 0 {
		ratio = min(ratio, 24/hours)
	}
	if average == 0 && peak == 0 {
		average = defaultAverage
	}
	if average == 0 {
		average = peak / ratio
	}
	if peak == 0 {
		peak = average * ratio
	}
	return Rates{average, peak}
}

var dayHours = notation[float64]{"a number of hours a day such as 6", numbers.parse}.
	check(positive).check(atMost(24.0, "24"))
