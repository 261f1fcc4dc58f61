package config

import (
	"strings"

	"go.yaml.in/yaml/v4"
)

func (c *composeFile) alias(s *Container, n *yaml.Node) {
	var name string
	if value(c.decoder, &name, hostnames)(n); name != "" {
		s.Aliases = append(s.Aliases, name)
	}
}

// networks reads the aliases of a service. Which networks it names does not
// matter: there is one.
func (c *composeFile) networks(s *Container, n *yaml.Node) {
	if target(n).Kind == yaml.SequenceNode {
		return
	}
	entries, _ := c.entries(n, "a list or mapping of networks")
	for _, e := range entries {
		if target(e.value).Tag == "!!null" {
			continue
		}
		settings, _ := c.entries(e.value, "a mapping with \"aliases\"")
		for _, setting := range settings {
			switch setting.key.Value {
			case "aliases":
				for _, item := range c.sequence(setting.value, "a list of names") {
					c.alias(s, item)
				}
			case "ipv4_address", "ipv6_address":
				c.failf(setting.key, "service %s: a fixed address is refused: every boot has a network of its own; use the name of the service", s.Name)
			}
		}
	}
}

func (c *composeFile) networkMode(s *Container, n *yaml.Node) {
	mode, ok := c.scalar(n, "a network mode")
	n = target(n)
	switch {
	case !ok || mode == "bridge" || mode == "default":
	case mode == "host":
		c.failf(n, "service %s: network_mode host is refused: the host's network is kept from what a pull request built", s.Name)
	case mode == "none":
		c.failf(n, "service %s: network_mode none is refused: all services share one network, which nothing leaves", s.Name)
	default:
		c.failf(n, "service %s: network_mode %s is refused: nothing joins another container's network, so that ports and CPU stay apart", s.Name, shown(mode))
	}
}

// links reads SERVICE[:ALIAS]: an order to start in, and a further name. Where
// it holds for one service only in Compose, all reach the name here.
func (c *composeFile) links(s *Container, n *yaml.Node) {
	for _, item := range c.sequence(n, "a list of services") {
		text, ok := c.scalar(item, "a service such as db or db:database")
		if !ok {
			continue
		}
		service, alias, _ := strings.Cut(text, ":")
		c.need(s, target(item), Need{Service: service, Condition: Started})
		if linked := c.read[service]; linked != nil && alias != "" && hostnameShape.MatchString(alias) {
			linked.Aliases = append(linked.Aliases, alias)
		}
	}
}
