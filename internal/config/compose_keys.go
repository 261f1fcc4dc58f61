package config

import (
	"cmp"
	"maps"
	"slices"

	"go.yaml.in/yaml/v4"
)

// FromCompose says where the dependencies of a service are described.
type FromCompose struct {
	File    string // relative to the configuration's directory, "" for no dependencies
	Service string // in whose place the image under test boots
	Reset   *Reset // nil: every boot gets fresh dependencies and volumes
}

// reset reads what takes the place of fresh dependencies.
func (d *decoder) reset(n *yaml.Node) *Reset {
	r := &Reset{}
	const what = `a command such as {service: db, command: [psql, -c, "DROP SCHEMA public CASCADE"]}`
	present := d.mapping(n, what,
		field{name: "service", read: value(d, &r.Service, names)},
		field{name: "command", read: func(v *yaml.Node) { r.Command = d.command(v) }})
	if present != nil && (present["service"] == nil || present["command"] == nil) {
		d.failf(target(n), "expected %s", what)
	}
	return r
}

// settleCompose completes what is said about dependencies.
func (d *decoder) settleCompose(s *Service, present map[string]*yaml.Node) {
	if present["compose"] == nil {
		for _, key := range []string{"service", "reset"} {
			if present[key] != nil {
				d.failf(target(present[key]), `%q stands without "compose", which names the file with the dependencies`, key)
			}
		}
		return
	}
	if s.Compose.Service == "" {
		s.Compose.Service = s.Name
	}
}

// WithCompose gives a service what a compose file says of it, where the
// configuration says nothing itself, and its dependencies.
func (s *Service) WithCompose(c Compose) {
	s.Under, s.Dependencies = c.Service, c.Dependencies
	own, setup := c.Service, &s.Setup
	setup.User = cmp.Or(setup.User, own.User)
	setup.ReadOnly = setup.ReadOnly || own.ReadOnly
	setup.Limits.Memory = cmp.Or(setup.Limits.Memory, own.Limits.Memory)
	setup.Limits.CPUs = cmp.Or(setup.Limits.CPUs, own.Limits.CPUs)
	if len(setup.Tmpfs) == 0 {
		setup.Tmpfs = own.Tmpfs
	}
	if setup.StopTimeout == DefaultStopTimeout && own.StopTimeout > 0 {
		setup.StopTimeout = min(own.StopTimeout, maxStop)
	}
	env := maps.Clone(own.Environment)
	maps.Copy(env, s.Env)
	s.Env, setup.Environment = env, slices.Sorted(maps.Keys(env))
}
