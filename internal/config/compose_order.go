package config

import (
	"errors"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// dependsOn reads a list of services, or a mapping with their conditions.
func (c *composeFile) dependsOn(s *Container, n *yaml.Node) {
	if t := target(n); t.Kind == yaml.SequenceNode {
		for _, item := range t.Content {
			if name, ok := c.scalar(item, "the name of a service"); ok {
				c.need(s, target(item), Need{Service: name, Condition: Started})
			}
		}
		return
	}
	entries, _ := c.entries(n, "the services that this one depends on, a list or a mapping")
	for _, e := range entries {
		need, required := Need{Service: e.key.Value, Condition: Started}, true
		if target(e.value).Tag != "!!null" {
			c.mapping(e.value, "a dependency such as {condition: service_healthy}",
				field{name: "condition", read: value(c.decoder, &need.Condition, conditions)},
				field{name: "required", read: value(c.decoder, &required, booleans)},
				field{name: "restart", read: func(*yaml.Node) {}},
			)
		}
		need.Optional = !required
		c.need(s, e.key, need)
	}
}

var conditions = notation[Condition]{"service_started, service_healthy or service_completed_successfully", func(s string) (Condition, error) {
	switch c := Condition(s); c {
	case Started, Healthy, Completed:
		return c, nil
	}
	return "", errors.New("there is no such condition")
}}

// need notes that one service needs another, and reads that.
func (c *composeFile) need(s *Container, at *yaml.Node, need Need) {
	if _, there := c.services[need.Service]; !there {
		if !need.Optional {
			names := slices.Sorted(maps.Keys(c.services))
			c.failf(at, "service %s depends on %s, which this file does not have%s", s.Name, shown(need.Service), didYouMean(need.Service, names))
		}
		return
	}
	if way := c.way(need.Service, s.Name, map[string]bool{}); way != nil {
		c.failf(at, "service %s depends on itself: %s", s.Name, strings.Join(append([]string{s.Name}, way...), " -> "))
		return
	}
	if i := slices.IndexFunc(s.Needs, func(n Need) bool { return n.Service == need.Service }); i >= 0 {
		return // depends_on and links of the same
	}
	s.Needs = append(s.Needs, need)
	c.container(need.Service)
}

// way gives the services from one to another along depends_on, nil for none.
func (c *composeFile) way(from, to string, seen map[string]bool) []string {
	if from == to {
		return []string{to}
	}
	if seen[from] {
		return nil
	}
	seen[from] = true
	for _, next := range c.names(from) {
		if rest := c.way(next, to, seen); rest != nil {
			return append([]string{from}, rest...)
		}
	}
	return nil
}

// names lists what a service depends on, without reading it.
func (c *composeFile) names(service string) []string {
	e, there := c.services[service]
	if !there || target(e.value).Kind != yaml.MappingNode {
		return nil
	}
	var names []string
	own, _ := (&decoder{faults: faults{text: c.text, seen: map[Error]bool{}}}).entries(e.value, "")
	for _, key := range own {
		if key.key.Value != "depends_on" && key.key.Value != "links" {
			continue
		}
		value := target(key.value)
		for i, item := range value.Content {
			if value.Kind == yaml.SequenceNode || i%2 == 0 {
				name, _, _ := strings.Cut(target(item).Value, ":")
				names = append(names, name)
			}
		}
	}
	return names
}

// needAll has a service that names no dependency need all the others, but for
// those that stand on it or wait for a profile.
func (c *composeFile) needAll(under *Container) {
	for _, name := range slices.Sorted(maps.Keys(c.services)) {
		if name == under.Name || c.way(name, under.Name, map[string]bool{}) != nil || c.profiled(name) {
			continue
		}
		under.Needs = append(under.Needs, Need{Service: name, Condition: Started})
		c.container(name)
	}
	if len(under.Needs) > 0 {
		c.note("service %s has no \"depends_on\": all other services of the file are started before it", under.Name)
	}
}

func (c *composeFile) profiled(service string) bool {
	for _, key := range target(c.services[service].value).Content {
		if key.Value == "profiles" {
			return true
		}
	}
	return false
}

// order lists the dependencies, each behind what it needs itself.
func (c *composeFile) order() []string {
	var sorted []string
	var add func(name string)
	add = func(name string) {
		if slices.Contains(sorted, name) {
			return
		}
		for _, need := range c.read[name].Needs {
			add(need.Service)
		}
		if name != c.service {
			sorted = append(sorted, name)
		}
	}
	add(c.service)
	return sorted
}
