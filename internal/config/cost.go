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
var Platforms = []string{"kubernetes", "autopilot", "fargate", "eks-fargate", "cloud-run", "lambda", "container-apps", "fly", "vm"}

// scalingToNothing are the platforms that stop a service nobody asks anything.
var scalingToNothing = []string{"cloud-run", "lambda", "container-apps"}

// withNodes are the platforms whose machines keep the layers they once pulled.
var withNodes = []string{"kubernetes", "vm"}

// HasNodes reports whether a platform runs on machines of the user's choice.
func HasNodes(platform string) bool { return slices.Contains(withNodes, platform) }

// ScalesToNothing reports whether a platform runs no replica without requests,
// where none is asked for as the minimum.
func ScalesToNothing(platform string) bool { return slices.Contains(scalingToNothing, platform) }

// Views are the ways to divide the price of a node among its pods, the usual
// one first.
var Views = []string{"allocation", "dominant", "dedicated"}

var views = oneOf(Views...)

// ramps are rates of growth.
var ramps = notation[float64]{"a number of requests per second that each second adds, such as 2", numbers.parse}.
	check(atMost[float64](maxTraffic, "1000000000"))

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
		field{name: "arch", read: value(d, &c.Arch, arches)},
		field{name: "billing", read: value(d, &c.Billing, billings)},
		field{name: "traffic", read: func(v *yaml.Node) { d.traffic(v, &c.Traffic) }},
		field{name: "replicas", read: func(v *yaml.Node) { d.replicas(v, &c.Replicas) }},
		field{name: "view", read: value(d, &c.View, views)},
		field{name: "book", read: value(d, &c.Book, paths)},
		field{name: "registry", read: func(v *yaml.Node) { d.registry(v, &c.Registry) }},
		field{name: "network", read: value(d, &c.Network, oneOf(Networks...))},
		field{name: "ci", read: func(v *yaml.Node) { c.CI = &CI{}; d.ci(v, c.CI) }},
		field{name: "core_speed", read: func(v *yaml.Node) { d.coreSpeed(v, &c.CoreSpeed) }},
		field{name: "three_years", read: func(v *yaml.Node) { c.ThreeYears = &ThreeYears{}; d.threeYears(v, c.ThreeYears) }},
	)
	if at := present["replicas"]; at != nil && c.Replicas.Min == 0 && !ScalesToNothing(c.Platform) {
		d.failf(target(at), "a minimum of 0 replicas: the platform %q does not scale to nothing, only %s do; expected at least 1",
			c.Platform, strings.Join(scalingToNothing, ", "))
	}
	if present["billing"] != nil && c.Platform != "cloud-run" {
		d.failf(target(present["billing"]), `only the platform "cloud-run" can be billed in two ways; expected no "billing" on %q`, c.Platform)
	}
	if c.Billing == "auto" {
		c.Billing = ""
	}
	if c.Traffic.NewNodes > 0 && !slices.Contains(withNodes, c.Platform) {
		d.failf(target(present["traffic"]), `"new_nodes" beside the platform %q, which has no nodes of yours; expected "scale_outs", or one of %s`, c.Platform, strings.Join(withNodes, ", "))
	}
	if present["node"] != nil && !slices.Contains(withNodes, c.Platform) {
		d.failf(target(present["node"]), `the platform %q has no nodes; expected no "node", or one of %s`, c.Platform, strings.Join(withNodes, ", "))
	}
	if present["view"] != nil && c.Platform != "kubernetes" {
		d.failf(target(present["view"]), `the platform %q has no nodes to divide; expected "platform: kubernetes" or no "view"`, c.Platform)
	}
}

var (
	arches   = oneOf("amd64", "arm64")
	billings = oneOf("auto", "request", "instance")
)

func oneOf(names ...string) notation[string] {
	return notation[string]{"one of " + strings.Join(names, ", "), func(s string) (string, error) {
		if !slices.Contains(names, s) {
			return "", fmt.Errorf("no such name%s", didYouMean(s, names))
		}
		return s, nil
	}}
}

func (d *decoder) replicas(n *yaml.Node, r *Replicas) {
	least, most := -1, 0 // as yet unread
	bounded := integers.check(atMost(maxReplicas, "10000"))
	present := d.mapping(n, `a mapping with "min", "max" and "target_cpu"`,
		field{name: "min", read: value(d, &least, bounded)},
		field{name: "max", read: value(d, &most, bounded.check(positive))},
		field{name: "target_cpu", read: value(d, &r.TargetCPU, percents.check(positive).check(atMost(1.0, "100%")))},
	)
	stated := least >= 0
	r.MinAssumed = present["min"] == nil
	switch {
	case stated && most > 0 && least > most:
		d.failf(target(present["min"]), "the minimum of %d replicas is over the maximum of %d", least, most)
	case stated && most > 0:
		r.Min, r.Max = least, most
	case stated:
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
