package config

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// Platforms are the platforms a cost can be asked for, the usual one first.
// internal/cost prices every one of them.
var Platforms = []string{"kubernetes", "fargate"}

// laterPlatforms are priced by a later version.
var laterPlatforms = []string{"cloud-run", "lambda", "container-apps", "fly", "vm"}

// What traffic is assumed where nothing is said.
const (
	defaultAverage   = 100.0
	peakOverAverage  = 3.0
	defaultPeakHours = 6.0
)

// Bounds of what a service can be.
const (
	maxTraffic  = 1e9
	maxReplicas = 10_000
	maxDeploys  = 100_000
)

var platforms = notation[string]{"one of " + strings.Join(Platforms, ", "), parsePlatform}

func parsePlatform(s string) (string, error) {
	if slices.Contains(laterPlatforms, s) {
		return "", errors.New("not available in this version")
	}
	if !slices.Contains(Platforms, s) {
		return "", fmt.Errorf("no such platform%s", didYouMean(s, Platforms))
	}
	return s, nil
}

var nodes = notation[string]{"a node such as aws/m7i.large", func(s string) (string, error) {
	if provider, shape, ok := strings.Cut(s, "/"); !ok || provider == "" || shape == "" {
		return "", errors.New("provider and shape must be separated by a slash")
	}
	return parsePath(s)
}}

var regions = notation[string]{"a region such as us-east-1", parseName}

func (d *decoder) cost(n *yaml.Node, c *Cost) {
	present := d.mapping(n, `a mapping with "platform", "region" and "traffic"`,
		field{name: "platform", read: value(d, &c.Platform, platforms)},
		field{name: "node", read: value(d, &c.Node, nodes)},
		field{name: "region", read: value(d, &c.Region, regions)},
		field{name: "traffic", read: func(v *yaml.Node) { d.traffic(v, &c.Traffic) }},
		field{name: "replicas", read: func(v *yaml.Node) { d.replicas(v, &c.Replicas) }},
	)
	if present["node"] != nil && c.Platform == "fargate" {
		d.failf(target(present["node"]), `the platform %q has no nodes; expected "platform: kubernetes" or no "node"`, c.Platform)
	}
}

// traffic reads the load in production. What is left out follows from what is
// said, so that one number is enough.
func (d *decoder) traffic(n *yaml.Node, t *Traffic) {
	var average, peak, hours float64
	rate := rates.check(positive).check(atMost(maxTraffic, "1000000000/s"))
	present := d.mapping(n, `a mapping with "average", "peak", "peak_hours" and "deploys"`,
		field{name: "average", read: value(d, &average, rate)},
		field{name: "peak", read: value(d, &peak, rate)},
		field{name: "peak_hours", read: value(d, &hours, dayHours)},
		field{name: "deploys", read: value(d, &t.Deploys, numbers.check(atMost[float64](maxDeploys, "100000 a month")))},
	)
	if !read(present["average"], average) || !read(present["peak"], peak) || !read(present["peak_hours"], hours) {
		return // reported already; what follows from it would only repeat that
	}
	average, peak = completeRates(average, peak, hours)
	if hours == 0 {
		hours = min(defaultPeakHours, 24*average/peak)
	}
	t.Average, t.Peak, t.PeakHours = average, peak, hours
	switch {
	case peak < average:
		d.failf(target(present["peak"]), "the peak of %s/s is below the average of %s/s", decimal(peak), decimal(average))
	case peak*hours > 24*average*(1+1e-9):
		d.failf(target(present["peak_hours"]), "%s hours a day at the peak of %s/s are already %s/s on average, more than the stated %s/s",
			decimal(hours), decimal(peak), decimal(peak*hours/24), decimal(average))
	}
}

// read reports whether a key is either absent or was read: zero is no valid
// value of any key it is asked about.
func read(n *yaml.Node, v float64) bool { return n == nil || v > 0 }

// completeRates derives the rate that was left out. The peak can't be so far
// above the average that the peak hours alone exceed it.
func completeRates(average, peak, hours float64) (float64, float64) {
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
	return average, peak
}

var dayHours = notation[float64]{"a number of hours a day such as 6", numbers.parse}.
	check(positive).check(atMost(24.0, "24"))

func (d *decoder) replicas(n *yaml.Node, r *Replicas) {
	var least, most int
	bounded := integers.check(positive).check(atMost(maxReplicas, "10000"))
	present := d.mapping(n, `a mapping with "min", "max" and "target_cpu"`,
		field{name: "min", read: value(d, &least, bounded)},
		field{name: "max", read: value(d, &most, bounded)},
		field{name: "target_cpu", read: value(d, &r.TargetCPU, percents.check(positive).check(atMost(1.0, "100%")))},
	)
	switch {
	case least > 0 && most > 0 && least > most:
		d.failf(target(present["min"]), "the minimum of %d replicas is over the maximum of %d", least, most)
	case least > 0 && most > 0:
		r.Min, r.Max = least, most
	case least > 0:
		r.Min, r.Max = least, max(r.Max, least)
	case most > 0:
		r.Min, r.Max = min(r.Min, most), most
	}
}

// decimal writes a number with as few digits as tell it apart for a reader.
func decimal(v float64) string {
	if v == math.Trunc(v) {
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.3g", v)
}
