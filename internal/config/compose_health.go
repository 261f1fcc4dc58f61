package config

import (
	"go.yaml.in/yaml/v4"
)

// health reads a health check.
func (c *composeFile) health(s *Container, n *yaml.Node) {
	h := &Health{}
	text := func(*yaml.Node) {}
	c.mapping(n, `a health check, a mapping with "test"`,
		field{name: "test", read: func(v *yaml.Node) { c.healthTest(s, h, v) }},
		field{name: "disable", read: value(c.decoder, &h.Disable, booleans)},
		field{name: "interval", read: value(c.decoder, &h.Interval, composeTimes)},
		field{name: "timeout", read: value(c.decoder, &h.Timeout, composeTimes)},
		field{name: "start_period", read: value(c.decoder, &h.StartPeriod, composeTimes)},
		field{name: "start_interval", read: text},
		field{name: "retries", read: value(c.decoder, &h.Retries, integers.check(atMost(1000, "1000")))},
	)
	s.Health = h
}

// healthTest reads a line for the shell, or a list that starts with CMD,
// CMD-SHELL or NONE.
func (c *composeFile) healthTest(s *Container, h *Health, n *yaml.Node) {
	n = target(n)
	if n.Kind == yaml.ScalarNode {
		if text, ok := c.scalar(n, "a command"); ok && text != "" {
			h.Test = []string{"CMD-SHELL", text}
		}
		return
	}
	test := c.command(n)
	switch {
	case len(test) == 1 && test[0] == "NONE":
		h.Disable = true
	case len(test) > 1 && (test[0] == "CMD" || test[0] == "CMD-SHELL"):
		h.Test = test
	default:
		c.failf(n, "service %s: expected a test that starts with CMD or CMD-SHELL, such as [CMD, pg_isready]", s.Name)
	}
}
